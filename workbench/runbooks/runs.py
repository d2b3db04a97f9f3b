"""Runbooks run in the background of one process, each in a kernel of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from workbench.core.cluster import Gap
from workbench.core.findings import Finding
from workbench.core.runbook import Gate, Runbook, RunStatus
from workbench.errors import NotRecorded, Overloaded, WorkbenchError
from workbench.runbooks.apart import STOP_SECONDS, apart
from workbench.runbooks.parameters import check
from workbench.runbooks.run import run

if TYPE_CHECKING:
    from workbench.runbooks.execution import Progress

MOST_RUNNING = 4
"""Each is a kernel, which takes about 100 MB."""
MOST_KEPT = 200
LINE = 200
"""Characters of a cell's first line."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a runbook. cell, cells: how far it is, counted from 1.

    begun: the first line of each cell that has begun, in order.
    """

    id: UUID
    runbook: str
    user: str
    parameters: dict[str, Any]
    status: RunStatus
    started_at: datetime
    cell: int = 0
    cells: int = 0
    begun: tuple[str, ...] = ()
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    investigations: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    gates: tuple[Gate, ...] = ()
    error: str = ""


class Runs:
    """The newest runs of this process; their notebooks stay in ``folder`` when it ends.

    environment: variables for the kernel of a run on somebody's behalf.
    """

    def __init__(
        self,
        folder: Path,
        environment: Callable[[str], Mapping[str, str]],
        clock: Callable[[], datetime],
    ) -> None:
        self._folder = folder
        self._environment = environment
        self._clock = clock
        self._runs: dict[UUID, Run] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    def start(self, id: UUID, runbook: Runbook, parameters: Mapping[str, Any], user: str) -> Run:
        """Begin one. Raises ParameterError, and Overloaded when too many run."""
        values = check(runbook, parameters)
        if len(self._tasks) >= MOST_RUNNING:
            raise Overloaded(f"{MOST_RUNNING} runbooks run here already.", "Try again later.", 30)
        self._runs[id] = Run(
            id=id,
            runbook=runbook.name,
            user=user,
            parameters=values,
            status=RunStatus.RUNNING,
            started_at=self._clock(),
        )
        for old in [i for i in self._runs if i not in self._tasks and i != id][
            : -MOST_KEPT or None
        ]:
            del self._runs[old]
        self._tasks[id] = asyncio.create_task(self._run(id, runbook, values, user))
        self._tasks[id].add_done_callback(lambda _: self._tasks.pop(id, None))
        return self._runs[id]

    def list(self, user: str = "") -> tuple[Run, ...]:
        """The newest first; ``user``'s only, where given."""
        found = [run for run in self._runs.values() if user in ("", run.user)]
        return tuple(reversed(found))

    def get(self, id: UUID, user: str = "") -> Run:
        """Raises NotRecorded when there is none (of that user's)."""
        found = self._runs.get(id)
        if found is None or user not in ("", found.user):
            raise NotRecorded(f"There is no run {id} here.", "Runs end with the process.")
        return found

    async def follow(self, id: UUID, user: str = "") -> AsyncGenerator[Run]:
        """The run as it is, and again whenever that changes, until it has ended.

        Raises NotRecorded when there is none (of that user's).
        """
        while True:
            changed = self._changed
            run = self.get(id, user)
            yield run
            if run.status is not RunStatus.RUNNING:
                return
            await changed.wait()

    def notebook(self, id: UUID) -> Path:
        """The executed notebook, which is there from the first moment on."""
        return self._folder / f"{id}.ipynb"

    async def cancel(self, id: UUID) -> None:
        """Stop it, and wait until its kernel is gone."""
        task = self._tasks.get(id)
        if task is not None:
            task.cancel()
            await asyncio.wait({task}, timeout=STOP_SECONDS)

    async def close(self) -> None:
        await asyncio.gather(*(self.cancel(id) for id in list(self._tasks)))

    async def _run(self, id: UUID, runbook: Runbook, values: Mapping[str, Any], user: str) -> None:
        def told(progress: Progress) -> None:
            begun = (*self._runs[id].begun, progress.source[:LINE])
            self._change(id, cell=progress.cell, cells=progress.cells, begun=begun)

        try:
            done = await apart(
                lambda report: run(
                    runbook,
                    values,
                    self.notebook(id),
                    env=self._environment(user),
                    on_progress=report,
                ),
                told,
            )
        except asyncio.CancelledError:
            self._change(id, status=RunStatus.INTERRUPTED, error="It was stopped.")
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

    def _change(self, id: UUID, **fields: Any) -> None:
        if id in self._runs:
            self._runs[id] = msgspec.structs.replace(self._runs[id], **fields)
            self._changed.set()
            self._changed = asyncio.Event()
