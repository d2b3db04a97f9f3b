"""A worker: takes items off the queue and runs each in a kernel of its own."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from workbench.core.ahead import APPROVALS
from workbench.core.redaction import redact_text
from workbench.core.runbook import RunStatus
from workbench.core.sweep import OF_RUN, End, ItemStatus
from workbench.errors import StoreError, StoreUnavailable, WorkbenchError
from workbench.files import write_private
from workbench.runbooks.apart import apart
from workbench.runbooks.catalogue import read
from workbench.runbooks.run import run
from workbench.runbooks.warm import Nursery
from workbench.store.sweeps import Begun, Later, Result

if TYPE_CHECKING:
    from workbench.core.runbook import Runbook, RunbookRun
    from workbench.store.database import Store
    from workbench.store.line import Fire, Job, Line

HANDED_BACK = "handed back"
AGAIN_SECONDS = 1.0
"""Between two attempts to reach a database that is away."""
WATCH_SECONDS = 2.0
"""Between two looks at whether the runs here are still wanted here."""
LONGEST_ERROR = 2_000


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker works. at_once: runs here; per_cluster: runs on one cluster, by all workers.

    lost_seconds: without a sign of life, after which its runs go to others.
    grace_seconds: how long its runs may go on when it is to stop, before they are handed back.
    """

    at_once: int = 2
    per_cluster: int = 8
    lost_seconds: float = 30.0
    grace_seconds: float = 20.0


