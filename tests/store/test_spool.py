"""Reading calls go on while the database is away, and are in the record when it is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.store.nouns import an_intent, ended
from tests.support.postgres import new_id
from tests.support.tcp_proxy import Fault, TcpProxy, proxied
from workbench.core.evidence import Finished, Intent, Outcome
from workbench.errors import StoreUnavailable
from workbench.store.database import Store, open_store
from workbench.store.spool import SpooledRecord


async def only_reads(intent: Intent) -> bool:
    return intent.tool != "kube_delete"


@pytest_asyncio.fixture
async def far(database: str) -> AsyncIterator[tuple[Store, TcpProxy]]:
    async with proxied(database) as (dsn, proxy), open_store(dsn) as store:
        yield store, proxy


@pytest_asyncio.fixture
async def record(far: tuple[Store, TcpProxy], tmp_path: Path) -> AsyncIterator[SpooledRecord]:
    spooled = SpooledRecord(far[0].record, tmp_path / "spool", only_reads)
    yield spooled
    far[1].set(Fault.PASS)
    await spooled.close()


def away(proxy: TcpProxy) -> None:
    proxy.set(Fault.RESET)


async def drained(record: SpooledRecord) -> None:
    while record.waiting:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_reads_go_on_and_are_recorded_in_order_when_it_is_back(
    far: tuple[Store, TcpProxy], record: SpooledRecord
) -> None:
    store, proxy = far
    investigation = new_id()
    intents = [an_intent(investigation, arguments={"n": n}) for n in range(4)]
    assert await record.intend(intents[0]) == "E1"
    away(proxy)
    assert [await record.intend(i) for i in intents[1:]] == ["E2", "E3", "E4"]
    for number, intent in enumerate(intents[1:], 1):
        await record.finish(intent, ended(text=f"result {number}"))
    assert record.waiting == 6
    proxy.set(Fault.PASS)
    await drained(record)
    await record.finish(intents[0], ended())
    rows = await store.record.evidences(investigation)
    assert [(r.label, r.arguments["n"], r.outcome) for r in rows] == [
        (f"E{n + 1}", n, Outcome.DONE) for n in range(4)
    ]
    assert rows[3].text == "result 3"
    assert await record.intend(an_intent(investigation)) == "E5"
    assert await store.record.verify(investigation) is None


async def test_what_goes_along_with_an_intent_that_is_kept_already_is_kept_too(
    far: tuple[Store, TcpProxy], record: SpooledRecord
) -> None:
    investigation = new_id()
    first, second = an_intent(investigation), an_intent(investigation)
    await record.intend(first)
    away(far[1])
    assert await record.intend(second) == "E2"
    assert await record.intend(second, [Finished(first, ended())]) == "E2"
    far[1].set(Fault.PASS)
    await drained(record)
    rows = await far[0].record.evidences(investigation)
    assert [row.outcome for row in rows] == [Outcome.DONE, Outcome.RUNNING]


@pytest.mark.parametrize("waits", [False, True])
async def test_a_call_that_may_change_something_is_refused(
    far: tuple[Store, TcpProxy], record: SpooledRecord, waits: bool
) -> None:
    investigation = new_id()
    await record.intend(an_intent(investigation))
    away(far[1])
    if waits:
        await record.intend(an_intent(investigation))
    with pytest.raises(StoreUnavailable, match="nothing was run"):
        await record.intend(an_intent(investigation, tool="kube_delete"))


async def test_an_investigation_whose_labels_are_not_known_here_is_refused(
    far: tuple[Store, TcpProxy], record: SpooledRecord
) -> None:
    away(far[1])
    with pytest.raises(StoreUnavailable, match="nothing was run"):
        await record.intend(an_intent(new_id()))


async def test_what_a_killed_process_left_is_taken_up(
    far: tuple[Store, TcpProxy], tmp_path: Path
) -> None:
    store, proxy = far
    investigation = new_id()
    gone = SpooledRecord(store.record, tmp_path / "spool", only_reads)
    finished, unfinished = an_intent(investigation), an_intent(investigation)
    first = an_intent(investigation)
    await gone.intend(first)
    await gone.finish(first, ended())
    away(proxy)
    for intent in (finished, unfinished):
        await gone.intend(intent)
    await gone.finish(finished, ended())
    assert gone._draining
    gone._draining.cancel()
    gone._spool.lock.close()  # as the kernel does when a process dies
    with gone._spool.path.open("a") as file:
        file.write('{"intent": {"id": "torn')
    proxy.set(Fault.PASS)
    record = SpooledRecord(store.record, tmp_path / "spool", only_reads)
    assert await record.adopt() == 2
    assert await record.adopt() == 0
    await record.close()
    outcomes = [row.outcome for row in await store.record.evidences(investigation)]
    assert outcomes == [Outcome.DONE, Outcome.DONE, Outcome.UNKNOWN]
    assert list((tmp_path / "spool").iterdir()) == []


async def test_the_file_is_private_and_stays_when_the_database_does_not_come_back(
    far: tuple[Store, TcpProxy], tmp_path: Path
) -> None:
    store, proxy = far
    record = SpooledRecord(store.record, tmp_path / "spool", only_reads)
    investigation = new_id()
    await record.intend(an_intent(investigation))
    away(proxy)
    await record.intend(an_intent(investigation))
    await record.close()
    (left,) = (tmp_path / "spool").iterdir()
    assert left.stat().st_mode & 0o077 == 0
    assert len(left.read_text().splitlines()) == 1
