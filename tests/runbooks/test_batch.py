"""Several runs in real kernels, forked from one process."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import jupyter_core.utils
import nbformat
import pytest

from tests.runbooks.test_run import appears, gone
from tests.support import kernels
from workbench.core.runbook import Runbook, RunbookRun, RunStatus
from workbench.errors import ParameterError
from workbench.runbooks import catalogue
from workbench.runbooks.batch import Job, jobs, run_all
from workbench.runbooks.warm import Nursery, forkable

PARAMETERS = "number: int = 0  # which"
LEAK = """
import os, random, uuid_utils
print(os.getpid(), random.random(), uuid_utils.uuid4(), globals().get("kept"), flush=True)
kept = number
"""
OPEN = """
import os
opened = open(f"{number}-variable", "w")
ring = [open(f"{number}-ring", "w")]
ring.append(ring)
os.opened = open(f"{number}-module", "w")
for file in (opened, ring[0], os.opened):
    file.write("whole")
"""


def runbook(folder: Path, *sources: str) -> Runbook:
    notebook = kernels.notebook(PARAMETERS, *sources)
    notebook.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, folder / "example.ipynb")
    return catalogue.read(folder / "example.ipynb")


def printed(run: RunbookRun) -> list[str]:
    cells = nbformat.read(run.output, as_version=4).cells
    return "".join(o.text for o in cells[-1].outputs if o.output_type == "stream").split()


async def test_every_run_has_a_kernel_in_which_nothing_ran_before(tmp_path: Path) -> None:
    sets = [{"number": n} for n in range(1, 5)]
    todo = jobs(
        [runbook(tmp_path, OPEN, LEAK)], sets, lambda name, n: tmp_path / f"{name}-{n}.ipynb"
    )
    ended: list[Job] = []
    done = await run_all(todo, env={}, on_end=lambda job, _: ended.append(job))
    assert [r.status for r in done] == [RunStatus.HEALTHY] * 4
    assert [r.parameters["number"] for r in done] == [1, 2, 3, 4]
    assert len(ended) == 4
    said = [printed(run) for run in done]
    for column in range(3):  # process, random number, id
        assert len({line[column] for line in said}) == 4
    assert {line[3] for line in said} == {"None"}
    assert all(gone(int(line[0])) for line in said)
    left = [
        tmp_path / f"{run}-{where}" for run in (1, 4) for where in ("variable", "ring", "module")
    ]
    assert [file.read_text() for file in left] == ["whole"] * 6


async def test_one_that_fails_leaves_the_others_alone(tmp_path: Path) -> None:
    book = runbook(tmp_path, "1 / number")
    todo = jobs([book], [{"number": 0}, {"number": 1}], lambda _, n: tmp_path / f"{n}.ipynb")
    done = await run_all(todo, env={})
    assert [r.status for r in done] == [RunStatus.FAILED, RunStatus.HEALTHY]


async def test_runs_do_not_share_the_event_loop_that_jupyter_keeps_for_their_caller(
    tmp_path: Path,
) -> None:
    kept = asyncio.new_event_loop()
    token = jupyter_core.utils._loop.set(kept)
    todo = jobs(
        [runbook(tmp_path, "number")],
        [{"number": 1}, {"number": 2}],
        lambda _, n: tmp_path / f"{n}",
    )
    try:
        done = await run_all(todo, env={})
    finally:
        jupyter_core.utils._loop.reset(token)
        kept.close()
    assert [r.error for r in done] == ["", ""]
    assert [r.status for r in done] == [RunStatus.HEALTHY] * 2


def test_a_wrong_set_starts_nothing(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="numbr"):
        jobs([runbook(tmp_path, "1")], [{"number": 1}, {"numbr": 2}], lambda *_: tmp_path / "o")


async def test_cancelling_ends_every_run(tmp_path: Path) -> None:
    slow = f"import os, time\nopen({str(tmp_path)!r} + f'/pid-{{number}}', 'w').write(str(os.getpid()))\ntime.sleep(120)"  # noqa: E501
    todo = jobs(
        [runbook(tmp_path, slow)],
        [{"number": 1}, {"number": 2}],
        lambda name, n: tmp_path / f"{name}-{n}.ipynb",
    )
    work = asyncio.create_task(run_all(todo, env={}))
    for number in (1, 2):
        await asyncio.to_thread(appears, tmp_path / f"pid-{number}")
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    for number in (1, 2):
        assert gone(int((tmp_path / f"pid-{number}").read_text()))
        run = nbformat.read(tmp_path / f"example-{number}.ipynb", as_version=4)
        assert run.metadata.workbench.run.status == "interrupted"


def test_kernels_end_with_the_process_that_forked_them(tmp_path: Path) -> None:
    nursery = Nursery(())
    folder, env = str(tmp_path), dict(os.environ)
    kernels = [nursery.kernel(folder, env, ["-f", f"{folder}/{n}.json"]) for n in range(5)]
    nursery.close()  # the last of them have hardly begun
    assert all(gone(kernel) for kernel in kernels)


def test_only_ordinary_kernels_of_this_python_are_forked() -> None:
    ordinary = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
    assert forkable(["python", *ordinary])
    assert forkable(["python", "-Xfrozen_modules=off", *ordinary])
    assert not forkable(["python2", *ordinary])
    assert not forkable(["R", "--slave", "-e", "IRkernel::main()", "{connection_file}"])
