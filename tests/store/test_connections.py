"""Connections are lent one at a time, and none that is not whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from workbench.errors import StoreUnavailable
from workbench.store.connections import Connections
from workbench.store.pool import Pool


@pytest_asyncio.fixture
async def connections(database: str) -> AsyncIterator[Connections]:
    held = Connections(lambda: asyncpg.connect(database), 2)
    yield held
    held.terminate()


async def test_one_that_came_back_is_lent_again(connections: Connections) -> None:
    first = await connections.borrow()
    connections.give_back(first)
    assert await connections.borrow() is first
    assert connections.busy == 1


async def test_no_more_are_lent_than_there_may_be(connections: Connections) -> None:
    first, _ = await connections.borrow(), await connections.borrow()
    third = asyncio.create_task(connections.borrow())
    await asyncio.sleep(0)
    assert not third.done()
    connections.give_back(first)
    assert await third is first


async def test_one_that_ended_is_not_lent_again(connections: Connections) -> None:
    first = await connections.borrow()
    connections.give_back(first)
    first.terminate()
    second = await connections.borrow()
    assert await second.fetchval("select 1") == 1


async def test_one_amid_a_transaction_is_not_lent_again(connections: Connections) -> None:
    first = await connections.borrow()
    await first.execute("begin")
    connections.give_back(first)
    assert first.is_closed()
    assert await connections.borrow() is not first


async def test_nobody_waits_for_connections_that_were_closed(connections: Connections) -> None:
    first = await connections.borrow()
    closing = asyncio.create_task(connections.close())
    await asyncio.sleep(0)
    assert not closing.done()
    connections.give_back(first)
    await closing
    with pytest.raises(asyncpg.InterfaceError):
        await connections.borrow()


async def test_a_query_on_closed_connections_fails_at_once(connections: Connections) -> None:
    pool = Pool(connections, seconds=3600)
    await pool.close()
    with pytest.raises(StoreUnavailable, match="were closed"):
        await asyncio.wait_for(pool.fetchval("ping"), 60)


@pytest.mark.parametrize("least", [0, 1])
async def test_what_nobody_needs_is_ended_except_as_many_as_are_to_stay(
    database: str, least: int
) -> None:
    held = Connections(lambda: asyncpg.connect(database), 2, least, idle_seconds=0)
    both = [await held.borrow(), await held.borrow()]
    for connection in both:
        held.give_back(connection)
    for _ in range(5):
        await asyncio.sleep(0.01)
    assert sum(not connection.is_closed() for connection in both) == least
    held.terminate()


async def test_a_failed_attempt_leaves_room_for_the_next() -> None:
    async def fails() -> asyncpg.Connection:
        raise OSError("nobody there")

    nowhere = Connections(fails, 1)
    for _ in range(3):
        with pytest.raises(OSError, match="nobody there"):
            await nowhere.borrow()


async def test_one_that_nobody_waits_for_any_more_is_the_next_ones(database: str) -> None:
    gate = asyncio.Event()
    made: list[asyncpg.Connection] = []

    async def slowly() -> asyncpg.Connection:
        await gate.wait()
        made.append(await asyncpg.connect(database))
        return made[-1]

    held = Connections(slowly, 1)
    gone = asyncio.create_task(held.borrow())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    second = asyncio.create_task(held.borrow())
    await asyncio.sleep(0)
    assert not second.done()  # its place is not free while it is made
    gate.set()
    assert [await second] == made
    held.terminate()


async def test_one_that_fails_when_nobody_waits_any_more_leaves_its_place_too() -> None:
    gate = asyncio.Event()

    async def fails() -> asyncpg.Connection:
        await gate.wait()
        raise OSError("nobody there")

    held = Connections(fails, 1)
    gone = asyncio.create_task(held.borrow())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    gate.set()
    with pytest.raises(OSError, match="nobody there"):
        await held.borrow()
