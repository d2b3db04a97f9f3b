"""People signed in by a proxy in front, with an OpenID Connect issuer behind it, over real HTTP.

The proxy is a stand-in for oauth2-proxy: it sends a browser that it does not know to the issuer,
redeems the code, and says in headers who it is (oauth2-proxy documentation, pass-user-headers).
"""

from __future__ import annotations

import http.client
import secrets
import socket
import threading
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import jwt
import pytest
import uvicorn
from starlette.datastructures import Headers

from tests.api import issuer as issuers
from tests.api.issuer import AUDIENCE, Issuer
from tests.api.test_sign_in import ROLES, echo
from tests.support.http_server import Handler, listening
from workbench.api.access import credentials, people_sign_in
from workbench.api.credentials import Presented, ProxyHeaders, SignedToken
from workbench.api.guard import Guard
from workbench.api.principals import Role
from workbench.errors import IssuerUnavailable, NotSignedIn, SettingsError
from workbench.settings import load_settings

PROXY = "127.0.0.2"
"""Where the proxy's connections come from, so that they are not those of anybody on loopback."""
ASKED_BY_NAME = {
    "X-Forwarded-Email": "root@example.com",
    "X-Forwarded-Groups": "admins",
    "X-Forwarded-User": "root",
}
Address = tuple[str, int]


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuers.serving() as found:
        found.add("rsa")
        found.name = found.url.removesuffix("/keys")
        yield found


@pytest.fixture(scope="module")
def upstream() -> Iterator[Address]:
    """The door, as the settings of docs/deploy.md make it, listening."""
    vouched = ProxyHeaders(
        [f"{PROXY}/32"], user_header="X-Forwarded-Email", groups_header="X-Forwarded-Groups",
        roles=ROLES, fallback=Role.VIEWER,
    )  # fmt: skip
    door = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        Guard(echo, [vouched]), lifespan="off", log_config=None, proxy_headers=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([door],))
    thread.start()
    yield door.getsockname()[:2]
    server.should_exit = True
    thread.join()
    door.close()


