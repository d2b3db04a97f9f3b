"""Who works on an investigation: one process at a time, which says that it lives and hears when
somebody elsewhere stops it. Of one that is gone, others say so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from workbench.agent.investigator import cancelled
from workbench.core.investigation import Concluded, Failed, Investigation, Step
from workbench.errors import Conflict, StoreError, StoreUnavailable
from workbench.investigations.ask import append, has_ended

if TYPE_CHECKING:
    from workbench.store.database import Store
    from workbench.store.leases import Leases

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
"""Between two signs of life, which are also two looks whether somebody asked it to stop."""
RELEASED_TRIES = 5
"""Of one that has just ended the lease is given back a moment after its last step."""
SERVER_SECONDS = 10.0
"""How long the database must be up before those who were silent count as gone."""


class Lease:
    """Held while it is entered; entering raises Conflict when another process holds it."""

    def __init__(self, leases: Leases, investigation: Investigation, holder: UUID) -> None:
        self._leases = leases
        self._of = investigation
        self._holder = holder
        self._lost = self._stopped = False
        self._waiting: asyncio.Timeout | None = None
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        tries = RELEASED_TRIES if has_ended(self._of.steps) else 1
        while not await self._leases.take(self._of.id, self._holder):
            tries -= 1
            if tries:
                await asyncio.sleep(BEAT_SECONDS / RELEASED_TRIES)
                continue
            raise Conflict(f"{self._of.label} is running.", "Follow it, or stop it first.")
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._beating is not None:
            self._beating.cancel()
        try:
            await asyncio.shield(self._leases.end(self._of.id, self._holder))
        except StoreError as error:  # it lapses, and whoever finds it sees that it has ended
            logger.info("The lease of %s stays until it lapses: %s", self._of.label, error)

    async def while_wanted(
        self, steps: AsyncGenerator[Step], clock: Callable[[], datetime]
    ) -> AsyncGenerator[Step]:
        """The steps, until somebody elsewhere stops it: then the last one says so.

        Raises Conflict when another process has taken it up meanwhile.
        """
        step = None
        async with aclosing(steps):
            while not (self._stopped or self._lost):
                try:
                    async with asyncio.timeout(None) as self._waiting:
                        step = await anext(steps)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    if not (self._stopped or self._lost):
                        raise
                    break
                finally:
                    self._waiting = None
                yield step
        if self._lost:
            raise Conflict(f"{self._of.label} is not worked on here any more.", "Open it again.")
        if not isinstance(step, Concluded | Failed):
            yield cancelled(clock())

    async def _beat(self) -> None:
        while not (self._stopped or self._lost):
            await asyncio.sleep(BEAT_SECONDS)
            try:
                stop = await self._leases.keep(self._of.id, self._holder)
            except StoreUnavailable:  # it is tried again; others do not count this as silence
                continue
            self._lost, self._stopped = stop is None, bool(stop)
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())


async def settle(
    store: Store, holder: UUID, clock: Callable[[], datetime], server_seconds: float = 0.0
) -> int:
    """End the investigations whose processes are gone, each with a step that says so; how many.

    server_seconds: how long the database must be up.
    """
    lapsed = await store.leases.take_lapsed(holder, server_seconds)
    for one in lapsed:
        found = await store.investigations.load(one.investigation)
        if not has_ended(found.steps):
            last = cancelled(clock()) if one.stop_asked else interrupted(found.label, clock())
            await append(found, last, store.investigations)
        await store.leases.end(found.id, holder)
    return len(lapsed)


async def keep_settling(store: Store, holder: UUID, clock: Callable[[], datetime]) -> None:
    """Do so again and again, until cancelled."""
    while True:
        try:
            await settle(store, holder, clock, SERVER_SECONDS)
        except StoreError as error:
            logger.debug("Nobody looked for investigations that are nobody's: %s", error)
        await asyncio.sleep(BEAT_SECONDS)


def interrupted(label: str, at: datetime) -> Failed:
    """The last step of one whose process is gone."""
    return Failed(
        at=at,
        reason="The process that worked on it is gone.",
        hint=f"`workbench investigations resume {label}` goes on where it ended.",
        interrupted=True,
    )
