"""Serving MCP: over stdio, or over HTTP on this machine behind a token, Host and Origin checks.

Importing this module imports the SDK and a web server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import mcp_types as types
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.message import SessionMessage
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

HOST = "127.0.0.1"
PATH, SOCKET_PATH = "/mcp", "/ws"
MAX_REQUEST_BYTES = 4 * 2**20
"""Largest message taken from a client, over HTTP or WebSocket."""
SUBPROTOCOL = "mcp"
LAST_WORDS_SECONDS = 1
UNAUTHORIZED, FORBIDDEN = 401, 403


async def serve_stdio(server: Server[Any]) -> None:
    """Serve the one client at our standard input and output until it leaves."""
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def serve_http(
    server: Server[Any],
    *,
    token: str,
    port: int = 0,
    websocket: bool = False,
    on_ready: Callable[[str], object] = lambda _: None,
) -> None:
    """Serve on loopback until cancelled; ``on_ready`` is told the address.

    websocket: also at ``/ws``, which is not in the MCP specification.
    Raises OSError when the port is taken.
    """
    with listening(port) as listener:
        where = f"{HOST}:{listener.getsockname()[1]}"
        app = guarded_app(server, token, where, websocket=websocket)
        guest = _Guest(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                ws="websockets-sansio" if websocket else "none",
                ws_max_size=MAX_REQUEST_BYTES,
                timeout_graceful_shutdown=LAST_WORDS_SECONDS,
            )
        )
        task = asyncio.create_task(guest.serve([listener]))
        try:
            on_ready(f"http://{where}{PATH}")
            await asyncio.shield(task)
        finally:
            guest.should_exit = True
            await task


def guarded_app(server: Server[Any], token: str, where: str, *, websocket: bool = False) -> ASGIApp:
    """The server as an ASGI application that lets nobody in without the token.

    where: ``host:port`` it is reached at; other Host headers, and Origins of other pages, are
        refused: a browser must not be led here (DNS rebinding).
    """
    hosts = [where, where.replace(HOST, "localhost")]
    origins = [f"http://{host}" for host in hosts]
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=MAX_REQUEST_BYTES,
        transport_security=TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins),
        host=HOST,
    )
    if websocket:
        app.router.routes.append(WebSocketRoute(SOCKET_PATH, _endpoint(server)))
    return Door(app, token, frozenset(hosts), frozenset(origins))


class Door:
    """ASGI middleware: the right Host, no foreign Origin, the right token, or nothing."""

    def __init__(
        self, app: ASGIApp, token: str, hosts: frozenset[str], origins: frozenset[str]
    ) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = hosts
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        status = self._refusal(Headers(scope=scope))
        if status is None:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            await receive()
            return await send({"type": "websocket.close", "code": 1008})  # answers HTTP 403
        words = "Say who you are: Authorization: Bearer <token>." if status == UNAUTHORIZED else ""
        headers = {"www-authenticate": "Bearer"} if status == UNAUTHORIZED else None
        return await PlainTextResponse(words, status, headers)(scope, receive, send)

    def _refusal(self, headers: Headers) -> int | None:
        if headers.get("host", "") not in self._hosts:
            return FORBIDDEN
        if any(origin not in self._origins for origin in headers.getlist("origin")):
            return FORBIDDEN
        scheme, _, given = headers.get("authorization", "").partition(" ")
        right = secrets.compare_digest(given.strip().encode(), self._token)
        return None if scheme.lower() == "bearer" and right else UNAUTHORIZED


def _endpoint(server: Server[Any]) -> Callable[[WebSocket], Any]:
    async def converse(ws: WebSocket) -> None:
        wanted = SUBPROTOCOL if SUBPROTOCOL in ws.scope.get("subprotocols", ()) else None
        await ws.accept(subprotocol=wanted)
        async with _pumped(ws) as (read, write):
            await server.run(read, write, server.create_initialization_options())

    return converse


@contextlib.asynccontextmanager
async def _pumped(ws: WebSocket) -> AsyncIterator[tuple[Any, Any]]:
    """The socket as the pair of streams the SDK's server talks over."""
    incoming, read = anyio.create_memory_object_stream[SessionMessage | Exception](16)
    write, outgoing = anyio.create_memory_object_stream[SessionMessage](16)

    async def receive() -> None:
        with incoming, contextlib.suppress(WebSocketDisconnect, anyio.BrokenResourceError):
            while True:
                body = await ws.receive_text()
                try:
                    parsed = types.jsonrpc_message_adapter.validate_json(body, by_name=False)
                except ValueError as error:
                    await incoming.send(error)
                else:
                    await incoming.send(SessionMessage(parsed))

    async def send() -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has left
            async for item in outgoing:
                await ws.send_text(item.message.model_dump_json(by_alias=True, exclude_unset=True))

    async with anyio.create_task_group() as group:
        group.start_soon(receive)
        group.start_soon(send)
        try:
            yield read, write
        finally:
            group.cancel_scope.cancel()
            for stream in (incoming, read, write, outgoing):
                stream.close()


@contextlib.contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A listening socket on the loopback address."""
    try:
        listener = socket.create_server((HOST, port), backlog=128)
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno or 0), f"{HOST}:{port}") from error
    with listener:
        yield listener


class _Guest(uvicorn.Server):
    """uvicorn's server as a guest in the loop: signals are for the program to handle."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
