"""Tables of a notebook as a tool, so that reading one is recorded like everything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from workbench.core.terms import TABLE_TOOL, Table
from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec

SPEC = ToolSpec(
    name=TABLE_TOOL,
    server="notebook",
    remote_name=TABLE_TOOL,
    description="Read a table that the person gave along with the question.",
    input_schema={
        "type": "object",
        "properties": {"name": {"type": "string", "description": "The table's name."}},
        "required": ["name"],
    },
    read_only=True,
)


class WithTables:
    """Tools, and one more while tables are given: it belongs under the wrappers, so that a table is
    recorded, and rid of secrets, like any other answer."""

    def __init__(self, inner: Tools) -> None:
        self._inner = inner
        self._given: dict[UUID, dict[str, Table]] = {}

    @contextmanager
    def given(self, investigation: UUID, tables: Iterable[Table]) -> Iterator[None]:
        """Let the investigation read the tables for as long as this is open."""
        named = {table.name: table for table in tables}
        if named:
            self._given[investigation] = named
        try:
            yield
        finally:
            self._given.pop(investigation, None)

    async def list(self) -> tuple[ToolSpec, ...]:
        offered = await self._inner.list()
        return (*offered, SPEC) if self._given else offered

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        if name != TABLE_TOOL:
            return await self._inner.call(name, arguments, context)
        tables = self._given.get(context.investigation, {})
        table = tables.get(str(arguments.get("name", "")))
        if table is None:
            known = ", ".join(tables) or "none"
            return ToolResult(text=f"No such table was given. Given: {known}.", failed=True)
        source = f", from the recorded call {table.source}" if table.source else ""
        return ToolResult(text=f"Table {table.name}{source}:\n{table.text}")
