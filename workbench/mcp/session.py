"""MCP spoken over a channel: the SDK's ClientSession behind plain values.

Importing this module imports the SDK (about a second of CPU); import it while a server starts.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any, TypeGuard, TypeVar, cast

import mcp_types as types
import msgspec
import pydantic
from mcp.client.session import ClientSession
from mcp.shared.exceptions import MCPError

from workbench.core.tools import ToolResult
from workbench.errors import ToolFailed, ToolTimeout
from workbench.mcp.answers import Answer, to_result
from workbench.mcp.channel import Channel, Streams
from workbench.mcp.offer import NOT_SENT, OVERSIZED, NeverAsked, OfferedTool, SessionLost
from workbench.mcp.wire import Wire, over_channel, over_streams
from workbench.telemetry import traces

MAX_PAGES = 100
CLIENT = types.Implementation(name="k8s-workbench", version="1")

# The SDK logs what it drops (late answers, odd notifications) as if it were ours to fix.
logging.getLogger("client").setLevel(logging.ERROR)

R = TypeVar("R", bound=pydantic.BaseModel)
_ANYTHING = pydantic.TypeAdapter[Any](Any)


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

    async with AsyncExitStack() as entered:
        if _is_streams(link):
            wire = over_streams(*await entered.enter_async_context(link.streams()))
        else:
            wire = over_channel(cast(Channel, link))
        entered.push_async_callback(wire.close)
        client = await entered.enter_async_context(
            ClientSession(wire.incoming, wire.outgoing, message_handler=hear, client_info=CLIENT)
        )
        yield Session(client, wire, server)


class Session:
    """One conversation with one server. ``lost`` is set when there is nobody to talk to any
    more."""

    def __init__(self, client: ClientSession, wire: Wire, server: str) -> None:
        self._client = client
        self._wire = wire
        self._server = server
        self.lost = wire.lost

    @property
    def garbage(self) -> int:
        """How many messages were not JSON-RPC."""
        return self._wire.garbage

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

    async def call(
        self,
        name: str,
        arguments: dict[str, Any],
        seconds: float,
        meta: dict[str, Any] | None = None,
    ) -> ToolResult:
        """Run one tool; ``meta`` goes beside its arguments. Raises SessionLost, ToolTimeout or
        ToolFailed; being cancelled, or running out of ``seconds``, tells the server to stop."""
        direct = self._wire.direct
        with self._explained(f"run {name}", seconds):
            # Spans are passed on by the SDK, and so is what newer protocols want said with a call.
            if direct and self._client.initialize_result and not traces.active():
                return to_result(await direct.call(name, arguments, seconds, meta))
            beside = cast(types.RequestParamsMeta | None, meta)
            params = types.CallToolRequestParams(name=name, arguments=arguments, _meta=beside)
            request = types.CallToolRequest(params=params)
            result = await self._client.send_request(request, _ANYTHING, seconds)
            return to_result(msgspec.convert(result, Answer))

    async def _ask(
        self, what: str, request: types.Request[Any, Any], kind: type[R], seconds: float
    ) -> R:
        with self._explained(what, seconds):
            return await self._client.send_request(request, kind, seconds)

    @contextmanager
    def _explained(self, what: str, seconds: float) -> Iterator[None]:
        """Errors of the protocol as what they mean to whoever asked."""
        try:
            yield
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
        except (pydantic.ValidationError, msgspec.ValidationError) as error:
            raise ToolFailed(
                f"{self._server} was asked to {what} and answered with something that is not MCP:"
                f" {_wrong(error)}."
            ) from error


def _is_streams(link: Channel | Streams) -> TypeGuard[Streams]:
    return hasattr(link, "streams")


def _wrong(error: pydantic.ValidationError | msgspec.ValidationError) -> str:
    """What is wrong about an answer, without anything of the answer itself."""
    if isinstance(error, msgspec.ValidationError):
        return str(error)
    return f"{error.error_count()} fields are wrong"


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
