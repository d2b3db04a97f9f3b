"""Time of one tool call with a 1 KB result: the bare fastmcp Client over stdio, and ours.

Each round calls every contender the same number of times against the same server script (one
process each), interleaved, so that the machine's moods hit all alike. Prints medians and ratios to
the bare client. Target: 1.3x at most with guard, redaction and both audit rows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from workbench.core.evidence import Ended, Finished, Intent, Record
from workbench.core.tools import CallContext, McpServer
from workbench.mcp.hub import ToolHub
from workbench.mcp.stack import governed

SERVER = Path(__file__).parents[1] / "tests" / "support" / "mcp_servers" / "fast.py"
TARGET = 1.3
INVESTIGATION = UUID(int=1)

Call = Callable[[], Awaitable[object]]


class MemoryRecord:
    """A record without durability: the cost of everything but the database."""

    def __init__(self) -> None:
        self.rows: dict[UUID, tuple[Intent, Ended | None]] = {}

    async def intend(self, intent: Intent, after: Sequence[Finished] = ()) -> str:
        for finished in after:
            await self.finish(finished.intent, finished.ended)
        self.rows[intent.id] = (intent, None)
        return f"E{len(self.rows)}"

    async def finish(self, intent: Intent, ended: Ended) -> None:
        self.rows[intent.id] = (intent, ended)


async def bare_client(stack: contextlib.AsyncExitStack) -> Call:
    from fastmcp import Client
    from fastmcp.client.transports import StdioTransport

    transport = StdioTransport(sys.executable, [str(SERVER)], log_file=Path("/dev/null"))
    client = await stack.enter_async_context(Client(transport))
    return lambda: client.call_tool("kilobyte", {"size": 1024})


async def ours(stack: contextlib.AsyncExitStack, record: Record | None) -> Call:
    """Our hub; with every wrapper when there is a record to write to."""
    server = McpServer(name="fast", command=sys.executable, args=(str(SERVER),))
    hub = await stack.enter_async_context(ToolHub([server], frozenset(("fast",))))
    await hub.list()
    tools = governed(hub, record) if record else hub
    context = CallContext(investigation=INVESTIGATION, user="bench")
    return lambda: tools.call("fast_kilobyte", {"size": 1024}, context)


async def postgres(stack: contextlib.AsyncExitStack) -> Record:
    """The record in an embedded PostgreSQL of its own, fsync on."""
    from workbench.core.cluster import Scope
    from workbench.store.database import open_store
    from workbench.store.embedded import embedded_postgres

    folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
    dsn = await stack.enter_async_context(embedded_postgres(Path(folder)))
    store = await stack.enter_async_context(open_store(dsn))
    await store.investigations.create(INVESTIGATION, "How fast?", Scope(), datetime.now(UTC))
    return store.record


async def measure(rounds: int, calls: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    async with contextlib.AsyncExitStack() as stack:
        contenders = {
            "fastmcp Client, bare": await bare_client(stack),
            "hub": await ours(stack, None),
            "hub + wrappers + record in memory": await ours(stack, MemoryRecord()),
        }
        if importlib.util.find_spec("workbench.store"):
            record = await postgres(stack)
            contenders["hub + wrappers + PostgreSQL"] = await ours(stack, record)
        for round_ in range(rounds + 1):  # the first one warms up
            for name, call in contenders.items():
                began = time.perf_counter()
                for _ in range(calls):
                    await call()
                if round_:
                    times.setdefault(name, []).append((time.perf_counter() - began) / calls)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args()
    times = asyncio.run(measure(options.rounds, options.calls))
    floor = times["fastmcp Client, bare"]
    for name, samples in times.items():
        ratio = statistics.median(a / b for a, b in zip(samples, floor, strict=True))
        print(f"{name:36} {statistics.median(samples) * 1000:7.2f} ms a call   {ratio:.2f}x")
    print(f"target: {TARGET}x with every wrapper")


if __name__ == "__main__":
    main()
