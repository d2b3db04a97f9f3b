"""Several runs at a time, each in a kernel of its own that is there at once."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.runbook import Runbook, RunbookRun
from workbench.runbooks.parameters import check
from workbench.runbooks.run import CELL_SECONDS, run

if TYPE_CHECKING:
    from workbench.runbooks.execution import Progress


class Job(msgspec.Struct, frozen=True):
    """One runbook with one set of parameters, and where its executed notebook goes."""

    runbook: Runbook
    parameters: dict[str, Any]
    output: Path


def jobs(
    runbooks: Sequence[Runbook],
    sets: Sequence[Mapping[str, Any]],
    output: Callable[[str, int], Path],
) -> list[Job]:
    """Every runbook with every set of parameters; ``output`` gets the runbook's name and a number
    from 1 (0 where there is one set). Raises ParameterError for the first that does not fit."""
    made = []
    for book, (number, given) in itertools.product(runbooks, enumerate(sets, 1)):
        values = check(book, given)
        made.append(Job(book, values, output(book.name, number if len(sets) > 1 else 0)))
    return made


async def run_all(
    jobs: Sequence[Job],
    *,
    env: Mapping[str, str],
    at_once: int = 2,
    cell_seconds: float = CELL_SECONDS,
    seconds: float = math.inf,
    on_progress: Callable[[Job, Progress], None] | None = None,
    on_end: Callable[[Job, RunbookRun], None] | None = None,
) -> list[RunbookRun]:
    """Run all of them, ``at_once`` at a time; in the order of ``jobs``, whatever became of each.

    cell_seconds, seconds: how long a cell, and a run, may take.
    """
    from workbench.runbooks.warm import Nursery

    nursery = Nursery() if len(jobs) > 1 else None
    free = asyncio.Semaphore(at_once)

    async def one(job: Job) -> RunbookRun:
        async with free:
            done = await run(
                job.runbook,
                job.parameters,
                job.output,
                env=env,
                on_progress=(lambda p: on_progress(job, p)) if on_progress else None,
                cell_seconds=cell_seconds,
                seconds=seconds,
                nursery=nursery,
            )
            if on_end:
                on_end(job, done)
            return done

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(job)) for job in jobs]
        return [task.result() for task in tasks]
    except ExceptionGroup as group:
        raise group.exceptions[0] from group  # the others were stopped because of it
    finally:
        if nursery:
            await asyncio.to_thread(nursery.close)