@pytest.fixture(scope="module")
def proxy(issuer: Issuer, upstream: Address) -> Iterator[str]:
    people: dict[str, dict[str, Any]] = {}

    class Passing(Handler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path == "/oauth2/callback":
                return self._signed_in(dict(parse_qsl(query)))
            session = SimpleCookie(self.headers.get("Cookie", "")).get("_oauth2_proxy")
            if session is None or session.value not in people:
                back = f"http://{self.headers['Host']}/oauth2/callback"
                asked = urlencode({"redirect_uri": back, "state": self.path})
                return self._away(f"{issuer.name}/authorize?{asked}")
            return self._passed(people[session.value])

        def _signed_in(self, query: dict[str, str]) -> None:
            form = {"grant_type": "authorization_code", "code": query["code"]}
            answer = httpx2.post(f"{issuer.name}/token", data=form).json()
            keys = jwt.PyJWKClient(issuer.url)
            key = keys.get_signing_key_from_jwt(answer["id_token"])
            session = secrets.token_urlsafe(8)
            people[session] = jwt.decode(
                answer["id_token"], key, ["RS256"], audience=AUDIENCE, issuer=issuer.name
            )
            self._away(query["state"], f"_oauth2_proxy={session}; HttpOnly; Path=/")

        def _away(self, to: str, cookie: str = "") -> None:
            headers = {"Set_Cookie": cookie} if cookie else {}
            self.answer(b"", 302, Location=to, **headers)

        def _passed(self, person: dict[str, Any]) -> None:
            kept = {k: v for k, v in self.headers.items() if not k.startswith("X-Forwarded-")}
            named = {
                "X-Forwarded-User": person["sub"],
                "X-Forwarded-Email": person["email"],
                "X-Forwarded-Groups": ",".join(person["groups"]),
            }
            there = http.client.HTTPConnection(*upstream, source_address=(PROXY, 0))
            there.request("GET", self.path, headers={**kept, **named})
            answer = there.getresponse()
            body = answer.read()
            there.close()
            self.answer(body, answer.status)

    with listening(Passing) as address:
        yield address


def browser(issuer: Issuer, **person: Any) -> httpx2.Client:
    issuer.person = person
    return httpx2.Client(follow_redirects=True)


def test_who_signed_in_with_the_issuer_is_who_they_are_with_the_role_of_their_groups(
    issuer: Issuer, proxy: str
) -> None:
    person = {"sub": "u-17", "email": "ann@example.com", "groups": ["staff", "oncall"]}
    with browser(issuer, **person) as ann:
        answer = ann.get(f"{proxy}/x?y=1")
        assert answer.json() == {"name": "ann@example.com", "role": "OPERATOR"}
        assert [urlsplit(str(r.url)).path for r in answer.history] == [
            "/x",
            "/authorize",
            "/oauth2/callback",
        ]
        again = ann.get(f"{proxy}/x", headers=ASKED_BY_NAME)
        assert again.history == []
        assert again.json() == {"name": "ann@example.com", "role": "OPERATOR"}
    with browser(issuer, sub="u-18", email="bob@example.com", groups=[]) as bob:
        assert bob.get(f"{proxy}/x").json() == {"name": "bob@example.com", "role": "VIEWER"}


def test_who_comes_past_the_proxy_is_nobody_whatever_they_say(upstream: Address) -> None:
    address = "http://{}:{}/x".format(*upstream)
    assert httpx2.get(address, headers=ASKED_BY_NAME).status_code == 401
    claimed = {**ASKED_BY_NAME, "X-Forwarded-For": PROXY, "X-Real-IP": PROXY, "Forwarded": PROXY}
    assert httpx2.get(address, headers=claimed).status_code == 401


@pytest.mark.parametrize(
    ("peer", "networks", "believed"),
    [
        ("10.1.2.3", ["10.1.2.3"], True),
        ("10.1.2.3", ["10.1.0.0/16", "fd00::/8"], True),
        ("fd00::1", ["10.1.0.0/16", "fd00::/8"], True),
        ("10.2.0.1", ["10.1.0.0/16"], False),
        ("::ffff:10.1.2.3", ["10.1.2.3"], True),
        ("::ffff:10.1.2.4", ["10.1.2.3"], False),
        ("", ["0.0.0.0/0"], False),
        ("proxy.example", ["0.0.0.0/0"], False),
    ],
)
async def test_only_the_proxys_own_addresses_are_believed(
    peer: str, networks: list[str], believed: bool
) -> None:
    headers = Headers({"X-User": "ann@example.com", "X-Groups": "oncall, admins ,staff"})
    found = await vouched(networks).check(Presented("", headers, peer))
    assert (found is not None) == believed
    if found:
        assert (found.name, found.role) == ("ann@example.com", Role.ADMIN)


@pytest.mark.parametrize(
    "names", [["ann", "root"], [""], ["token:ci"], ["ann\u202egro"], ["a" * 300]], ids=str
)
async def test_a_proxy_that_does_not_name_one_person_lets_nobody_in(names: list[str]) -> None:
    headers = Headers(raw=[(b"x-user", name.encode()) for name in names])
    with pytest.raises(NotSignedIn, match="one person"):
        await vouched(["10.1.2.3"]).check(Presented("", headers, "10.1.2.3"))


def vouched(networks: list[str]) -> ProxyHeaders:
    return ProxyHeaders(
        networks, user_header="X-User", groups_header="X-Groups", roles=ROLES, fallback=Role.VIEWER
    )


def by_description(issuer: Issuer, name: str = "") -> SignedToken:
    return SignedToken(
        issuer=name or issuer.name, audience=AUDIENCE, roles=ROLES, fallback=Role.VIEWER
    )


async def test_the_issuers_own_description_says_where_its_keys_are(issuer: Issuer) -> None:
    issuer.described, credential = 0, by_description(issuer)
    token = issuer.token("rsa", iss=issuer.name)
    for _ in range(3):
        found = await credential.check(Presented(token, Headers(), ""))
        assert found is not None
        assert found.name == "ann@example.com"
    assert issuer.described == 1


async def test_a_description_of_another_issuer_or_none_lets_nobody_in(issuer: Issuer) -> None:
    issuer.described = 0
    for name in (f"{issuer.name}/", "http://127.0.0.1:1", "login.example", "file:///etc"):
        credential = by_description(issuer, name)
        token = issuer.token("rsa", iss=name)
        for _ in range(3):
            with pytest.raises(IssuerUnavailable):
                await credential.check(Presented(token, Headers(), ""))
    assert issuer.described == 1  # and it is not asked again each time


def test_an_issuer_alone_is_how_people_sign_in_and_half_of_it_is_refused() -> None:
    whole = load_settings(jwt_issuer="https://login.example", jwt_audience="workbench")
    assert people_sign_in(whole)
    assert len(credentials(whole, "t", "ann", None, None)) == 2  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="an issuer and an audience"):
        credentials(load_settings(jwt_issuer="https://x"), "t", "ann", None, None)  # type: ignore[arg-type]
