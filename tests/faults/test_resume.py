"""A process is killed between two steps of an investigation: another carries on where it was."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.faults.figures import count, note
from tests.faults.interrupted import a_workbench, ask_and_die, line
from workbench.core.cluster import Scope
from workbench.core.evidence import Outcome
from workbench.store.database import Store

KILLS = count("WORKBENCH_TEST_RESUMES", 3)
CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["tests.faults.interrupted"])


FIVE_SECONDS_LATER = "update leases set beat = beat - interval '6 s'"
"""Then a lease is free whose process is gone."""


async def test_a_killed_run_resumes_and_repeats_no_finished_call(
    store: Store, database: str, tmp_path: Path
) -> None:
    whole = [
        s async for s, _ in a_workbench(store, tmp_path / "whole").ask("what is wrong?", Scope())
    ]
    assert whole[-1].conclusion
    chance, spared = random.Random(KILLS), 0
    for number in range(KILLS):
        ledger = tmp_path / f"ledger-{number}"
        child = CHILDREN.Process(
            target=ask_and_die, args=(database, ledger, chance.randrange(1, len(whole)))
        )
        child.start()
        await asyncio.to_thread(child.join)
        assert child.exitcode == -signal.SIGKILL
        await store.record.sweep(datetime.now(UTC) + timedelta(seconds=1), timedelta(0))
        await store.pool.run(lambda c: c.execute(FIVE_SECONDS_LATER))
        workbench = a_workbench(store, ledger)
        (newest, *_) = await store.investigations.recent(1)
        killed = await workbench.load(newest.label)
        rows = await store.record.evidences(killed.id)
        finished = {line(r.tool, r.arguments) for r in rows if r.outcome is Outcome.DONE}
        made = Counter(ledger.read_text().splitlines()) if ledger.exists() else Counter[str]()
        resumed = [s async for s, _ in workbench.resume(killed.label)][-1]
        await workbench.tools.settled()
        assert resumed.id == killed.id
        assert resumed.conclusion
        assert resumed.conclusion.verdict == whole[-1].conclusion.verdict
        again = Counter(ledger.read_text().splitlines()) - made
        assert not finished & again.keys(), "a finished call was made again"
        assert await store.record.verify(resumed.id) is None
        spared += len(finished)
    note("runs killed", kills=KILLS, steps=len(whole), spared=spared, repeated=0)
