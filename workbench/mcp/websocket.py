"""MCP over WebSocket: one JSON-RPC message a text frame. It is not in the MCP specification and off
unless a setting turns it on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from workbench.core.tools import McpServer
from workbench.mcp.channel import Oversized

SUBPROTOCOL = Subprotocol("mcp")
CLOSE_SECONDS = 2.0


class WebSocketChannel:
    """An open socket as a Channel. A message over the limit closes it (RFC 6455, code 1009)."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._why = ""

    async def messages(self) -> AsyncIterator[bytes | bytearray | Oversized]:
        try:
            while True:
                yield await self._socket.recv(decode=False)
        except ConnectionClosed as closed:
            self._why = str(closed)

    def post(self, message: bytes) -> bool:
        return False

    async def send(self, message: bytes) -> None:
        try:
            await self._socket.send(message, text=True)
        except ConnectionClosed as error:
            raise ConnectionError(str(error)) from error

    def epitaph(self) -> str:
        return self._why


class _Direct(connect):
    """A handshake that is not led elsewhere: it carries our credentials."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@asynccontextmanager
async def open_websocket(server: McpServer, max_bytes: int) -> AsyncIterator[WebSocketChannel]:
    """Raises OSError with the reason when the socket is not opened."""
    connecting = _Direct(
        server.url,
        subprotocols=[SUBPROTOCOL],
        additional_headers=server.headers,
        max_size=max_bytes,
        open_timeout=server.start_seconds,
        close_timeout=CLOSE_SECONDS,
        compression=None,
    )
    try:
        socket = await connecting
    except InvalidStatus as error:
        raise ConnectionError(f"HTTP {error.response.status_code}") from error
    except (InvalidHandshake, InvalidURI) as error:
        raise ConnectionError(str(error)) from error
    try:
        yield WebSocketChannel(socket)
    finally:
        await socket.close()
