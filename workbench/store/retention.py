"""What goes when its time is over: alerts, sweeps, runs of servers, and notebooks that nothing
refers to any more.

The record of calls has months of its own (``audit``).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from workbench.store.pool import Pool

AT_ONCE = 500
"""So few that no statement outlasts the pool's deadline."""
UNUSED = timedelta(days=1)
"""How long a notebook that nothing refers to is left alone: its sweep may be about to."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is, or was dropped. runs: items of the sweeps. kept_runs: those of no sweep,
    which servers ran. bytes: of the notebooks, before compression."""

    alerts: int = 0
    sweeps: int = 0
    runs: int = 0
    kept_runs: int = 0
    notebooks: int = 0
    bytes: int = 0

    def __add__(self, more: Held) -> Held:
        return Held(
            **{name: getattr(self, name) + getattr(more, name) for name in Held.__struct_fields__}
        )


class Retention:
    """Drops over a pool.

    An alert goes by when it was told last, a sweep when its last run has ended and no alert names
    it, a run of a server by when it began; what goes on stays. Everything is dropped a little at a
    time, and what an interrupted go has left goes with the next. at_once: rows of one kind that one
    statement drops.
    """

    def __init__(self, pool: Pool, at_once: int = AT_ONCE) -> None:
        self._pool = pool
        self._at_once = at_once

    async def due(self, before: datetime, person: str | None = None) -> Held:
        """What ``drop`` would take, its notebooks apart: those depend on what else refers to them.

        person: only what that person began or told.
        """
        sweeps = await self._pool.fetch("due_sweeps", before, person)
        alerts = await self._pool.fetchval("due_alerts", before, person)
        runs = await self._pool.fetchval("due_runs", first_id(before), person)
        items = sum(row["items"] for row in sweeps)
        return Held(alerts=alerts, sweeps=len(sweeps), runs=items, kept_runs=runs)

    async def drop(
        self, before: datetime, person: str | None = None, *, now: datetime
    ) -> AsyncIterator[Held]:
        """Drop what ended before; yields each time what is gone since the last."""
        while gone := await self._pool.fetchval("drop_alerts", before, person, self._at_once):
            yield Held(alerts=gone)
        for row in await self._pool.fetch("due_sweeps", before, person):
            async for runs in self._items(row["id"]):
                yield Held(runs=runs)
            await self._pool.execute("drop_sweep", row["id"])
            yield Held(sweeps=1)
        first = first_id(before)
        while gone := await self._pool.fetchval("drop_runs", first, person, self._at_once):
            yield Held(kept_runs=gone)
        while (some := await self._notebooks(now - UNUSED)).notebooks:
            yield some

    async def _items(self, sweep: UUID) -> AsyncIterator[int]:
        while gone := await self._pool.fetchval("drop_items", sweep, self._at_once):
            yield gone

    async def _notebooks(self, before: datetime) -> Held:
        row = await self._pool.fetchrow("drop_notebooks", before, self._at_once)
        return Held(**dict(row)) if row else Held()


def first_id(at: datetime) -> UUID:
    """What every id that was made before is smaller than (RFC 9562, UUIDv7: milliseconds first)."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
