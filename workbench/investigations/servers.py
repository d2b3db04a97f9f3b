"""Tool servers of a running workbench: registered, looked at, switched and accepted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from uuid import UUID

import msgspec

from workbench.core.pins import Pins
from workbench.core.redaction import redact_text
from workbench.core.tools import McpServer, Transport
from workbench.errors import Conflict, NotRecorded, SettingsError, UsageError
from workbench.mcp.breaker import Circuit
from workbench.mcp.connection import State
from workbench.mcp.hub import ToolHub
from workbench.mcp.offer import OfferedTool
from workbench.mcp.references import refuse_secret, refuse_secret_in_address
from workbench.mcp.registry import check_address, check_name
from workbench.mcp.status import ServerStatus
from workbench.store.mcp_servers import McpServers, RegisteredServer, unknown


class KnownServer(msgspec.Struct, frozen=True, kw_only=True):
    """A tool server and how it is doing. Of variables and headers only the names are shown.

    id: None for one that comes from the settings.
    tools: how many are usable; changed: the names of those that wait to be accepted.
    last_error, circuit, reopens_in: why it is left alone, and for how many seconds more.
    """

    id: UUID | None
    name: str
    transport: Transport
    description: str
    command: str
    args: tuple[str, ...]
    url: str
    env: tuple[str, ...]
    headers: tuple[str, ...]
    enabled: bool
    state: State
    tools: int
    changed: tuple[str, ...] = ()
    implementation: str = ""
    last_error: str = ""
    last_call_ms: float | None = None
    circuit: Circuit = Circuit.CLOSED
    reopens_in: float = 0.0


class ServerTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as its server offers it now.

    name: as its server calls it. called: as models, the record and the policy do
    (``kube_events``); "" for one that nobody may call.
    usable: whether it may be called; one that changed waits until a person accepts it.
    reads: somebody vouches that it only reads. sha256: of its definition, to accept it by.
    difference: what changed since it was accepted, as a diff.
    """

    name: str
    description: str
    usable: bool
    reads: bool
    sha256: str
    difference: str = ""
    called: str = ""


