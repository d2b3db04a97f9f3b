"""Some of the tools: what ``+prom,-logs`` means."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec
from workbench.errors import ToolUnknown, UsageError


class Narrowed:
    """Only the tools that were asked for.

    chosen: names of tools or of servers. ``-name`` leaves it out, ``+name`` must be there, and
        when any stands without a sign, only those are left.
    always: tools that stay unless they are named with a minus.
    """

    def __init__(self, inner: Tools, chosen: Sequence[str], always: Sequence[str] = ()) -> None:
        self._inner = inner
        self._out = frozenset(n[1:] for n in chosen if n.startswith("-"))
        self._must = frozenset(n[1:] for n in chosen if n.startswith("+"))
        plain = frozenset(n for n in chosen if not n.startswith(("+", "-")))
        self._named = self._out | self._must | plain
        self._only = plain | self._must | frozenset(always) if plain else frozenset()

    async def check(self) -> None:
        """Raises UsageError for a name that is no tool and no server."""
        specs = await self._inner.list()
        known = {name for spec in specs for name in names(spec)}
        for name in sorted(self._named):
            if name not in known:
                near = get_close_matches(name, known, n=1)
                servers = ", ".join(sorted({spec.server for spec in specs}))
                hint = f"Did you mean {near[0]}?" if near else f"The servers are {servers}."
                raise UsageError(f"No tool and no tool server is called {name!r}.", hint)

    async def list(self) -> tuple[ToolSpec, ...]:
        return tuple(spec for spec in await self._inner.list() if self._wanted(spec))

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        """Raises ToolUnknown for a tool that was left out."""
        if not any(spec.name == name for spec in await self.list()):
            raise ToolUnknown(f"{name} is not among the tools of this question.")
        return await self._inner.call(name, arguments, context)

    def _wanted(self, spec: ToolSpec) -> bool:
        called = names(spec)
        return not called & self._out and (not self._only or bool(called & self._only))


def names(spec: ToolSpec) -> frozenset[str]:
    """What it may be called by: its own names and its server's."""
    return frozenset((spec.name, spec.remote_name, spec.server))
