"""How much memory a piece of work takes."""

from __future__ import annotations

import os
import threading
from pathlib import Path


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
