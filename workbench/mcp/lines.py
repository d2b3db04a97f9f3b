"""Newline-delimited messages from a byte stream, in linear time and bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from workbench.mcp.channel import Oversized

CHUNK_BYTES = 256 * 1024
ENDS_BYTES = 1024
"""How much of either end of an oversized line is kept: enough to find the JSON-RPC id."""


async def read_lines(
    stream: asyncio.StreamReader, max_bytes: int
) -> AsyncIterator[bytes | bytearray | Oversized]:
    """Each non-empty line, without its newline; half a line at the end of the stream counts as one.

    A line over ``max_bytes`` is read to its end and thrown away but for its first and last bytes.
    """
    async for line in split_lines(_chunks(stream), max_bytes):
        if isinstance(line, Oversized) or (line and not line.isspace()):
            yield line


async def split_lines(
    chunks: AsyncIterator[bytes], max_bytes: int
) -> AsyncIterator[bytes | Oversized]:
    """Every line of the chunks, empty ones too."""
    line = _Line(max_bytes)
    async for chunk in chunks:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            line.add(chunk[start:end])
            start = end + 1
            yield line.take()
        line.add(chunk[start:])
    if last := line.take():
        yield last


async def _chunks(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while chunk := await stream.read(CHUNK_BYTES):
        yield chunk


class _Line:
    """The line being assembled, in pieces: one growing buffer is copied as it grows where the
    allocator cannot extend it, and then takes twice its size."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held: list[bytearray] = []
        self._size = 0
        self._dropped: Oversized | None = None

    def add(self, piece: bytes) -> None:
        if self._dropped is not None:
            tail = (self._dropped.tail + piece[-ENDS_BYTES:])[-ENDS_BYTES:]
            self._dropped = Oversized(self._dropped.head, tail, self._dropped.size + len(piece))
            return
        if self._held and len(self._held[-1]) + len(piece) <= CHUNK_BYTES:
            self._held[-1] += piece  # small ones together: each piece has its own weight
        else:
            self._held.append(bytearray(piece))
        self._size += len(piece)
        if self._size > self._max_bytes:
            self._dropped = Oversized(*_ends(self._held), self._size)
            self._held = []

    def take(self) -> bytes | Oversized:
        """The finished line; the next one starts empty."""
        held, dropped = self._held, self._dropped
        self._held, self._size, self._dropped = [], 0, None
        return b"".join(held) if dropped is None else dropped


def _ends(pieces: list[bytearray]) -> tuple[bytes, bytes]:
    """The first and the last bytes of what the pieces are together."""
    head, tail = b"", b""
    for piece in pieces:
        if len(head) >= ENDS_BYTES:
            break
        head += bytes(piece[:ENDS_BYTES])
    for piece in reversed(pieces):
        if len(tail) >= ENDS_BYTES:
            break
        tail = bytes(piece[-ENDS_BYTES:]) + tail
    return head[:ENDS_BYTES], tail[-ENDS_BYTES:]
