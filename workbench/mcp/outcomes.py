"""How calls ended, on their way to the record. A call that ran must not look as if it did not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from workbench.core.evidence import Finished, Intent, Record
from workbench.errors import StoreError, StoreUnavailable

logger = logging.getLogger(__name__)

MAX_WAITING = 1000
"""Outcomes kept while the store is away. When that many wait, no new call is let through."""
FEW = 16
"""Outcomes that may wait for company; with more of them the writer begins."""
LINGER_SECONDS = 0.05
"""How long an outcome waits for the next intent of its investigation, to share its commit."""
SETTLE_SECONDS = 5.0
"""How long to wait for what somebody is about to be shown; longer than a database takes to come
back after a crash."""
RETRY_SECONDS = (0.25, 0.5, 1.0, 2.0, 4.0)


class Outcomes:
    """Writes outcomes, in the order they came, and again and again when the store is away.

    Each goes along with the next intent of its investigation, in one commit; when there is none
    soon, it is large, or somebody relies on it, it is written by itself.

    Why results are returned although their outcome is still waiting: the tool has run, its intent
    is durable, and throwing the answer away would only make somebody run it again. If the process
    dies first, the intent stays open and counts as ``unknown``, which is the truth.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._waiting: deque[Finished] = deque()
        self._open: dict[UUID, asyncio.Future[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._writer: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Outcomes that are not durable yet."""
        return len(self._open)

    def check_room(self) -> None:
        """Raises StoreUnavailable when too many outcomes wait to let another call run."""
        if self.waiting >= MAX_WAITING:
            raise StoreUnavailable(
                f"The record is {self.waiting} outcomes behind; nothing was run.",
                "Bring the database back; what waits is written then.",
            )

    async def intend(self, intent: Intent) -> str:
        """The evidence label, once the intent is durable, and with it what went along.

        Raises StoreUnavailable when that is not certain; what went along is written later then.
        """
        along = self._take(intent.investigation)
        try:
            label = await self._record.intend(intent, along)
        except StoreUnavailable:
            self._give_back(along)
            raise
        except StoreError:  # it may be about one of those that went along
            self._give_back(along)
            return await self._record.intend(intent)
        except asyncio.CancelledError:
            self._give_back(along)
            raise
        for finished in along:
            self._close(finished)
        return label

    def add(self, finished: Finished) -> None:
        """Have it written soon."""
        self._open[finished.intent.id] = asyncio.get_running_loop().create_future()
        self._waiting.append(finished)
        self._wake()

    async def settled(self, seconds: float = SETTLE_SECONDS) -> None:
        """Return when every outcome so far is durable.

        Raises StoreUnavailable when one still is not after ``seconds``.
        """
        try:
            async with asyncio.timeout(seconds):
                if self._tasks:
                    await asyncio.wait(set(self._tasks))
                if self._open:
                    self._hurry.set()
                    await asyncio.wait(set(self._open.values()))
        except TimeoutError as error:
            raise StoreUnavailable(
                f"The record is {self.waiting} outcomes behind; what they answered is not shown.",
                "Bring the database back; what waits is written then.",
            ) from error

    async def flush(self, seconds: float) -> int:
        """Wait for what is on its way; returns how many outcomes the store still has not taken."""
        with contextlib.suppress(StoreUnavailable):
            await self.settled(seconds)
        for task in (*self._tasks, *([self._writer] if self._writer else ())):
            task.cancel()
        return self.waiting

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that has to finish whoever stops waiting for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _take(self, investigation: UUID) -> tuple[Finished, ...]:
        along = tuple(
            f
            for f in self._waiting
            if f.intent.investigation == investigation and not f.ended.large
        )
        if along:
            self._waiting = deque(f for f in self._waiting if f not in along)
        return along

    def _give_back(self, along: tuple[Finished, ...]) -> None:
        self._waiting.extendleft(reversed(along))
        if along:
            self._wake()

    def _close(self, finished: Finished) -> None:
        self._open.pop(finished.intent.id).set_result(None)

    def _wake(self) -> None:
        if len(self._waiting) > FEW:
            self._hurry.set()
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        await self._pause(LINGER_SECONDS)
        tries = 0
        while self._waiting:
            finished = self._waiting.popleft()
            if await self._finish(finished):
                tries = 0
                continue
            self._waiting.appendleft(finished)
            await self._pause(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1

    async def _pause(self, seconds: float) -> None:
        """Until somebody is in a hurry, at most that long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), seconds)
        self._hurry.clear()

    async def _finish(self, finished: Finished) -> bool:
        try:
            await self._record.finish(finished.intent, finished.ended)
        except StoreUnavailable:
            return False
        except StoreError as error:  # it will never be taken; the others must not wait for it
            logger.error(
                "The outcome of tool call %s cannot be recorded: %s", finished.intent.id, error
            )
        self._close(finished)
        return True
