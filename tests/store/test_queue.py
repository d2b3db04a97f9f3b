"""The queue of runs on a real PostgreSQL: nothing is lost, nothing ends twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from pgqueuer import AsyncpgDriver, Queries
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter

from tests.support.postgres import connected, new_id
from workbench.core.sweep import End, ItemStatus, Plan, Retry, Row, Schedule, Sweep
from workbench.errors import Conflict, NotRecorded, UsageError
from workbench.store.database import Store
from workbench.store.fenced import Fenced
from workbench.store.line import Job, Line
from workbench.store.queue import Queue
from workbench.store.sweeps import Begun, Later, Result

LOST_SECONDS = 1.0


@pytest_asyncio.fixture
async def queue(store: Store) -> Queue:
    return Queue(store.pool)


async def plan(store: Store, **fields: Any) -> Plan:
    source = await store.notebooks.keep("{}")
    kept = {"retry": Retry(seconds=0.0), **fields}
    return Plan(runbook="light", source=source, over="rows.csv", person="ann", **kept)


async def queued(store: Store, count: int, context: str = "", **fields: Any) -> Sweep:
    rows = [Row(parameters={"number": n}, context=context) for n in range(1, count + 1)]
    made = await Queue(store.pool).create(new_id(), await plan(store, **fields), rows)
    assert made is not None
    return made


async def nothing() -> None:
    pass


async def never(name: str, after: datetime) -> None:
    raise AssertionError(f"{name} fired")


@asynccontextmanager
async def serving(
    store: Store,
    dsn: str,
    run: Callable[[Job, asyncio.Event], Awaitable[float | None]],
    *,
    fire: Callable[[str, datetime], Awaitable[None]] = never,
    clusters: Collection[str] = ("",),
    at_once: int = 8,
    per_cluster: int = 100,
) -> AsyncIterator[None]:
    """A worker whose runs are that function."""
    line = Line(
        store.pool, run=run, fire=fire, clusters=clusters, at_once=at_once,
        per_cluster=per_cluster, lost_seconds=LOST_SECONDS,
    )  # fmt: skip
    task = asyncio.create_task(line.serve(dsn))
    try:
        yield
    finally:
        line.stop()
        await task


def healthy(store: Store) -> Callable[[Job, asyncio.Event], Awaitable[float | None]]:
    """Begins and settles each item at once."""

    async def run(job: Job, cancelled: asyncio.Event) -> float | None:
        claim = new_id()
        begun = await store.sweeps.begin(job.sweep, job.number, claim=claim, worker="w", job=job.id)
        if isinstance(begun, Later):
            return begun.seconds
        if begun is not None:
            assert await store.sweeps.settle(claim, ItemStatus.HEALTHY, Result())
        return None

    return run


async def until(what: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not await what():  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.02)


async def ended(store: Store, id: UUID) -> bool:
    return not (await store.sweeps.load(id)).open


async def test_the_tables_are_those_that_pgqueuer_declares(database: str) -> None:
    async with connected(database) as connection:
        wanted = await Queries(AsyncpgDriver(connection)).plan_upgrade()
    assert wanted.statements == ()


async def test_every_item_runs_once_whoever_takes_it(store: Store, database: str) -> None:
    sweep = await queued(store, 40)
    async with serving(store, database, healthy(store)), serving(store, database, healthy(store)):
        await until(lambda: ended(store, sweep.id))
    assert (await store.sweeps.load("SW-1")).counts == {ItemStatus.HEALTHY: 40}
    assert [t.ended_as for t in await store.sweeps.tries(sweep.id)] == ["healthy"] * 40


async def test_a_worker_hears_its_own_first_question_whether_it_hears(
    store: Store, database: str
) -> None:
    for _ in range(12):  # a question that comes too early is lost in one start of four
        line = Line(
            store.pool, run=healthy(store), fire=never, clusters=("",), at_once=2, per_cluster=2,
            lost_seconds=LOST_SECONDS,
        )  # fmt: skip
        task = asyncio.create_task(line.serve(database))
        async with asyncio.timeout(30):
            while not (line._manager and line._manager.qm.pending_health_check):  # noqa: ASYNC110
                await asyncio.sleep(0)
            (asked,) = line._manager.qm.pending_health_check.values()
            await asyncio.wait({asked})
        line.stop()
        await asyncio.wait({task})
        assert not asked.cancelled()
        await task


async def test_creating_a_sweep_again_changes_nothing(store: Store, queue: Queue) -> None:
    sweep = await queued(store, 2)
    again = await queue.create(sweep.id, sweep.plan, [Row(parameters={})] * 5)
    assert again is not None
    assert (again.number, again.total) == (sweep.number, 2)


async def test_an_item_whose_worker_is_lost_is_tried_again_and_the_lost_one_ends_nothing(
    store: Store, database: str
) -> None:
    sweep = await queued(store, 1)
    first = new_id()
    begun = await store.sweeps.begin(sweep.id, 1, claim=first, worker="gone", job=1)
    assert isinstance(begun, Begun)
    async with serving(store, database, healthy(store)):  # the job is there, and nobody's
        await until(lambda: ended(store, sweep.id))
    assert not await store.sweeps.settle(first, ItemStatus.FAILED)
    assert not await store.sweeps.release(first, "failed", counts=True)
    (item,) = await store.sweeps.items(sweep.id)
    assert (item.status, item.tries) == (ItemStatus.HEALTHY, 2)
    assert [t.ended_as for t in await store.sweeps.tries(sweep.id)] == ["lost", "healthy"]


async def test_a_worker_that_was_taken_for_lost_leaves_the_job_to_the_other(
    store: Store, database: str
) -> None:
    await queued(store, 1)
    async with connected(database) as connection:
        lost = Fenced(AsyncpgDriver(connection))
        lost.holder, lost.before = QueueManagerId(new_id()), nothing
        options = {"global_concurrency_limit": None, "heartbeat_timeout": timedelta(seconds=30)}
        takes = {QueueEntrypoint("run@"): EntrypointExecutionParameter(concurrency_limit=1)}
        (job,) = await lost.dequeue(1, takes, lost.holder, **options)
        other = "update pgqueuer set queue_manager_id = $1, heartbeat = now() - interval '1 day'"
        await connection.execute(other, new_id())
        left = await connection.fetchrow("select * from pgqueuer")
        await lost.log_jobs([(job, "successful", None)])
        await lost.retry_job(job, timedelta(0), None)
        await lost.update_heartbeat([job.id])
        assert await connection.fetchrow("select * from pgqueuer") == left


async def test_an_item_is_given_up_when_its_tries_are_used_up(store: Store) -> None:
    sweep = await queued(store, 1, retry=Retry(times=1, seconds=0.0))
    tried = [
        await store.sweeps.begin(sweep.id, 1, claim=new_id(), worker="w", job=1) for _ in range(3)
    ]
    assert [type(one) for one in tried] == [Begun, Begun, type(None)]
    (item,) = await store.sweeps.items(sweep.id)
    assert (item.status, item.tries) == (ItemStatus.LOST, 2)


async def test_the_next_try_waits_as_the_policy_says(store: Store) -> None:
    sweep = await queued(store, 1, retry=Retry(seconds=4.0))
    await store.sweeps.begin(sweep.id, 1, claim=new_id(), worker="w", job=1)
    waits = await store.sweeps.begin(sweep.id, 1, claim=new_id(), worker="w", job=1)
    assert waits == Later(4.0)
    (item,) = await store.sweeps.items(sweep.id)
    assert item.status is ItemStatus.QUEUED


async def test_beginning_with_the_same_claim_again_is_one_try(store: Store) -> None:
    sweep, claim = await queued(store, 1), new_id()
    for _ in range(2):
        begun = await store.sweeps.begin(sweep.id, 1, claim=claim, worker="w", job=1)
        assert isinstance(begun, Begun)
        assert begun.item.tries == 1


async def test_cancelling_stops_what_runs_and_ends_what_waits(
    store: Store, database: str, queue: Queue
) -> None:
    sweep = await queued(store, 3)
    stopped: list[int] = []

    async def run(job: Job, cancelled: asyncio.Event) -> None:
        claim = new_id()
        await store.sweeps.begin(job.sweep, job.number, claim=claim, worker="w", job=job.id)
        await cancelled.wait()
        stopped.append(job.number)
        assert await store.sweeps.held([claim]) == frozenset()
        await store.sweeps.settle(claim, ItemStatus.CANCELLED)

    async def running() -> bool:
        return (await store.sweeps.load(sweep.id)).counts.get(ItemStatus.RUNNING) == 2

    async with serving(store, database, run, at_once=2):
        await until(running)
        await queue.cancel(sweep.id)
        await until(lambda: ended(store, sweep.id))
    assert len(stopped) == 2
    assert (await store.sweeps.load(sweep.id)).counts == {ItemStatus.CANCELLED: 3}
    await queue.cancel(sweep.id)  # again: nothing more
    assert await store.sweeps.begin(sweep.id, 3, claim=new_id(), worker="w", job=1) is None


async def test_a_cluster_has_no_more_runs_at_a_time_than_it_may(
    store: Store, database: str
) -> None:
    sweeps = [await queued(store, 4, context=c) for c in ("a", "b")]
    at_once = {"a": 0, "b": 0}
    most = {"a": 0, "b": 0}
    settle = healthy(store)

    async def run(job: Job, cancelled: asyncio.Event) -> float | None:
        cluster = "a" if job.sweep == sweeps[0].id else "b"
        at_once[cluster] += 1
        most[cluster] = max(most[cluster], at_once[cluster])
        await asyncio.sleep(0.1)
        at_once[cluster] -= 1
        return await settle(job, cancelled)

    terms: dict[str, Any] = {"clusters": ("a", "b"), "per_cluster": 1}
    async with serving(store, database, run, **terms), serving(store, database, run, **terms):
        for sweep in sweeps:
            await until(lambda id=sweep.id: ended(store, id))
    assert most == {"a": 1, "b": 1}


async def test_a_worker_leaves_clusters_alone_that_it_does_not_know(
    store: Store, database: str
) -> None:
    ours, other = await queued(store, 1, context="ours"), await queued(store, 1, context="other")
    async with serving(store, database, healthy(store), clusters=("", "ours")):
        await until(lambda: ended(store, ours.id))
    assert (await store.sweeps.load(other.id)).counts == {ItemStatus.QUEUED: 1}


async def test_a_job_that_cannot_be_asked_about_comes_again(store: Store, database: str) -> None:
    sweep, seen = await queued(store, 1), 0
    settle = healthy(store)

    async def run(job: Job, cancelled: asyncio.Event) -> float | None:
        nonlocal seen
        seen += 1
        return 0.0 if seen < 3 else await settle(job, cancelled)

    async with serving(store, database, run):
        await until(lambda: ended(store, sweep.id))
    assert seen == 3


async def test_what_lost_its_job_is_queued_again(store: Store, database: str, queue: Queue) -> None:
    sweep = await queued(store, 2)
    gone = await queued(store, 1)
    async with connected(database) as connection:
        await connection.execute("delete from pgqueuer")
        await connection.execute("update sweeps set cancelled_at = now() where id = $1", gone.id)
    assert await queue.reconcile() == 3
    assert await queue.reconcile() == 0
    assert (await store.sweeps.load(gone.id)).counts == {ItemStatus.CANCELLED: 1}
    async with serving(store, database, healthy(store)):
        await until(lambda: ended(store, sweep.id))


async def test_a_schedule_begins_one_sweep_each_time_whoever_watches(
    store: Store, database: str, queue: Queue
) -> None:
    made = Schedule(
        name="often", cron="* * * * * *", plan=await plan(store), at=datetime.now(UTC),
        rows=(Row(parameters={}),),
    )  # fmt: skip
    await queue.add_schedule(made)

    async def fire(name: str, after: datetime) -> None:
        (due,) = await store.sweeps.schedules(name)
        for _ in range(2):  # as after a worker that was lost in between
            await queue.create(new_id(), due.plan, due.rows or (), schedule=name, after=after)

    async def twice() -> bool:
        return len(await store.sweeps.list()) >= 2

    run = healthy(store)
    async with serving(store, database, run, fire=fire), serving(store, database, run, fire=fire):
        await until(twice)
    async with connected(database) as connection:
        dues = await connection.fetch("select due_after from sweeps")
    assert len({row["due_after"] for row in dues}) == len(dues)
    (known,) = await store.sweeps.schedules()
    assert known.last_run is not None
    await queue.remove_schedule("often")
    assert await store.sweeps.schedules() == ()


async def test_a_schedule_has_a_name_of_its_own_and_a_cron_expression(
    store: Store, queue: Queue
) -> None:
    made = Schedule(
        name="daily", cron="0 6 * * *", plan=await plan(store), at=datetime.now(UTC), rows=()
    )
    await queue.add_schedule(made)
    with pytest.raises(Conflict, match="daily"):
        await queue.add_schedule(made)
    with pytest.raises(UsageError, match="every day"):
        await queue.add_schedule(Schedule(name="x", cron="every day", plan=made.plan, at=made.at))
    assert [s.name for s in await store.sweeps.schedules()] == ["daily"]
    with pytest.raises(NotRecorded):
        await queue.remove_schedule("weekly")


async def test_a_failed_try_counts_only_when_it_is_said_to(store: Store) -> None:
    sweep = await queued(store, 1, retry=Retry(on=(End.FAILED,)))
    for counts, tries in ((False, 0), (True, 1)):
        claim = new_id()
        await store.sweeps.begin(sweep.id, 1, claim=claim, worker="w", job=1)
        assert await store.sweeps.release(claim, "failed", "It broke.", counts=counts)
        (item,) = await store.sweeps.items(sweep.id)
        assert (item.tries, item.status, item.error) == (tries, ItemStatus.QUEUED, "It broke.")


async def test_another_persons_sweep_is_not_there(store: Store) -> None:
    sweep = await queued(store, 1)
    assert (await store.sweeps.load(sweep.label, "ann")).id == sweep.id
    with pytest.raises(NotRecorded):
        await store.sweeps.load(sweep.label, "bob")
    assert await store.sweeps.list(person="bob") == ()
    assert (await store.sweeps.depth()).queued == 1
