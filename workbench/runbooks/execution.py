"""One execution of a notebook by papermill, in the thread that calls it.

The notebook on disk is written whole or not at all, and at every moment says how far the run is:
``metadata.workbench.run`` holds its status and the cell it is at.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from workbench import errors
from workbench.core.runbook import RunStatus
from workbench.files import write_private
from workbench.runbooks.cleaned import cleaned
from workbench.runbooks.interruption import close_cell, here, interrupt
from workbench.runbooks.keeper import Keeper
from workbench.runbooks.warm import Nursery, RunbookKernelManager

INTERRUPT_SECONDS = 3.0
"""How long a cell may take to end after it is interrupted, before its kernel is killed."""

_AUTOSAVE_SECONDS = 5

# unix(7): sun_path holds 108 bytes; jupyter_client adds "-ipc-5" to the connection file's stem.
_SOCKET_PATH = 100


class Progress(msgspec.Struct, frozen=True):
    """The run is at code cell ``cell`` of ``cells`` (counted from 1); ``source`` is its first
    line."""

    cell: int
    cells: int
    source: str
    seconds: float


class Stopped(Exception):
    """The run was asked to stop."""


class Execution:
    """Executes one notebook once. ``execute`` blocks; ``stop`` may be called from any thread."""

    def __init__(
        self,
        source: Path,
        parameters: Mapping[str, Any],
        output: Path,
        *,
        runbook: str,
        env: Mapping[str, str],
        started_at: datetime,
        cell_seconds: float,
        on_progress: Callable[[Progress], None],
        on_end: Callable[[Execution], None],
        nursery: Nursery | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        self._output = output
        self._env = dict(env)
        self._cell_seconds = max(1, math.ceil(cell_seconds))  # nbclient takes whole seconds
        self._on_progress, self._on_end = on_progress, on_end
        self._began = time.monotonic()
        self._nursery, self._keeper = nursery, keeper
        self._kernel: AsyncKernelManager | None = None
        self._stopped_as = RunStatus.INTERRUPTED
        self._stopping = threading.Event()
        self._at = -1
        self.status = RunStatus.RUNNING
        self.error = ""
        self.facts = {"runbook": runbook, "started_at": started_at.isoformat(), **here()}
        self.notebook = load_notebook_node(str(source))
        if parameters:
            spec = self.notebook.metadata.get("kernelspec", {})
            self.notebook = parameterize_notebook(
                self.notebook, dict(parameters), language=spec.get("language", "python")
            )

    def execute(self) -> None:
        """Run every cell. How it went is in ``status`` and ``error`` afterwards; the notebook is
        on disk either way. ``on_end`` is told as soon as that is so, when the kernel has yet to
        leave."""
        sockets = tempfile.mkdtemp(prefix="workbench-")
        loop = ensure_event_loop()  # the one nbclient will use in this thread
        try:
            self._run_cells(sockets)
        except Stopped:
            pass  # _end finds the flag set
        except CellTimeoutError:
            self.error = f"It took longer than {self._cell_seconds} s."
        except (DeadKernelError, NoSuchKernel, RuntimeError, OSError) as error:
            self.error = f"Its kernel ended: {error}."
        finally:
            try:
                self._end()
            finally:  # also on a full disk
                self._signal(signal.SIGKILL)
                if self._keeper:
                    self._keeper.ended(self._output)
                shutil.rmtree(sockets, ignore_errors=True)
                loop.close()

    def _run_cells(self, sockets: str) -> None:
        name = self.notebook.metadata.get("kernelspec", {}).get("name", "python3")
        self._kernel = _kernel(name, sockets, self._nursery)
        manager = _Manager(self)
        client = _Client(
            manager, self._end, km=self._kernel, kernel_name=name, timeout=self._cell_seconds
        )
        if self._keeper:
            self._keeper.began(self._output)
        manager.notebook_start()
        try:
            client.execute(
                cleanup_kc=True,
                env={**os.environ, **self._env},
                cwd=str(self._output.parent.resolve()),
            )
        finally:
            if self.status is RunStatus.RUNNING:
                manager.notebook_complete()

    def stop(self, reason: str, status: RunStatus = RunStatus.INTERRUPTED) -> None:
        """Interrupt the running cell, and kill its kernel if it does not end within
        INTERRUPT_SECONDS. Returns at once.

        status: what the run is then, INTERRUPTED or FAILED.
        """
        if self._stopping.is_set():
            return
        if self.status is not RunStatus.RUNNING:  # only its kernel is left
            self._signal(signal.SIGKILL)
            return
        self._stopped_as = status
        self.facts["stopped_by"] = reason
        self._stopping.set()
        if self._at >= 0:  # interrupted while it starts, a kernel would print a traceback
            self._signal(signal.SIGINT)
        killer = threading.Timer(INTERRUPT_SECONDS, self._signal, (signal.SIGKILL,))
        killer.daemon = True
        killer.start()

    def starting(self, index: int) -> None:
        """Cell ``index`` is about to run. Raises Stopped when none should any more."""
        if self._stopping.is_set():
            raise Stopped
        if self._keeper and self._at < 0:
            self._keeper.began(self._output, getattr(self._provisioner(), "pgid", None))
        self._at = index
        cells = [i for i, cell in enumerate(self.notebook.cells) if cell.cell_type == "code"]
        if index in cells:
            source = self.notebook.cells[index].source.strip().partition("\n")[0]
            seconds = time.monotonic() - self._began
            self._on_progress(Progress(cells.index(index) + 1, len(cells), source, seconds))

    def save(self) -> None:
        """Write the notebook as it is now, replacing what is on disk in one step."""
        run = {**self.facts, "status": self.status.value, "cell": self._at}
        run |= {"error": self.error} if self.error else {}
        self.notebook.metadata.setdefault("workbench", {})["run"] = run
        write_private(self._output, nbformat.writes(cleaned(self.notebook)))

    def _end(self) -> None:
        """Settle how it went, once."""
        if self.status is not RunStatus.RUNNING:
            return
        broken = self._raised()
        if self._stopping.is_set() and self._stopped_as is RunStatus.INTERRUPTED:
            self.status = RunStatus.INTERRUPTED
            self.save()
            self.error = interrupt(self.notebook, self.facts["stopped_by"])
            self._pending_after()
        elif self._stopping.is_set() or self.error or broken:
            self.status = RunStatus.FAILED
            stopped = self.facts.get("stopped_by", "")
            self.error = f"Cell {self._at + 1}: {stopped or self.error or broken}"
            self._pending_after()
            if stopped or not broken:
                self._close_cell("Failed")
        else:
            self.status = RunStatus.HEALTHY  # unless what it displayed says otherwise
        self.notebook = nbformat.from_dict(self.notebook)
        self.save()
        self._on_end(self)

    def _raised(self) -> str:
        """What the cell it stopped at raised, or ""."""
        for cell in self.notebook.cells:
            if cell.get("metadata", {}).get("papermill", {}).get("exception") is True:
                raised = [o for o in cell.get("outputs", ()) if o.output_type == "error"]
                return _said(raised[0]) if raised else "It failed."
        return ""

    def _pending_after(self) -> None:
        """Say on the cells behind the one it stopped at that they never ran."""
        for cell in self.notebook.cells[self._at + 1 :]:
            cell.metadata.papermill["status"] = NotebookExecutionManager.PENDING

    def _close_cell(self, name: str) -> None:
        if self._at >= 0:
            close_cell(self.notebook.cells[self._at], name, self.error)

    def _provisioner(self) -> Any:
        return self._kernel.provisioner if self._kernel else None

    def _signal(self, number: signal.Signals) -> None:
        """Send the kernel and what it started a signal, if it has begun and not ended."""
        kernel = self._kernel
        if kernel is None or not kernel.has_kernel:
            return
        provisioner: Any = kernel.provisioner
        with contextlib.suppress(ProcessLookupError):
            if number is signal.SIGINT:
                os.kill(provisioner.pid, number)
            else:
                os.killpg(provisioner.pgid, number)


def _said(error: Any) -> str:
    """The error that a cell shows on one line; the workbench's own are sentences by themselves."""
    ours = isinstance(getattr(errors, error.ename, None), type)
    return str(error.evalue) if ours else f"{error.ename}: {error.evalue}"


