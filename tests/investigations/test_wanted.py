"""An investigation is stopped from anywhere, and says so when its process is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Never, cast

import pytest

from tests.investigations.test_workbench import opened
from tests.support.postgres import connected, new_id
from tests.support.tcp_proxy import Fault, proxied
from workbench.core.cluster import Scope
from workbench.core.investigation import (
    Asked,
    Concluded,
    Conclusion,
    Failed,
    Investigation,
    Said,
    Status,
    Step,
)
from workbench.core.render.card import State, card
from workbench.errors import Conflict, Overloaded
from workbench.investigations.ask import ask, resumable
from workbench.investigations.live import Live
from workbench.investigations.wanted import Wanted, keep_settling, settle
from workbench.investigations.workbench import Workbench
from workbench.store.conversations import Role
from workbench.store.database import Store
from workbench.store.pool import open_pool

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
ASKED = Asked(at=NOW, question="why?")
DONE = Concluded(at=NOW, conclusion=Conclusion(verdict="web is down"))
WAITS = """
select count(*) from pg_locks l join pg_database d on d.oid = l.database
where not l.granted and l.locktype = 'advisory' and d.datname = current_database()
"""


def clock() -> datetime:
    return NOW


async def settled() -> None:
    """Every call is durable."""


@pytest.fixture
async def made(store: Store) -> Investigation:
    return await store.investigations.create(new_id(), "why?", Scope(), NOW)


async def endless() -> AsyncGenerator[Step]:
    yield ASKED
    await asyncio.sleep(3600)


async def told(*steps: Step) -> AsyncGenerator[Step]:
    for step in steps:
        yield step


async def worked_on(
    store: Store, made: Investigation, steps: AsyncGenerator[Step]
) -> AsyncGenerator[Step]:
    """The steps as they are recorded, under a lease."""
    wanted = Wanted(store.leases, made, new_id())

    def run(_: Investigation) -> AsyncGenerator[Step]:
        return wanted.steps(steps, clock)

    recorded = ask(made, run, store.investigations, clock, settled)
    async with wanted.lease, aclosing(recorded) as found:
        async for _, step in found:
            yield step


async def test_stopping_it_from_another_process_keeps_what_there_is(
    store: Store, made: Investigation
) -> None:
    elsewhere = Live(store.investigations.steps, stop_elsewhere=store.leases.ask_to_stop)
    async with aclosing(worked_on(store, made, endless())) as steps:
        assert await anext(steps) == ASKED
        stopping = asyncio.create_task(elsewhere.cancel(made.id))
        last = await anext(steps)
        assert isinstance(last, Failed)
        assert last.status is Status.CANCELLED
        assert [step async for step in steps] == []
        assert await stopping
    assert (await store.investigations.load(made.id)).steps == (ASKED, last)
    assert not await elsewhere.cancel(made.id)


class Waiting:
    """A workbench that takes up investigations and never comes to a first step."""

    async def resume(self, *_: object, **__: object) -> AsyncGenerator[tuple[Investigation, Step]]:
        await asyncio.sleep(3600)
        yield Investigation(id=new_id(), number=1, question="", scope=Scope()), ASKED


async def test_who_asked_of_a_server_that_stops_is_sent_elsewhere(
    store: Store, made: Investigation
) -> None:
    live = Live(store.investigations.steps)
    asking = asyncio.create_task(live.resume(cast(Workbench, Waiting()), made))
    await asyncio.sleep(0)
    await live.close()
    with pytest.raises(Overloaded, match="stopping"):
        await asking


async def test_a_server_that_stops_waits_for_what_only_begins(store: Store) -> None:
    live, ended = Live(store.investigations.steps), asyncio.Event()

    class Slow(Waiting):
        async def ask(self, *_: object, **__: object) -> AsyncGenerator[Never]:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.set()
            yield

    asking = asyncio.create_task(live.start(cast(Workbench, Slow()), "why?", Scope()))
    await asyncio.sleep(0.01)
    await live.close()
    assert ended.is_set()
    with pytest.raises(Overloaded, match="stopping"):
        await asking


async def test_a_conclusion_that_came_first_stands(store: Store, made: Investigation) -> None:
    async with aclosing(worked_on(store, made, told(ASKED, DONE))) as steps:
        assert [await anext(steps), await anext(steps)] == [ASKED, DONE]
        await store.leases.ask_to_stop(made.id)
        await asyncio.sleep(1.2)
        assert [step async for step in steps] == []
    assert (await store.investigations.load(made.id)).status is Status.COMPLETE


async def test_two_processes_do_not_work_on_the_same(store: Store, made: Investigation) -> None:
    async with aclosing(worked_on(store, made, endless())) as steps:
        await anext(steps)
        with pytest.raises(Conflict, match="is running"):
            await anext(worked_on(store, made, told(DONE)))
    taken_up = worked_on(store, made, told(Said(at=NOW, text="again")))
    assert isinstance(await anext(taken_up), Said)
    await taken_up.aclose()


async def test_who_lost_its_lease_stops_and_writes_nothing_more(
    store: Store, made: Investigation
) -> None:
    async with aclosing(worked_on(store, made, endless())) as steps:
        await anext(steps)
        await store.pool.run(lambda c: c.execute("delete from leases"))
        with pytest.raises(Conflict, match="not worked on here"):
            await anext(steps)
    assert (await store.investigations.load(made.id)).steps == (ASKED,)


@pytest.mark.parametrize(
    ("asked_to_stop", "status"), [(False, Status.INTERRUPTED), (True, Status.CANCELLED)]
)
async def test_one_whose_process_is_gone_says_so_once_and_can_be_taken_up(
    store: Store, made: Investigation, asked_to_stop: bool, status: Status
) -> None:
    await store.investigations.append(made.id, 0, ASKED)
    await store.leases.take(made.id, new_id())
    if asked_to_stop:
        await store.leases.ask_to_stop(made.id)
    assert await settle(store, new_id(), clock) == 0
    gone = "update leases set beat = now() - interval '6 s', owner = 0"
    await store.pool.run(lambda c: c.execute(gone))
    assert sum(await asyncio.gather(*(settle(store, new_id(), clock) for _ in range(3)))) == 1
    found = await store.investigations.load(made.id)
    assert (found.status, len(found.steps), resumable(found)) == (status, 2, True)
    assert card(found, found.steps[-1].at).state is State(status.value)
    assert await store.leases.take(made.id, new_id())


async def test_one_that_ended_before_its_process_did_is_left_as_it_is_and_its_answer_said(
    store: Store,
) -> None:
    conversation = await store.conversations.create(new_id(), title="why?")
    made = await store.investigations.create(
        new_id(), "why?", Scope(), NOW, conversation=conversation.id
    )
    for seq, step in enumerate((ASKED, DONE)):
        await store.investigations.append(made.id, seq, step)
    gone = "update leases set beat = now() - interval '6 s', owner = 0"
    for _ in range(2):
        await store.leases.take(made.id, new_id())
        await store.pool.run(lambda c: c.execute(gone))
        assert await settle(store, new_id(), clock) == 1
    assert (await store.investigations.load(made.id)).steps == (ASKED, DONE)
    said = await store.conversations.messages(conversation.id)
    assert [(m.role, m.content) for m in said] == [(Role.ASSISTANT, "web is down")]


async def test_a_question_whose_server_is_gone_before_its_first_step_is_told_and_taken_up(
    store: Store,
) -> None:
    bench = opened(store)
    made, _ = await bench.begin("what is wrong?", Scope())
    gone = "update leases set beat = now() - interval '6 s', owner = 0"
    await store.pool.run(lambda c: c.execute(gone))
    assert await settle(store, new_id(), clock) == 1
    assert (await store.investigations.load(made.id)).status is Status.INTERRUPTED
    found = [so_far async for so_far, _ in bench.resume(made.label)][-1]
    assert found.status is Status.COMPLETE
    (talk,) = await store.conversations.list((await bench.person()).id)
    said = [m.role for m in await store.conversations.messages(talk.id)]
    assert said == [Role.USER, Role.ASSISTANT]


async def test_who_is_cancelled_while_a_question_is_written_leaves_a_lease_that_lapses(
    store: Store, database: str
) -> None:
    id = new_id()
    async with connected(database) as held, held.transaction():
        await held.execute("select pg_advisory_xact_lock(hashtext('create_investigation'))")
        asking = asyncio.create_task(opened(store).begin("what is wrong?", Scope(), id=id))
        while not await held.fetchval(WAITS):  # noqa: ASYNC110 - until it is being written
            await asyncio.sleep(0.01)
        asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await settle(store, new_id(), clock) == 1
    assert (await store.investigations.load(id)).steps[-1].at == NOW


async def test_what_cannot_be_read_here_does_not_keep_the_others_from_being_settled(
    store: Store, made: Investigation
) -> None:
    later = await store.investigations.create(new_id(), "why?", Scope(), NOW)
    for one in (later, made):
        await store.investigations.append(one.id, 0, ASKED)
        await store.leases.take(one.id, new_id())
    unknown = "insert into steps select $1, 1, 'dreamt', '{\"type\": \"dreamt\"}', now()"
    await store.pool.run(lambda c: c.execute(unknown, later.id))
    gone = "update leases set beat = now() - interval '6 s', owner = 0"
    await store.pool.run(lambda c: c.execute(gone))
    assert await settle(store, new_id(), clock) == 1
    assert (await store.investigations.load(made.id)).status is Status.INTERRUPTED
    assert not await store.leases.take(later.id, new_id())  # it lapses once more


async def test_nobody_is_called_gone_by_a_server_that_was_away_itself(
    database: str, made: Investigation
) -> None:
    async with proxied(database) as (dsn, proxy), open_pool(dsn, size=2, seconds=0.3) as pool:
        far = Store(pool, pool)
        assert await far.leases.take(made.id, mine := new_id())
        proxy.set(Fault.RESET)
        settling = asyncio.create_task(keep_settling(far, new_id(), clock, back_seconds=3600))
        await asyncio.sleep(0.5)
        async with connected(database) as near:
            await near.execute("update leases set beat = '-infinity'")
            proxy.set(Fault.PASS)
            await asyncio.sleep(1.6)
            assert await near.fetchval("select holder from leases") == mine
        settling.cancel()
