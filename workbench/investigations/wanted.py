"""One process works on an investigation at a time, and hears when somebody elsewhere stops it. Of
one that is gone, others say so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from workbench.agent.investigator import cancelled
from workbench.core.investigation import Concluded, Failed, Investigation, Step
from workbench.errors import Conflict, NotRecorded, StoreError, StoreUnavailable
from workbench.investigations.answer import answer
from workbench.investigations.ask import append, has_ended
from workbench.store.leases import BEAT_SECONDS, Lease
from workbench.store.sight import for_all

if TYPE_CHECKING:
    from workbench.store.database import Store
    from workbench.store.leases import Lapsed, Leases

logger = logging.getLogger(__name__)

SERVER_SECONDS = 10.0
"""How long the database must be up before those who were silent count as gone."""


class Wanted:
    """Whether an investigation is to go on in this process. ``lease`` is held meanwhile; entering
    it raises Conflict when another process works on it."""

    def __init__(self, leases: Leases, investigation: Investigation, holder: UUID) -> None:
        self._label = investigation.label
        self._over = self._lost = False
        self._waiting: asyncio.Timeout | None = None
        ending = has_ended(investigation.steps)
        self.lease = Lease(leases, investigation.id, holder, self._label, self._told, ending=ending)

    async def steps(
        self, steps: AsyncGenerator[Step], clock: Callable[[], datetime]
    ) -> AsyncGenerator[Step]:
        """Those steps, until somebody elsewhere stops it: then the last one says so.

        Raises Conflict when another process has taken it up meanwhile.
        """
        step = None
        async with aclosing(steps):
            while not self._over:
                try:
                    async with asyncio.timeout(None) as self._waiting:
                        step = await anext(steps)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    if not self._over:
                        raise
                    break
                finally:
                    self._waiting = None
                yield step
        if self._lost:
            raise Conflict(f"{self._label} is not worked on here any more.", "Open it again.")
        if not isinstance(step, Concluded | Failed):
            yield cancelled(clock())

    def _told(self, asked: bool) -> None:
        self._over, self._lost = True, not asked
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())


async def settle(
    store: Store, holder: UUID, clock: Callable[[], datetime], server_seconds: float = 0.0
) -> int:
    """End the investigations and runs whose processes are gone, and say so in each; how many. Runs
    that may be begun again wait for a server.

    Everybody's, on whosever behalf the caller acts. What cannot be ended now lapses once more.
    server_seconds: how long the database must be up. Raises StoreUnavailable.
    """
    ended = 0
    with for_all():
        for one in await store.leases.take_lapsed(holder, server_seconds):
            try:
                await _end(store, one, clock())
                await store.leases.end(one.work, holder)
            except StoreUnavailable:
                raise
            except (StoreError, msgspec.ValidationError) as error:  # a step of a later version
                logger.warning("%s stays as its process left it: %s", one.work, error)
            else:
                ended += 1
        await store.runs.give_up()
    return ended


async def _end(store: Store, one: Lapsed, at: datetime) -> None:
    if not one.stop_asked and await store.runs.hand_over(one.work):
        return
    if not await store.runs.interrupt(one.work):
        with suppress(NotRecorded):  # a run that had ended
            await _end_investigation(store, one, at)


async def _end_investigation(store: Store, one: Lapsed, at: datetime) -> None:
    found = await store.investigations.load(one.work)
    if has_ended(found.steps):
        await answer(store, found)  # it may have gone in between
    else:
        last = cancelled(at) if one.stop_asked else interrupted(found.label, at)
        await append(found, last, store.investigations)


async def keep_settling(
    store: Store,
    holder: UUID,
    clock: Callable[[], datetime],
    back_seconds: float = SERVER_SECONDS,
) -> None:
    """Do so again and again, until cancelled.

    back_seconds: how long the others get to come back to a database that was away from here; it
    may have been away from all, and be up for long all the same (a standby that took over).
    """
    while True:
        try:
            await settle(store, holder, clock, SERVER_SECONDS)
        except StoreError as error:
            logger.debug("Nobody looked for investigations that are nobody's: %s", error)
            await _back(store)
            await asyncio.sleep(back_seconds)
        await asyncio.sleep(BEAT_SECONDS)


async def _back(store: Store) -> None:
    """Return once the database answers."""
    while True:
        with suppress(StoreError):
            return await store.pool.execute("ping")
        await asyncio.sleep(BEAT_SECONDS)


def interrupted(label: str, at: datetime) -> Failed:
    """The last step of one whose process is gone."""
    return Failed(
        at=at,
        reason="The process that worked on it is gone.",
        hint=f"`workbench investigations resume {label}` goes on where it ended.",
        interrupted=True,
    )
