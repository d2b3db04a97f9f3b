"""Who works on which investigation: one process at a time, for as long as it says so."""

from __future__ import annotations

from uuid import UUID

import msgspec

from workbench.store.pool import Pool


class Lapsed(msgspec.Struct, frozen=True):
    """An investigation whose process is gone. ``stop_asked``: somebody had asked it to stop."""

    investigation: UUID
    stop_asked: bool


class Leases:
    """Leases over a pool; a holder is named by a UUID of its own.

    owner: the number under which this process is known to live while it is connected.
    """

    def __init__(self, pool: Pool, owner: int = 0) -> None:
        self._pool = pool
        self._owner = owner

    async def take(self, investigation: UUID, holder: UUID) -> bool:
        """Whether it is the holder's now: no living process has it. Safe to repeat."""
        return bool(await self._pool.fetchval("take_lease", investigation, holder, self._owner))

    async def keep(self, investigation: UUID, holder: UUID) -> bool | None:
        """Whether somebody asked the holder to stop; None when it is another's now. To be called
        every second or so."""
        stop: bool | None = await self._pool.fetchval("keep_lease", investigation, holder)
        return stop

    async def end(self, investigation: UUID, holder: UUID) -> None:
        """Nobody works on it any more; of another's lease nothing changes."""
        await self._pool.execute("end_lease", investigation, holder)

    async def ask_to_stop(self, investigation: UUID) -> bool:
        """Ask whoever works on it, in whichever process; False when nobody does."""
        return bool(await self._pool.fetchval("ask_to_stop", investigation))

    async def take_lapsed(self, holder: UUID, server_seconds: float = 0.0) -> tuple[Lapsed, ...]:
        """Those whose processes are gone, for the holder to say so and end them.

        server_seconds: how long the database must be up, so that the living have come back to it.
        """
        rows = await self._pool.fetch(
            "take_lapsed_leases", holder, self._owner, float(server_seconds)
        )
        return tuple(Lapsed(row["investigation_id"], row["stop_asked"]) for row in rows)
