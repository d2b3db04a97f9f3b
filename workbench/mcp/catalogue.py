"""What each server offers, and which of it may be used: pinned definitions and who vouches."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from workbench.core.pins import Pin, Pins
from workbench.core.tools import McpServer, ToolSpec, Transport
from workbench.mcp.naming import tool_names
from workbench.mcp.offer import OfferedTool
from workbench.mcp.reviewed import is_reviewed


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """One server's tools: ``usable`` with whether each only reads, ``changed`` ones with their
    pin."""

    server: McpServer
    usable: tuple[tuple[OfferedTool, bool], ...] = ()
    changed: tuple[tuple[OfferedTool, Pin], ...] = ()


class Catalogue:
    """Every server's shelf.

    own: servers that are this product's; their annotations are ours and their definitions change
        with it, so that they are neither doubted nor pinned.
    trusted: servers whose annotations a person accepts. That covers the tools of the first contact,
        not those that appear later.
    """

    def __init__(self, pins: Pins, own: frozenset[str], trusted: frozenset[str]) -> None:
        self.pins = pins
        self._own = own
        self._trusted = trusted
        self._shelves: dict[str, Shelf] = {}
        self._specs: dict[str, ToolSpec] = {}

    async def stock(
        self, server: McpServer, implementation: str, offered: Iterable[OfferedTool]
    ) -> None:
        """Put up what a server offers now. Raises StoreUnavailable when pins cannot be read."""
        shelf = (
            Shelf(server=server, usable=tuple((t, t.claims_read_only) for t in offered))
            if server.name in self._own
            else await self._checked(server, implementation, tuple(offered))
        )
        self._shelves[server.name] = shelf
        self._specs = {}

    def clear(self, server: str) -> None:
        self._shelves.pop(server, None)
        self._specs = {}

    def specs(self) -> dict[str, ToolSpec]:
        """Every usable tool by the name it is used under."""
        if not self._specs:
            shelves = self._shelves.values()
            names = tool_names(
                (s.server.name if s.server.prefix is None else s.server.prefix, tool.name)
                for s in shelves
                for tool, _ in s.usable
            )
            self._specs = {
                spec.name: spec
                for s in shelves
                for tool, reads in s.usable
                for spec in (_spec(s.server, tool, reads, names),)
            }
        return self._specs

    def changed(self, server: str) -> tuple[tuple[OfferedTool, Pin], ...]:
        """The server's tools that are not what was accepted, each with what was."""
        shelf = self._shelves.get(server)
        return shelf.changed if shelf else ()

    def offered(self, server: str) -> tuple[OfferedTool, ...]:
        """All the server offers, changed tools too."""
        shelf = self._shelves.get(server)
        return tuple(t for t, _ in (*shelf.usable, *shelf.changed)) if shelf else ()

    async def _checked(
        self, server: McpServer, implementation: str, offered: tuple[OfferedTool, ...]
    ) -> Shelf:
        known = await self.pins.of(server.name)
        fresh = {
            t.name: Pin(
                server=server.name, tool=t.name, definition=t.definition.decode(), late=bool(known)
            )
            for t in offered
            if t.name not in known
        }
        if fresh:
            await self.pins.take(fresh.values())
        pins = fresh | known
        usable = [t for t in offered if pins[t.name].definition == t.definition.decode()]
        changed = [t for t in offered if pins[t.name].definition != t.definition.decode()]
        return Shelf(
            server=server,
            usable=tuple((t, self._reads(server, implementation, t, pins[t.name])) for t in usable),
            changed=tuple((t, pins[t.name]) for t in changed),
        )

    def _reads(self, server: McpServer, implementation: str, tool: OfferedTool, pin: Pin) -> bool:
        """Whether somebody vouches that it only reads: a person for this tool, a person for all
        the server had at first, or the reviewed table for this very definition, which covers
        programs that run here and not what somebody else runs under the same name."""
        if pin.reads:
            return True
        if not tool.claims_read_only:
            return False
        if server.name in self._trusted and not pin.late:
            return True
        return server.transport is Transport.STDIO and is_reviewed(implementation, tool)


def _spec(
    server: McpServer, tool: OfferedTool, reads: bool, names: dict[tuple[str, str], str]
) -> ToolSpec:
    prefix = server.name if server.prefix is None else server.prefix
    return ToolSpec(
        name=names[prefix, tool.name],
        server=server.name,
        remote_name=tool.name,
        description=tool.description,
        input_schema=tool.input_schema,
        read_only=reads,
        claims_read_only=tool.claims_read_only,
    )
