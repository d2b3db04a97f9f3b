"""Calls that only read, kept in a local file while the database is away. Off unless asked for.

The file holds a JSON object a line, each on disk before the call it is about goes on. When the
database is back they are written to it in their order, and the file goes. What a process that was
killed left behind is taken up by the next one. Calls that may change something still wait for
nobody: they are refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import msgspec

from workbench.core.evidence import Ended, Finished, Intent, Outcome, Record
from workbench.errors import StoreError, StoreUnavailable
from workbench.store.embedded.locks import FileLock
from workbench.store.record import NOTHING_RUN, number_of

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 0.5
"""How often it is tried whether the database is back."""
LOST = Ended(outcome=Outcome.UNKNOWN, duration_ms=0.0, error="its process ended before the outcome")


class Kept(msgspec.Struct, frozen=True):
    """One line: an intent and the label it was given, or (``ended``) how it ended."""

    intent: Intent
    label: str = ""
    ended: Ended | None = None


class Spool:
    """One process's file. The lock on it says that the process lives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = FileLock(path)  # mode 0600

    def write(self, kept: Sequence[Kept]) -> None:
        """On disk when it returns. Raises StoreUnavailable when it cannot be (a full disk, say)."""
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in kept)
        size = os.lseek(self.lock.fd, 0, os.SEEK_END)
        try:
            if os.write(self.lock.fd, lines) != len(lines):
                raise OSError("the disk is full")
            os.fsync(self.lock.fd)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self.lock.fd, size)
            raise StoreUnavailable(
                f"{NOTHING_RUN}: the database is away and {self.path} cannot be written: {error}.",
                "Bring the database back, or free some space.",
            ) from error

    def read(self) -> list[Kept]:
        """Every whole line. The last one may be torn: nobody was told that it was kept."""
        found = []
        for line in self.path.read_bytes().splitlines():
            with contextlib.suppress(msgspec.MsgspecError):
                found.append(msgspec.json.decode(line, type=Kept))
        return found

    def clear(self) -> None:
        os.ftruncate(self.lock.fd, 0)

    def close(self, remove: bool) -> None:
        if remove:
            self.path.unlink(missing_ok=True)
        self.lock.close()


class SpooledRecord:
    """A Record that lets reading calls go on while the one behind it is away.

    folder: where this process keeps its file. reads: whether a call only reads.

    Only investigations that have a recorded call of this process are carried on: the labels of
    calls in the file continue theirs.
    """

    def __init__(
        self, record: Record, folder: Path, reads: Callable[[Intent], Awaitable[bool]]
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._record = record
        self._reads = reads
        self._folder = folder
        self._spool = Spool(folder / f"{uuid4().hex}.jsonl")
        self._spool.lock.try_shared()
        self._pending: deque[Kept] = deque()
        self._last: dict[UUID, int] = {}
        self._writing = asyncio.Lock()
        self._draining: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Lines that are not in the database yet."""
        return len(self._pending)

    async def intend(self, intent: Intent, after: Sequence[Finished] = ()) -> str:
        """The label once the intent is durable, in the database or in the file.

        Raises StoreUnavailable when it is neither; nothing may run then.
        """
        if not self._pending:
            try:
                label = await self._record.intend(intent, after)
            except StoreUnavailable:
                if not await self._carries(intent):
                    raise
            else:
                self._last[intent.investigation] = number_of(label)
                return label
        elif not await self._carries(intent):
            raise StoreUnavailable(
                f"{NOTHING_RUN}: the database is away, and only calls that read are kept aside.",
                "Bring the database back and try again.",
            )
        ended = [Kept(f.intent, ended=f.ended) for f in after]
        known = next((k.label for k in self._pending if k.intent.id == intent.id and k.label), "")
        if known:
            await self._keep(ended)
            return known
        self._last[intent.investigation] += 1
        label = f"E{self._last[intent.investigation]}"
        await self._keep([*ended, Kept(intent, label=label)])
        return label

    async def finish(self, intent: Intent, ended: Ended) -> None:
        if self._pending:
            await self._keep([Kept(intent, ended=ended)])
        else:
            await self._record.finish(intent, ended)

    async def adopt(self) -> int:
        """Write to the database what killed processes left behind; how many calls that were."""
        calls = 0
        for path in sorted(self._folder.glob("*.jsonl")):
            left = Spool(path)
            if path == self._spool.path or not left.lock.try_exclusive():
                left.close(remove=False)
                continue
            calls += await self._take_up(left)
            left.close(remove=True)
        return calls

    async def close(self) -> None:
        """Write what waits if that is possible now; otherwise the file stays for the next one."""
        if self._draining:
            self._draining.cancel()
            await asyncio.wait([self._draining])
        with contextlib.suppress(StoreUnavailable):
            await self._drain()
        if self._pending:
            logger.warning("%d lines wait in %s", self.waiting, self._spool.path)
        self._spool.close(remove=not self._pending)

    async def _carries(self, intent: Intent) -> bool:
        return intent.investigation in self._last and await self._reads(intent)

    async def _keep(self, kept: Sequence[Kept]) -> None:
        async with self._writing:
            writing = asyncio.create_task(asyncio.to_thread(self._spool.write, kept))
            try:
                await asyncio.shield(writing)
            finally:  # whoever stops waiting: what is in the file is known here
                await asyncio.wait({writing})
                if writing.exception() is None:
                    self._pending.extend(kept)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._keep_draining())

    async def _keep_draining(self) -> None:
        while self._pending:
            await asyncio.sleep(DRAIN_SECONDS)
            with contextlib.suppress(StoreUnavailable):
                await self._drain()

    async def _drain(self) -> None:
        """In order, one after the other; a line that was written twice is one row."""
        while self._pending:
            await self._write(self._pending[0])
            self._pending.popleft()
        async with self._writing:
            if not self._pending:
                self._spool.clear()

    async def _write(self, kept: Kept) -> None:
        try:
            if kept.ended is not None:
                await self._record.finish(kept.intent, kept.ended)
                return
            label = await self._record.intend(kept.intent)
        except StoreUnavailable:
            raise
        except StoreError as error:  # it will never be taken; the others must not wait for it
            logger.error("Tool call %s cannot be recorded: %s", kept.intent.id, error)
            return
        if label != kept.label:
            logger.error("Tool call %s was shown as %s, is %s", kept.intent.id, kept.label, label)

    async def _take_up(self, left: Spool) -> int:
        found = left.read()
        intents = {one.intent.id: one.intent for one in found if one.ended is None}
        for one in found:
            await self._write(one)
            if one.ended is not None:
                intents.pop(one.intent.id, None)
        for intent in intents.values():
            await self._record.finish(intent, LOST)
        return sum(one.ended is None for one in found)