class ToolServers:
    """Servers by name or id, over the hub that runs them and the store that keeps them.

    allowed: a server as the settings let it be used. fixed: names the settings give; those can be
    switched until this process ends, and are changed in the settings only.
    """

    def __init__(
        self,
        hub: ToolHub,
        registered: McpServers,
        pins: Pins,
        *,
        allowed: Callable[[McpServer], McpServer],
        fixed: frozenset[str],
    ) -> None:
        self._hub = hub
        self._registered = registered
        self._pins = pins
        self._allowed = allowed
        self._fixed = fixed

    def status(self) -> tuple[ServerStatus, ...]:
        """How each is doing; nothing is asked for it."""
        return self._hub.status()

    async def list(self) -> tuple[KnownServer, ...]:
        """All of them, those of the settings first."""
        kept = await self._kept()
        return tuple(self._known(status, kept) for status in self._hub.status())

    async def get(self, which: str) -> KnownServer:
        """Raises NotRecorded when there is none of that name or id."""
        kept = await self._kept()
        name = next((n for n, entry in kept.items() if str(entry.id) == which.lower()), which)
        status = next((s for s in self._hub.status() if s.name == name), None)
        if status is None:
            raise unknown(which)
        return self._known(status, kept)

    async def register(self, id: UUID, server: McpServer) -> KnownServer:
        """Keep one more server; it is started when it is needed.

        Raises UsageError for one that cannot be reached like this or would keep a
        secret, Conflict when there is one of that name.
        """
        _check(server)
        if any(status.name == server.name for status in self._hub.status()):
            raise Conflict(f"There is a tool server {server.name} already.", "Remove it first.")
        await self._registered.save(id, server)
        self._hub.add(self._allowed(server))
        return await self.get(server.name)

    async def remove(self, which: str) -> None:
        """Stop it, forget it and the definitions accepted of it."""
        name = (await self.get(which)).name
        self._changeable(name)
        await self._hub.remove(name)
        await self._registered.delete(name)
        await self._pins.forget(name)

    async def enable(self, which: str) -> KnownServer:
        name = await self._switch(which, enabled=True)
        self._hub.enable(name)
        return await self.get(name)

    async def disable(self, which: str) -> KnownServer:
        """Stop it and offer none of its tools until it is enabled."""
        name = await self._switch(which, enabled=False)
        await self._hub.disable(name)
        return await self.get(name)

    async def connect(self, which: str) -> KnownServer:
        """Start it and read its tools. Raises ToolServerDown with the reason."""
        known = await self._enabled(which)
        await self._hub.connect(known.name)
        return await self.get(known.name)

    async def disconnect(self, which: str) -> KnownServer:
        """Stop it; it starts again when it is needed."""
        known = await self.get(which)
        await self._hub.disconnect(known.name)
        return await self.get(known.name)

    async def reconnect(self, which: str) -> KnownServer:
        """Stop it and start it. Raises ToolServerDown."""
        known = await self._enabled(which)
        await self._hub.reconnect(known.name)
        return await self.get(known.name)

    async def tools(self, which: str) -> tuple[ServerTool, ...]:
        """What it offered when it was last asked, tools that changed too."""
        name = (await self.get(which)).name
        usable = {s.remote_name: s for s in await self._hub.list() if s.server == name}
        differences = self._hub.differences(name)
        return tuple(
            ServerTool(
                name=tool.name,
                description=tool.description,
                usable=tool.name in usable,
                reads=spec.read_only if spec else False,
                sha256=_sha256(tool),
                difference=differences.get(tool.name, ""),
                called=spec.name if spec else "",
            )
            for tool in self._hub.offered(name)
            for spec in (usable.get(tool.name),)
        )

    async def accept(
        self, which: str, tool: str, *, sha256: str, by: str, reads: bool = False
    ) -> None:
        """Take a tool as it was shown; ``reads`` when the person says that it only reads.

        Raises NotRecorded when it offers no such tool, Conflict when it offers another than was
        shown.
        """
        name = (await self.get(which)).name
        offered = next((t for t in self._hub.offered(name) if t.name == tool), None)
        if offered is None:
            raise NotRecorded(f"{name} offers no tool {tool}.", "Connect it and look at its tools.")
        if _sha256(offered) != sha256:
            raise Conflict(f"{tool} of {name} is not what was shown.", "Look at it again.")
        await self._hub.accept(name, tool, by=by, reads=reads)

    async def _switch(self, which: str, *, enabled: bool) -> str:
        known = await self.get(which)
        kept = (await self._kept()).get(known.name)
        if kept is not None and known.name not in self._fixed:
            server = msgspec.structs.replace(kept.server, enabled=enabled)
            if enabled and not self._allowed(server).enabled:
                raise UsageError(
                    f"{known.name} speaks {server.transport.value}, which is off here.",
                    "Set WORKBENCH_MCP_WEBSOCKET=true to have it.",
                )
            await self._registered.save(kept.id, server)
        return known.name

    async def _enabled(self, which: str) -> KnownServer:
        known = await self.get(which)
        if not known.enabled:
            raise Conflict(f"{known.name} is disabled.", "Enable it first.")
        return known

    def _changeable(self, name: str) -> None:
        if name in self._fixed:
            raise UsageError(f"{name} comes from the settings.", "Change it there.")

    async def _kept(self) -> dict[str, RegisteredServer]:
        return {entry.server.name: entry for entry in await self._registered.list()}

    def _known(self, status: ServerStatus, kept: dict[str, RegisteredServer]) -> KnownServer:
        server = self._hub.server(status.name)
        entry = None if server.name in self._fixed else kept.get(server.name)
        return KnownServer(
            id=entry.id if entry else None,
            name=server.name,
            transport=server.transport,
            description=server.description,
            command=server.command,
            args=tuple(map(redact_text, server.args)),
            url=redact_text(server.url),
            env=tuple(server.env),
            headers=tuple(server.headers),
            enabled=status.state is not State.DISABLED,
            state=status.state,
            tools=status.tools,
            changed=status.changed,
            implementation=status.implementation,
            last_error=redact_text(status.last_error),
            last_call_ms=status.last_call_ms,
            circuit=status.circuit,
            reopens_in=status.reopens_in,
        )


def _check(server: McpServer) -> None:
    where = f"server {server.name!r}"
    try:
        check_name(server.name, where)
        if "${" not in server.url:
            check_address(server.url, server.transport, where)
    except SettingsError as error:  # here it was typed and not set
        raise UsageError(error.message, error.hint) from error
    over_stdio = server.transport is Transport.STDIO
    if over_stdio != bool(server.command) or over_stdio == bool(server.url):
        needs = "a command and no url" if over_stdio else "a url and no command"
        raise UsageError(f"{where} needs {needs}.", f"It is reached by {server.transport.value}.")
    refuse_secret_in_address(f"{where}, its address,", server.url)
    for name, value in (*server.env.items(), *server.headers.items()):
        refuse_secret(f"{where}, {name},", name, value)
    if server.oauth:
        refuse_secret(f"{where}, oauth,", "client_secret", server.oauth.client_secret)


def _sha256(tool: OfferedTool) -> str:
    return hashlib.sha256(tool.definition).hexdigest()
