"""What a duplex transport is to a session: whole messages in, whole messages out, a reason at the
end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import msgspec

from workbench.core.tools import McpServer, Transport
from workbench.errors import ToolServerDown

MAX_MESSAGE_BYTES = 32 * 2**20
"""Largest JSON-RPC message taken from a server. A larger one is drained, not kept."""


class Oversized(msgspec.Struct, frozen=True):
    """What is left of a message that was too large: its ends, where its id is, and its size."""

    head: bytes
    tail: bytes
    size: int


class Channel(Protocol):
    """One open connection to a server process or socket.

    messages: every message as it arrives; ends when the peer is gone.
    send: raises OSError when the peer is gone.
    epitaph: why it ended, in words ("exit code 1; stderr: …"); "" when nobody knows.
    """

    def messages(self) -> AsyncIterator[bytes | bytearray | Oversized]: ...

    async def send(self, message: bytes) -> None: ...

    def epitaph(self) -> str: ...


@asynccontextmanager
async def open_channel(
    server: McpServer, max_bytes: int = MAX_MESSAGE_BYTES
) -> AsyncIterator[Channel]:
    """The channel of a server's transport, closed on exit.

    Raises OSError when it cannot be opened, ToolServerDown for a transport not spoken here.
    """
    if server.transport is not Transport.STDIO:
        raise ToolServerDown(
            f"Tool server {server.name} is reached by {server.transport.value}, which is not"
            " supported.",
            "Use a stdio server.",
        )
    from workbench.mcp.stdio import open_stdio

    async with open_stdio(server, max_bytes) as channel:
        yield channel
