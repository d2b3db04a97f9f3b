"""PostgreSQL is killed at random points under writers: nothing runs unrecorded, nothing is lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from pathlib import Path
from uuid import uuid4

from tests.faults.conftest import Ledger, a_ledger, holds, soon
from tests.faults.figures import FIGURES, count, note
from tests.support.postgres import new_id
from workbench.errors import StoreUnavailable
from workbench.store.database import open_store
from workbench.store.embedded import embedded_postgres, server
from workbench.store.embedded.home import settle
from workbench.store.record import NOTHING_RUN

KILLS = count("WORKBENCH_TEST_KILLS", 3)
WRITERS = 16
REFUSED_SECONDS, BACK_SECONDS = 1.0, 5.0
SLACK = 0.0 if FIGURES else 4.0
"""A run that writes down figures has the machine to itself; an ordinary one may not."""


class Times:
    """Seconds that refusals took, and from each kill to the next acknowledged call."""

    def __init__(self) -> None:
        self.refusals: list[float] = []
        self.returns: list[float] = []


async def test_no_effect_without_an_intent_and_no_acknowledged_row_is_lost(
    open_folder: Path, tmp_path: Path
) -> None:
    folder, times, stop = open_folder / uuid4().hex[:8], Times(), asyncio.Event()
    async with embedded_postgres(folder) as dsn, open_store(dsn) as store:
        async with a_ledger(store, tmp_path / "ledger") as ledger:
            writers = [asyncio.create_task(_write(ledger, stop, times)) for _ in range(WRITERS)]
            for _ in range(KILLS):
                await _grown(ledger, WRITERS)
                await asyncio.sleep(random.random() * 0.05)
                found = server.running(settle(folder))
                if found:
                    os.kill(found.pid, signal.SIGKILL)
                killed = time.monotonic()
                await _grown(ledger, WRITERS)  # one each was on its way
                times.returns.append(time.monotonic() - killed)
            stop.set()
            await asyncio.gather(*writers)
        tally = await holds(store, dsn, ledger)
    assert max(times.refusals, default=0.0) <= REFUSED_SECONDS + SLACK
    assert max(times.returns) <= BACK_SECONDS + SLACK
    assert tally.effects >= len(ledger.acknowledged) >= 2 * KILLS * WRITERS
    note(
        "database killed",
        kills=KILLS,
        writers=WRITERS,
        calls=tally.intents,
        effects=tally.effects,
        acknowledged=len(ledger.acknowledged),
        outcomes=tally.outcomes,
        refusals=len(times.refusals),
        slowest_refusal_seconds=round(max(times.refusals, default=0.0), 2),
        slowest_return_seconds=round(max(times.returns), 2),
    )


async def _grown(ledger: Ledger, by: int) -> None:
    goal = len(ledger.acknowledged) + by
    await soon(lambda: len(ledger.acknowledged) >= goal)


async def _write(ledger: Ledger, stop: asyncio.Event, times: Times) -> None:
    investigation = new_id()
    while not stop.is_set():
        began = time.monotonic()
        try:
            await ledger.append(investigation)
        except StoreUnavailable as error:
            if NOTHING_RUN in error.message:
                times.refusals.append(time.monotonic() - began)
