"""When the database is away nothing runs; when it is back the same store works on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
import pytest_asyncio

from tests.store.nouns import an_intent, ended
from tests.support.postgres import new_id
from workbench.core.evidence import Outcome
from workbench.errors import StoreUnavailable
from workbench.store.database import RECORD_SECONDS, Store, open_store
from workbench.store.embedded import ServerUser, server
from workbench.store.embedded.locks import is_free
from workbench.store.pool import open_pool
from workbench.store.record import NOTHING_RUN

SLACK = 4.0  # seconds that a busy machine may add before a test calls it a hang


@pytest.fixture
def doomed(open_folder: Path) -> Iterator[ServerUser]:
    """A server of the test's own that nobody watches over."""
    user = ServerUser.join(open_folder / uuid4().hex[:8], "")
    yield user
    user.leave()


@pytest_asyncio.fixture
async def shaky(doomed: ServerUser) -> AsyncIterator[Store]:
    async with open_store(doomed.dsn) as opened:
        yield opened


def kill(user: ServerUser) -> None:
    """Kill the postmaster and wait for its backends, which may answer once more."""
    found = server.running(user.home)
    assert found
    os.kill(found.pid, signal.SIGKILL)
    while not is_free(user.home.server_lock):
        time.sleep(0.01)


async def refused(store: Store) -> None:
    """An intent is refused, in time."""
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match=NOTHING_RUN):
        await store.record.intend(an_intent(new_id()))
    assert time.monotonic() - began < RECORD_SECONDS + SLACK


def test_a_refusal_comes_within_a_second() -> None:
    assert RECORD_SECONDS < 1


async def test_calls_are_refused_while_it_is_down_and_accepted_when_it_is_back(
    doomed: ServerUser, shaky: Store
) -> None:
    investigation = new_id()
    assert await shaky.record.intend(an_intent(investigation)) == "E1"
    kill(doomed)
    await refused(shaky)
    with pytest.raises(StoreUnavailable):
        await shaky.users.ensure(new_id(), "ann")
    await asyncio.to_thread(doomed.revive)
    assert await shaky.record.intend(an_intent(investigation)) == "E2"
    assert (await shaky.users.ensure(new_id(), "ann")).name == "ann"


async def test_a_server_that_no_longer_answers_counts_as_down(
    doomed: ServerUser, shaky: Store
) -> None:
    await shaky.record.intend(an_intent(new_id()))
    found = server.running(doomed.home)
    assert found
    postmaster = psutil.Process(found.pid)
    frozen = [postmaster, *postmaster.children()]
    for process in frozen:
        process.suspend()
    try:
        await refused(shaky)
        await refused(shaky)
    finally:
        for process in frozen:
            process.resume()
    assert await shaky.record.intend(an_intent(new_id())) == "E1"


async def test_a_port_that_accepts_and_says_nothing_counts_as_down() -> None:
    left = asyncio.Semaphore(0)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.release()

    listener = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        dsn = f"postgresql://workbench:x@127.0.0.1:{port}/workbench"
        async with open_pool(dsn, size=2, seconds=0.2) as pool:
            await refused(Store(pool, pool))
        await left.acquire()  # nobody waits for an answer any more


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://workbench:x@127.0.0.1:1/workbench",
        "postgresql://workbench:x@no-such-host.invalid/workbench",
        "postgresql://workbench:x@127.0.0.1:no-port/workbench",
        "postgresql://workbench:x@127.0.0.1:99999/workbench",
        "mysql://x",
        "not an address",
    ],
)
async def test_an_address_where_nothing_is_gives_one_clear_line(dsn: str) -> None:
    with pytest.raises(StoreUnavailable) as error:
        async with open_store(dsn):
            pass
    assert "\n" not in str(error.value)


async def test_a_wrong_password_or_database_is_not_tried_again(doomed: ServerUser) -> None:
    for wrong in (
        doomed.dsn.replace(":" + doomed.home.password.read_text(), ":wrong"),
        doomed.dsn + "-not-there",
    ):
        async with open_pool(wrong, size=1, seconds=3600) as pool:
            with pytest.raises(StoreUnavailable):
                await pool.fetchval("ping")


async def test_an_outcome_survives_a_short_outage(doomed: ServerUser, shaky: Store) -> None:
    intent = an_intent(new_id())
    await shaky.record.intend(intent)
    kill(doomed)
    finishing = asyncio.create_task(shaky.record.finish(intent, ended()))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(doomed.revive)
    await finishing
    kept = await shaky.record.evidence(intent.investigation, "E1")
    assert kept.outcome is Outcome.DONE


async def test_the_record_does_not_wait_behind_other_work(database: str) -> None:
    async with open_store(database, connections=2) as store:
        hogs = [
            asyncio.create_task(store.pool.run(lambda c: c.execute("select pg_sleep(60)")))
            for _ in range(6)
        ]
        await asyncio.sleep(0.3)
        assert await store.record.intend(an_intent(new_id())) == "E1"
        assert all(isinstance(e, StoreUnavailable) for e in await _ended(hogs))


async def test_closing_does_not_wait_for_work_that_hangs(database: str) -> None:
    async with open_store(database) as store:
        hog = asyncio.create_task(store.pool.run(lambda c: c.execute("select pg_sleep(60)")))
        await asyncio.sleep(0.2)
    await _ended([hog])


async def _ended(tasks: list[asyncio.Task[str]]) -> list[str | BaseException]:
    return await asyncio.gather(*tasks, return_exceptions=True)
