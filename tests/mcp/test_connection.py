"""Faults of a server, one by one: what the caller gets, and that the next call works."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import pytest

from tests.mcp.conftest import Ledger, until
from workbench.core.tools import McpServer, ToolResult
from workbench.errors import OutcomeUnknown, ToolFailed, ToolServerDown, ToolTimeout
from workbench.mcp.connection import Connection, State

Stub = Callable[..., McpServer]


@pytest.fixture
async def connection(stub: Stub) -> AsyncIterator[Connection]:
    connection = Connection(stub(call_seconds=20.0))
    yield connection
    await connection.close()


@pytest.fixture
async def hasty(stub: Stub) -> AsyncIterator[Connection]:
    """A connection whose calls may take half a second."""
    connection = Connection(stub(call_seconds=0.5))
    yield connection
    await connection.close()


async def read(connection: Connection, tool: str, **arguments: object) -> ToolResult:
    return await connection.call(tool, arguments, read_only=True)


async def change(connection: Connection, tool: str, **arguments: object) -> ToolResult:
    return await connection.call(tool, arguments, read_only=False)


async def test_nothing_is_started_before_it_is_needed(connection: Connection) -> None:
    assert connection.state is State.IDLE
    await read(connection, "pid")
    assert connection.state is State.UP


async def test_concurrent_first_calls_share_one_server(connection: Connection) -> None:
    pids = await asyncio.gather(*(read(connection, "pid") for _ in range(20)))
    assert len({result.text for result in pids}) == 1


async def test_twenty_calls_are_answered_each_with_its_own(connection: Connection) -> None:
    texts = [f"call {n}" for n in range(20)]
    results = await asyncio.gather(*(read(connection, "echo", text=t) for t in texts))
    assert [r.data for r in results] == texts


async def test_a_server_that_dies_on_a_change_leaves_the_outcome_unknown(
    connection: Connection, ledger: Ledger
) -> None:
    with pytest.raises(OutcomeUnknown, match="exit code 3; stderr: fatal: out of luck"):
        await change(connection, "write_crash")
    assert ledger() == ["write_crash"]
    assert (await change(connection, "write")).text == "ran write"


async def test_a_lost_read_is_asked_once_more(connection: Connection, ledger: Ledger) -> None:
    assert (await read(connection, "crash_once")).text == "second time lucky"
    assert ledger() == ["crash_once", "crash_once"]


async def test_a_read_that_always_kills_the_server_is_not_asked_a_third_time(
    connection: Connection, ledger: Ledger
) -> None:
    with pytest.raises(ToolServerDown) as caught:
        await read(connection, "crash")
    assert not isinstance(caught.value, OutcomeUnknown)
    assert ledger() == ["crash", "crash"]


async def test_every_pending_change_hears_of_the_death_at_once(
    connection: Connection, ledger: Ledger
) -> None:
    pid = int((await read(connection, "pid")).text)
    calls = [asyncio.create_task(change(connection, "hang")) for _ in range(5)]
    await until(lambda: ledger().count("hang") == 5)
    os.kill(pid, signal.SIGKILL)
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(e) for e in errors] == [OutcomeUnknown] * 5
    assert "killed by SIGKILL" in str(errors[0])
    assert ledger().count("hang") == 5


async def test_a_death_between_calls_is_noticed_without_a_call(connection: Connection) -> None:
    os.kill(int((await read(connection, "pid")).text), signal.SIGKILL)
    await until(lambda: connection.state is State.DOWN)
    assert (await change(connection, "write")).text == "ran write"


async def test_a_hundred_kills_cost_a_hundred_restarts_and_nothing_else(
    connection: Connection,
) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(100):
        os.kill(int((await read(connection, "pid")).text), signal.SIGKILL)
    assert (await read(connection, "pid")).text
    await connection.close()
    assert len(os.listdir("/proc/self/fd")) <= before + 5


@pytest.mark.parametrize("fault", ["hang", "drip", "wrong_id"])
async def test_no_answer_ends_at_the_deadline_and_the_server_is_told(
    hasty: Connection, ledger: Ledger, fault: str
) -> None:
    with pytest.raises(ToolTimeout, match=r"did not answer within 0\.5 s"):
        await asyncio.wait_for(change(hasty, fault), 10)
    await until(lambda: any(line.startswith("cancelled") for line in ledger()))


async def test_others_are_answered_while_one_hangs(connection: Connection) -> None:
    hanging = asyncio.create_task(read(connection, "hang"))
    assert (await read(connection, "echo", text="hello")).data == "hello"
    hanging.cancel()


async def test_cancelling_the_caller_cancels_on_the_server(
    connection: Connection, ledger: Ledger
) -> None:
    call = asyncio.create_task(change(connection, "hang"))
    await until(lambda: "hang" in ledger())
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 2)
    await until(lambda: any(line.startswith("cancelled") for line in ledger()))
    assert (await read(connection, "echo", text="still here")).data == "still here"


async def test_a_caller_who_leaves_during_the_start_does_not_take_the_server_along(
    connection: Connection,
) -> None:
    first = asyncio.create_task(read(connection, "pid"))
    second = asyncio.create_task(read(connection, "pid"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).text


@pytest.mark.parametrize("noise", ["garbage", "stderr"])
async def test_noise_is_not_mistaken_for_an_answer(connection: Connection, noise: str) -> None:
    assert (await read(connection, noise)).text.startswith("after the")
    assert (connection.garbage > 0) == (noise == "garbage")


async def test_a_greeting_on_stdout_does_not_stop_the_start(stub: Stub) -> None:
    connection = Connection(stub("noise"))
    assert (await read(connection, "echo", text="hi")).data == "hi"
    await connection.close()


async def test_a_message_over_the_limit_fails_its_call_and_no_other(stub: Stub) -> None:
    connection = Connection(stub(), max_bytes=2**20)
    pid = (await read(connection, "pid")).text
    with pytest.raises(ToolFailed, match="50 MiB"):
        await read(connection, "huge", mib=50)
    assert (await read(connection, "pid")).text == pid
    await connection.close()


async def test_half_a_line_and_an_exit_is_a_death(connection: Connection) -> None:
    with pytest.raises(OutcomeUnknown, match="exit code 0"):
        await change(connection, "half")


@pytest.mark.parametrize("fault", ["orphan", "close_stdout"])
async def test_pipes_held_open_or_closed_early_do_not_hide_the_end(
    connection: Connection, fault: str
) -> None:
    with pytest.raises(OutcomeUnknown):
        await asyncio.wait_for(change(connection, fault), 10)
    assert (await read(connection, "echo", text="again")).data == "again"


async def test_an_answer_that_reports_a_failure_is_a_result(connection: Connection) -> None:
    result = await read(connection, "fail")
    assert (result.failed, result.text) == (True, "no such pod")


async def test_a_server_that_dies_at_start_says_why(stub: Stub) -> None:
    connection = Connection(stub("die"))
    with pytest.raises(ToolServerDown, match="exit code 3; stderr: fatal: out of luck"):
        await connection.tools()
    assert connection.state is State.DOWN


async def test_a_server_that_stays_silent_is_given_up_after_its_time(stub: Stub) -> None:
    connection = Connection(stub("silent", start_seconds=0.3))
    with pytest.raises(ToolServerDown, match=r"did not start within 0\.3 s"):
        await asyncio.wait_for(connection.tools(), 10)
    await connection.close()


async def test_a_command_that_does_not_exist_is_a_server_down(stub: Stub) -> None:
    with pytest.raises(ToolServerDown, match=r"cannot be started.*no-such-command"):
        await Connection(stub(command="no-such-command")).tools()


async def test_tools_are_asked_for_again_when_the_server_says_they_changed(
    connection: Connection,
) -> None:
    before = {tool.name for tool in await connection.tools()}
    assert connection.tools_current
    await read(connection, "change")
    await until(lambda: not connection.tools_current)
    assert {tool.name for tool in await connection.tools()} - before == {"fresh"}


async def test_a_closed_connection_stays_closed(connection: Connection) -> None:
    await connection.close()
    with pytest.raises(ToolServerDown, match="was stopped"):
        await read(connection, "pid")
