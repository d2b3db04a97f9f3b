"""Accepted tool definitions in PostgreSQL (see core.pins)."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.core.pins import Pin
from workbench.store.jsonb import storable_text
from workbench.store.pool import Pool


class ToolPins:
    """Implements Pins over a pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of(self, server: str) -> dict[str, Pin]:
        rows = await self._pool.fetch("tool_pins", storable_text(server))
        return {
            row["tool"]: Pin(
                server=row["server"],
                tool=row["tool"],
                definition=row["definition"],
                reads=row["reads"],
                late=row["late"],
                by=row["accepted_by"],
            )
            for row in rows
        }

    async def take(self, pins: Iterable[Pin]) -> None:
        for pin in pins:
            await self._pool.fetchval("take_tool_pin", *_definition(pin), pin.late)

    async def accept(self, pin: Pin) -> None:
        values = (*_definition(pin), pin.reads, pin.late, storable_text(pin.by))
        await self._pool.fetchval("accept_tool_pin", *values)

    async def forget(self, server: str) -> None:
        await self._pool.fetchval("forget_tool_pins", server)


def _definition(pin: Pin) -> tuple[str, str, str, str]:
    return storable_text(pin.server), storable_text(pin.tool), pin.definition, pin.sha256
