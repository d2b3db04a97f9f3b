"""The one place from which tools are called: every server behind one list of tools."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from workbench.core import impersonation
from workbench.core.arguments import wrong_arguments
from workbench.core.pins import InMemoryPins, Pin, Pins, difference
from workbench.core.tools import CallContext, McpServer, ToolResult, ToolSpec
from workbench.errors import (
    StoreUnavailable,
    ToolError,
    ToolFailed,
    ToolServerDown,
    ToolTimeout,
    UsageError,
)
from workbench.mcp.breaker import Breaker, Circuit
from workbench.mcp.catalogue import Catalogue
from workbench.mcp.connection import Connection, State
from workbench.mcp.local import LocalTool
from workbench.mcp.lookup import unknown_tool
from workbench.mcp.offer import OfferedTool
from workbench.mcp.status import ServerStatus, absence, left_alone, server_status

AWAITED_SECONDS = 15.0
"""How long the first list waits for a server without which there is nothing to do."""
LIST_PATIENCE_SECONDS = 0.5
"""How long it waits for any other; a slow one appears in a later list."""
RETRY_SECONDS = 10.0
"""A server that could not be started is tried again for a list only this long after the last try.
One that was up and died is started again at once."""
FRESH_SECONDS = 1.0
"""How old a list of tools may be that somebody else's server gave; not all of them announce that
their tools changed."""


class ToolHub:
    """Implements Tools over MCP servers. An async context manager: leaving it stops the servers.

    trusted: names of the servers whose read-only annotation a person accepts.
    own: servers that are this product's, see Catalogue.
    awaited: servers the first list waits for; by default ``own`` and ``trusted``.
    told: servers that are told with each call who makes it, in ``_meta``; nobody else is.
    pins: where definitions are kept; see ``keep_pins``.
    """

    def __init__(
        self,
        servers: Iterable[McpServer],
        trusted: frozenset[str] = frozenset(),
        *,
        own: frozenset[str] = frozenset(),
        awaited: frozenset[str] | None = None,
        told: frozenset[str] = frozenset(),
        pins: Pins | None = None,
        list_patience: float = LIST_PATIENCE_SECONDS,
        fresh_seconds: float = FRESH_SECONDS,
    ) -> None:
        self._own = own
        self._told = told
        self._awaited = own | trusted if awaited is None else awaited
        self._list_patience = list_patience
        self._fresh_seconds = fresh_seconds
        self._catalogue = Catalogue(pins or InMemoryPins(), own, trusted)
        self._connections: dict[str, Connection] = {}
        self._breakers: dict[str, Breaker] = {}
        self._local: list[LocalTool] = []
        self._failed: dict[str, float] = {}
        self._listed: dict[str, float] = {}
        self._waited_for: set[str] = set()
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._off: set[str] = set()
        for server in servers:
            self.add(server)

    async def __aenter__(self) -> ToolHub:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asking = tuple(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*(c.close() for c in self._connections.values()))
        await asyncio.gather(*asking, return_exceptions=True)

    # The servers -------------------------------------------------------------------------------

    def add(self, server: McpServer) -> None:
        """One more server; nothing is started before it is needed."""
        self._connections[server.name] = Connection(server)
        self._breakers[server.name] = Breaker(_now)
        if not server.enabled:
            self._off.add(server.name)

    async def remove(self, name: str) -> None:
        """Stop a server and forget it."""
        await self.disable(name)
        self._off.discard(name)
        del self._connections[name]

    def enable(self, name: str) -> None:
        self._off.discard(self._connection(name).server.name)

    async def disable(self, name: str) -> None:
        """Stop a server and offer none of its tools until it is enabled."""
        connection = self._connection(name)
        self._off.add(name)
        self._catalogue.clear(name)
        await connection.stop()

    def server(self, name: str) -> McpServer:
        return self._connection(name).server

    def enabled(self) -> tuple[str, ...]:
        """The servers that may be started, by name."""
        return tuple(name for name in self._connections if name not in self._off)

    async def connect(self, name: str) -> None:
        """Start a server and read its tools. Raises ToolServerDown with the reason."""
        self._connection(name)
        self._failed.pop(name, None)
        self._breakers[name] = Breaker(_now)
        await self._refresh(name)
        if name in self._failed:
            raise ToolServerDown(self._connections[name].last_error, "Try `workbench mcp test`.")

    async def disconnect(self, name: str) -> None:
        """Stop a server; it starts again when it is needed."""
        await self._connection(name).stop()

    async def reconnect(self, name: str) -> None:
        await self.disconnect(name)
        await self.connect(name)

    async def ping(self, name: str) -> float:
        """Seconds a server takes to answer. Raises ToolServerDown or ToolTimeout."""
        return await self._connection(name).ping()

    def warm(self) -> None:
        """Start the servers now without waiting for them, so that they boot while others work."""
        for name in self._connections:
            if name not in self._off:
                self._refresh(name)

    def offer(self, tool: LocalTool) -> None:
        """One more tool that runs in this process."""
        self._local.append(tool)

    def keep_pins(self, pins: Pins) -> None:
        """Keep pinned definitions there from now on; before the first list, so that nothing is
        offered unchecked."""
        self._catalogue.pins = pins
        for connection in self._connections.values():
            if connection.server.name not in self._own:
                connection.forget_tools()

    def status(self) -> tuple[ServerStatus, ...]:
        """Every server, as it is now."""
        specs = self._catalogue.specs().values()
        return tuple(
            server_status(
                connection,
                self._breakers[name],
                tools=sum(spec.server == name for spec in specs),
                changed=tuple(tool.name for tool, _ in self._catalogue.changed(name)),
                off=name in self._off,
            )
            for name, connection in self._connections.items()
        )

    def absent(self) -> dict[str, str]:
        """Why tools of a server are missing, by server; nothing for those that are all there."""
        reasons = ((status.name, absence(status)) for status in self.status())
        return {name: reason for name, reason in reasons if reason}

    def differences(self, server: str) -> dict[str, str]:
        """What changed in each tool of a server that waits to be accepted, as a diff."""
        return {
            tool.name: difference(pin.definition, tool.definition.decode())
            for tool, pin in self._catalogue.changed(server)
        }

    def offered(self, server: str) -> tuple[OfferedTool, ...]:
        """All a server offers, changed tools too."""
        return self._catalogue.offered(server)

    async def accept(self, server: str, tool: str, *, by: str, reads: bool = False) -> None:
        """Take a tool as it is offered now; ``reads`` when the person says that it only reads.

        Raises UsageError when the server offers no such tool.
        """
        connection = self._connection(server)
        definition = next((t.definition for t in self.offered(server) if t.name == tool), None)
        if definition is None:
            names = ", ".join(t.name for t in self.offered(server))
            raise UsageError(f"{server} offers no tool {tool}.", f"It offers {names}.")
        pin = Pin(server=server, tool=tool, definition=definition.decode(), reads=reads, by=by)
        await self._catalogue.pins.accept(pin)
        connection.forget_tools()

    # The tools ---------------------------------------------------------------------------------

    async def list(self) -> tuple[ToolSpec, ...]:
        """The tools of every server that is up; see ``absent`` for those that are missing."""
        due = {name: self._refresh(name) for name in self._connections if self._due(name)}
        if due:
            await self._settle(due)
        up = {name for name in self._connections if self._offers(name)}
        remote = [spec for spec in self._catalogue.specs().values() if spec.server in up]
        return (*remote, *(spec for spec, _ in self._locals()))

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        """Run one tool. Raises ToolUnknown, ToolFailed for arguments its schema does not take,
        ToolRefused for a call of nobody's, ToolServerDown, OutcomeUnknown or ToolTimeout."""
        for spec, tool in self._locals():
            if spec.name == name:
                _check(spec, arguments)
                return await tool.run(arguments, context)
        spec = await self._spec(name)
        _check(spec, arguments)
        beside = impersonation.meta(context) if spec.server in self._told else None
        return await self._guarded_call(spec, arguments, beside)

    def _locals(self) -> Iterator[tuple[ToolSpec, LocalTool]]:
        for tool in self._local:
            if (spec := tool.spec) is not None:
                yield spec, tool

    async def _guarded_call(
        self, spec: ToolSpec, arguments: dict[str, Any], meta: dict[str, Any] | None
    ) -> ToolResult:
        breaker = self._breakers[spec.server]
        if not breaker.admit():
            raise ToolServerDown(
                f"{spec.name} was not run: {spec.server} {left_alone(breaker)}",
                "Use another tool, or try again later.",
            )
        ended = breaker.abandoned
        try:
            result = await self._connections[spec.server].call(
                spec.remote_name, arguments, read_only=spec.read_only, meta=meta
            )
            ended = breaker.succeeded
        except (ToolServerDown, ToolTimeout) as error:
            reason = error.message
            ended = lambda: breaker.failed(reason)  # noqa: E731
            raise
        except ToolError:
            ended = breaker.succeeded  # it answered
            raise
        finally:
            ended()
        return result

    async def _spec(self, name: str) -> ToolSpec:
        """The tool as its server offers it now: one that started again, or said that its tools
        changed, is asked first."""
        found = self._catalogue.specs().get(name)
        if found is None:
            await self.list()
        elif not self._connections[found.server].tools_current:
            await self._refresh(found.server)
        found = self._catalogue.specs().get(name)
        if found is None or found.server in self._off:
            raise self._unknown(name)
        connection = self._connections[found.server]
        if connection.state is State.UP and not connection.tools_current:
            raise ToolServerDown(
                f"{name} was not run: what {found.server} offers now cannot be checked.",
                "Try again when the database and the server answer.",
            )
        return found

    def _unknown(self, name: str) -> ToolError:
        absent = self.absent()
        for server, reason in absent.items():
            if name.startswith(f"{server}_"):
                return ToolServerDown(f"{name} is a tool of {server}, which {reason}")
        note = f" Servers with tools missing: {', '.join(absent)}." if absent else ""
        known = [*self._catalogue.specs(), *(spec.name for spec, _ in self._locals())]
        return unknown_tool(name, known, note)

    def _due(self, name: str) -> bool:
        """Whether a list should ask this server for its tools."""
        if name in self._off or self._breakers[name].circuit is Circuit.OPEN:
            return False
        if name in self._asking:
            return name not in self._waited_for
        failed = self._failed.get(name)
        if failed is not None:
            return _now() - failed > RETRY_SECONDS
        connection = self._connections[name]
        if not connection.tools_current or name in self._own:
            return not connection.tools_current
        if _now() - self._listed.get(name, 0.0) < self._fresh_seconds:
            return False
        connection.forget_tools()
        return True

    def _refresh(self, name: str) -> asyncio.Task[None]:
        if name not in self._asking:
            task = asyncio.create_task(self._ask(name), name=f"tools of {name}")
            self._asking[name] = task
            task.add_done_callback(lambda _: self._asking.pop(name, None))
        return self._asking[name]

    async def _ask(self, name: str) -> None:
        connection = self._connections[name]
        try:
            offered = await connection.tools()
            await self._catalogue.stock(connection.server, connection.implementation, offered)
        except ToolError as error:  # the connection keeps the reason for ``status``
            self._failed[name] = _now()
            self._breakers[name].failed(error.message)
        except StoreUnavailable:  # nothing of it is offered before its pins can be read
            connection.forget_tools()
        else:
            self._failed.pop(name, None)
            self._waited_for.discard(name)
            self._listed[name] = _now()

    async def _settle(self, due: dict[str, asyncio.Task[None]]) -> None:
        """Wait for awaited servers a good while, for others hardly, and for none a second time."""
        awaited = {task for name, task in due.items() if name in self._awaited}
        if awaited:
            await asyncio.wait(awaited, timeout=AWAITED_SECONDS)
        rest = set(due.values()) - awaited
        if rest and not awaited:
            await self._first_of(rest)
        if rest:
            await asyncio.wait(rest, timeout=self._list_patience)
        self._waited_for.update(name for name, task in due.items() if not task.done())

    async def _first_of(self, asking: set[asyncio.Task[None]]) -> None:
        """Until some server has tools to offer: without any there is nothing to do."""
        until = _now() + AWAITED_SECONDS
        while asking and not self._catalogue.specs() and (left := until - _now()) > 0:
            _, asking = await asyncio.wait(
                asking, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )

    def _offers(self, server: str) -> bool:
        return (
            server not in self._off
            and self._connections[server].tools_current
            and self._breakers[server].circuit is not Circuit.OPEN
        )

    def _connection(self, name: str) -> Connection:
        if name not in self._connections:
            raise UsageError(
                f"There is no tool server {name}.", f"There are {', '.join(self._connections)}."
            )
        return self._connections[name]


def _now() -> float:
    return asyncio.get_running_loop().time()


def _check(spec: ToolSpec, arguments: dict[str, Any]) -> None:
    problems = wrong_arguments(spec.input_schema, arguments)
    if problems:
        raise ToolFailed(
            f"{spec.name} was not run, its arguments are wrong: {' '.join(problems[:5])}",
            "Call it again with arguments that fit.",
        )
