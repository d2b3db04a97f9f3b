"""Numbers that grow while a log goes on: latencies and memory, from a thin sample of its lines."""

from __future__ import annotations

import re

import msgspec

SAMPLES_MOST = 512
"""Samples kept for each quantity; when there are more, every second one is dropped."""

LEAST = 9
"""Fewer samples than this make no trend."""

GROWS = 2.0
"""How much larger the last third must be than the first to count as growing."""

ALARMING = {"latency": 500.0, "memory": 64 * 2**20}
"""What it must grow to, in ms and bytes, before anybody needs to be told."""

_LATENCY = re.compile(
    r"(?:latency|took|duration|elapsed|time|in)[=: \"]{1,4}(?P<number>\d+(?:\.\d+)?) ?(?P<unit>ms|s|us|µs)\b"
)
_MEMORY = re.compile(
    r"(?:rss|heap|mem|memory|used|usage|alloc)\w*[=: \"]{1,4}(?P<number>\d+(?:\.\d+)?) ?(?P<unit>[kmg]i?b)\b"
)
_UNITS = {
    "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3,
    "kb": 1e3, "kib": 2**10, "mb": 1e6, "mib": 2**20, "gb": 1e9, "gib": 2**30,
}  # fmt: skip


class Trend(msgspec.Struct, frozen=True):
    """A quantity that grew. latency is in milliseconds, memory in bytes."""

    quantity: str
    start: float
    end: float

    @property
    def alarming(self) -> bool:
        return self.end >= ALARMING[self.quantity]

    def __str__(self) -> str:
        if self.quantity == "memory":
            return f"memory grows from {self.start / 2**20:.0f} to {self.end / 2**20:.0f} MiB"
        return f"latency grows from {self.start:.0f} to {self.end:.0f} ms"


class Samples:
    """One sampled line a batch, thinned so that the sample spans the whole log evenly."""

    def __init__(self) -> None:
        self._found: dict[str, list[float]] = {"latency": [], "memory": []}
        self._every = 1
        self._seen = 0

    def take(self, line: str, text: str) -> None:
        """A batch's first line, and its whole text in lower case for short logs."""
        self._seen += 1
        if self._seen % self._every:
            return
        source = text if self._seen <= 8 else line.lower()
        for quantity, pattern in (("latency", _LATENCY), ("memory", _MEMORY)):
            numbers = self._found[quantity]
            numbers += [float(f["number"]) * _UNITS[f["unit"]] for f in pattern.finditer(source)]
            if len(numbers) > SAMPLES_MOST:
                self._found[quantity] = numbers[::2]
                self._every *= 2 if quantity == "latency" else 1

    def trends(self) -> tuple[Trend, ...]:
        """What grew from the first third of the samples to the last."""
        return tuple(
            Trend(quantity, start, end)
            for quantity, numbers in self._found.items()
            if len(numbers) >= LEAST
            for start, end in [_ends(numbers)]
            if end >= GROWS * start > 0
        )


def _ends(numbers: list[float]) -> tuple[float, float]:
    third = len(numbers) // 3
    return _median(numbers[:third]), _median(numbers[-third:])


def _median(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]
