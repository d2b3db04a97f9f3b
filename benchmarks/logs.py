"""How fast logs are read: MB/s of text beside a loop over its lines that does nothing.

python benchmarks/logs.py [MEGABYTES]
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator

from workbench.analyzers.logs.reading import read

QUIET = (
    "2026-11-17T09:37:{0:02d}.274Z INFO  request handled path=/api/items/{1} status=200 "
    "duration={0}ms user=u{1}"
)
FAULT = "2026-11-17T09:37:{0:02d}.274Z ERROR dial tcp 10.96.4.{0}:5432: connect: connection refused"


def lines(megabytes: int, every: int) -> Iterator[str]:
    """About that much text; one line in ``every`` is a fault."""
    written, n = 0, 0
    while written < megabytes * 1_000_000:
        line = (QUIET if n % every else FAULT).format(n % 60, n)
        written += len(line) + 1
        n += 1
        yield line


def floor(source: Iterable[str]) -> None:
    for _ in source:
        pass


def rate(work: Callable[[Iterable[str]], object], text: list[str]) -> float:
    began = time.process_time()
    work(text)
    return sum(map(len, text)) / 1e6 / (time.process_time() - began)


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for every in (100_000, 1000, 20):
        text = list(lines(megabytes, every))
        print(
            f"one fault in {every:>6} lines: read {rate(read, text):6.0f} MB/s"
            f"   plain loop {rate(floor, text):6.0f} MB/s"
        )
    tracemalloc.start()
    read(lines(megabytes // 10 or 1, 1000))
    print(f"peak memory while streaming: {tracemalloc.get_traced_memory()[1] / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
