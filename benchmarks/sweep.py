"""A sweep whose workers are killed: what is lost, what is doubled, and what the queue costs.

Four workers take 1,000 runs of the lightest of runbooks, and ten times a worker is killed (SIGKILL)
at a random moment and another one started. Every run appends its number to a file at its end, so
that runs which ended without the database's knowing show. Beside it stands the floor: as many runs
in one process without a queue (``workbench run -f``), and one worker that nobody kills. Prints
JSON.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil
from uuid_utils.compat import uuid7

from workbench.core.sweep import ItemStatus, Plan, Retry, Row, Sweep
from workbench.runbooks.batch import jobs, run_all
from workbench.runbooks.catalogue import read
from workbench.store.database import Store, open_store
from workbench.store.embedded import embedded_postgres
from workbench.store.queue import Queue

ROOT = Path(__file__).parents[1]
ITEMS = int(os.environ.get("ITEMS", "1000"))
KILLS = int(os.environ.get("KILLS", "10"))
WORKERS = 4
FLOOR = int(os.environ.get("FLOOR", "40"))
"""Runs of the comparison with the floor."""
LOST_SECONDS = 10
CELLS = ("number: int = 0\nended: str = ''",
         "with open(ended, 'a') as file:\n    file.write(f'{number}\\n')")  # fmt: skip


def notebook(folder: Path) -> Path:
    cells = [nbformat.v4.new_code_cell(c) for c in CELLS]
    cells[0].metadata["tags"] = ["parameters"]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), folder / "light.ipynb"
    )
    return folder / "light.ipynb"


def worker(dsn: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DATABASE_URL": dsn,
        "WORKBENCH_DATA_DIR": str(folder / "data"),
        "WORKBENCH_LOST_SECONDS": str(LOST_SECONDS),
        "WORKBENCH_RUNS_PER_CLUSTER": "64",
    }
    command = [sys.executable, "-m", "workbench", "worker", "--concurrency", "2"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


async def queued(store: Store, book: Path, ended: Path, count: int) -> Sweep:
    source = await store.notebooks.keep(book.read_text())
    retry = Retry(times=10, seconds=0.5)
    plan = Plan(runbook="light", source=source, over="numbers", person="benchmark", retry=retry)
    rows = [Row(parameters={"number": n, "ended": str(ended)}) for n in range(1, count + 1)]
    made = await Queue(store.pool).create(uuid7(), plan, rows)
    assert made is not None
    return made


async def finished(store: Store, sweep: Sweep, workers: list[subprocess.Popen[bytes]]) -> None:
    while (await store.sweeps.load(sweep.id)).open:
        assert any(w.poll() is None for w in workers), "no worker is left"
        await asyncio.sleep(0.2)


async def with_kills(store: Store, dsn: str, folder: Path) -> dict[str, object]:
    """The sweep; its kills come after random numbers of items have ended."""
    ended = folder / "ended.txt"
    began = time.monotonic()
    sweep = await queued(store, notebook(folder), ended, ITEMS)
    queued_in = time.monotonic() - began
    workers = [worker(dsn, folder) for _ in range(WORKERS)]
    moments = sorted(random.sample(range(1, int(ITEMS * 0.95)), KILLS))
    try:
        for moment in moments:
            while (now := await store.sweeps.load(sweep.id)).total - now.open < moment:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            await asyncio.sleep(random.random() / 2)
            victim = random.randrange(WORKERS)
            workers[victim].kill()
            workers[victim].wait()
            workers[victim] = worker(dsn, folder)
        await finished(store, sweep, workers)
    finally:
        for one in workers:
            one.terminate()
        for one in workers:
            one.wait()
    return {
        "items": ITEMS,
        "workers": WORKERS,
        "kills": KILLS,
        "queued_in_seconds": round(queued_in, 2),
        "seconds": round(time.monotonic() - began, 1),
        **await accounts(store, sweep, ended),
    }


async def accounts(store: Store, sweep: Sweep, ended: Path) -> dict[str, object]:
    items = await store.sweeps.items(sweep.id)
    tries = await store.sweeps.tries(sweep.id)
    ends = collections.Counter(one.ended_as for one in tries)
    healthy = collections.Counter(one.number for one in tries if one.ended_as == "healthy")
    seen = collections.Counter(map(int, ended.read_text().split()))
    return {
        "lost": sum(item.status is not ItemStatus.HEALTHY for item in items) + ITEMS - len(items),
        "end_recorded_twice": sum(count > 1 for count in healthy.values()),
        "tries": dict(ends),
        "executed_to_the_end_again_after_a_kill": sum(count > 1 for count in seen.values()),
        "never_executed": ITEMS - len(seen),
    }


class Cost(NamedTuple):
    """Seconds by the clock, and of processors. Kernels, the same on both sides, are left out:
    nobody waits for them, so nobody is told what they used."""

    wall: float
    cpu: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu)


def spent(*processes: psutil.Process) -> Cost:
    """By this process, what it waited for, and the ones given with their living children, without
    grandchildren (kernels, which are forked from a child)."""
    ours = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(used.ru_utime + used.ru_stime for used in ours)
    for process in {p for one in processes for p in (one, *one.children())}:
        with contextlib.suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            cpu += used.user + used.system
    for process in processes:  # backends that have ended
        cpu += process.cpu_times().children_user + process.cpu_times().children_system
    return Cost(time.monotonic(), cpu)


async def against_the_floor(store: Store, dsn: str, folder: Path) -> dict[str, float]:
    """What as many runs take, two at a time, from kernels that are there: of a queue, and not."""
    ours = await by_a_worker(store, dsn, folder)
    few = await without_a_queue(folder, 2)
    floor = await without_a_queue(folder, 2 + FLOOR) - few  # without what a start takes
    return {
        "runs": FLOOR,
        "floor_seconds": round(floor.wall, 1),
        "ours_seconds": round(ours.wall, 1),
        "ratio": round(ours.wall / floor.wall, 2),
        "floor_cpu_seconds": round(floor.cpu, 2),
        "ours_cpu_seconds": round(ours.cpu, 2),
        "queue_cpu_seconds_a_run": round((ours.cpu - floor.cpu) / FLOOR, 3),
    }


async def without_a_queue(folder: Path, count: int) -> Cost:
    book = notebook(folder)
    sets = [{"number": n, "ended": str(folder / "floor.txt")} for n in range(1, count + 1)]
    todo = jobs([read(book)], sets, lambda name, n: folder / "floor" / f"{n}.ipynb")
    before = spent()
    await run_all(todo, env={}, at_once=2)
    return spent() - before


async def by_a_worker(store: Store, dsn: str, folder: Path) -> Cost:
    """With what the database used."""
    book, one = notebook(folder), worker(dsn, folder)
    try:
        await finished(store, await queued(store, book, folder / "warm.txt", 2), [one])
        backend = await store.pool.run(lambda c: c.fetchval("SELECT pg_backend_pid()"))
        server = psutil.Process(backend).parent()
        assert server is not None
        told = psutil.Process(one.pid), server
        before = spent(*told)
        await finished(store, await queued(store, book, folder / "queue.txt", FLOOR), [one])
        return spent(*told) - before
    finally:
        one.terminate()
        one.wait()


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="workbench-") as name:
        folder = Path(name)
        async with embedded_postgres(folder / "postgres") as dsn, open_store(dsn) as store:
            figures: dict[str, object] = {"forty_runs": await against_the_floor(store, dsn, folder)}
            print(json.dumps(figures), flush=True)
            print(json.dumps(await with_kills(store, dsn, folder)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
