"""The page of tool servers: who may do what, and what a changed tool looks like."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chat.conftest import House
from workbench.chat import servers
from workbench.chat.screens.servers import Servers
from workbench.core.tools import McpServer, Transport
from workbench.errors import AccessDenied, UsageError
from workbench.investigations.servers import ServerTool, ToolServers
from workbench.mcp.hub import ToolHub

CHANGED = ServerTool(
    name="<b>close</b>", description="<script>x</script>", usable=False, reads=False,
    sha256="a" * 64, difference="-old\n+<i>new</i>",
)  # fmt: skip


@pytest.fixture
async def managed(house: House) -> House:
    """A house with a hub of no servers yet."""
    store = house.workbench.store
    known = ToolServers(
        ToolHub(()), store.mcp_servers, store.tool_pins, allowed=lambda s: s, fixed=frozenset()
    )
    house.workbench = replace(house.workbench, servers=known)
    return house


async def test_one_is_added_switched_and_removed_by_an_administrator(managed: House) -> None:
    screen, tab = managed.opened(Servers, "root", sees_all=True)
    said = {"name": "tickets", "target": "http://127.0.0.1:9/mcp", "description": "<b>x</b>",
            "header": "Authorization: Bearer ${TOKEN}"}  # fmt: skip
    await screen.do_add(said)
    shown = tab.html("servers")
    assert "streamable-http" in shown
    assert "Authorization" in shown
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "TOKEN" not in shown
    await screen.do_switch({"server": "tickets", "to": "disable"})
    assert ">Enable</button>" in tab.html("servers")
    await screen.do_remove({"server": "tickets"})
    assert "tickets" not in tab.html("servers")


async def test_nobody_else_changes_anything(managed: House) -> None:
    screen, tab = managed.opened(Servers, "ann")
    for do in (screen.do_add, screen.do_switch, screen.do_remove, screen.do_accept):
        with pytest.raises(AccessDenied):
            await do({"name": "x", "target": "http://a.example", "server": "x"})
    await screen.do_hello({})
    assert tab.html("servers") == ""
    assert 'data-do="add"' not in str(Servers.page(managed.visit("ann")))


def test_programs_are_added_only_where_that_is_allowed() -> None:
    said = {"name": "x", "target": "python -m 'my server' --flag"}
    assert servers.given(said, commands=True) == McpServer(
        name="x", transport=Transport.STDIO, command="python", args=("-m", "my server", "--flag")
    )
    for wrong in (said, {"name": "x", "target": ""}):
        with pytest.raises(UsageError):
            servers.given(wrong, commands=False)
    with pytest.raises(UsageError, match="cannot be read"):
        servers.given({"name": "x", "target": "python 'open"}, commands=True)


def test_a_tool_is_called_what_the_record_calls_it() -> None:
    tool = ServerTool(
        name="events", called="kube_events", description="", usable=True, reads=True, sha256=""
    )
    assert "<code>kube_events</code>" in servers.tools("kube", [tool], manages=False)
    assert "<code>&lt;b&gt;close" in servers.tools("tickets", [CHANGED], manages=False)


def test_a_tool_that_changed_shows_how_and_waits_for_an_administrator() -> None:
    shown = servers.tools("tickets", [CHANGED], manages=True)
    assert "+&lt;i&gt;new&lt;/i&gt;" in shown
    assert f'data-sha256="{"a" * 64}"' in shown
    assert "<script>" not in shown
    assert "data-sha256" not in servers.tools("tickets", [CHANGED], manages=False)
