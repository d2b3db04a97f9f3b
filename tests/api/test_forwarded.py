"""A proxy that ends TLS: who is believed that a browser came by https, and what its cookies say."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from tests.api.conftest import signed
from tests.api.test_sign_in import ROLES, echo
from tests.support.http_server import Handler, listening
from workbench.api.credentials import OwnToken
from workbench.api.forwarded import Forwarded
from workbench.api.guard import Guard
from workbench.api.hub import Hub, HubToken
from workbench.api.prefix import Prefixed
from workbench.api.principals import Principal, Role
from workbench.api.sign_in import SignIn

PROXY, STRANGER = "10.1.2.3", "10.9.9.9"
BY_HTTPS = {"X-Forwarded-Proto": "https"}


async def scheme(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["scheme"].encode()})


async def seen(peer: str, said: str | None, base: str = "http://127.0.0.1") -> str:
    """The scheme that the application sees."""
    app = Forwarded(scheme, ["10.1.0.0/16"])
    transport = httpx2.ASGITransport(app=app, client=(peer, 1234))
    headers = {} if said is None else {"X-Forwarded-Proto": said}
    async with httpx2.AsyncClient(transport=transport, base_url=base) as client:
        return (await client.get("/", headers=headers)).text


@pytest.mark.parametrize(
    ("peer", "said", "believed"),
    [
        (PROXY, "https", "https"),
        (PROXY, "HTTPS, http", "https"),
        (PROXY, "http,https", "http"),
        (PROXY, "http", "http"),
        (PROXY, "ftp", "http"),
        (PROXY, None, "http"),
        (STRANGER, "https", "http"),
        ("", "https", "http"),
    ],
)
async def test_the_browsers_scheme_is_what_a_named_proxy_says(
    peer: str, said: str | None, believed: str
) -> None:
    assert await seen(peer, said) == believed


async def test_what_came_encrypted_stays_so_whatever_is_said() -> None:
    for peer in (PROXY, STRANGER):
        assert await seen(peer, "http", "https://127.0.0.1") == "https"


async def test_a_websocket_is_told_too_and_a_lifespan_is_left_alone() -> None:
    found: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope.get("scheme", ""))

    headers = [(b"x-forwarded-proto", b"https")]
    ws = {"type": "websocket", "scheme": "ws", "headers": headers, "client": [PROXY, 1]}
    for scope in (ws, {**ws, "client": None}, {"type": "lifespan"}):
        await Forwarded(app, [PROXY])(scope, None, None)  # type: ignore[arg-type]
    assert found == ["wss", "ws", ""]


@pytest.mark.parametrize(("peer", "secure"), [(PROXY, True), (STRANGER, False)])
async def test_the_cookie_of_a_printed_address_is_secure_where_the_proxy_says_https(
    peer: str, secure: bool
) -> None:
    own = OwnToken("t" * 32, Principal(name="ann", role=Role.ADMIN))
    app = Forwarded(Guard(echo, [own]), [PROXY])
    transport = httpx2.ASGITransport(app=app, client=(peer, 1234))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get("/chat", params={"token": "t" * 32}, headers=BY_HTTPS)
        plain = await client.get("/chat", params={"token": "t" * 32})
    assert answer.status_code == 303
    assert ("; Secure" in answer.headers["set-cookie"]) == secure
    assert "Secure" not in plain.headers["set-cookie"]


class Vouching(Handler):
    """As much of JupyterHub as redeems a code."""

    def do_POST(self) -> None:
        self.answer(b'{"access_token": "t0"}')


@pytest.mark.parametrize(("peer", "secure"), [(PROXY, True), (STRANGER, False)])
async def test_both_cookies_of_a_sign_in_with_the_hub_are_too(peer: str, secure: bool) -> None:
    with listening(Vouching) as address:
        hub = Hub(
            api_url=address, token="s", base_url="", client_id="service-workbench",
            service_prefix="/services/workbench", scopes=("access:services",),
        )  # fmt: skip
        door = Guard(echo, [HubToken(hub, ROLES, Role.VIEWER)])
        app = Forwarded(SignIn(Prefixed(door, hub.service_prefix), hub), [PROXY])
        transport = httpx2.ASGITransport(app=app, client=(peer, 1234))
        client = httpx2.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=BY_HTTPS
        )
        async with client:
            away = await client.get("/services/workbench/x", headers={"Accept": "text/html"})
            state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
            cookie = away.headers["set-cookie"]
            back = await client.get(
                hub.callback,
                params={"state": state, "code": "c"},
                headers={"Cookie": cookie.partition(";")[0]},
            )
    kept = back.headers.get_list("set-cookie")[0]
    assert kept.startswith("workbench_token=t0;")
    assert ("; Secure" in cookie, "; Secure" in kept) == (secure, secure)


@pytest.mark.parametrize(("peer", "secure"), [("127.0.0.1", True), ("127.0.0.2", False)])
def test_a_served_workbench_believes_the_proxies_of_its_settings(
    server: str, peer: str, secure: bool
) -> None:
    transport = httpx2.HTTPTransport(local_address=peer)
    with httpx2.Client(transport=transport, timeout=60) as client:
        token = {"token": signed("seth")}
        answer = client.get(f"{server}/api/me", params=token, headers=BY_HTTPS)
    assert answer.status_code == 303
    assert ("; Secure" in answer.headers["set-cookie"]) == secure
