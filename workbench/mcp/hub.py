"""The one place from which tools are called: every server behind one list of tools."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import msgspec

from workbench.core.arguments import wrong_arguments
from workbench.core.tools import CallContext, McpServer, ToolResult, ToolSpec
from workbench.errors import ToolError, ToolFailed, ToolServerDown
from workbench.mcp.connection import Connection, State
from workbench.mcp.lookup import unknown_tool
from workbench.mcp.naming import tool_names
from workbench.mcp.offer import OfferedTool

LIST_PATIENCE_SECONDS = 15.0
"""How long a list waits for servers that are not in ``trusted``; a slow one appears in a later
list."""
RETRY_SECONDS = 10.0
"""A server that could not be started is tried again for a list only this long after the last try.
One that was up and died is started again at once."""


class ServerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one server is doing.

    last_call_ms: None before its first call.
    garbage: messages of the running server that were not MCP and were ignored.
    """

    name: str
    state: State
    tools: int
    last_error: str = ""
    last_call_ms: float | None = None
    garbage: int = 0


class ToolHub:
    """Implements Tools over MCP servers. An async context manager: leaving it stops the servers.

    trusted: names of the servers whose read-only annotation is believed.
    """

    def __init__(
        self,
        servers: Iterable[McpServer],
        trusted: frozenset[str],
        *,
        list_patience: float = LIST_PATIENCE_SECONDS,
    ) -> None:
        self._connections = {s.name: Connection(s) for s in servers if s.enabled}
        self._trusted = trusted
        self._list_patience = list_patience
        self._failed: dict[str, float] = {}
        self._waited_for: set[str] = set()
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._offered: dict[str, tuple[OfferedTool, ...]] = {}
        self._specs: dict[str, ToolSpec] = {}

    async def __aenter__(self) -> ToolHub:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*(c.close() for c in self._connections.values()))
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    def warm(self) -> None:
        """Start the servers now without waiting for them, so that they boot while others work."""
        for name in self._connections:
            self._refresh(name)

    async def list(self) -> tuple[ToolSpec, ...]:
        """The tools of every server that is up; see ``status`` for those that are not."""
        due = {name: self._refresh(name) for name in self._connections if self._due(name)}
        if due:
            await self._settle(due)
        return tuple(spec for spec in self._all_specs().values() if self._is_up(spec.server))

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        """Run one tool. Raises ToolUnknown, ToolFailed for arguments its schema does not take,
        ToolServerDown, OutcomeUnknown or ToolTimeout."""
        spec = await self._spec(name)
        _check(spec, arguments)
        connection = self._connections[spec.server]
        return await connection.call(spec.remote_name, arguments, read_only=spec.read_only)

    def status(self) -> tuple[ServerStatus, ...]:
        """Every enabled server, as it is now."""
        return tuple(_status(connection) for connection in self._connections.values())

    async def _spec(self, name: str) -> ToolSpec:
        found = self._all_specs().get(name)
        if found is None:
            await self.list()
            found = self._all_specs().get(name)
        if found is None:
            raise self._unknown(name)
        return found

    def _unknown(self, name: str) -> ToolError:
        down = [s.name for s in self.status() if s.state is not State.UP]
        for server in down:
            if name.startswith(f"{server}_"):
                error = self._connections[server].last_error
                return ToolServerDown(f"{name} is a tool of {server}, which is not up. {error}")
        note = f" Servers not up: {', '.join(down)}." if down else ""
        return unknown_tool(name, [*self._specs], note)

    def _due(self, name: str) -> bool:
        """Whether a list should ask this server for its tools."""
        connection = self._connections[name]
        if name in self._asking:
            return name in self._trusted or name not in self._waited_for
        if connection.tools_current:
            return False
        failed = self._failed.get(name)
        return failed is None or asyncio.get_running_loop().time() - failed > RETRY_SECONDS

    def _refresh(self, name: str) -> asyncio.Task[None]:
        if name not in self._asking:
            task = asyncio.create_task(self._ask(name), name=f"tools of {name}")
            self._asking[name] = task
            task.add_done_callback(lambda _: self._asking.pop(name, None))
        return self._asking[name]

    async def _ask(self, name: str) -> None:
        try:
            self._offered[name] = await self._connections[name].tools()
            self._specs = {}
            self._failed.pop(name, None)
        except ToolError:  # the connection keeps the reason for ``status``
            self._failed[name] = asyncio.get_running_loop().time()

    async def _settle(self, due: dict[str, asyncio.Task[None]]) -> None:
        """Wait for trusted servers as long as it takes them, for others ``list_patience``."""
        trusted = {task for name, task in due.items() if name in self._trusted}
        if trusted:
            await asyncio.wait(trusted)
        rest = set(due.values()) - trusted
        if rest:
            await asyncio.wait(rest, timeout=self._list_patience)
        self._waited_for.update(due)

    def _is_up(self, server: str) -> bool:
        return self._connections[server].state is State.UP

    def _all_specs(self) -> dict[str, ToolSpec]:
        if not self._specs:
            names = tool_names((s, t.name) for s, tools in self._offered.items() for t in tools)
            self._specs = {
                names[server, tool.name]: self._spec_of(server, tool, names[server, tool.name])
                for server, tools in self._offered.items()
                for tool in tools
            }
        return self._specs

    def _spec_of(self, server: str, tool: OfferedTool, name: str) -> ToolSpec:
        return ToolSpec(
            name=name,
            server=server,
            remote_name=tool.name,
            description=tool.description,
            input_schema=tool.input_schema,
            read_only=server in self._trusted and tool.claims_read_only,
        )


def _check(spec: ToolSpec, arguments: dict[str, Any]) -> None:
    problems = wrong_arguments(spec.input_schema, arguments)
    if problems:
        raise ToolFailed(
            f"{spec.name} was not run, its arguments are wrong: {' '.join(problems[:5])}",
            "Call it again with arguments that fit.",
        )


def _status(connection: Connection) -> ServerStatus:
    seconds = connection.last_seconds
    return ServerStatus(
        name=connection.server.name,
        state=connection.state,
        tools=len(connection.tools_known),
        last_error=connection.last_error,
        last_call_ms=None if seconds is None else seconds * 1000,
        garbage=connection.garbage,
    )
