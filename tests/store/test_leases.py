"""One process works on an investigation at a time, for as long as it says so."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from tests.store.nouns import NOON
from tests.support.postgres import connected, new_id
from workbench.core.cluster import Scope
from workbench.errors import StoreUnavailable
from workbench.store.database import Store
from workbench.store.leases import Lapsed, Lease, Leases

GONE = "update leases set beat = now() - interval '6 s', owner = 0"
"""Silent, and not connected."""
SILENT = "update leases set beat = now() - make_interval(secs => {})"


async def asked(store: Store) -> UUID:
    return (await store.investigations.create(new_id(), "why?", Scope(), NOON)).id


async def said(database: str, words: str) -> None:
    async with connected(database) as connection:
        await connection.execute(words)


async def test_what_one_holds_another_does_not_get_until_it_is_given_back(store: Store) -> None:
    id, mine, theirs = await asked(store), new_id(), new_id()
    assert await store.leases.take(id, mine)
    assert await store.leases.take(id, mine)  # the same again
    assert not await store.leases.take(id, theirs)
    await store.leases.end(id, theirs)
    assert await store.leases.keep(id, mine) is False
    await store.leases.end(id, mine)
    assert await store.leases.take(id, theirs)
    assert await store.leases.keep(id, mine) is None


async def test_the_holder_hears_that_it_is_to_stop(store: Store) -> None:
    id, mine = await asked(store), new_id()
    assert not await store.leases.ask_to_stop(id)
    await store.leases.take(id, mine)
    assert await store.leases.ask_to_stop(id)
    assert await store.leases.keep(id, mine) is True


async def test_a_silent_process_is_gone_once_it_is_not_connected_either(
    store: Store, database: str
) -> None:
    id, mine, theirs = await asked(store), new_id(), new_id()
    await store.record.count_all()
    await store.investigations.recent()
    connected_leases = Leases(store.pool, await owner(store))
    await connected_leases.take(id, mine)
    await said(database, SILENT.format(6))
    assert await store.leases.take_lapsed(theirs) == ()
    await said(database, SILENT.format(31))
    assert await store.leases.take_lapsed(theirs, 10**9) == ()  # the server is too young to say
    assert await store.leases.take_lapsed(theirs) == (Lapsed(id, stop_asked=False),)
    assert await store.leases.take_lapsed(new_id()) == ()
    await store.leases.ask_to_stop(id)
    await said(database, GONE)
    assert await store.leases.take_lapsed(mine) == (Lapsed(id, stop_asked=True),)
    await said(database, GONE)
    assert await store.leases.take(id, theirs)


async def test_who_takes_its_own_again_still_hears_that_it_is_to_stop(store: Store) -> None:
    id, mine = await asked(store), new_id()
    await store.leases.take(id, mine)
    await store.leases.ask_to_stop(id)
    await store.leases.take(id, mine)
    assert await store.leases.keep(id, mine) is True
    await store.leases.leave(id, mine)
    await store.leases.take(id, theirs := new_id())
    assert await store.leases.keep(id, theirs) is False


@pytest.mark.parametrize(
    "why",
    [StoreUnavailable("The last step is not on disk."), asyncio.CancelledError(), GeneratorExit()],
)
async def test_a_lease_that_is_left_while_the_end_may_not_be_recorded_lapses_at_once(
    store: Store, why: BaseException
) -> None:
    id, mine = await asked(store), new_id()
    with pytest.raises(type(why)):
        async with Lease(store.leases, id, mine, "INV-1", lambda _: None):
            raise why
    assert await store.leases.take_lapsed(new_id()) == (Lapsed(id, stop_asked=False),)


async def test_a_holder_that_takes_its_time_to_stop_is_heard_of_meanwhile(
    store: Store, database: str
) -> None:
    id, heard = await asked(store), asyncio.Event()
    async with Lease(store.leases, id, new_id(), "INV-1", lambda asked: heard.set()):
        await store.leases.ask_to_stop(id)
        await heard.wait()
        await said(database, SILENT.format(4))
        async with connected(database) as near:
            while await near.fetchval("select beat < now() - interval '3 s' from leases"):
                assert await store.leases.take_lapsed(new_id()) == ()
                await asyncio.sleep(0.1)


async def owner(store: Store) -> int:
    """The number of this process, which is connected."""
    own = store.record._pool
    await own.fetchval("ping")
    return own.owner
