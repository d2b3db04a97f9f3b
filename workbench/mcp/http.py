"""Streamable HTTP: the SDK's transport over a client whose answers stay within bounds.

The SDK ends the whole session when one exchange breaks, reads bodies of any size, and gives no
reason for an HTTP error. The client below turns each of these into a JSON-RPC error for the one
request that met it. Importing this module imports the SDK.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Literal

import httpx2
import mcp_types as types
import msgspec
from httpx2 import AsyncByteStream
from mcp.client.auth import OAuthFlowError, OAuthTokenError
from mcp.client.streamable_http import streamable_http_client

from workbench.core.tools import McpServer
from workbench.mcp.channel import Oversized
from workbench.mcp.credentials import oauth_provider
from workbench.mcp.events import Event, read_events
from workbench.mcp.offer import NOT_SENT, OVERSIZED

CONNECT_SECONDS = 10.0
WRITE_SECONDS = 30.0
LATE_SECONDS = 5.0
"""After the deadline of a call, when its exchange is given up too. The caller was told already."""
NOTIFY_SECONDS = 2.0
"""For messages nobody waits for, such as the cancellation of a call or the end of the session."""
REASON_BYTES = 300
SESSION = "mcp-session-id"
"""Header that names a session (MCP specification 2025-11-25, session management)."""
BROKEN = (httpx2.TransportError, httpx2.DecodingError, OAuthFlowError, OAuthTokenError)

# The SDK logs tracebacks and statuses that are told as reasons here.
for _name in ("mcp.client.streamable_http", "mcp.client.auth"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class HttpStreams:
    """A server reached by streamable HTTP. ``lost`` is called when it is no longer there."""

    def __init__(self, server: McpServer, client: BoundedClient) -> None:
        self._url = server.url
        self._client = client

    def streams(self) -> AbstractAsyncContextManager[Any]:
        """The SDK's pair of streams: to read from, to write to."""
        return streamable_http_client(self._url, http_client=self._client, max_sse_event_size=None)

    def epitaph(self) -> str:
        return self._client.trouble


@asynccontextmanager
async def open_http(server: McpServer, max_bytes: int) -> AsyncIterator[HttpStreams]:
    """Nothing is sent before the session speaks. Raises ValueError for an address of no use."""
    async with BoundedClient(server, max_bytes) as client:
        yield HttpStreams(server, client)


class BoundedClient(httpx2.AsyncClient):
    """An HTTP client for one MCP endpoint that answers every request, one way or the other.

    trouble: the last thing that went wrong, in words.
    """

    def __init__(self, server: McpServer, max_bytes: int) -> None:
        super().__init__(
            headers=server.headers,
            auth=oauth_provider(server),
            timeout=httpx2.Timeout(
                CONNECT_SECONDS,
                read=server.call_seconds + LATE_SECONDS,
                write=WRITE_SECONDS,
                pool=None,
            ),
            limits=httpx2.Limits(max_connections=None),
        )
        self._max_bytes = max_bytes
        self.trouble = ""

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """As the library's, but a request that got no usable answer gets one of ours."""
        if request.method == "GET":
            _allow(request, None)  # the stream of what the server says by itself
            return await super().send(request, **how)
        asked = _id_of(request)
        if asked is None:
            _allow(request, NOTIFY_SECONDS)
        try:
            response = await super().send(request, **how)
            return await self._bounded(request, response, asked)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            return self._error(request, asked, NOT_SENT, _words(error))
        except BROKEN as error:
            return self._error(request, asked, types.CONNECTION_CLOSED, _words(error))

    async def _bounded(
        self, request: httpx2.Request, response: httpx2.Response, asked: Any
    ) -> httpx2.Response:
        if response.is_redirect or response.status_code == 202 or asked is None:
            return response
        if response.status_code >= 400:
            return await self._refused(request, response, asked)
        kind = response.headers.get("content-type", "").lower()
        if kind.startswith("text/event-stream"):
            return _copy(request, response, _Answered(self, response, asked))
        body = await self._body(response)
        if isinstance(body, Oversized):
            return self._error(request, asked, OVERSIZED, _too_large(body))
        if kind.startswith("application/json") and not _is_json(body):
            words = "it answered with something that is not JSON"
            return self._error(request, asked, types.CONNECTION_CLOSED, words)
        return _copy(request, response, body)

    async def _refused(
        self, request: httpx2.Request, response: httpx2.Response, asked: Any
    ) -> httpx2.Response:
        """An HTTP error. One that holds a JSON-RPC error says enough by itself."""
        body = await self._body(response)
        if isinstance(body, bytes) and _is_error(body):
            return _copy(request, response, body)
        status = f"HTTP {response.status_code} {response.reason_phrase}"
        said = "" if isinstance(body, Oversized) else body[:REASON_BYTES].decode(errors="replace")
        words = f"{status}: {' '.join(said.split())}" if said.strip() else status
        if response.status_code == 404:
            if SESSION not in request.headers:
                return _copy(request, response, b"")  # tells an older server from a newer one
            return self._error(request, asked, NOT_SENT, f"it forgot the session ({status})")
        gateway = response.status_code in (502, 504)  # it may have been passed on
        code = types.CONNECTION_CLOSED if gateway else types.INTERNAL_ERROR
        return self._error(request, asked, code, words)

    async def _body(self, response: httpx2.Response) -> bytes | Oversized:
        """The whole body, or what is left of one over the limit (the connection is closed then)."""
        held = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                held += chunk
                if len(held) > self._max_bytes:
                    return Oversized(bytes(held[:1024]), b"", len(held))
        finally:
            await response.aclose()
        return bytes(held)

    def _error(self, request: httpx2.Request, asked: Any, code: int, words: str) -> httpx2.Response:
        self.trouble = words
        if asked is None:
            return httpx2.Response(202, request=request)
        return httpx2.Response(
            200,
            headers={"content-type": "application/json"},
            content=error_message(asked, code, words),
            request=request,
        )


