from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator

from workbench.mcp.channel import Oversized
from workbench.mcp.lines import read_lines, split_lines


async def lines_of(*chunks: bytes, max_bytes: int = 100) -> list[bytes | Oversized]:
    stream = asyncio.StreamReader()
    for chunk in chunks:
        stream.feed_data(chunk)
    stream.feed_eof()
    return [
        line if isinstance(line, Oversized) else bytes(line)
        async for line in read_lines(stream, max_bytes)
    ]


async def test_lines_are_put_together_from_pieces() -> None:
    assert await lines_of(b"on", b"e\ntw", b"o\n\n  \nthree\n") == [b"one", b"two", b"three"]


async def test_half_a_line_at_the_end_is_still_a_line() -> None:
    assert await lines_of(b"one\ntw") == [b"one", b"tw"]


async def test_a_line_over_the_limit_leaves_only_its_ends() -> None:
    found = await lines_of(b"head" + b"x" * 5000 + b"tail\nnext\n")
    assert isinstance(found[0], Oversized)
    assert (found[0].size, found[0].head[:4], found[0].tail[-4:]) == (5008, b"head", b"tail")
    assert found[1:] == [b"next"]


async def test_a_line_at_the_limit_is_taken() -> None:
    assert await lines_of(b"x" * 100 + b"\n") == [b"x" * 100]


async def test_an_endless_line_is_read_in_bounded_memory() -> None:
    stream = asyncio.StreamReader(limit=2**18)
    block = b"x" * 2**18

    async def feed() -> None:
        for _ in range(256):  # 64 MiB
            stream.feed_data(block)
            await asyncio.sleep(0)
        stream.feed_data(b"\n")
        stream.feed_eof()

    tracemalloc.start()
    feeder = asyncio.create_task(feed())
    found = [line async for line in read_lines(stream, 2**20)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    await feeder
    assert isinstance(found[0], Oversized)
    assert found[0].size == 64 * 2**20
    assert peak < 16 * 2**20


async def test_a_line_that_drips_takes_its_own_size_and_not_that_of_its_pieces() -> None:
    async def drops() -> AsyncIterator[bytes]:
        for _ in range(100_000):
            yield b"xyz"

    tracemalloc.start()
    found = [line async for line in split_lines(drops(), 2**20)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [b"xyz" * 100_000]
    assert peak <= 3 * 300_000
