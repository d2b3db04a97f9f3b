"""How calls ended, on their way to the record. A call that ran must not look as if it did not."""

from __future__ import annotations

import asyncio
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
SETTLE_SECONDS = 1.0
"""How long a result is held back for its outcome to be durable; a stopped caller waits no longer
than this either."""
RETRY_SECONDS = (0.25, 0.5, 1.0, 2.0, 4.0)


class Outcomes:
    """Writes outcomes, again and again when the store is away, in the order they came.

    Why results are returned although their outcome is still waiting: the tool has run, its intent
    is durable, and throwing the answer away would only make somebody run it again. If the process
    dies first, the intent stays open and counts as ``unknown``, which is the truth.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._waiting: deque[tuple[UUID, Ended]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._retrying: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Outcomes the store has not taken yet."""
        return len(self._waiting) + len(self._tasks)

    def check_room(self) -> None:
        """Raises StoreUnavailable when too many outcomes wait to let another call run."""
        if self.waiting >= MAX_WAITING:
            raise StoreUnavailable(
                f"The record is {self.waiting} outcomes behind; nothing was run.",
                "Bring the database back; what waits is written then.",
            )

    async def settle(self, id: UUID, ended: Ended) -> None:
        """Write it, or after SETTLE_SECONDS leave it to be written. Being cancelled does not lose
        it."""
        await asyncio.wait({self.spawn(self._settle(id, ended))}, timeout=SETTLE_SECONDS)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something that has to finish whoever stops waiting for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def flush(self, seconds: float) -> int:
        """Wait for what is on its way; returns how many outcomes the store still has not taken."""
        pending = set(self._tasks) | ({self._retrying} if self._retrying else set())
        if pending:
            await asyncio.wait(pending, timeout=seconds)
        for task in pending:
            task.cancel()
        return self.waiting

    async def _settle(self, id: UUID, ended: Ended) -> None:
        if not self._waiting:
            try:
                return await self._finish(id, ended)
            except StoreUnavailable:
                pass  # kept and tried again below
        self._waiting.append((id, ended))
        if self._retrying is None or self._retrying.done():
            self._retrying = asyncio.create_task(self._retry())
        return None

    async def _finish(self, id: UUID, ended: Ended) -> None:
        try:
            await self._record.finish(id, ended)
        except StoreUnavailable:
            raise
        except StoreError as error:  # it will never be taken; the others must not wait for it
            logger.error("The outcome of tool call %s cannot be recorded: %s", id, error)

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
