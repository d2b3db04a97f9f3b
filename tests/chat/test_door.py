"""Whose page it is, and what it may run."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import pytest

pytest.importorskip("bokeh_fastapi")

from bokeh.server.connection import ServerConnection

from workbench.chat.door import Sessions, policy
from workbench.chat.mount import _forget
from workbench.chat.visitor import Visitor

ANN, BOB = Visitor(name="ann"), Visitor(name="bob")


def test_a_page_belongs_to_whom_it_was_made_for_until_it_is_gone() -> None:
    sessions = Sessions()
    sessions.opened("s", ANN)
    assert sessions.admits("s", ANN)
    assert not sessions.admits("s", BOB)
    assert not sessions.admits("", ANN)
    sessions.closed("s")
    assert not sessions.admits("s", ANN)


class Opened:
    """A page of Bokeh's, and the server that has it."""

    id, connection_count = "s", 0

    def __init__(self) -> None:
        self.expired = asyncio.Event()
        self.request_expiration = self.expired.set
        self._clients = {ServerConnection(None, None, None, self)}

    def subscribe(self, _: object) -> None:
        self.connection_count += 1

    def unsubscribe(self, _: object) -> None:
        self.connection_count -= 1

    def client_lost(self, client: ServerConnection) -> None:
        self._clients.discard(client)
        client.detach_session()


async def test_a_page_whose_connection_is_lost_and_does_not_come_back_is_given_up() -> None:
    page = Opened()
    lost = _forget(page, seconds=0)
    lost("another")
    assert page._clients
    lost("s")
    await page.expired.wait()
    assert not page._clients


def test_the_policy_names_every_inline_script_and_allows_no_other() -> None:
    page = b'<script src="a.js"></script><script>one()</script><script type="x">\n{}\n</script>'
    said = policy(page)
    for script in (b"one()", b"\n{}\n"):
        digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
        assert f"'sha256-{digest}'" in said
    assert said.count("sha256-") == 2
    scripts = next(part for part in said.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "http" not in said
    assert "default-src 'none'" in said
