"""Who works on what: one process at a time on an investigation or a run, for as long as it says
so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Self
from uuid import UUID

import msgspec

from workbench.errors import Conflict, StoreError
from workbench.store.pool import Pool

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
"""Between two signs of life, which are also two looks whether somebody asked it to stop."""
TRIES = 5
"""To take what is just being given back."""


class Lapsed(msgspec.Struct, frozen=True):
    """Work whose process is gone. ``stop_asked``: somebody had asked it to stop."""

    work: UUID
    stop_asked: bool


class Leases:
    """Leases over a pool; a holder is named by a UUID of its own.

    owner: the number under which this process is known to live while it is connected.
    """

    def __init__(self, pool: Pool, owner: int = 0) -> None:
        self._pool = pool
        self._owner = owner

    async def take(self, work: UUID, holder: UUID) -> bool:
        """Whether it is the holder's now: no living process has it. Safe to repeat."""
        return bool(await self._pool.fetchval("take_lease", work, holder, self._owner))

    async def keep(self, work: UUID, holder: UUID) -> bool | None:
        """Whether somebody asked the holder to stop; None when it is another's now. To be called
        every second or so."""
        stop: bool | None = await self._pool.fetchval("keep_lease", work, holder)
        return stop

    async def end(self, work: UUID, holder: UUID) -> None:
        """Nobody works on it any more; of another's lease nothing changes."""
        await self._pool.execute("end_lease", work, holder)

    async def leave(self, work: UUID, holder: UUID) -> None:
        """Nobody works on it any more, and nobody said how it ended: it counts as lapsed."""
        await self._pool.execute("leave_lease", work, holder)

    async def ask_to_stop(self, work: UUID) -> bool:
        """Ask whoever works on it, in whichever process; False when nobody does."""
        return bool(await self._pool.fetchval("ask_to_stop", work))

    async def take_lapsed(self, holder: UUID, server_seconds: float = 0.0) -> tuple[Lapsed, ...]:
        """Those whose processes are gone, for the holder to say so and end them.

        server_seconds: how long the database must be up, so that the living have come back to it.
        """
        rows = await self._pool.fetch(
            "take_lapsed_leases", holder, self._owner, float(server_seconds)
        )
        return tuple(Lapsed(row["work"], row["stop_asked"]) for row in rows)


class Lease:
    """Held while it is entered; entering raises Conflict when another process holds it.

    Left by an error, a cancellation or an early close, it lapses: the end of the work may not be
    recorded, and whoever finds it sees to that.

    label: what the work is called. told: hears, once, that it is to stop: True when somebody asked
    for that, False when it is another process' now. ending: the one before may just be giving it
    back.
    """

    def __init__(
        self,
        leases: Leases,
        work: UUID,
        holder: UUID,
        label: str,
        told: Callable[[bool], None],
        *,
        ending: bool = False,
    ) -> None:
        self._leases = leases
        self._work = work
        self._holder = holder
        self._label = label
        self._told = told
        self._tries = TRIES if ending else 1
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        for left in reversed(range(self._tries)):
            if await self._leases.take(self._work, self._holder):
                self._beating = asyncio.create_task(self._beat())
                return self
            if left:
                await asyncio.sleep(BEAT_SECONDS / TRIES)
        raise Conflict(
            f"{self._label} is running.",
            "Follow it, or stop it first; what was killed is free after five seconds.",
        )

    async def __aexit__(self, _: object, error: object, __: object) -> None:
        if self._beating is not None:
            self._beating.cancel()
        let_go = self._leases.end if error is None else self._leases.leave
        try:
            await asyncio.shield(let_go(self._work, self._holder))
        except StoreError as why:  # it lapses, and whoever finds it sees that it has ended
            logger.info("The lease of %s stays until it lapses: %s", self._label, why)

    async def _beat(self) -> None:
        """Until it is left or lost: to stop takes its time, too."""
        told = False
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                stop = await self._leases.keep(self._work, self._holder)
            except StoreError as error:
                logger.debug("The lease of %s is kept later: %s", self._label, error)
                continue
            if stop is not False and not told:
                told = True
                self._told(stop is True)
            if stop is None:
                return
