"""An answer larger than memory is drained, not kept, over every transport."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.support.faults import KINDS, faulty_server
from workbench.errors import ToolError, ToolFailed
from workbench.mcp.connection import Connection

MIB = int(os.environ.get("WORKBENCH_TEST_HUGE_MIB", "128"))
"""Size of the answer; 1024 for the full run."""
EXTRA_MIB = 64


class PeakMemory:
    """Resident memory above what it was at the start, sampled every 2 ms, in MiB."""

    def __enter__(self) -> PeakMemory:
        self._done = threading.Event()
        self._start = self._peak = resident()
        self._sampler = threading.Thread(target=self._sample)
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._sampler.join()

    @property
    def extra(self) -> float:
        return (self._peak - self._start) / 2**20

    def _sample(self) -> None:
        while not self._done.wait(0.002):
            self._peak = max(self._peak, resident())


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


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
