"""How calls ended, on their way to the record. A call that ran must not look as if it did not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from workbench.core.evidence import Ended, Record
from workbench.errors import StoreError, StoreUnavailable

logger = logging.getLogger(__name__)

MAX_WAITING = 1000
"""Outcomes kept while the store is away. When that many wait, no new call is let through."""
WRITE_SECONDS = 1.0
"""How long a result is held back when too many outcomes are under way."""
MAX_UNDER_WAY = 8
"""Outcomes sent and not yet answered before a result is held back for them."""
MAX_UNSETTLED = 32
LINGER_SECONDS = 0.1
"""Outcomes are made durable when somebody relies on them, when this many are not, or after this
long, whichever comes first."""
SETTLE_SECONDS = 5.0
"""How long to wait for what somebody is about to be shown; longer than a database takes to come
back after a crash."""
RETRY_SECONDS = (0.25, 0.5, 1.0, 2.0, 4.0)


class Outcomes:
    """Writes outcomes, again and again when the store is away, in the order they came, and knows
    which of them are not durable yet.

    Why results are returned although their outcome is still waiting: the tool has run, its intent
    is durable, and throwing the answer away would only make somebody run it again. If the process
    dies first, the intent stays open and counts as ``unknown``, which is the truth.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._waiting: deque[tuple[UUID, Ended]] = deque()
        self._unsettled: dict[UUID, Ended] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._retrying: asyncio.Task[None] | None = None
        self._lingering: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Outcomes the store has not taken yet."""
        return len(self._waiting) + sum(not task.done() for task in self._tasks)

    def check_room(self) -> None:
        """Raises StoreUnavailable when too many outcomes wait to let another call run."""
        if self.waiting >= MAX_WAITING:
            raise StoreUnavailable(
                f"The record is {self.waiting} outcomes behind; nothing was run.",
                "Bring the database back; what waits is written then.",
            )

    async def write(self, id: UUID, ended: Ended) -> None:
        """Send it now and do not wait for the answer, unless many are under way; being cancelled
        does not lose it."""
        self.spawn(self._write(id, ended))
        if len(self._tasks) > MAX_UNDER_WAY:
            await asyncio.wait(
                self._tasks, timeout=WRITE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )

    async def settled(self, seconds: float = SETTLE_SECONDS) -> None:
        """Return when every outcome so far is durable.

        Raises StoreUnavailable when one still is not after ``seconds``.
        """
        if not (self._tasks or self._waiting or self._unsettled):
            return
        try:
            async with asyncio.timeout(seconds):
                while busy := self._busy():
                    await asyncio.wait(busy)
                await self._settle()
        except TimeoutError as error:
            raise StoreUnavailable(
                f"The record is {self.waiting} outcomes behind; what they answered is not shown.",
                "Bring the database back; what waits is written then.",
            ) from error

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something that has to finish whoever stops waiting for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def flush(self, seconds: float) -> int:
        """Wait for what is on its way; returns how many outcomes the store still has not taken."""
        with contextlib.suppress(StoreUnavailable):
            await self.settled(seconds)
        for task in (*self._busy(), *([self._lingering] if self._lingering else ())):
            task.cancel()
        return self.waiting + len(self._unsettled)

    @property
    def _is_retrying(self) -> bool:
        return self._retrying is not None and not self._retrying.done()

    def _busy(self) -> set[asyncio.Task[None]]:
        tasks = {*self._tasks, self._retrying} if self._retrying else self._tasks
        return {task for task in tasks if not task.done()}

    async def _settle(self) -> None:
        """Again until none was lost: the database may crash between taking one and keeping it."""
        while self._unsettled:
            asked = dict(self._unsettled)
            lost = await self._record.settle(asked)
            for id, ended in asked.items():
                if id in lost:
                    await self._finish(id, ended)
                else:
                    self._unsettled.pop(id, None)

    async def _write(self, id: UUID, ended: Ended) -> None:
        if not self._waiting:
            try:
                await self._finish(id, ended)
            except StoreUnavailable:
                pass  # kept and tried again below
            else:
                return await self._keep_few()
        self._waiting.append((id, ended))
        if not self._is_retrying:
            self._retrying = asyncio.create_task(self._retry())
        return None

    async def _keep_few(self) -> None:
        if len(self._unsettled) >= MAX_UNSETTLED:
            with contextlib.suppress(StoreUnavailable):  # tried again below
                await self._settle()
        if self._lingering is None or self._lingering.done():
            self._lingering = asyncio.create_task(self._linger())
        return

    async def _finish(self, id: UUID, ended: Ended) -> None:
        try:
            await self._record.finish(id, ended)
        except StoreUnavailable:
            raise
        except StoreError as error:  # it will never be taken; the others must not wait for it
            logger.error("The outcome of tool call %s cannot be recorded: %s", id, error)
            self._unsettled.pop(id, None)
        else:
            self._unsettled[id] = ended

    async def _linger(self) -> None:
        while self._unsettled:
            await asyncio.sleep(LINGER_SECONDS)
            try:
                await self._settle()
            except StoreUnavailable:
                continue  # they are kept, and there may be no more than a few of them

    async def _retry(self) -> None:
        tries = 0
        while self._waiting:
            await asyncio.sleep(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1
            try:
                await self._finish(*self._waiting[0])
            except StoreUnavailable:
                continue
            self._waiting.popleft()
            tries = -1 if self._waiting else 0
