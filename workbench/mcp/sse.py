"""The older HTTP transport: one stream of events from the server, one POST per message to it (MCP
specification 2024-11-05, HTTP with SSE)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urljoin

import httpx2
from mcp.client.auth import OAuthFlowError, OAuthTokenError

from workbench.core.tools import McpServer
from workbench.mcp.channel import Oversized
from workbench.mcp.credentials import oauth_provider
from workbench.mcp.events import Event, read_events

CONNECT_SECONDS = 10.0
POST_SECONDS = 30.0


class SseChannel:
    """An open stream as a Channel."""

    def __init__(self, client: httpx2.AsyncClient, events: AsyncIterator[Event], post: str) -> None:
        self._client = client
        self._events = events
        self._post = post
        self._why = ""
        self._posts: set[asyncio.Task[None]] = set()
        self._failed = asyncio.Event()

    async def messages(self) -> AsyncIterator[bytes | bytearray | Oversized]:
        while (event := await self._next()) is not None:
            if event.name == "message" and event.data:
                yield event.data

    async def _next(self) -> Event | None:
        """The next event; None when the stream ended or a message could not be sent."""
        coming = asyncio.ensure_future(anext(self._events, None))
        failing = asyncio.ensure_future(self._failed.wait())
        try:
            await asyncio.wait({coming, failing}, return_when=asyncio.FIRST_COMPLETED)
            if self._failed.is_set():
                return None
            event = coming.result()
            self._why = self._why if event else "it closed the stream"
            return event
        except httpx2.TransportError as error:
            self._why = str(error) or type(error).__name__
            return None
        finally:
            for waiting in (coming, failing):
                waiting.cancel()
            await asyncio.wait({coming, failing})

    def post(self, message: bytes) -> bool:
        """Without waiting for its receipt: a server that answers late must not hold up others."""
        task = asyncio.create_task(self._deliver(message))
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)
        return True

    async def send(self, message: bytes) -> None:
        self.post(message)

    async def _deliver(self, message: bytes) -> None:
        headers = {"content-type": "application/json"}
        try:
            response = await self._client.post(self._post, content=message, headers=headers)
            if not response.is_success:
                self._fail(f"HTTP {response.status_code} {response.reason_phrase}")
        except (httpx2.HTTPError, OAuthFlowError, OAuthTokenError) as error:
            self._fail(str(error) or type(error).__name__)

    def _fail(self, why: str) -> None:
        self._why = self._why or why
        self._failed.set()

    def epitaph(self) -> str:
        return self._why

    async def close(self) -> None:
        for task in self._posts:
            task.cancel()
        if self._posts:
            await asyncio.wait(self._posts)


@asynccontextmanager
async def open_sse(server: McpServer, max_bytes: int) -> AsyncIterator[SseChannel]:
    """Raises OSError with the reason when there is no such stream."""
    timeout = httpx2.Timeout(POST_SECONDS, connect=CONNECT_SECONDS)
    async with httpx2.AsyncClient(
        headers=server.headers, auth=oauth_provider(server), timeout=timeout
    ) as client:
        request = client.build_request("GET", server.url, headers={"accept": "text/event-stream"})
        request.extensions["timeout"] = {**timeout.as_dict(), "read": None}
        response = await _opened(client, request)
        try:
            events = read_events(response.aiter_bytes(), max_bytes)
            channel = SseChannel(client, events, await _endpoint(events, server.url))
            try:
                yield channel
            finally:
                await channel.close()
        finally:
            await response.aclose()


async def _opened(client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
    try:
        response = await client.send(request, stream=True, follow_redirects=False)
    except (httpx2.TransportError, OAuthFlowError, OAuthTokenError) as error:
        raise ConnectionError(str(error) or type(error).__name__) from error
    if not response.is_success:
        await response.aclose()
        raise ConnectionError(f"HTTP {response.status_code} {response.reason_phrase}")
    return response


async def _endpoint(events: AsyncIterator[Event], url: str) -> str:
    """Where to post, which the server says first. Nowhere but where the stream came from: a
    request carries our credentials."""
    try:
        first = await anext(events, None)
    except httpx2.TransportError as error:
        raise ConnectionError(str(error) or type(error).__name__) from error
    if first is None or first.name != "endpoint" or isinstance(first.data, Oversized):
        raise ConnectionError("it is no SSE server: it did not say where to send messages")
    where = httpx2.URL(urljoin(url, first.data.decode(errors="replace")))
    here = httpx2.URL(url)
    if (where.scheme, where.host, where.port) != (here.scheme, here.host, here.port):
        raise ConnectionError(f"it wants messages sent elsewhere, to {where.host}")
    return str(where)
