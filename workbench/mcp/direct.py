"""Running a tool straight over the wire: one request out, one answer in, and nothing between.

The SDK's session speaks the rest of the protocol. A call is what happens all the time, and its way
through the session costs as much as the rest of the client does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import msgspec
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    REQUEST_TIMEOUT,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCResponse,
)

from workbench.mcp.answers import Answer

FIRST_ID = 1_000_001
"""The SDK counts its own requests of a session from 1; none gets as far as this."""


class Direct:
    """Calls under way. ``put`` hands a message to the peer and waits for nobody."""

    def __init__(self, put: Callable[[bytes], None]) -> None:
        self._put = put
        self._ids = count(FIRST_ID)
        self._waiting: dict[int | str | None, asyncio.Future[Answer]] = {}
        self._closed = False

    async def call(
        self,
        name: str,
        arguments: Mapping[str, Any],
        seconds: float,
        meta: Mapping[str, Any] | None = None,
    ) -> Answer:
        """What the tool answers. A peer whose answer is not waited for any more is told so.
        ``meta`` goes beside the arguments.

        Raises MCPError, also when time is up or the peer is gone, and msgspec.ValidationError for
        an answer that is none.
        """
        if self._closed:
            raise _closed()
        loop = asyncio.get_running_loop()
        number = next(self._ids)
        future: asyncio.Future[Answer] = loop.create_future()
        params = {"name": name, "arguments": arguments} | ({"_meta": meta} if meta else {})
        message = _encoded({"id": number, "method": "tools/call", "params": params})
        self._waiting[number] = future
        self._put(message)
        clock = loop.call_later(seconds, self._run_out, number)
        try:
            return await future
        except asyncio.CancelledError:
            self._give_up(number)
            raise
        finally:
            clock.cancel()
            del self._waiting[number]

    def take(self, raw: bytes | bytearray) -> bool:
        """Whether the message answers a call of this; whoever waits for it has it then."""
        if not self._waiting:
            return False
        try:
            envelope = _ENVELOPE.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False  # the SDK has a look at it
        if envelope.error:
            return self._fail(envelope.id, MCPError(envelope.error.code, envelope.error.message))
        return bool(envelope.result) and self._end(
            envelope.id, lambda: _ANSWER.decode(envelope.result)
        )

    def take_parsed(self, message: JSONRPCMessage) -> bool:
        """The same of a message that only the SDK could read."""
        match message:
            case JSONRPCError(id=int(number), error=error):
                return self._fail(number, MCPError(error.code, error.message))
            case JSONRPCResponse(id=int(number), result=result):
                return self._end(number, lambda: msgspec.convert(result, Answer))
        return False

    def _end(self, number: int | str | None, answer: Callable[[], Answer]) -> bool:
        """Whether a call of that id was under way; it ends with the answer, or what is wrong."""
        future = self._waiting.get(number)
        if future is not None and not future.done():
            try:
                future.set_result(answer())
            except (msgspec.DecodeError, RecursionError) as error:
                future.set_exception(error)
        return future is not None

    def _fail(self, number: int | str | None, error: MCPError) -> bool:
        """Whether a call of that id was under way; it ends with the error."""
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_exception(error)
        return future is not None

    def close(self) -> None:
        """Nobody answers any more."""
        self._closed = True
        for number in tuple(self._waiting):
            self._fail(number, _closed())

    def _run_out(self, number: int) -> None:
        if self._fail(number, MCPError(REQUEST_TIMEOUT, "time is up")):
            self._give_up(number)

    def _give_up(self, number: int) -> None:
        params = {"requestId": number, "reason": "nobody waits for it any more"}
        self._put(_encoded({"method": "notifications/cancelled", "params": params}))


class _Error(msgspec.Struct):
    code: int
    message: str = ""


class _Envelope(msgspec.Struct):
    """A JSON-RPC message, its result left as it is."""

    id: int | str | None = None
    method: str = ""
    result: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_ANSWER = msgspec.json.Decoder(Answer)


def _encoded(message: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0"} | message)


def _closed() -> MCPError:
    return MCPError(CONNECTION_CLOSED, "Connection closed")
