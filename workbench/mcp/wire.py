"""What the SDK's session reads from and writes to, in place of a transport of its own.

A message passes through no queue and wakes nobody but who waits for it: on its way out it is
written by the task that asks, on its way in it is read by the session. Each hop between tasks would
cost as much as the parsing.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import anyio
import mcp_types as types
import msgspec
from mcp.shared.message import SessionMessage

from workbench.mcp.channel import Channel, Oversized
from workbench.mcp.direct import Direct
from workbench.mcp.offer import OVERSIZED

_ID_FIRST = re.compile(rb'^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\b')
_ID_LAST = re.compile(rb'"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$')


def over_channel(channel: Channel) -> Wire:
    """A wire over one of our own transports, which pass bytes."""

    wire = Wire(Outgoing(channel.post, channel.send, _encoded))
    wire.direct = Direct(wire.outgoing.put)
    wire.incoming = Incoming(_parsed(channel, wire, wire.direct))
    return wire


def over_streams(read: Any, write: Any) -> Wire:
    """A wire over a transport of the SDK's, which passes parsed messages."""
    wire = Wire(Outgoing(lambda item: False, write.send, lambda item: item))
    wire.incoming = Incoming(_relayed(read, wire))
    return wire


class Wire:
    """Both directions. ``lost`` is set when there is nobody at the other end any more; ``garbage``
    counts messages that were not JSON-RPC; ``direct`` runs tools, where the wire carries bytes."""

    incoming: Incoming
    direct: Direct | None = None

    def __init__(self, outgoing: Outgoing) -> None:
        self.outgoing = outgoing
        self.lost = outgoing.lost
        self.garbage = 0

    async def close(self) -> None:
        await self.outgoing.aclose()
        if self.direct:
            self.direct.close()


class Incoming:
    """A read stream of the SDK (mcp.shared._stream_protocols) over parsed messages."""

    def __init__(self, messages: AsyncGenerator[SessionMessage, None]) -> None:
        self._messages = messages

    async def receive(self) -> SessionMessage:
        try:
            return await self.__anext__()
        except StopAsyncIteration as end:
            raise anyio.EndOfStream from end

    def __aiter__(self) -> Incoming:
        return self

    async def __anext__(self) -> SessionMessage:
        return await self._messages.__anext__()

    async def aclose(self) -> None:
        await self._messages.aclose()

    async def __aenter__(self) -> Incoming:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Outgoing:
    """A write stream of the SDK that never waits: a server that does not read must not hold up a
    caller past its deadline. What cannot go at once waits its turn here.

    post, send: see Channel; of what ``encode`` makes of a message.
    """

    def __init__(
        self,
        post: Callable[[Any], bool],
        send: Callable[[Any], Awaitable[None]],
        encode: Callable[[SessionMessage], Any],
    ) -> None:
        self.lost = asyncio.Event()
        self._post, self._send, self._encode = post, send, encode
        self._waiting: deque[Any] = deque()
        self._sender: asyncio.Task[None] | None = None

    async def send(self, item: SessionMessage, /) -> None:
        self.put(self._encode(item))

    def put(self, message: Any) -> None:
        """Hand over a message that is encoded already."""
        if self._sender is None and self._post(message):
            return
        self._waiting.append(message)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_waiting())

    async def _send_waiting(self) -> None:
        try:
            while self._waiting:
                await self._send(self._waiting.popleft())
            self._sender = None
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            self.lost.set()  # nobody reads any more, and whoever owns the session sees that

    async def aclose(self) -> None:
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait({self._sender})

    async def __aenter__(self) -> Outgoing:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing: what the session still says while it ends goes out, see ``Wire.close``."""


async def _parsed(
    channel: Channel, wire: Wire, direct: Direct
) -> AsyncGenerator[SessionMessage, None]:
    try:
        async for raw in channel.messages():
            message = None
            if isinstance(raw, Oversized) or not direct.take(raw):
                message = _message(raw)
                wire.garbage += message is None
            del raw  # it may be large, and the next one may be long in coming
            if message and not direct.take_parsed(message):
                yield SessionMessage(message)
            del message
    finally:
        wire.lost.set()
        direct.close()


async def _relayed(read: Any, wire: Wire) -> AsyncGenerator[SessionMessage, None]:
    try:
        async for item in read:
            if isinstance(item, Exception):
                wire.garbage += 1
            else:
                yield item
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass  # the transport closed first
    finally:
        wire.lost.set()


def _encoded(item: SessionMessage) -> bytes:
    return item.message.model_dump_json(by_alias=True, exclude_unset=True).encode()


def _message(raw: bytes | bytearray | Oversized) -> types.JSONRPCMessage | None:
    """The message; None for what is none."""
    if isinstance(raw, Oversized):
        return _stand_in(raw)
    try:
        return _decoded(raw)
    except ValueError:
        return None


def _decoded(raw: bytes | bytearray) -> types.JSONRPCMessage:
    """The message; raises ValueError for what is none.

    pydantic's own parser holds a text with escapes three times over. It takes more than the
    standard allows (NaN, integers of any size), so it has the last word.
    """
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return types.jsonrpc_message_adapter.validate_json(raw, by_name=False)
    return types.jsonrpc_message_adapter.validate_python(value, by_name=False)


def _stand_in(raw: Oversized) -> types.JSONRPCError | None:
    """An error in place of the answer that was too large; None when nobody can tell whose it was,
    and the call's deadline ends it."""
    found = _ID_FIRST.search(raw.head) or _ID_LAST.search(raw.tail)
    if found is None:
        return None
    message = f"the answer was {raw.size / 2**20:.0f} MiB, which is over the limit."
    error = types.ErrorData(code=OVERSIZED, message=message)
    return types.JSONRPCError(jsonrpc="2.0", id=int(found[1]), error=error)
