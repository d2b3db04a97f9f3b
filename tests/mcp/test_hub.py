from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable

import pytest

from tests.mcp.conftest import SERVERS
from workbench.core.tools import CallContext, McpServer
from workbench.errors import ToolFailed, ToolServerDown, ToolTimeout, ToolUnknown, UsageError
from workbench.mcp import breaker
from workbench.mcp.breaker import Circuit
from workbench.mcp.connection import State
from workbench.mcp.hub import ToolHub
from workbench.mcp.missing import MissingTools

Stub = Callable[..., McpServer]


async def test_a_server_that_is_down_is_left_out_and_its_state_says_why(stub: Stub) -> None:
    async with ToolHub([stub(), stub("die", name="dead")], frozenset()) as hub:
        assert {tool.server for tool in await hub.list()} == {"stub"}
        up, down = hub.status()
    assert (up.state, up.tools > 5) == (State.UP, True)
    assert (down.state, down.tools) == (State.DOWN, 0)
    assert "out of luck" in down.last_error


async def test_servers_start_side_by_side_and_a_slow_one_is_not_waited_for(stub: Stub) -> None:
    servers = [stub(name="a"), stub("silent", name="slow"), stub(name="b")]
    async with ToolHub(servers, frozenset(("a", "b")), list_patience=0.05) as hub:
        tools = await asyncio.wait_for(hub.list(), 20)
        assert {tool.server for tool in tools} == {"a", "b"}
        assert {s.name: s.state for s in hub.status()}["slow"] is State.STARTING


async def test_a_disabled_server_is_not_there(stub: Stub) -> None:
    async with ToolHub([stub(enabled=False)], frozenset()) as hub:
        assert await hub.list() == ()
        assert [status.state for status in hub.status()] == [State.DISABLED]


async def test_read_only_is_believed_of_trusted_servers_only(stub: Stub) -> None:
    async with ToolHub([stub(name="ours"), stub(name="theirs")], frozenset(("ours",))) as hub:
        tools = {tool.name: tool for tool in await hub.list()}
    assert tools["ours_echo"].read_only
    assert not tools["ours_write"].read_only
    assert not tools["theirs_echo"].read_only


async def test_a_name_nobody_offers_gets_the_closest_ones(
    hub: ToolHub, context: CallContext
) -> None:
    with pytest.raises(ToolUnknown, match="stub_echo"):
        await hub.call("stub_ecko", {}, context)


async def test_a_tool_of_a_server_that_is_down_says_so(stub: Stub, context: CallContext) -> None:
    async with ToolHub([stub("die", name="dead")], frozenset()) as hub:
        with pytest.raises(ToolServerDown, match=r"dead, which is not up.*out of luck"):
            await hub.call("dead_echo", {}, context)


async def test_wrong_arguments_are_caught_before_the_call(
    hub: ToolHub, context: CallContext, ledger: Callable[[], list[str]]
) -> None:
    with pytest.raises(ToolFailed, match=r"`text` is missing.*did you mean `text`"):
        await hub.call("stub_echo", {"txt": "hi"}, context)
    assert ledger() == []


async def test_a_dead_server_is_back_for_the_next_list_and_call(
    hub: ToolHub, context: CallContext
) -> None:
    with pytest.raises(ToolServerDown):
        await hub.call("stub_crash", {}, context)
    assert "stub_echo" in {tool.name for tool in await hub.list()}
    assert (await hub.call("stub_echo", {"text": "hi"}, context)).data == "hi"


async def test_the_status_holds_the_time_of_the_last_call(
    hub: ToolHub, context: CallContext
) -> None:
    assert hub.status()[0].last_call_ms is None
    await hub.call("stub_pid", {}, context)
    assert (hub.status()[0].last_call_ms or 0) > 0


async def test_a_new_tool_is_in_the_next_list(hub: ToolHub, context: CallContext) -> None:
    await hub.call("stub_change", {}, context)
    for _ in range(500):
        if "stub_fresh" in {tool.name for tool in await hub.list()}:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the changed list was never asked for")


async def test_leaving_the_hub_while_servers_start_leaves_nothing_behind(stub: Stub) -> None:
    async with ToolHub([stub("silent")], frozenset()) as hub:
        hub.warm()
        await asyncio.sleep(0.05)
    assert hub.status()[0].state is State.DOWN


