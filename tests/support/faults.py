"""Faulty servers as processes, one per transport, and how often the fault tests repeat."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from workbench.core.tools import McpServer, Transport

FAULTY = Path(__file__).parent / "mcp_servers" / "faulty.py"
ROUNDS = int(os.environ.get("WORKBENCH_TEST_ROUNDS", "1"))
"""Rounds of every fault; 25 for the full run."""
KINDS = ("stdio", "http", "json", "sse", "websocket")
TRANSPORTS = {
    "http": (Transport.STREAMABLE_HTTP, "http://127.0.0.1:{port}/mcp"),
    "json": (Transport.STREAMABLE_HTTP, "http://127.0.0.1:{port}/mcp"),
    "sse": (Transport.SSE, "http://127.0.0.1:{port}/sse"),
    "websocket": (Transport.WEBSOCKET, "ws://127.0.0.1:{port}/"),
}


@asynccontextmanager
async def faulty_server(
    kind: str, ledger: Path, call_seconds: float = 1.0, **env: str
) -> AsyncIterator[McpServer]:
    """A running faulty server of one of KINDS, and how to reach it."""
    if kind == "stdio":
        yield McpServer(
            name="faulty",
            command=sys.executable,
            args=("-S", str(FAULTY), "stdio"),
            env={"LEDGER": str(ledger), **env},
            call_seconds=call_seconds,
        )
        return
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(FAULTY),
        kind,
        stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
        env={**os.environ, "LEDGER": str(ledger), **env},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        transport, url = TRANSPORTS[kind]
        yield McpServer(
            name="faulty",
            transport=transport,
            url=url.format(port=port),
            call_seconds=call_seconds,
            start_seconds=20.0,
        )
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
