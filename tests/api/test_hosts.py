"""Which Host and which Origin get through."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from workbench.api.credentials import OwnToken
from workbench.api.guard import Guard
from workbench.api.hosts import host_of, hosts
from workbench.api.principals import Principal, Role

TOKEN = "t" * 32
HOST = "127.0.0.1:8787"
BAD_HOSTS = [
    "evil.example", "evil.example:8787", "127.0.0.1.evil.example", "localhost.evil.example",
    "evil.example.localhost.", "127.0.0.1.nip.io", "localtest.me", "127.0.0.2", "0.0.0.0",
    "169.254.169.254", "10.0.0.1:8787", "[::]", "[::ffff:10.0.0.1]", "2130706433", "0x7f000001",
    "017700000001", "127.1", "localhost@evil.example", "evil.example@localhost", "localhost#",
    "localhost/", "localhost?", "localhost\\", "localhost:8787:1", "localhost:99999", "localhost:x",
    "localhost: 8787", " ", "", "[::1", "::1", "[::1]x", "[127.0.0.1]", "localhost,evil.example",
    "localhost evil.example", "lоcalhost", "%6cocalhost", "localhost%00", "*", "null",
    "workbench.example.evil.example", "xworkbench.example", "a" * 300,
]  # fmt: skip
BAD_ORIGINS = [
    "http://evil.example", "https://evil.example:8787", "null", "", "file://", "http://127.0.0.1",
    "http://127.0.0.1:8788", "http://localhost:8787", "http://127.0.0.1:8787.evil.example",
    "http://evil.example/127.0.0.1:8787", "http://127.0.0.1:8787@evil.example",
    "http://evil.example#127.0.0.1:8787", "ftp://127.0.0.1:8787", "ws://127.0.0.1:8787",
    "javascript://127.0.0.1:8787", "//127.0.0.1:8787", "127.0.0.1:8787", "http:127.0.0.1:8787",
    "http://127.0.0.1:8787/", "http://127.0.0.1:8787 http://evil.example",
    "http://127.0.0.1:8787,http://evil.example", "http://user@127.0.0.1:8787", "*",
    "https://pages.example.evil.example", "http://pages.example", "https://xpages.example",
    "https://pages.example:444", "chrome-extension://abcdef", "http://[::1]:8787",
    "http://0.0.0.0:8787", "HTTP://127.0.0.1:8787\x00", "http://127.0.0.1:08787",
]  # fmt: skip


async def arrived(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(
    headers: list[tuple[str, str]], kind: str = "http", server: tuple[str, int] = ("10.1.2.3", 8787)
) -> Any:
    """The status that comes back; for a websocket ``websocket.accept`` or ``websocket.close``."""
    names = hosts("0.0.0.0", ["Workbench.example"], ["https://pages.example"])
    own = OwnToken(TOKEN, Principal(name="ann", role=Role.ADMIN))
    guard = Guard(arrived, [own], names, ["https://pages.example"])
    sent: list[Any] = []
    scope = {
        "type": kind, "path": "/api/x", "query_string": b"", "method": "POST", "scheme": "http",
        "server": server, "client": ("127.0.0.1", 1),
        "headers": [(k.encode(), v.encode("utf-8", "surrogateescape")) for k, v in
                    (("authorization", f"Bearer {TOKEN}"), *headers)],
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    return sent[0].get("status") or sent[0]["type"]


def test_there_are_enough_hostile_values() -> None:
    assert len(set(BAD_HOSTS)) + len(set(BAD_ORIGINS)) >= 60


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_a_host_that_is_not_ours_is_refused(host: str) -> None:
    assert ask([("host", host)]) == 403
    assert ask([("host", host), ("origin", f"http://{host}")]) == 403
    assert ask([("host", host)], "websocket") == "websocket.close"


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_an_origin_that_is_not_ours_is_refused(origin: str) -> None:
    headers = [("host", HOST), ("origin", origin)]
    assert ask(headers) == 403
    assert ask(headers, "websocket") == "websocket.close"


def test_two_hosts_two_origins_or_none_are_refused() -> None:
    assert ask([("host", HOST), ("host", HOST)]) == 403
    assert ask([]) == 403
    twice = [("origin", f"http://{HOST}"), ("origin", f"http://{HOST}")]
    assert ask([("host", HOST), *twice]) == 403


@pytest.mark.parametrize(
    "host", [HOST, "localhost", "LOCALHOST:1", "[::1]:8787", "10.1.2.3:8787", "workbench.example"]
)
def test_our_own_names_and_the_address_that_was_reached_are_let_in(host: str) -> None:
    assert ask([("host", host)]) == 200
    assert ask([("host", host), ("origin", f"https://{host.lower()}")]) == 200
    assert ask([("host", host)], "websocket") == "websocket.accept"


def test_a_site_that_is_allowed_may_write() -> None:
    assert ask([("host", HOST), ("origin", "https://pages.example")]) == 200


def test_an_ipv6_address_has_one_spelling() -> None:
    assert host_of("[0:0:0:0:0:0:0:1]:80") == "::1"
