"""Runbooks in real kernels, by papermill, with a workbench that answers from samples."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from tests.faults.figures import count, note
from tests.support import kernels
from workbench.core.runbook import Runbook, RunbookRun, RunStatus
from workbench.errors import ParameterError
from workbench.runbooks import catalogue
from workbench.runbooks.execution import Execution, Progress
from workbench.runbooks.run import run

PID = "import os\nopen('pid', 'w').write(str(os.getpid()))"
SLOW = "import time\nprint('at work', flush=True)\ntime.sleep(3600)"
KILLS = count("KILLS", 2)
"""How many runs are killed; SIGTERM and SIGKILL by turns, at every cell."""
PATIENCE = 200
"""Seconds that one thing may take on a machine that does much else."""

RUNNER = """
import asyncio, sys
from pathlib import Path
from workbench.runbooks import catalogue
from workbench.runbooks.run import run

runbook = catalogue.read(Path(sys.argv[1]))
done = asyncio.run(run(runbook, {}, Path(sys.argv[2])))
print(done.status.value, done.error)
"""


def runbook(folder: Path, *sources: str) -> Runbook:
    path = folder / "example.ipynb"
    nbformat.write(kernels.notebook(*sources), path)
    return catalogue.read(path)


def read(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def gone(pid: int, seconds: float = PATIENCE) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def comes(
    what: str, looked: Callable[[], str | bool], by: subprocess.Popen[str] | None = None
) -> str | bool:
    """What a look gives that gives something. by: who makes it come, which must not have ended."""
    until = time.monotonic() + PATIENCE
    while not (found := looked()):
        assert by is None or by.poll() is None, f"its process has ended, and {what} never came"
        assert time.monotonic() < until, f"{what} never came"
        time.sleep(0.02)
    return found


def appears(path: Path, by: subprocess.Popen[str] | None = None) -> str:
    return str(comes(path.name, lambda: path.exists() and path.read_text(), by))


def marked(path: Path) -> None:
    comes("the mark", lambda: bool(read(path).metadata.workbench.run.status == "interrupted"))


def reaches(path: Path, cell: int, by: subprocess.Popen[str] | None = None) -> None:
    def there() -> bool:
        run = json.loads(path.read_text())["metadata"]["workbench"]["run"]
        return bool(run["cell"] == cell)

    comes(f"cell {cell}", there, by)


async def test_a_run_tells_how_far_it_is_and_what_it_found(tmp_path: Path) -> None:
    seen: list[Progress] = []
    book = catalogue.find("crash-looping-workload")
    done = await run(
        book,
        {"namespace": "shop"},
        tmp_path / "out.ipynb",
        env=kernels.environment(tmp_path),
        on_progress=seen.append,
    )
    assert (done.status, done.error) == (RunStatus.FINDINGS, "")
    assert book.codes[0] in {f.code for f in done.findings}
    assert [p.cell for p in seen] == list(range(1, seen[-1].cells + 1))
    notebook = read(tmp_path / "out.ipynb")
    assert notebook.metadata.workbench.run.status == "healthy"
    last = [c for c in notebook.cells if c.cell_type == "code"][-1]
    assert "finding" in last.outputs[-1].data["text/plain"]


async def test_a_quiet_namespace_is_healthy_and_says_so(tmp_path: Path) -> None:
    done = await run(
        catalogue.find("crash-looping-workload"),
        {"namespace": "quiet"},
        tmp_path / "out.ipynb",
        env=kernels.environment(tmp_path),
    )
    assert (done.status, done.findings) == (RunStatus.HEALTHY, ())
    last = [c for c in read(tmp_path / "out.ipynb").cells if c.cell_type == "code"][-1]
    assert "No crashing containers found." in last.outputs[-1].data["text/plain"]


async def test_what_the_workbench_says_fails_a_run_in_its_own_words(tmp_path: Path) -> None:
    raises = (
        "from workbench.errors import Forbidden\nraise Forbidden('You may not.', 'Ask for it.')"
    )
    done = await run(runbook(tmp_path, raises), {}, tmp_path / "out.ipynb")
    assert done.error == "Cell 1: You may not. Ask for it."
    assert "Forbidden" not in "".join(read(tmp_path / "out.ipynb").cells[0].outputs[-1].traceback)


async def test_a_cell_that_raises_fails_the_run_there(tmp_path: Path) -> None:
    book = runbook(tmp_path, "1", "1 / 0", "2")
    done = await run(book, {}, tmp_path / "out.ipynb")
    assert done.status is RunStatus.FAILED
    assert done.error == "Cell 2: ZeroDivisionError: division by zero"
    cells = read(tmp_path / "out.ipynb").cells
    assert len(cells) == 3
    assert [c.metadata.papermill.status for c in cells] == ["completed", "failed", "pending"]


async def test_a_cell_that_takes_too_long_fails_the_run(tmp_path: Path) -> None:
    done = await run(runbook(tmp_path, PID, SLOW), {}, tmp_path / "out.ipynb", cell_seconds=1)
    assert done.status is RunStatus.FAILED
    assert "longer than 1 s" in done.error
    assert gone(int((tmp_path / "pid").read_text()))


async def test_a_kernel_that_dies_fails_the_run(tmp_path: Path) -> None:
    done = await run(
        runbook(tmp_path, "import os", "os._exit(3)"), {}, tmp_path / "out.ipynb", cell_seconds=60
    )
    assert done.status is RunStatus.FAILED
    assert done.error.startswith("Cell 2: Its kernel ended")
    assert read(tmp_path / "out.ipynb").metadata.workbench.run.status == "failed"


async def test_a_run_that_takes_too_long_fails_at_its_cell(tmp_path: Path) -> None:
    done = await run(runbook(tmp_path, PID, SLOW, "3"), {}, tmp_path / "out.ipynb", seconds=8)
    assert done.status is RunStatus.FAILED
    assert "The run took longer than 8 s." in done.error
    if (tmp_path / "pid").exists():  # a slow machine may not have come that far
        assert gone(int((tmp_path / "pid").read_text()))


async def test_wrong_parameters_start_nothing(tmp_path: Path) -> None:
    with pytest.raises(ParameterError):
        await run(runbook(tmp_path, "1"), {"nope": 1}, tmp_path / "out.ipynb")
    assert not (tmp_path / "out.ipynb").exists()


async def test_cancelling_marks_the_cell_and_ends_the_kernel(tmp_path: Path) -> None:
    out = tmp_path / "out.ipynb"
    stubborn = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{SLOW}"
    work = asyncio.create_task(run(runbook(tmp_path, PID, stubborn, "3"), {}, out))
    pid = int(await asyncio.to_thread(appears, tmp_path / "pid"))
    await asyncio.to_thread(reaches, out, 1)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert gone(pid)
    notebook = read(out)
    facts = notebook.metadata.workbench.run
    assert (facts.status, facts.cell, facts.stopped_by) == ("interrupted", 1, "cancelled")
    statuses = [c.metadata.papermill.status for c in notebook.cells]
    assert statuses == ["completed", "interrupted", "pending"]
    assert notebook.cells[1].outputs[-1].ename == "Interrupted"


@pytest.mark.parametrize("attempt", range(KILLS))
async def test_a_killed_run_says_so_at_that_cell_and_leaves_no_kernel(
    attempt: int, tmp_path: Path
) -> None:
    number = (signal.SIGTERM, signal.SIGKILL)[attempt % 2]
    at = 1 + attempt % 3
    cells = [PID, "1", "2", "3"]
    cells[at] = SLOW
    book, out = runbook(tmp_path, *cells), tmp_path / "out.ipynb"
    process = subprocess.Popen(  # noqa: ASYNC220 - it only has to be started
        [sys.executable, "-c", RUNNER, book.path, str(out)],
        cwd=kernels.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    pid = int(await asyncio.to_thread(appears, tmp_path / "pid", process))
    await asyncio.to_thread(reaches, out, at, process)
    began = time.monotonic()
    os.kill(process.pid, number)
    said, _ = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    assert await asyncio.to_thread(gone, pid)
    await asyncio.to_thread(marked, out)
    note(f"runbooks killed: {number.name}", cell=at + 1, seconds=time.monotonic() - began)
    facts = read(out).metadata.workbench.run
    reason = "SIGTERM" if number is signal.SIGTERM else "its process was killed"
    sentence = f"The run was interrupted ({reason}) at cell {at + 1}."
    assert (facts.cell, facts.error) == (at, sentence)
    if number is signal.SIGTERM:
        assert said.strip() == f"interrupted {sentence}"
    after = read(out).cells
    statuses = [c.metadata.papermill.status for c in after]
    assert statuses == ["completed"] * at + ["interrupted"] + ["pending"] * (3 - at)
    assert after[at].outputs[-1].ename == "Interrupted"


def test_a_kernel_that_is_still_starting_when_its_run_is_stopped_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    execution = Execution(
        Path(runbook(tmp_path, "1").path), {}, tmp_path / "out.ipynb", runbook="example", env={},
        started_at=datetime.now(UTC), cell_seconds=PATIENCE,
        on_progress=lambda _: None, on_end=lambda _: None,
    )  # fmt: skip
    running = threading.Thread(target=execution.execute)
    running.start()
    _until_a_kernel_imports()
    execution.stop("SIGTERM")
    running.join(PATIENCE)
    sentence = "The run was interrupted (SIGTERM) before its first cell."
    assert (execution.status, execution.error) == (RunStatus.INTERRUPTED, sentence)
    assert capfd.readouterr().err == ""


def _until_a_kernel_imports() -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error):
                if any("lib-dynload" in m.path for m in child.memory_maps()):
                    return
        time.sleep(0.001)
    raise AssertionError("no kernel was started")


async def test_how_it_ended_is_told_before_the_kernel_has_left(tmp_path: Path) -> None:
    leaves_late = "import atexit, pathlib, time\n@atexit.register\ndef late():\n"
    leaves_late += "    while not pathlib.Path('go').exists():\n        time.sleep(0.02)"
    told: list[tuple[RunStatus, str, bool]] = []

    def ended(done: RunbookRun) -> None:
        pid, out = int((tmp_path / "pid").read_text()), read(tmp_path / "out.ipynb")
        told.append((done.status, out.metadata.workbench.run.status, gone(pid, 0.1)))
        (tmp_path / "go").touch()

    book = runbook(tmp_path, f"{PID}\n{leaves_late}")
    done = await run(book, {}, tmp_path / "out.ipynb", on_end=ended)
    assert told == [(RunStatus.HEALTHY, "healthy", False)]
    assert done.status is RunStatus.HEALTHY
    assert gone(int((tmp_path / "pid").read_text()))
