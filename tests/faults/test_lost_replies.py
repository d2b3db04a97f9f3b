"""A reply is lost: a call that changes something is never sent twice, whatever was lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from tests.faults.conftest import Ledger, a_ledger, holds, soon
from tests.faults.figures import count, note
from tests.support.postgres import new_id
from tests.support.tcp_proxy import Fault, TcpProxy, proxied
from workbench.core.evidence import Outcome
from workbench.errors import OutcomeUnknown, StoreUnavailable, ToolServerDown, ToolTimeout
from workbench.store.database import Store, open_store

LOST = count("WORKBENCH_TEST_LOST_REPLIES", 12)
SERVER_FAULTS = ("die after", "die after", "half", "die before", "silent")
CALL_SECONDS = 1.5  # how long a silent server is waited for


async def test_a_change_whose_reply_was_lost_is_unknown_and_resolved_by_reading(
    store: Store, database: str, tmp_path: Path
) -> None:
    """The tool server dies, breaks off or falls silent before, during or after the effect."""
    chance, seen = random.Random(LOST), Counter[str]()
    investigation = new_id()
    async with a_ledger(store, tmp_path / "ledger", CALL_SECONDS) as ledger:
        for _ in range(LOST):
            fault = chance.choice(SERVER_FAULTS)
            with pytest.raises((OutcomeUnknown, ToolTimeout)):
                await ledger.append(investigation, fault)
            await ledger.tools.settled()
            seen[fault] += 1
            last = (await store.record.evidences(investigation))[-1]
            assert last.outcome is Outcome.UNKNOWN
            happened = await ledger.look(investigation, last.arguments["entry"])
            assert happened == (fault != "die before")
    tally = await holds(store, database, ledger)
    assert tally.effects == LOST - seen["die before"]
    assert tally.outcomes == {"done": LOST, "unknown": LOST}
    note("replies of tools lost", lost=LOST, run_twice=0, kinds=dict(seen), tally=tally.outcomes)


@pytest_asyncio.fixture
async def far(database: str) -> AsyncIterator[tuple[Store, TcpProxy]]:
    """A store whose database is behind a proxy."""
    async with proxied(database) as (dsn, proxy), open_store(dsn) as store:
        yield store, proxy


async def test_replies_of_the_database_are_lost(
    far: tuple[Store, TcpProxy], database: str, tmp_path: Path
) -> None:
    """Intents and outcomes are written again under the same id, and effects happen once."""
    store, proxy = far
    chance, refused = random.Random(LOST), 0
    faults = (Fault.LOSE_REPLY, Fault.HALF_REPLY, Fault.RESET)
    async with a_ledger(store, tmp_path / "ledger") as ledger:
        for _ in range(LOST):
            investigation = new_id()
            before = proxy.struck
            proxy.set(chance.choice(faults))
            was_refused, _ = await asyncio.gather(_try(ledger, investigation), _heal(proxy, before))
            refused += was_refused
            await ledger.append(investigation)  # the same store works on
    tally = await holds(store, database, ledger)
    assert tally.effects == len(ledger.acknowledged) == 2 * LOST - refused
    note("replies of the database lost", lost=proxy.struck, run_twice=0, refused=refused)


async def _try(ledger: Ledger, investigation: UUID) -> bool:
    """Whether it was refused."""
    try:
        await ledger.append(investigation)
    except StoreUnavailable:
        return True
    return False


async def _heal(proxy: TcpProxy, before: int) -> None:
    """Let bytes pass again once a reply was lost."""
    await soon(lambda: proxy.struck > before)
    proxy.set(Fault.PASS)


async def test_a_read_whose_reply_was_lost_is_asked_once_more(
    store: Store, database: str, tmp_path: Path
) -> None:
    async with a_ledger(store, tmp_path / "ledger") as ledger:
        investigation = new_id()
        entry = await ledger.append(investigation)
        with pytest.raises(ToolServerDown):
            await ledger.append(investigation, "die before")
        assert await ledger.look(investigation, entry) == 1  # by a server started again
    await holds(store, database, ledger)
