"""Servers, hubs and records the tests of the MCP manager share."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.records import MemoryRecord
from workbench.core.tools import CallContext, McpServer
from workbench.mcp.hub import ToolHub

SERVERS = Path(__file__).parents[1] / "support" / "mcp_servers"

Ledger = Callable[[], list[str]]


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


@pytest.fixture
def context() -> CallContext:
    return CallContext(investigation=UUID(int=1), user="jane", surface="test")


@pytest.fixture
def record() -> MemoryRecord:
    return MemoryRecord()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """What the stub servers ran and were told to stop, in order."""
    path = tmp_path / "ledger"
    return lambda: path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def stub(tmp_path: Path) -> Callable[..., McpServer]:
    """A server with faults on demand: see tests/support/mcp_servers/stub.py."""

    def build(start: str = "none", name: str = "stub", **changes: object) -> McpServer:
        fields: dict[str, object] = {
            "name": name,
            "command": sys.executable,
            "args": ("-S", str(SERVERS / "stub.py"), start),
            "env": {"LEDGER": str(tmp_path / "ledger")},
            "start_seconds": 30.0,
            "call_seconds": 30.0,
        }
        return McpServer(**(fields | changes))  # type: ignore[arg-type]

    return build


@pytest.fixture
async def hub(stub: Callable[..., McpServer]) -> AsyncIterator[ToolHub]:
    """A hub over one trusted stub server that is up."""
    async with ToolHub([stub()], trusted=frozenset(("stub",))) as hub:
        await hub.list()
        yield hub