class Worker:
    """One process that runs items.

    folder: where notebooks are while they run; what is left there of earlier ones is no use.
    environment: variables for the kernel of a run, for a context and a person.
    on_end: told of every try that ended here: the item's name and how.
    nursery: where kernels come from; closed with it.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        environment: Callable[[str, str], dict[str, str]],
        new_id: Callable[[], UUID],
        terms: Terms,
        on_end: Callable[[str, str], None] = lambda name, how: None,
        nursery: Nursery | None = None,
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"
        self._store = store
        self._folder = folder / self.name.replace(":", "-")
        self._environment = environment
        self._new_id = new_id
        self._terms = terms
        self._on_end = on_end
        self._free = asyncio.Semaphore(terms.at_once)
        self._nursery = nursery or Nursery()
        self._wanted: dict[UUID, asyncio.Event] = {}
        self._stopping, self._hurry = asyncio.Event(), asyncio.Event()
        self._line: Line | None = None

    async def serve(
        self, dsn: str, clusters: Collection[str], fire: Fire, *, drain: bool = False
    ) -> None:
        """Run what comes until ``stop``, or with ``drain`` until nothing is left. It waits for a
        database that goes away."""
        from workbench.store.line import Line

        threads = ThreadPoolExecutor(2 * self._terms.at_once + 8)  # a run blocks two
        asyncio.get_running_loop().set_default_executor(threads)
        self._nursery.open()
        watching = asyncio.create_task(self._watch())
        try:
            while not self._stopping.is_set():
                self._line = Line(
                    self._store.pool,
                    run=self._run,
                    fire=fire,
                    clusters=clusters,
                    at_once=self._terms.at_once,
                    per_cluster=self._terms.per_cluster,
                    lost_seconds=self._terms.lost_seconds,
                )
                try:
                    await self._line.serve(dsn, drain=drain)
                    return
                except StoreUnavailable as error:
                    self._on_end("queue", f"{error.message} Waiting for it.")
                    await _either(self._stopping, AGAIN_SECONDS)
        finally:
            watching.cancel()
            await asyncio.to_thread(self._nursery.close)

    async def stop(self) -> None:
        """Take nothing more; hand back what has not ended after the grace."""
        self._stopping.set()
        if self._line:
            self._line.stop()
        await asyncio.sleep(self._terms.grace_seconds)
        self._hurry.set()

    def hurry(self) -> None:
        """Hand back what runs, at once."""
        self._hurry.set()

    async def _run(self, job: Job, cancelled: asyncio.Event) -> float | None:
        async with self._free:
            if self._stopping.is_set():
                return 0.0
            claim = self._new_id()
            begun = await self._store.sweeps.begin(
                job.sweep, job.number, claim=claim, worker=self.name, job=job.id
            )
            if isinstance(begun, Later):
                return begun.seconds
            return None if begun is None else await self._try(begun, claim, cancelled)

    async def _try(self, begun: Begun, claim: UUID, cancelled: asyncio.Event) -> float | None:
        out = self._folder / f"{claim}.ipynb"
        revoked = self._wanted[claim] = asyncio.Event()
        known: asyncio.Future[RunbookRun] = asyncio.get_running_loop().create_future()
        work = asyncio.create_task(self._execute(begun, out, known.set_result))
        try:
            ended = await _first((known, work), cancelled, revoked, self._hurry)
            if isinstance(ended, asyncio.Future):
                again = await self._end(begun, claim, ended, out)
                await asyncio.wait({work})  # its kernel leaves; how is no matter any more
                work.exception()
                return again
            work.cancel()
            await asyncio.wait({work})
            if ended is self._hurry:
                await self._settled(
                    begun, lambda: self._store.sweeps.release(claim, HANDED_BACK, counts=False),
                    HANDED_BACK,
                )  # fmt: skip
                return 0.0
            await self._settle(begun, claim, ItemStatus.CANCELLED, out, "It was cancelled.")
            return None
        finally:
            self._wanted.pop(claim, None)
            out.unlink(missing_ok=True)

    async def _execute(
        self, begun: Begun, out: Path, on_end: Callable[[RunbookRun], None]
    ) -> RunbookRun:
        book = await self._book(begun)
        plan = begun.plan
        signed = {APPROVALS: ",".join(plan.approvals)} if plan.approvals else {}
        return await apart(
            lambda told: run(
                book,
                begun.item.parameters,
                out,
                env=self._environment(begun.item.context, plan.person) | signed,
                on_end=told,
                cell_seconds=plan.cell_seconds,
                seconds=float("inf") if plan.seconds is None else plan.seconds,
                nursery=self._nursery,
            ),
            on_end,
        )

    async def _book(self, begun: Begun) -> Runbook:
        """The runbook as it was when the sweep began, whatever this machine has by that name."""
        path = self._folder / begun.plan.source[:16] / f"{begun.plan.runbook}.ipynb"
        if not path.exists():
            write_private(path, await self._store.notebooks.read(begun.plan.source))
        return read(path)

    async def _end(
        self, begun: Begun, claim: UUID, ended: asyncio.Future[RunbookRun], out: Path
    ) -> float | None:
        try:
            done = ended.result()
        except StoreError:
            raise  # it has not begun
        except (WorkbenchError, OSError) as error:
            status, said, found = ItemStatus.FAILED, str(error), Result()
        else:
            status, said = OF_RUN.get(done.status, ItemStatus.FAILED), done.error
            found = Result(findings=done.findings, gates=done.gates, gaps=done.gaps)
            if done.status is RunStatus.INTERRUPTED:
                said = said or "It was interrupted."
        said = redact_text(said)[:LONGEST_ERROR]
        if status is ItemStatus.FAILED:
            delay = begun.plan.retry.delay(End.FAILED, begun.item.tries)
            if delay is not None:
                released = self._store.sweeps.release
                await self._settled(
                    begun, lambda: released(claim, End.FAILED.value, said, counts=True), "failed"
                )
                return delay
        await self._settle(begun, claim, status, out, said, found)
        return None

    async def _settle(
        self,
        begun: Begun,
        claim: UUID,
        status: ItemStatus,
        out: Path,
        error: str = "",
        found: Result | None = None,
    ) -> None:
        async def settle() -> bool:
            notebook = ""
            if out.exists():
                text = await asyncio.to_thread(out.read_text, "utf-8")
                notebook = await self._store.notebooks.keep(text)
            return await self._store.sweeps.settle(claim, status, found, error, notebook)

        await self._settled(begun, settle, status.value)

    async def _settled(self, begun: Begun, settle: Callable[[], Any], how: str) -> None:
        """Tell the database how a try ended, again while it is away, for as long as others wait
        before they take this worker for lost."""
        until = time.monotonic() + 2 * self._terms.lost_seconds
        while True:
            try:
                held = await settle()
                break
            except StoreUnavailable:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(AGAIN_SECONDS)
        name = f"{begun.sweep}/{begun.item.number}"
        self._on_end(name, how if held else "is another worker's by now")

    async def _watch(self) -> None:
        """Stop runs whose claim does not hold any more: cancelled, or given to another worker."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            claims = list(self._wanted)
            if not claims:
                continue
            try:
                held = await self._store.sweeps.held(claims)
            except StoreError:
                continue  # the next look will tell
            for claim in set(claims) - held:
                if claim in self._wanted:
                    self._wanted[claim].set()


async def _first(
    ends: Sequence[asyncio.Future[Any]], *events: asyncio.Event
) -> asyncio.Future[Any] | asyncio.Event:
    """The first of them that is done, or the first event that was set before."""
    waits = {asyncio.ensure_future(event.wait()): event for event in events}
    try:
        done, _ = await asyncio.wait({*ends, *waits}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    for end in ends:
        if end in done:
            return end
    return next(event for wait, event in waits.items() if wait in done)


async def _either(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