class _Answered(AsyncByteStream):
    """A stream of events in which the request is answered whatever happens to the stream."""

    def __init__(self, client: BoundedClient, response: httpx2.Response, asked: Any) -> None:
        self._client = client
        self._response = response
        self._asked = asked

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = self._response.aiter_bytes()
        resumable = False
        try:
            async for event in read_events(chunks, self._client._max_bytes):
                resumable = resumable or bool(event.id)
                yield self._encoded(event)
        except BROKEN as error:
            self._client.trouble = _words(error)
        if not resumable:  # the SDK asks for the rest of a resumable stream
            words = self._client.trouble or "it ended its answer early"
            yield _event(error_message(self._asked, types.CONNECTION_CLOSED, words))

    def _encoded(self, event: Event) -> bytes:
        if isinstance(event.data, Oversized):
            return _event(error_message(self._asked, OVERSIZED, _too_large(event.data)))
        if event.data and not _belongs(event.data, self._asked):
            return b""  # noise, or an answer for somebody else, which the SDK takes for ours
        fields = [(b"event", event.name), (b"id", event.id), (b"retry", event.retry)]
        head = b"".join(b"%s: %s\n" % (name, value.encode()) for name, value in fields if value)
        return head + b"data: " + event.data.replace(b"\n", b" ") + b"\n\n"

    async def aclose(self) -> None:
        await self._response.aclose()


def error_message(asked: Any, code: int, words: str) -> bytes:
    """A JSON-RPC error in place of an answer."""
    error = {"code": code, "message": words}
    return msgspec.json.encode({"jsonrpc": "2.0", "id": asked, "error": error})


def _event(message: bytes) -> bytes:
    return b"event: message\ndata: " + message + b"\n\n"


def _copy(
    request: httpx2.Request, response: httpx2.Response, content: bytes | AsyncByteStream
) -> httpx2.Response:
    """The response with a body of ours, which is not compressed."""
    kept = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")
    ]
    how: dict[str, Any] = {"content" if isinstance(content, bytes) else "stream": content}
    return httpx2.Response(response.status_code, headers=kept, request=request, **how)


class _Request(msgspec.Struct):
    id: int | str | None = None


def _id_of(request: httpx2.Request) -> int | str | None:
    """The JSON-RPC id a request waits for; None for a notification."""
    try:
        return msgspec.json.decode(request.content, type=_Request).id
    except (msgspec.DecodeError, httpx2.RequestNotRead):
        return None


def _allow(request: httpx2.Request, seconds: float | None) -> None:
    request.extensions["timeout"] = {**request.extensions.get("timeout", {}), "read": seconds}


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


class _Message(msgspec.Struct):
    jsonrpc: Literal["2.0"]
    id: int | str | None = None
    method: str = ""


def _belongs(body: bytes, asked: int | str) -> bool:
    """Whether it is a message of the server's own, or the answer to that request."""
    try:
        message = msgspec.json.decode(body, type=_Message)
    except msgspec.DecodeError:
        return False
    return bool(message.method) or message.id in (asked, None)


class _ErrorAnswer(msgspec.Struct):
    error: msgspec.Raw


def _is_error(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=_ErrorAnswer)
    except msgspec.DecodeError:
        return False
    return True


def _too_large(body: Oversized) -> str:
    return f"the answer was over {body.size / 2**20:.0f} MiB, which is over the limit."


def _words(error: Exception) -> str:
    """What went wrong; libraries leave some messages empty."""
    cause: BaseException = error
    while not str(cause) and (deeper := cause.__cause__ or cause.__context__):
        cause = deeper
    return " ".join(f"{str(cause) or type(error).__name__}".split())
