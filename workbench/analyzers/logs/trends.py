"""Numbers that grow while a log goes on: latencies and memory, from a thin sample of its lines."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

SAMPLES_MOST = 512
"""Samples kept for each quantity; when there are more, every second one is dropped."""

WHOLE_BATCHES = 8
"""So much of a log's start is read whole; short logs are no longer than that."""

LINE_KEPT = 200
"""So much of a sampled line is kept: its time stands at the start."""

LEAST = 9
"""Fewer samples than this make no trend."""

GROWS = 2.0
"""How much larger the last third must be than the first to count as growing."""

ALARMING = {"latency": 500.0, "memory": 64 * 2**20}
"""What it must grow to, in ms and bytes, before anybody needs to be told."""

_NUMBER = r"(?P<number>\d+(?:\.\d+)?)"
_NAMED_NUMBER = r"[=: \"]{1,4}(?P<named>\d+(?:\.\d+)?)\b"
_LATENCY = re.compile(
    rf"(?:latency|took|duration|elapsed|time|in)[=: \"]{{1,4}}{_NUMBER} ?(?P<unit>ms|s|us|µs)\b"
    rf"|(?:latency|took|duration|elapsed|time)_?(?P<unit2>ms|us){_NAMED_NUMBER}"
)
_MEMORY = re.compile(
    rf"(?:rss|heap|mem|memory|used|usage|alloc)\w*[=: \"]{{1,4}}{_NUMBER} ?(?P<unit>[kmg]i?b?)\b"
    rf"|(?:rss|heap|mem|memory)\w{{0,12}}?_?(?P<unit2>bytes|[kmg]i?b){_NAMED_NUMBER}"
)
_CHORE = re.compile(r"\b(?:tsdb|compact\w*|head gc|checkpoint\w*|vacuum\w*|backup|flush\w*)\b")
"""Work that a program does for itself: it takes as long as there is to do."""
_UNITS = {
    "bytes": 1.0, "k": 2**10, "ki": 2**10, "m": 2**20, "mi": 2**20, "g": 2**30, "gi": 2**30,
    "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3,
    "kb": 1e3, "kib": 2**10, "mb": 1e6, "mib": 2**20, "gb": 1e9, "gib": 2**30,
}  # fmt: skip


class Trend(msgspec.Struct, frozen=True):
    """A quantity that grew. latency is in milliseconds, memory in bytes.

    line: the first one sampled from which on it was ``GROWS`` times as large as at the start, cut.
    """

    quantity: str
    start: float
    end: float
    line: str = ""

    @property
    def alarming(self) -> bool:
        return self.end >= ALARMING[self.quantity]

    def __str__(self) -> str:
        if self.quantity == "memory":
            return f"memory grows from {self.start / 2**20:.0f} to {self.end / 2**20:.0f} MiB"
        return f"latency grows from {self.start:.0f} to {self.end:.0f} ms"


class Sample(NamedTuple):
    value: float
    line: str


class Samples:
    """One sampled line a batch, thinned so that the sample spans the whole log evenly."""

    def __init__(self) -> None:
        self._found: dict[str, list[Sample]] = {"latency": [], "memory": []}
        self._every = 1
        self._seen = 0

    def take(self, lines: list[str], text: str) -> None:
        """A batch's first line, and of short logs all of its text, which is in lower case."""
        self._seen += 1
        if self._seen % self._every:
            return
        source = text if self._seen <= WHOLE_BATCHES else lines[0].lower()
        for quantity, pattern in (("latency", _LATENCY), ("memory", _MEMORY)):
            samples = self._found[quantity]
            place = counted = 0
            for found in pattern.finditer(source):
                place += source.count("\n", counted, found.start())
                counted = found.start()
                line = lines[place] if place < len(lines) else ""
                if quantity == "latency" and _CHORE.search(line.lower()):
                    continue
                samples.append(Sample(_value(found), line[:LINE_KEPT]))
            if len(samples) > SAMPLES_MOST:
                self._found[quantity] = samples[::2]
                self._every *= 2 if quantity == "latency" else 1

    def trends(self) -> tuple[Trend, ...]:
        """What grew from the first third of the samples to the last."""
        return tuple(
            Trend(quantity, start, end, _turned(samples, start))
            for quantity, samples in self._found.items()
            if len(samples) >= LEAST
            for start, end in [_ends([s.value for s in samples])]
            if end >= GROWS * start > 0
        )


def _value(found: re.Match[str]) -> float:
    return float(found["number"] or found["named"]) * _UNITS[found["unit"] or found["unit2"]]


def _turned(samples: list[Sample], start: float) -> str:
    """The first line after the last one that was still as at the start."""
    calm = [n for n, sample in enumerate(samples) if sample.value < GROWS * start]
    after = calm[-1] + 1 if calm else 0
    return samples[after].line if after < len(samples) else ""


def _ends(numbers: list[float]) -> tuple[float, float]:
    third = len(numbers) // 3
    return _median(numbers[:third]), _median(numbers[-third:])


def _median(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]
