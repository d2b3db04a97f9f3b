"""MCP spoken over a channel: the SDK's ClientSession behind plain values.

Importing this module imports the SDK (about a second of CPU); import it while a server starts.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, TypeGuard, TypeVar, cast

import anyio
import mcp_types as types
import msgspec
import pydantic
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.session import ClientSession
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage

from workbench.core.tools import ToolResult
from workbench.errors import ToolFailed, ToolTimeout
from workbench.mcp.answers import to_result
from workbench.mcp.channel import Channel, Oversized, Streams
from workbench.mcp.offer import NOT_SENT, OVERSIZED, NeverAsked, OfferedTool, SessionLost

MAX_PAGES = 100
INBOX_MESSAGES = 16
CLIENT = types.Implementation(name="k8s-workbench", version="1")

_ID_FIRST = re.compile(rb'^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\b')
_ID_LAST = re.compile(rb'"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$')

# The SDK logs what it drops (late answers, odd notifications) as if it were ours to fix.
logging.getLogger("client").setLevel(logging.ERROR)

R = TypeVar("R", bound=pydantic.BaseModel)


@asynccontextmanager
async def speaking(
    link: Channel | Streams, server: str, on_tools_changed: Callable[[], None]
) -> AsyncIterator[Session]:
    """A session over the link, before its handshake. Enter and leave it in the same task.

    ``on_tools_changed`` is called whenever the server says its tools changed.
    """

    async def hear(message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            on_tools_changed()

    to_session, inbox = anyio.create_memory_object_stream[SessionMessage | Exception](
        INBOX_MESSAGES
    )
    # Without a limit: a server that does not read must not hold up a caller past its deadline.
    outbox, from_session = anyio.create_memory_object_stream[SessionMessage](math.inf)
    async with AsyncExitStack() as entered:
        pair = await entered.enter_async_context(link.streams()) if _is_streams(link) else None
        client = await entered.enter_async_context(
            ClientSession(inbox, outbox, message_handler=hear, client_info=CLIENT)
        )
        session = Session(client, server)
        pumps: tuple[Coroutine[Any, Any, None], ...]
        if pair is not None:
            read, write = pair
            pumps = (session.relay(read, to_session), session.forward(from_session, write))
        else:
            channel = cast(Channel, link)
            pumps = (session.receive(channel, to_session), session.transmit(channel, from_session))
        tasks = [asyncio.create_task(pump) for pump in pumps]
        try:
            yield session
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for stream in (to_session, inbox, outbox, from_session):
                stream.close()


class Session:
    """One conversation with one server. ``lost`` is set when there is nobody to talk to any more;
    ``garbage`` counts messages that were not JSON-RPC."""

    def __init__(self, client: ClientSession, server: str) -> None:
        self._client = client
        self._server = server
        self.lost = asyncio.Event()
        self.garbage = 0

    async def handshake(self) -> None:
        """Agree on a protocol version: the handshake every server knows, or the newer discovery
        for servers that know only that (MCP specification 2026-07-28, versioning).

        The handshake comes first because only its sessions announce changed tools by themselves.
        """
        try:
            try:
                await self._client.initialize()
            except MCPError as error:
                if error.code not in (types.UNSUPPORTED_PROTOCOL_VERSION, types.METHOD_NOT_FOUND):
                    raise
                await self._client.discover()
        except MCPError as error:
            if error.code in (types.CONNECTION_CLOSED, NOT_SENT):
                raise SessionLost(_why(error)) from error
            raise ToolFailed(f"{self._server} refused the handshake: {error}.") from error
        except (RuntimeError, pydantic.ValidationError) as error:
            raise ToolFailed(f"{self._server} answered the handshake with {error}.") from error

    @property
    def implementation(self) -> str:
        """What the server calls itself; "" when it does not say."""
        info = self._client.server_info
        return info.name if info else ""

    async def ping(self, seconds: float) -> None:
        """Return when the server has answered anything at all; raises as ``call`` does."""
        with suppress(ToolFailed):  # newer servers know no ping and say so
            await self._ask("answer", types.PingRequest(), types.EmptyResult, seconds)

    async def tools(self, seconds: float) -> tuple[OfferedTool, ...]:
        """Every tool the server offers, page by page."""
        found: list[OfferedTool] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            params = types.PaginatedRequestParams(cursor=cursor) if cursor else None
            page = await self._ask(
                "list its tools", types.ListToolsRequest(params=params), types.ListToolsResult,
                seconds,
            )  # fmt: skip
            found.extend(_offered(tool) for tool in page.tools)
            cursor = page.next_cursor
            if not cursor:
                break
        return tuple(found)

    async def call(self, name: str, arguments: dict[str, Any], seconds: float) -> ToolResult:
        """Run one tool. Raises SessionLost, ToolTimeout or ToolFailed; being cancelled, or running
        out of ``seconds``, tells the server to stop."""
        params = types.CallToolRequestParams(name=name, arguments=arguments)
        request = types.CallToolRequest(params=params)
        return to_result(await self._ask(f"run {name}", request, types.CallToolResult, seconds))

    async def _ask(
        self, what: str, request: types.Request[Any, Any], kind: type[R], seconds: float
    ) -> R:
        try:
            return await self._client.send_request(request, kind, seconds)
        except MCPError as error:
            if error.code == NOT_SENT:
                self.lost.set()
                raise NeverAsked(_why(error)) from error
            if error.code == types.CONNECTION_CLOSED:
                raise SessionLost(_why(error)) from error
            if error.code == types.REQUEST_TIMEOUT:
                raise ToolTimeout(
                    f"{self._server} was asked to {what} and did not answer within {seconds:g} s.",
                    "Ask for less, or try again; whether it took effect is not known.",
                ) from error
            hint = "Ask for less: a limit, a tail, one namespace."
            raise ToolFailed(
                f"{self._server} was asked to {what}: {error.error.message}",
                hint if error.code == OVERSIZED else "",
            ) from error
        except pydantic.ValidationError as error:
            raise ToolFailed(
                f"{self._server} was asked to {what} and answered with something that is not MCP:"
                f" {error.error_count()} fields are wrong."
            ) from error

    async def receive(
        self, channel: Channel, deliver: MemoryObjectSendStream[SessionMessage | Exception]
    ) -> None:
        """Pump messages from the channel to the SDK until either is gone."""
        try:
            with deliver:
                async for raw in channel.messages():
                    message = self._parse(raw)
                    if message is not None:
                        await deliver.send(SessionMessage(message))
                    del raw, message  # they may be large, and the next one may be long in coming
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # the session closed first
        finally:
            self.lost.set()

    async def relay(
        self, read: Any, deliver: MemoryObjectSendStream[SessionMessage | Exception]
    ) -> None:
        """Pump parsed messages from a transport of the SDK until either is gone."""
        try:
            with deliver:
                async for item in read:
                    if isinstance(item, Exception):
                        self.garbage += 1
                    else:
                        await deliver.send(item)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # the session closed first
        finally:
            self.lost.set()

    async def forward(self, outbox: MemoryObjectReceiveStream[SessionMessage], write: Any) -> None:
        """Pump parsed messages to a transport of the SDK until either is gone."""
        try:
            async for item in outbox:
                await write.send(item)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # the owner of the session sees ``lost``
        finally:
            self.lost.set()

    async def transmit(
        self, channel: Channel, outbox: MemoryObjectReceiveStream[SessionMessage]
    ) -> None:
        """Pump messages from the SDK to the channel until either is gone."""
        try:
            async for item in outbox:
                body = item.message.model_dump_json(by_alias=True, exclude_unset=True)
                await channel.send(body.encode())
        except (OSError, anyio.ClosedResourceError):
            pass  # nobody reads any more; the owner of the session sees ``lost``
        finally:
            self.lost.set()

    def _parse(self, raw: bytes | bytearray | Oversized) -> types.JSONRPCMessage | None:
        if isinstance(raw, Oversized):
            return self._stand_in(raw)
        try:
            return _message(raw)
        except ValueError:
            self.garbage += 1
            return None

    def _stand_in(self, raw: Oversized) -> types.JSONRPCError | None:
        """An error in place of the answer that was too large; None when nobody can tell whose it
        was, and the call's deadline ends it."""
        found = _ID_FIRST.search(raw.head) or _ID_LAST.search(raw.tail)
        if found is None:
            self.garbage += 1
            return None
        message = f"the answer was {raw.size / 2**20:.0f} MiB, which is over the limit."
        error = types.ErrorData(code=OVERSIZED, message=message)
        return types.JSONRPCError(jsonrpc="2.0", id=int(found[1]), error=error)


def _message(raw: bytes | bytearray) -> types.JSONRPCMessage:
    """The message; raises ValueError for what is none.

    pydantic's own parser holds a text with escapes three times over. It takes more than the
    standard allows (NaN, integers of any size), so it has the last word.
    """
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return types.jsonrpc_message_adapter.validate_json(raw, by_name=False)
    return types.jsonrpc_message_adapter.validate_python(value, by_name=False)


def _is_streams(link: Channel | Streams) -> TypeGuard[Streams]:
    return hasattr(link, "streams")


def _why(error: MCPError) -> str:
    """The reason a transport gave; the SDK's own words for a closed one say nothing."""
    said = error.error.message
    return "" if said == "Connection closed" else said


def _offered(tool: types.Tool) -> OfferedTool:
    raw = tool.model_dump(by_alias=True, mode="json", exclude_none=True)
    definition = {k: raw[k] for k in raw if not k.startswith("_")}
    return OfferedTool(
        name=tool.name,
        description=tool.description or "",
        input_schema=tool.input_schema,
        claims_read_only=bool(tool.annotations and tool.annotations.read_only_hint),
        definition=msgspec.json.encode(definition, order="deterministic"),
    )
