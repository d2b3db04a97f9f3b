"""Runbooks run in the background of a server, each in a kernel of its own, and known to every
replica."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextvars import copy_context
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec

from workbench.core.runbook import Run, Runbook, RunStatus
from workbench.errors import (
    NotRecorded,
    Overloaded,
    RunbookError,
    StoreError,
    StoreUnavailable,
    WorkbenchError,
)
from workbench.runbooks.apart import STOP_SECONDS, apart
from workbench.runbooks.parameters import check
from workbench.runbooks.run import run
from workbench.store.leases import BEAT_SECONDS, Lease
from workbench.store.sight import for_all, see_as

if TYPE_CHECKING:
    from workbench.runbooks.execution import Progress
    from workbench.store.database import Store

logger = logging.getLogger(__name__)

MOST_RUNNING = 4
"""Each is a kernel, which takes about 100 MB."""
MOST_TRIES = 6
"""A long run passes through rolling updates, and one that takes its server with it does so no more
often."""
POLL_SECONDS = 1.0
"""How often a follower looks how far one is that runs in another replica."""
SAVE_AGAIN_SECONDS = (1.0, 2.0, 4.0, 8.0)
STOPPED = "It was stopped."
LINE = 200
"""Characters of a cell's first line."""


class Runs:
    """Runs of every replica, and those that this process runs.

    folder: where their notebooks are written while they run here; in the end they are kept with
    the runs. environment: variables for the kernel of a run on somebody's behalf. cluster: the one
    they look at; find: the runbook of a name. ``user`` is a name, "" for everybody's.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        environment: Callable[[str], Mapping[str, str]],
        clock: Callable[[], datetime],
        cluster: str,
        find: Callable[[str], Runbook],
    ) -> None:
        self._folder = folder
        self._store = store
        self._environment = environment
        self._clock = clock
        self._cluster = cluster
        self._find = find
        self._here: dict[UUID, Run] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._unwanted: set[UUID] = set()
        self._closing = False

    async def start(
        self, id: UUID, runbook: Runbook, parameters: Mapping[str, Any], user: str
    ) -> Run:
        """Begin one. Raises ParameterError, and Overloaded when too many run or none may begin any
        more."""
        values = check(runbook, parameters)
        if self._closing:
            raise Overloaded("This server is being stopped.", "Try again.", 1)
        if len(self._here) >= MOST_RUNNING:
            raise Overloaded(f"{MOST_RUNNING} runbooks run here already.", "Try again later.", 30)
        made = Run(
            id=id,
            runbook=runbook.name,
            user=user,
            parameters=values,
            status=RunStatus.RUNNING,
            started_at=self._clock(),
            cluster=self._cluster,
            most_tries=MOST_TRIES if runbook.again else 1,
        )
        self._here[id] = made
        try:
            await self._store.leases.take(id, holder := uuid4())
            await self._store.runs.save(made, claim=holder)
        except BaseException:  # it is begun by nobody then
            del self._here[id]
            raise
        await self._begin(made, runbook, holder)
        return made

    async def keep_beginning_again(self) -> None:
        """Begin those of this cluster whose servers are gone, until cancelled."""
        with for_all():
            while True:
                try:
                    free = 0 if self._closing else MOST_RUNNING - len(self._here)
                    for run in await self._store.runs.waiting(self._cluster, free):
                        if run.id not in self._here:
                            await self._begin_again(run)
                except StoreError as error:
                    logger.debug("Nobody looked for runs that wait: %s", error)
                await asyncio.sleep(BEAT_SECONDS)

    async def list(
        self, user: str = "", *, runbook: str = "", after: UUID | None = None, limit: int = 50
    ) -> tuple[Run, ...]:
        """The newest first; of one runbook, and those that follow ``after``, where given."""
        kept = await self._store.runs.list(user, runbook=runbook, after=after, limit=limit)
        return tuple(self._here.get(run.id, run) for run in kept)

    async def get(self, id: UUID, user: str = "") -> Run:
        """Raises NotRecorded when there is none (of that user's)."""
        found = self._here.get(id)
        if found is not None and user in ("", found.user):
            return found
        return await self._store.runs.get(id, user)

    async def follow(self, id: UUID, user: str = "") -> AsyncGenerator[Run]:
        """The run as it is, and again whenever that changes, until it has ended.

        Raises NotRecorded when there is none (of that user's).
        """
        told = None
        while True:
            changed, here = self._changed, id in self._here
            run = await self.get(id, user)
            if run != told:
                yield run
            if run.status is not RunStatus.RUNNING:
                return
            told = run
            await (changed.wait() if here else asyncio.sleep(POLL_SECONDS))

    async def notebook(self, id: UUID) -> str:
        """The executed notebook, as text: as it is now, where it runs here, or as it ended.

        Raises NotRecorded when there is none (yet, or any more).
        """
        written = await asyncio.to_thread(_text, self._written(id)) if id in self._here else ""
        if written:
            return written
        name = await self._store.runs.notebook(id)
        if not name:
            raise NotRecorded(f"Run {id} has left no notebook.", "It is kept when the run ends.")
        return await self._store.notebooks.read(name)

    async def cancel(self, id: UUID) -> None:
        """Stop it, in whichever replica it runs, and wait until its kernel is gone."""
        if id in self._tasks:
            self._unwanted.add(id)
            await self._leave(id)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._stop_elsewhere(id)

    async def close(self) -> None:
        """Begin none any more, and leave those that run here to other servers."""
        self._closing = True
        await asyncio.gather(*map(self._leave, list(self._tasks)))

    async def _stop_elsewhere(self, id: UUID) -> None:
        """Ask its server until it has ended; one that waits for a server ends at once."""
        while not await self._store.runs.interrupt(id, STOPPED, waits=True):
            asked = await self._store.leases.ask_to_stop(id)
            if not asked or (await self._store.runs.get(id)).status is not RunStatus.RUNNING:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _leave(self, id: UUID) -> None:
        task = self._tasks[id]
        task.cancel()
        await asyncio.wait({task}, timeout=STOP_SECONDS)

    async def _begin(self, made: Run, runbook: Runbook, holder: UUID) -> None:
        """Returns once it is under way: from then on whoever cancels it has it say how it ended."""
        begun = asyncio.Event()
        context = copy_context()
        context.run(see_as, made.user)
        work = self._run(made, runbook, holder, begun)
        self._tasks[made.id] = task = asyncio.create_task(work, context=context)
        task.add_done_callback(lambda _: begun.set())
        await begun.wait()

    async def _begin_again(self, waiting: Run) -> None:
        """Unless another server is first."""
        if not await self._store.leases.take(waiting.id, holder := uuid4()):
            return
        runbook = await self._still(waiting)
        made = msgspec.structs.replace(waiting, tries=waiting.tries + 1, waits=False)
        if runbook is None or not await self._store.runs.begin_again(made, holder):
            await self._store.leases.end(made.id, holder)
            return
        logger.info("Run %s, whose server is gone, is begun again.", made.id)
        self._here[made.id] = made
        await self._begin(made, runbook, holder)

    async def _still(self, waiting: Run) -> Runbook | None:
        """The runbook as it is here. Without one that takes these parameters, the run ends."""
        try:
            runbook = await asyncio.to_thread(self._find, waiting.runbook)
            check(runbook, waiting.parameters)
        except RunbookError as error:  # it is another version's
            why = f"It was not begun again: {error}"
            await self._store.runs.interrupt(waiting.id, why, waits=True)
            return None
        return runbook

    async def _run(self, made: Run, runbook: Runbook, holder: UUID, begun: asyncio.Event) -> None:
        execution = asyncio.current_task()
        saving = asyncio.create_task(self._keep_saving(made, holder))

        def stop(asked: bool) -> None:
            if asked:
                self._unwanted.add(made.id)
            if execution is not None:
                execution.cancel()

        try:
            async with Lease(self._store.leases, made.id, holder, f"Run {made.id}", stop):
                begun.set()
                try:
                    await self._execute(made, runbook)
                finally:
                    saving.cancel()
                    await asyncio.shield(self._save_end(made.id, holder))
        except WorkbenchError as error:
            logger.warning("Run %s is not kept as it ended: %s", made.id, error)
        finally:
            saving.cancel()
            self._unwanted.discard(made.id)
            del self._tasks[made.id], self._here[made.id]
            self._announce()

    async def _execute(self, made: Run, runbook: Runbook) -> None:
        id = made.id

        def told(progress: Progress) -> None:
            begun = (*self._here[id].begun, progress.source[:LINE])
            self._change(id, cell=progress.cell, cells=progress.cells, begun=begun)

        try:
            done = await apart(
                lambda report: run(
                    runbook,
                    made.parameters,
                    self._written(id),
                    env=self._environment(made.user),
                    on_progress=report,
                ),
                told,
            )
        except asyncio.CancelledError:
            if id in self._unwanted or made.tries >= made.most_tries:
                self._change(id, status=RunStatus.INTERRUPTED, error=STOPPED)
            else:
                self._change(id, waits=True)
            raise
        except WorkbenchError as error:
            self._change(id, status=RunStatus.FAILED, error=str(error))
        except OSError as error:  # a full disk
            self._change(id, status=RunStatus.FAILED, error=f"It cannot be kept: {error}.")
        else:
            self._change(
                id,
                status=done.status,
                seconds=done.seconds,
                findings=done.findings,
                investigations=done.investigations,
                gaps=done.gaps,
                gates=done.gates,
                error=done.error,
            )

    async def _keep_saving(self, saved: Run, holder: UUID) -> None:
        """Keep how far it is, for the other replicas."""
        while True:
            changed = self._changed
            now = self._here[saved.id]
            if now != saved and now.status is RunStatus.RUNNING:
                try:
                    await self._store.runs.save(now, claim=holder)
                except StoreError as error:
                    logger.debug("How far run %s is was not kept: %s", now.id, error)
                saved = now
            await changed.wait()

    async def _save_end(self, id: UUID, holder: UUID) -> None:
        """Keep it as it ended, with its notebook, or hand it over; it is not written here any more
        then. Tried again while the database is away."""
        ended, path = self._here[id], self._written(id)
        text = await asyncio.to_thread(_text, path)
        for wait in (*SAVE_AGAIN_SECONDS, None):
            try:
                if ended.waits:
                    await self._store.runs.hand_over(id, holder)
                else:
                    name = await self._store.notebooks.keep(text) if text else ""
                    await self._store.runs.save(ended, name, claim=holder)
            except StoreUnavailable:
                if wait is None:
                    raise
                await asyncio.sleep(wait)
            else:
                break
        with contextlib.suppress(OSError):
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def _written(self, id: UUID) -> Path:
        return self._folder / f"{id}.ipynb"

    def _change(self, id: UUID, **fields: Any) -> None:
        self._here[id] = msgspec.structs.replace(self._here[id], **fields)
        self._announce()

    def _announce(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _text(path: Path) -> str:
    """The notebook there, "" for none that can be read: a run ends without it, too."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        logger.warning("The notebook %s cannot be read: %s", path, error)
        return ""
