"""Workers as real processes on a real PostgreSQL, killed and stopped while they run."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import nbformat

from tests.support import kernels
from tests.support.postgres import new_id
from workbench.core.sweep import End, ItemStatus, Plan, Retry, Row, Sweep
from workbench.runbooks.warm import Nursery
from workbench.runbooks.worker import Terms, Worker
from workbench.store.database import Store
from workbench.store.queue import Queue

ROOT = Path(__file__).parents[2]
PARAMETERS = "number: int = 0\nfolder: str = ''"
STEPS = """
import pathlib, time
here = pathlib.Path(folder)
(here / f"began-{number}-{time.time_ns()}").touch()
while not (here / "go").exists():
    time.sleep(0.02)
(here / f"ended-{number}-{time.time_ns()}").touch()
"""
HANDED_ON = """
import os
assert os.environ["WORKBENCH_APPROVALS"] == "eyJ.a.b"
assert os.environ["WORKBENCH_RUNBOOK"].endswith("light.ipynb")
"""


async def queued(store: Store, folder: Path, source: str, count: int, **fields: Any) -> Sweep:
    """A sweep of that many items of a runbook with that one cell."""
    book = kernels.notebook(PARAMETERS, source)
    book.cells[0].metadata["tags"] = ["parameters"]
    kept = await store.notebooks.keep(nbformat.writes(book))
    terms = {"retry": Retry(seconds=0.0), **fields}
    plan = Plan(runbook="light", source=kept, over="rows", person="ann", **terms)
    rows = [Row(parameters={"number": n, "folder": str(folder)}) for n in range(1, count + 1)]
    made = await Queue(store.pool).create(new_id(), plan, rows)
    assert made is not None
    return made


@contextmanager
def process(dsn: str, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """``workbench worker`` with nothing imported ahead."""
    environment = {
        **os.environ, "DATABASE_URL": dsn, "WORKBENCH_DATA_DIR": str(folder / "data"),
        "WORKBENCH_LOST_SECONDS": "2",
    }  # fmt: skip
    command = [sys.executable, "-m", "workbench", "worker", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as worker:
        try:
            yield worker
        finally:
            worker.kill()


async def came(folder: Path, pattern: str, count: int, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while len(list(folder.glob(pattern))) < count:  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(0.02)


async def over(store: Store, sweep: Sweep, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while (await store.sweeps.load(sweep.id)).open:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_killed_workers_runs_are_tried_again_once_and_a_stopped_ones_handed_back(
    store: Store, database: str, tmp_path: Path
) -> None:
    sweep = await queued(store, tmp_path, f"{HANDED_ON}{STEPS}", 6, approvals=("eyJ.a.b",))
    with (
        process(database, tmp_path, "--concurrency", "2") as killed,
        process(database, tmp_path, "--concurrency", "2", "--grace", "0") as stopped,
    ):
        await came(tmp_path, "began-*", 4)
        killed.kill()
        stopped.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(stopped.wait, 30) == 0
    (tmp_path / "go").touch()
    async with working(store, database, tmp_path, []):
        await over(store, sweep)
    assert (await store.sweeps.load(sweep.id)).counts == {ItemStatus.HEALTHY: 6}
    tries = await store.sweeps.tries(sweep.id)
    ends = [one.ended_as for one in tries]
    assert sorted(ends) == ["handed back"] * 2 + ["healthy"] * 6 + ["lost"] * 2
    items = await store.sweeps.items(sweep.id)
    assert sum(item.tries for item in items) == 8  # what was handed back does not count
    ended = [path.name.split("-")[1] for path in tmp_path.glob("ended-*")]
    assert sorted(ended) == sorted(str(item.number) for item in items)
    first = nbformat.reads(await store.notebooks.read(items[0].notebook), as_version=4)
    assert first.metadata.workbench.run.status == "healthy"


@asynccontextmanager
async def working(store: Store, dsn: str, folder: Path, told: list[str]) -> AsyncIterator[Worker]:
    """A worker in this process."""
    worker = Worker(
        store, folder / "worker", lambda context, person: {"PERSON": person}, new_id,
        Terms(at_once=2, lost_seconds=2.0, grace_seconds=0.0),
        on_end=lambda name, how: told.append(f"{name} {how}"), nursery=Nursery(()),
    )  # fmt: skip

    async def never(name: str, after: object) -> None:
        raise AssertionError(name)

    task = asyncio.create_task(worker.serve(dsn, [""], never))
    try:
        yield worker
    finally:
        await worker.stop()
        await task


async def test_a_cancelled_sweep_stops_and_keeps_what_its_runs_had(
    store: Store, database: str, tmp_path: Path
) -> None:
    told: list[str] = []
    sweep = await queued(store, tmp_path, f"print('at work')\n{STEPS}", 3)
    async with working(store, database, tmp_path, told):
        await came(tmp_path, "began-*", 2)
        await Queue(store.pool).cancel(sweep.id)
        await over(store, sweep)
    assert not list(tmp_path.glob("ended-*"))
    items = await store.sweeps.items(sweep.id)
    assert [item.status for item in items] == [ItemStatus.CANCELLED] * 3
    kept = [item.notebook for item in items if item.notebook]
    assert len(kept) == 2
    notebook = nbformat.reads(await store.notebooks.read(kept[0]), as_version=4)
    assert notebook.metadata.workbench.run.status == "interrupted"
    assert "at work" in str(notebook.cells[-1].outputs)


async def test_a_run_that_fails_is_tried_again_where_the_policy_says_so(
    store: Store, database: str, tmp_path: Path
) -> None:
    told: list[str] = []
    broken = "import os\npassword = 'hunter2hunter2'\nassert number != 1, os.environ['PERSON']"
    retry = Retry(times=1, on=(End.FAILED,), seconds=0.0)
    again = await queued(store, tmp_path, broken, 2, retry=retry)
    once = await queued(store, tmp_path, broken, 1)
    async with working(store, database, tmp_path, told):
        await over(store, again)
        await over(store, once)
    items = (*await store.sweeps.items(again.id), *await store.sweeps.items(once.id))
    assert [item.status.value for item in items] == ["failed", "healthy", "failed"]
    assert [item.tries for item in items] == [2, 1, 1]
    assert "AssertionError: ann" in items[0].error
    assert sorted(told) == ["SW-1/1 failed", "SW-1/1 failed", "SW-1/2 healthy", "SW-2/1 failed"]


async def test_the_end_of_a_run_is_recorded_before_its_kernel_has_left(
    store: Store, database: str, tmp_path: Path
) -> None:
    late = f"import atexit\n@atexit.register\ndef late():\n{textwrap.indent(STEPS, '    ')}"
    sweep = await queued(store, tmp_path, late, 1)
    async with working(store, database, tmp_path, []):
        await over(store, sweep)
        assert not list(tmp_path.glob("ended-*"))
        (tmp_path / "go").touch()
    (item,) = await store.sweeps.items(sweep.id)
    assert item.status is ItemStatus.HEALTHY
    assert list(tmp_path.glob("ended-*"))
