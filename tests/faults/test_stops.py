"""An investigation is stopped at a random moment: it ends, keeps what it had, and can go on."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import aclosing
from pathlib import Path

from tests.faults.figures import count, note
from tests.faults.interrupted import a_workbench
from workbench.core.cluster import Scope
from workbench.core.investigation import Failed, Investigation, Status
from workbench.investigations.ask import resumable
from workbench.investigations.workbench import Workbench
from workbench.store.database import Store

STOPS = count("WORKBENCH_TEST_STOPS", 2)


async def _followed(workbench: Workbench, seen: list[Investigation]) -> None:
    async with aclosing(workbench.ask("what is wrong?", Scope())) as steps:
        async for found, _ in steps:
            seen.append(found)


async def test_stopped_at_any_moment_it_ends_and_keeps_what_it_had(
    store: Store, tmp_path: Path
) -> None:
    workbench = a_workbench(store, tmp_path / "ledger")
    [_ async for _ in workbench.ask("what is warm?", Scope())]
    began = time.perf_counter()
    whole = [inv async for inv, _ in workbench.ask("what is wrong?", Scope())][-1]
    lasts, chance, slowest = time.perf_counter() - began, random.Random(STOPS), 0.0
    tally = dict.fromkeys(Status, 0)
    for _ in range(STOPS):
        seen: list[Investigation] = []
        work = asyncio.create_task(_followed(workbench, seen))
        await asyncio.sleep(chance.uniform(0, lasts))
        stopped = time.perf_counter()
        work.cancel()
        await asyncio.wait({work})  # it may have ended just before
        slowest = max(slowest, time.perf_counter() - stopped)
        if not seen:
            continue  # it had not begun
        kept = await workbench.load(seen[-1].label)
        tally[kept.status] += 1
        assert kept.steps[: len(seen[-1].steps)] == seen[-1].steps
        assert kept.status in (Status.CANCELLED, Status.COMPLETE)
        if kept.status is Status.CANCELLED:
            last = kept.steps[-1]
            assert isinstance(last, Failed)
            assert last.cancelled
            assert resumable(kept)
    note("runs stopped", stops=STOPS, steps=len(whole.steps), slowest_seconds=round(slowest, 2))
    assert sum(tally.values())
