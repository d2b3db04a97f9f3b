"""Run a runbook: check its parameters, execute it in a kernel of its own, read back what it found.

The kernel reaches the same cluster and database through the environment it is given
(``KUBECONFIG``, ``DATABASE_URL`` and ``WORKBENCH_…``). Nothing secret goes into the notebook.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import math
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextvars import Context
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.core.ahead import RUNBOOK
from workbench.core.findings import Severity
from workbench.core.runbook import Runbook, RunbookRun, RunStatus
from workbench.runbooks.harvest import Harvest, harvest
from workbench.runbooks.parameters import check

if TYPE_CHECKING:
    from workbench.runbooks.execution import Execution, Progress
    from workbench.runbooks.keeper import Keeper
    from workbench.runbooks.warm import Nursery

T = TypeVar("T")

CELL_SECONDS = 600.0
STOP_SECONDS = 10.0
"""After this long, a run that was told to stop has no kernel any more."""


async def run(
    runbook: Runbook,
    parameters: Mapping[str, Any],
    out_path: Path,
    *,
    env: Mapping[str, str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cell_seconds: float = CELL_SECONDS,
    seconds: float = math.inf,
    nursery: Nursery | None = None,
    on_end: Callable[[RunbookRun], None] | None = None,
) -> RunbookRun:
    """Execute the runbook; the executed notebook is at ``out_path`` from the first moment on.

    env: variables for the kernel, on top of this process's own.
    on_progress: called on this loop when a cell begins.
    cell_seconds, seconds: how long one cell, and the whole run, may take.
    nursery: where its kernel comes from, for one that is there at once.
    on_end: called on this loop, with what is returned later, when the notebook is complete and its
        kernel has yet to leave.

    A cell that raises or a time that is over makes the run FAILED, SIGTERM makes it INTERRUPTED;
    both are returned.
    Cancelling it does the same to the notebook and raises CancelledError when the kernel is gone.
    Raises ParameterError before anything is started.
    """
    values = check(runbook, parameters)
    started_at = datetime.now(UTC)
    loop = asyncio.get_running_loop()
    outcomes: list[RunbookRun] = []

    def ended(execution: Execution) -> None:
        outcomes.append(_outcome(runbook, values, out_path, started_at, execution))
        _on_loop(loop, on_end)(outcomes[0])

    out_path.parent.mkdir(parents=True, exist_ok=True)
    execution = await asyncio.to_thread(
        _execution,
        Path(runbook.path),
        values,
        out_path,
        runbook=runbook.name,
        env={**(env or {}), RUNBOOK: str(Path(runbook.path).resolve())},
        started_at=started_at,
        cell_seconds=cell_seconds,
        on_progress=_on_loop(loop, on_progress),
        on_end=ended,
        nursery=nursery,
    )
    with _stopped_by_sigterm(execution):
        await _finished(execution, seconds)
    return outcomes[0] if outcomes else _outcome(runbook, values, out_path, started_at, execution)


async def _finished(execution: Execution, seconds: float) -> None:
    """Wait for the thread; when cancelled or out of time, have it stop and wait until it has.

    The thread has an empty context: Jupyter keeps its event loop in a context variable, and two
    runs that inherit one from their caller would run the same loop.
    """
    work = asyncio.ensure_future(asyncio.to_thread(Context().run, execution.execute))
    try:
        async with asyncio.timeout(None if math.isinf(seconds) else seconds):
            await asyncio.shield(work)
    except TimeoutError:
        execution.stop(f"The run took longer than {seconds:g} s.", RunStatus.FAILED)
        await asyncio.wait({work}, timeout=STOP_SECONDS)
    except asyncio.CancelledError:
        execution.stop("cancelled")
        await asyncio.wait({work}, timeout=STOP_SECONDS)
        raise


def _outcome(
    runbook: Runbook,
    values: dict[str, Any],
    out_path: Path,
    started_at: datetime,
    execution: Execution,
) -> RunbookRun:
    found = harvest(execution.notebook)
    return RunbookRun(
        runbook=runbook.name,
        parameters=values,
        status=_status(execution.status, found),
        output=str(out_path),
        started_at=started_at,
        seconds=(datetime.now(UTC) - started_at).total_seconds(),
        findings=found.findings,
        investigations=found.investigations,
        gaps=found.gaps,
        gates=found.gates,
        error=execution.error,
    )


def _status(ended: RunStatus, found: Harvest) -> RunStatus:
    if ended is not RunStatus.HEALTHY:
        return ended
    faulty = any(f.severity >= Severity.WARNING for f in found.findings)
    faulty = faulty or not all(gate.passed for gate in found.gates)
    return RunStatus.FINDINGS if faulty else RunStatus.HEALTHY


_running: set[Execution] = set()
"""What SIGTERM stops; its handler stands while there is any."""


@contextlib.contextmanager
def _stopped_by_sigterm(execution: Execution) -> Iterator[None]:
    """SIGTERM stops every run of this process, where it may decide what SIGTERM does: in the main
    thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _running.add(execution)
    handler = _Handler() if len(_running) == 1 else None
    try:
        yield
    finally:
        _running.discard(execution)
        if handler:
            _handlers.append(handler)
        while _handlers and not _running:
            _handlers.pop().remove()


class _Handler:
    """``_stop_all`` in the place of whatever SIGTERM did before."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._before = signal.getsignal(signal.SIGTERM)
        self._stands = True
        try:
            self._loop.add_signal_handler(signal.SIGTERM, _stop_all)
        except (NotImplementedError, RuntimeError, ValueError):  # Windows, not the main thread
            self._stands = False

    def remove(self) -> None:
        if self._stands:
            self._loop.remove_signal_handler(signal.SIGTERM)
            signal.signal(signal.SIGTERM, self._before)


_handlers: list[_Handler] = []


def _stop_all() -> None:
    for execution in _running:
        execution.stop("SIGTERM")


def _execution(*args: Any, **options: Any) -> Execution:
    from workbench.runbooks.execution import Execution

    return Execution(*args, keeper=_keeper(), **options)


@functools.cache
def _keeper() -> Keeper:
    """This process's one."""
    from workbench.runbooks.keeper import Keeper

    keeper = Keeper()
    atexit.register(keeper.close)
    return keeper


def _on_loop(
    loop: asyncio.AbstractEventLoop, report: Callable[[T], None] | None
) -> Callable[[T], None]:
    def call(told: T) -> None:
        if report is not None:
            loop.call_soon_threadsafe(report, told)

    return call
