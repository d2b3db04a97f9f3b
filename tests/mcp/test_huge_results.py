"""An answer larger than memory is drained, not kept, over every transport."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.faults import KINDS, faulty_server
from tests.support.memory import PeakMemory
from workbench.errors import ToolError, ToolFailed
from workbench.mcp.connection import Connection

MIB = int(os.environ.get("WORKBENCH_TEST_HUGE_MIB", "128"))
"""Size of the answer; 1024 for the full run."""
EXTRA_MIB = 64
NEAR_MIB = 31
SLACK_MIB = 6
"""For buffers, and pages that the allocator keeps."""


@pytest.mark.parametrize("kind", KINDS)
async def test_a_huge_answer_costs_little_memory_and_no_other_call(
    kind: str, tmp_path: Path
) -> None:
    async with faulty_server(kind, tmp_path / "ledger", call_seconds=60) as server:
        connection = Connection(server)
        await connection.call("echo", {"text": "up"}, read_only=True)
        with PeakMemory() as memory, pytest.raises(ToolError) as caught:
            await connection.call("huge", {"mib": MIB}, read_only=False)
        assert memory.extra <= EXTRA_MIB
        if kind != "websocket":  # RFC 6455 has no way to skip a frame: the socket is closed
            assert isinstance(caught.value, ToolFailed)
        assert "limit" in str(caught.value)
        again = await connection.call("echo", {"text": "again"}, read_only=True)
        assert again.text == "again"
        await connection.close()


async def test_an_answer_near_the_limit_is_held_twice_at_most(tmp_path: Path) -> None:
    async with faulty_server("stdio", tmp_path / "ledger", call_seconds=60) as server:
        connection = Connection(server)
        await connection.call("echo", {"text": "up"}, read_only=True)
        with PeakMemory() as memory:
            answer = await connection.call("huge", {"mib": NEAR_MIB}, read_only=True)
        assert answer.text.count("\n") == NEAR_MIB * 2**14
        assert memory.extra <= 2 * NEAR_MIB + SLACK_MIB
        await connection.close()
