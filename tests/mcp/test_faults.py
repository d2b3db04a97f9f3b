"""Every fault over every transport: no call outlives its deadline, no change is made twice, and the
server is usable again within five seconds in the same run."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tests.faults.figures import note
from tests.mcp.conftest import until
from tests.support.faults import KINDS, ROUNDS, faulty_server
from tests.support.tcp_proxy import Fault, proxied
from workbench.core.tools import McpServer, ToolResult, Transport
from workbench.errors import OutcomeUnknown, ToolError, ToolFailed, ToolServerDown, ToolTimeout
from workbench.mcp.connection import Connection

LATE_SECONDS = 5.0
SILENT = ("hang", "drip", "garbage", "wrong_id")
ANSWERED = ("duplicate_id", "crash_after")
LOST = ("half", "crash_before", "crash_during")
ONE_PIPE = {("stdio", "drip"), ("sse", "drip"), ("websocket", "drip")}
"""Where half a message stands in the way of every later one."""


@pytest.fixture(params=KINDS)
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[McpServer]:
    async with faulty_server(request.param, tmp_path / "ledger") as server:
        yield server


@pytest.fixture
async def connection(server: McpServer) -> AsyncIterator[Connection]:
    connection = Connection(server, max_bytes=2**20)
    yield connection
    await connection.close()


def kind_of(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["server"])


async def change(connection: Connection, tool: str) -> ToolResult | ToolError:
    """The outcome of a call that may change something, and no later than it may come."""
    seconds = connection.server.call_seconds + LATE_SECONDS
    try:
        return await asyncio.wait_for(connection.call(tool, {}, read_only=False), seconds)
    except ToolError as error:
        return error


async def another_process(connection: Connection, pid: str) -> None:
    """Until the one with that number is gone and its successor answers."""
    async with asyncio.timeout(LATE_SECONDS):
        while True:
            if await process_of(connection) not in (pid, ""):
                return
            await asyncio.sleep(0.05)


async def process_of(connection: Connection) -> str:
    try:
        return (await connection.call("pid", {}, read_only=True)).text
    except ToolError:
        return ""


async def timed(connection: Connection, fault: str) -> tuple[ToolResult | ToolError, float]:
    """What ``change`` gives, and how many seconds after its deadline (before it: 0)."""
    began = time.monotonic()
    outcome = await change(connection, fault)
    return outcome, max(0.0, time.monotonic() - began - connection.server.call_seconds)


async def usable_again(connection: Connection) -> float:
    """Seconds until a change is answered again, asking as a person would."""
    began = time.monotonic()
    async with asyncio.timeout(LATE_SECONDS):
        while True:
            try:
                await connection.call("echo", {"text": "again"}, read_only=True)
                return time.monotonic() - began
            except ToolError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("fault", [*SILENT, *ANSWERED, *LOST, "huge"])
async def test_a_fault_ends_in_time_once_and_the_server_is_back(
    request: pytest.FixtureRequest, connection: Connection, tmp_path: Path, fault: str
) -> None:
    await connection.call("echo", {"text": "up"}, read_only=True)
    ledger = tmp_path / "ledger"
    late, away = [], []
    for _ in range(ROUNDS):
        pid = await process_of(connection)
        ledger.write_text("")
        outcome, over = await timed(connection, fault)
        late.append(over)
        if fault in SILENT:
            assert isinstance(outcome, ToolTimeout)
        elif fault in ANSWERED and (kind_of(request), fault) != ("json", "duplicate_id"):
            assert isinstance(outcome, ToolResult)
            assert outcome.text == f"ran {fault}"
        elif fault == "huge":
            gone = kind_of(request) == "websocket"
            assert isinstance(outcome, OutcomeUnknown if gone else ToolFailed)
            assert "limit" in str(outcome)
        else:
            assert isinstance(outcome, OutcomeUnknown)
        if (kind_of(request), fault) in ONE_PIPE:
            await connection.stop()  # what drips into the stream of every answer goes on dripping
        if fault.startswith("crash"):
            await another_process(connection, pid)
        away.append(await usable_again(connection))
        assert ledger.read_text().split().count(fault) <= 1
        if fault != "crash_before":
            assert fault in ledger.read_text().split()
    figures = {"late": max(late), "away": max(away)}
    note("tool faults", transport=kind_of(request), times=ROUNDS, **figures)


@pytest.mark.parametrize("fault", [*SILENT, "huge"])
async def test_others_keep_going_beside_a_fault(
    request: pytest.FixtureRequest, connection: Connection, fault: str
) -> None:
    if (kind_of(request), fault) in ONE_PIPE | {("websocket", "huge")}:
        pytest.skip("one stream carries every answer, and the fault is in the stream")
    await connection.call("echo", {"text": "up"}, read_only=True)
    faulty = asyncio.create_task(change(connection, fault))
    late = connection.call("late", {"seconds": 0.3}, read_only=False)
    results = await asyncio.gather(late, connection.call("echo", {"text": "b"}, read_only=False))
    assert [r.text for r in results] == ["late", "b"]
    await faulty


async def test_a_killed_server_is_usable_within_five_seconds(
    request: pytest.FixtureRequest, connection: Connection
) -> None:
    for _ in range(ROUNDS):
        pid = int((await connection.call("pid", {}, read_only=True)).text)
        os.kill(pid, signal.SIGKILL)
        away = await usable_again(connection)
        assert away <= LATE_SECONDS
        note("tool faults", transport=kind_of(request), times=1, late=0.0, away=away)
        assert int((await connection.call("pid", {}, read_only=True)).text) != pid


async def test_cancelling_ends_the_call_at_once_and_tells_the_server(
    connection: Connection, tmp_path: Path
) -> None:
    await connection.call("echo", {"text": "up"}, read_only=True)
    ledger = tmp_path / "ledger"
    for _ in range(ROUNDS):
        ledger.write_text("")
        call = asyncio.create_task(connection.call("hang", {}, read_only=False))
        await until(lambda: "hang" in ledger.read_text())
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(call, 2)
        await until(lambda: "cancelled" in ledger.read_text())
        await usable_again(connection)


async def test_stopping_at_any_moment_ends_the_call_within_two_seconds(
    request: pytest.FixtureRequest, connection: Connection
) -> None:
    await connection.call("echo", {"text": "up"}, read_only=True)
    chance = random.Random(1)  # the same moments every time
    slowest = 0.0
    for _ in range(8 * ROUNDS):
        call = asyncio.create_task(connection.call("late", {"seconds": 0.02}, read_only=False))
        await asyncio.sleep(chance.uniform(0, 0.04))
        call.cancel()
        began = time.monotonic()
        done, _ = await asyncio.wait({call}, timeout=2)
        assert done == {call}
        slowest = max(slowest, time.monotonic() - began)
    note("calls stopped", transport=kind_of(request), times=8 * ROUNDS, slowest=slowest)
    assert (await connection.call("echo", {"text": "still"}, read_only=True)).text == "still"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "stdio"])
@pytest.mark.parametrize("fault", [f for f in Fault if f is not Fault.PASS])
async def test_a_network_that_fails_makes_no_change_twice_and_the_server_is_back(
    kind: str, fault: Fault, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    late, away = [], []
    async with faulty_server(kind, ledger) as direct, proxied(direct.url) as (url, proxy):
        connection = Connection(msgspec.structs.replace(direct, url=url))
        try:
            await connection.call("echo", {"text": "up"}, read_only=True)
            for _ in range(ROUNDS):
                ledger.write_text("")
                proxy.set(fault)
                outcome, over = await timed(connection, "crash_after")
                assert isinstance(outcome, (ToolError, ToolResult))
                late.append(over)
                proxy.set(Fault.PASS)
                away.append(await usable_again(connection))
                assert ledger.read_text().split().count("crash_after") <= 1
        finally:
            await connection.close()
    figures = {"late": max(late), "away": max(away)}
    note("tool faults", transport=f"{kind}, its network", times=ROUNDS, **figures)


@pytest.mark.parametrize(
    ("transport", "url"),
    [
        (Transport.STREAMABLE_HTTP, "http://127.0.0.1:1/mcp"),
        (Transport.SSE, "http://127.0.0.1:1/sse"),
        (Transport.WEBSOCKET, "ws://127.0.0.1:1/"),
    ],
)
async def test_nobody_there_is_said_at_once_with_the_reason(transport: Transport, url: str) -> None:
    connection = Connection(McpServer(name="away", transport=transport, url=url))
    with pytest.raises(ToolServerDown, match=r"(?i)connect"):
        await asyncio.wait_for(connection.call("echo", {}, read_only=False), 10)
    assert "away" in connection.last_error
    await connection.close()


@pytest.mark.parametrize("transport", [t for t in Transport if t is not Transport.STDIO])
async def test_credentials_do_not_follow_a_redirect(transport: Transport) -> None:
    seen: list[bytes] = []

    async def thief(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        elsewhere = f"location: {scheme}://127.0.0.1:{port_of(other)}/\r\n"
        writer.write(f"HTTP/1.1 307 Go\r\n{elsewhere}content-length: 0\r\n\r\n".encode())
        writer.close()

    scheme = "ws" if transport is Transport.WEBSOCKET else "http"
    other = await asyncio.start_server(thief, "127.0.0.1", 0)
    here = await asyncio.start_server(redirect, "127.0.0.1", 0)
    server = McpServer(
        name="led",
        transport=transport,
        url=f"{scheme}://127.0.0.1:{port_of(here)}/",
        headers={"Authorization": "Bearer secret"},
        start_seconds=5,
    )
    connection = Connection(server)
    with pytest.raises(ToolServerDown):
        await connection.tools()
    assert seen == []
    await connection.close()
    for listening in (other, here):
        listening.close()


def port_of(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])
