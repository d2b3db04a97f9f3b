"""What a transport is to a session: whole messages in, whole messages out, a reason at the end."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import msgspec

from workbench.core.tools import McpServer, Transport
from workbench.mcp.references import resolved

MAX_MESSAGE_BYTES = 32 * 2**20
"""Largest JSON-RPC message taken from a server. A larger one is drained, not kept."""

OPENERS = {
    Transport.STDIO: ("workbench.mcp.stdio", "open_stdio"),
    Transport.STREAMABLE_HTTP: ("workbench.mcp.http", "open_http"),
    Transport.SSE: ("workbench.mcp.sse", "open_sse"),
    Transport.WEBSOCKET: ("workbench.mcp.websocket", "open_websocket"),
}
"""Module and function per transport, imported when first used."""


class Oversized(msgspec.Struct, frozen=True):
    """What is left of a message that was too large: its ends, where its id is, and its size."""

    head: bytes
    tail: bytes
    size: int


class Channel(Protocol):
    """One open connection to a server process or socket.

    messages: every message as it arrives; ends when the peer is gone.
    post: hand a message over without waiting for anybody; False, and nothing done, where it has to
        wait for what was sent before or for the peer.
    send: hand it over, waiting as long as it takes. Raises OSError when the peer is gone.
    epitaph: why it ended, in words ("exit code 1; stderr: …"); "" when nobody knows.
    """

    def messages(self) -> AsyncIterator[bytes | bytearray | Oversized]: ...

    def post(self, message: bytes) -> bool: ...

    async def send(self, message: bytes) -> None: ...

    def epitaph(self) -> str: ...


class Streams(Protocol):
    """A transport of the SDK's own, which passes whole parsed messages.

    streams: enters to the pair of streams to read from and to write to.
    """

    def streams(self) -> AbstractAsyncContextManager[Any]: ...

    def epitaph(self) -> str: ...


@asynccontextmanager
async def open_channel(
    server: McpServer, max_bytes: int = MAX_MESSAGE_BYTES
) -> AsyncIterator[Channel | Streams]:
    """The way to a server by its transport, closed on exit. References in the server's values are
    resolved here and no earlier.

    Raises OSError when it cannot be opened, SettingsError for a variable that is not set.
    """
    reached = resolved(server, os.environ)
    module, opening = OPENERS[server.transport]
    # Off the loop's thread: some of them import the SDK.
    opener = getattr(await asyncio.to_thread(importlib.import_module, module), opening)
    async with opener(reached, max_bytes) as channel:
        yield channel