async def test_a_real_fastmcp_server_is_listed_and_called(context: CallContext) -> None:
    server = McpServer(name="fast", command=sys.executable, args=(str(SERVERS / "fast.py"),))
    async with ToolHub([server], frozenset(("fast",))) as hub:
        tools = {tool.name: tool for tool in await hub.list()}
        events = await hub.call("fast_events", {"namespace": "shop"}, context)
        broken = await hub.call("fast_broken", {}, context)
    assert tools["fast_events"].read_only
    assert not tools["fast_delete_pod"].read_only
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in tools)
    assert [row["reason"] for row in events.data] == ["BackOff-0", "BackOff-1"]
    assert '"reason"' in events.text
    assert broken.failed
    assert "the cluster said no" in broken.text


# One server's trouble is its own -----------------------------------------------------------------


async def test_a_server_that_hangs_at_start_does_not_hold_up_the_rest(
    stub: Stub, context: CallContext
) -> None:
    servers = [stub(), stub("silent", name="slow"), stub("die", name="dead")]
    async with ToolHub(servers, frozenset(("stub",))) as hub:
        await hub.list()
        clock = asyncio.get_running_loop().time
        began = clock()
        for _ in range(20):
            await hub.list()
            await hub.call("stub_pid", {}, context)
        assert clock() - began < 5  # it once was fifteen seconds for a single list
        assert set(hub.absent()) == {"slow", "dead"}


async def test_the_breaker_opens_hides_the_tools_says_why_and_closes_again(
    stub: Stub, context: CallContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "HALF_OPEN_SECONDS", 0.3)
    async with ToolHub([stub(call_seconds=0.05)], frozenset(("stub",))) as hub:
        hub.offer(MissingTools(hub.absent))
        await hub.list()
        for _ in range(5):
            with pytest.raises(ToolTimeout):
                await hub.call("stub_hang", {}, context)
        assert [tool.name for tool in await hub.list()] == ["workbench_missing_tools"]
        with pytest.raises(ToolServerDown, match=r"failed too often.*did not answer within 0\.05"):
            await hub.call("stub_pid", {}, context)
        missing = await hub.call("workbench_missing_tools", {}, context)
        assert "stub failed too often and is tried again in" in missing.text
        assert hub.status()[0].circuit is Circuit.OPEN
        await asyncio.sleep(0.35)
        names = {tool.name for tool in await hub.list()}
        assert "stub_pid" in names
        await hub.call("stub_pid", {}, context)
        assert hub.status()[0].circuit is Circuit.CLOSED
        assert "workbench_missing_tools" not in {tool.name for tool in await hub.list()}


async def test_a_tool_that_reports_a_failure_does_not_count_against_its_server(
    hub: ToolHub, context: CallContext
) -> None:
    for _ in range(6):
        assert (await hub.call("stub_fail", {}, context)).failed
    assert hub.status()[0].circuit is Circuit.CLOSED


async def test_a_server_is_disabled_enabled_and_removed_while_others_work(
    stub: Stub, context: CallContext
) -> None:
    async with ToolHub([stub(name="a"), stub(name="b")], frozenset(("a", "b"))) as hub:
        await hub.list()
        await hub.disable("a")
        assert {tool.server for tool in await hub.list()} == {"b"}
        with pytest.raises(ToolUnknown):
            await hub.call("a_pid", {}, context)
        hub.enable("a")
        assert {tool.server for tool in await hub.list()} == {"a", "b"}
        await hub.remove("b")
        assert {tool.server for tool in await hub.list()} == {"a"}
        with pytest.raises(UsageError, match="no tool server b"):
            await hub.ping("b")


async def test_a_server_is_connected_pinged_reconnected_and_added(stub: Stub) -> None:
    async with ToolHub([stub()]) as hub:
        await hub.connect("stub")
        assert 0 < await hub.ping("stub") < 5
        await hub.disconnect("stub")
        assert hub.status()[0].state is State.DOWN
        await hub.reconnect("stub")
        assert hub.status()[0].state is State.UP
        hub.add(stub("die", name="dead"))
        with pytest.raises(ToolServerDown, match="exit code 3; stderr: fatal: out of luck"):
            await hub.connect("dead")