class _Manager(NotebookExecutionManager):
    """papermill's account of a run, told to the execution and saved through it."""

    def __init__(self, execution: Execution) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            execution.notebook, progress_bar=False, autosave_cell_every=_AUTOSAVE_SECONDS
        )
        self._execution = execution

    def save(self, **_: Any) -> None:
        self._execution.save()
        self.last_save_time = self.now()  # type: ignore[no-untyped-call]

    def cell_start(self, cell: Any, cell_index: int = 0, **options: Any) -> None:
        self._execution.starting(cell_index)
        super().cell_start(cell, cell_index, **options)


class _Client(PapermillNotebookClient):
    """papermill's client, which says that all is run before it has the kernel leave."""

    def __init__(self, manager: _Manager, ended: Callable[[], None], **options: Any) -> None:
        super().__init__(manager, **options)  # type: ignore[no-untyped-call]
        self._ended = ended

    def execute(self, **options: Any) -> Any:
        self.reset_execution_trackers()
        with self.setup_kernel(**options):
            self.papermill_execute_cells()  # type: ignore[no-untyped-call]
            kernel: Any = self.kc
            told: Any = self.wait_for_reply(kernel.kernel_info())
            self.nb.metadata["language_info"] = told["content"]["language_info"]
            self.set_widgets_metadata()
            self.nb_man.notebook_complete()
            self._ended()
        return self.nb


def _kernel(name: str, sockets: str, nursery: Nursery | None) -> AsyncKernelManager:
    """A kernel that is reached through sockets in a folder only this user can open, where there
    are such; over TCP anyone on the machine could connect."""
    connection = os.path.join(sockets, "kernel.json")
    local = os.name == "posix" and len(connection) < _SOCKET_PATH
    transport = "ipc" if local else "tcp"
    return RunbookKernelManager(
        nursery, kernel_name=name, transport=transport, connection_file=connection
    )
