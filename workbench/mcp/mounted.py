"""An MCP server as an ASGI application for a route of a web server that has a door of its own.

Importing this module imports the SDK.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send

MAX_REQUEST_BYTES = 2**20
"""Largest message taken from a client; as the API's own limit."""


class Mounted:
    """Streamable HTTP without sessions: each request stands for itself and is answered for whoever
    sent it, by whichever replica. Host, Origin and credentials are checked before it is asked."""

    def __init__(self, server: Server[Any]) -> None:
        self._manager = StreamableHTTPSessionManager(
            server, stateless=True, max_request_body_size=MAX_REQUEST_BYTES
        )

    def running(self) -> AbstractAsyncContextManager[None]:
        """Requests are answered while this is entered; once."""
        return self._manager.run()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)
