"""Server-sent events from a byte stream, in linear time and bounded memory (HTML standard,
server-sent events)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from workbench.mcp.channel import Oversized
from workbench.mcp.lines import split_lines


class Event(msgspec.Struct, frozen=True):
    """``data`` of an event over the limit is what is left of it."""

    name: str
    data: bytes | Oversized
    id: str = ""
    retry: str = ""


async def read_events(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[Event]:
    """Each event that was ended by an empty line; what comes after the last one is no event."""
    event = _Event(max_bytes)
    async for line in split_lines(chunks, max_bytes):
        if isinstance(line, Oversized):
            event.drop(line)
        elif text := bytes(line).removesuffix(b"\r"):
            event.add(text)
        else:
            if whole := event.take():
                yield whole
            event = _Event(max_bytes)


class _Event:
    """The event being assembled."""

    def __init__(self, max_bytes: int) -> None:
        self._room = max_bytes
        self._fields: dict[str, str] = {}
        self._data: list[bytes] = []
        self._dropped: Oversized | None = None

    def add(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name != b"data":
            self._fields[name.decode(errors="replace")] = value.decode(errors="replace")
            return
        self._room -= len(value) + 1
        if self._room >= 0:
            self._data.append(value)
        elif self._dropped is None:
            first = self._data[0] if self._data else value
            self.drop(Oversized(first[:1024], value[-1024:], sum(map(len, self._data))))
            self._data = []

    def drop(self, line: Oversized) -> None:
        head = line.head.removeprefix(b"data:")
        self._dropped = Oversized(head, line.tail.rstrip(b"\r"), line.size)

    def take(self) -> Event | None:
        """The event, or None when there is nothing in it."""
        if not (self._data or self._dropped or "id" in self._fields):
            return None
        return Event(
            self._fields.get("event", "message"),
            self._dropped or b"\n".join(self._data),
            self._fields.get("id", ""),
            self._fields.get("retry", ""),
        )
