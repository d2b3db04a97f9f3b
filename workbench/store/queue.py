"""The queue of runs: PgQueuer's tables, heartbeats, cancellation, limits and cron schedules.

Each cluster is an entrypoint of its own, so that PgQueuer's limit on how many jobs of an entrypoint
are under way at a time, whoever runs them, is a limit per cluster. A job only names an item; what
becomes of the item is decided under its claim (``sweeps``), so a job that is given out twice does
no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from pgqueuer import AsyncpgDriver, AsyncpgPoolDriver, PgQueuer, Queries, RetryRequested
from pgqueuer.domain.models import Context
from pgqueuer.domain.models import Job as Picked
from pgqueuer.domain.models import Schedule as Due
from pgqueuer.domain.types import CronEntrypoint, JobId, QueueExecutionMode
from pgqueuer.errors import PgqException

from workbench.core.sweep import Plan, Row, Schedule, Sweep
from workbench.errors import Conflict, NotRecorded, StoreError, UsageError
from workbench.store.fenced import Fenced, listening_pool
from workbench.store.jsonb import storable_text, to_jsonb
from workbench.store.pool import (
    AWAY,
    Connection,
    Pool,
    reason,
    unavailable,
)
from workbench.store.queries import sql
from workbench.store.sweeps import Sweeps

RUN, SCHEDULE, HOUSEKEEPING = "run@", "schedule:", "housekeeping"
NOTIFIED = 500
"""Jobs named in one notification, which holds 8000 bytes at most (PostgreSQL, NOTIFY)."""
AGAIN_SECONDS = 5.0
"""Until a job is tried again that the store could not be asked about."""
FULL_SECONDS = 1.0
"""Between two looks of a worker that has its hands full; the end of a run makes it look at once."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An item that the queue gave to this worker."""

    id: int
    sweep: UUID
    number: int


Run = Callable[[Job, asyncio.Event], Awaitable[float | None]]
"""Runs a job until it has ended or the event says that it is cancelled; seconds after which it is
to be given out again, None when it is done with."""
Fire = Callable[[str, datetime], Awaitable[None]]
"""Begins the sweep of the schedule of that name, once for the run before that it had then."""


class Queue:
    """What puts work into the queue, over the store's pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sweeps = Sweeps(pool)

    async def create(
        self,
        id: UUID,
        plan: Plan,
        rows: Sequence[Row],
        *,
        schedule: str | None = None,
        after: datetime | None = None,
    ) -> Sweep | None:
        """Keep a sweep and queue every item of it, or nothing of it. Safe to repeat.

        schedule, after: which schedule begins it, and its run before; None when it has begun one
        after that already.
        """

        async def work(connection: Connection) -> bool:
            async with connection.transaction():
                return await queue_sweep(connection, id, plan, rows, schedule, after)

        if not await self._pool.run(work) and schedule is not None:
            return None
        return await self._sweeps.load(id)

    async def cancel(self, sweep: UUID) -> None:
        """Begin no item any more, and have those that run stopped by their workers."""

        async def work(connection: Connection) -> None:
            async with connection.transaction():
                await connection.execute(sql("cancel_sweep"), sweep)
                await connection.execute(sql("cancel_waiting_items"), sweep)
                jobs = [row["id"] for row in await connection.fetch(sql("open_jobs"), sweep)]
                queries = _queries(connection)
                for start in range(0, len(jobs), NOTIFIED):
                    await queries.mark_job_as_cancelled(jobs[start : start + NOTIFIED])

        await self._pool.run(work)

    async def reconcile(self) -> int:
        """Queue again what has neither ended nor a job; how many. Forgets old entries of
        PgQueuer's log."""

        async def work(connection: Connection) -> int:
            async with connection.transaction():
                orphans = await connection.fetch(sql("orphaned_items"))
                for row in orphans:
                    await _adopt(connection, row)
                await connection.execute(sql("drop_queue_log"))
                return len(orphans)

        return await self._pool.run(work)

    async def add_schedule(self, schedule: Schedule) -> None:
        """Raises Conflict when the name is taken, UsageError for what is no cron expression."""

        async def work(connection: Connection) -> bool:
            async with connection.transaction():
                kept = await connection.fetchval(
                    sql("add_schedule"), schedule.name, schedule.cron, to_jsonb(schedule.plan),
                    bytes.fromhex(schedule.plan.source),
                    None if schedule.rows is None else to_jsonb(schedule.rows),
                    to_jsonb(schedule.common),
                )  # fmt: skip
                if kept is None:
                    return False
                manager = PgQueuer(AsyncpgDriver(_own(connection))).sm
                _register(manager.schedule, schedule, _nothing)
                due = {key: executor.next_in() for key, executor in manager.registry.items()}
                await manager.queries.insert_schedule(due)
                return True

        if not await self._pool.run(work):
            raise Conflict(
                f"There is a schedule {schedule.name} already.",
                f"Remove it first: workbench schedule remove {schedule.name}.",
            )

    async def remove_schedule(self, name: str) -> None:
        """Raises NotRecorded when there is none. What it has begun goes on."""

        async def work(connection: Connection) -> bool:
            async with connection.transaction():
                if await connection.fetchval(sql("remove_schedule"), name) is None:
                    return False
                known = {CronEntrypoint(SCHEDULE + name)}
                await _queries(connection).delete_schedule(set(), known)
                return True

        if not await self._pool.run(work):
            raise NotRecorded(f"There is no schedule {name}.", "See `workbench schedule list`.")


class Line:
    """What takes work out of the queue, for one worker.

    clusters: contexts whose runs this worker takes; all there are where it is None.
    at_once: runs at a time here; per_cluster: at a time for one cluster, by all workers.
    lost_seconds: without a sign of life, after which a worker's jobs go to others.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        run: Run,
        fire: Fire,
        clusters: Collection[str],
        at_once: int,
        per_cluster: int,
        lost_seconds: float,
    ) -> None:
        self._store = pool
        self._run, self._fire = run, fire
        self._clusters = frozenset(clusters)
        self._at_once, self._per_cluster = at_once, per_cluster
        self._lost_seconds = lost_seconds
        self._manager: PgQueuer | None = None
        self._stopped = False

    async def serve(self, dsn: str, *, drain: bool = False) -> None:
        """Take jobs until ``stop``, or with ``drain`` until none is left; returns when those under
        way here have ended. Raises StoreUnavailable when the database goes away."""
        async with listening_pool(dsn) as pool:
            queries = Fenced(AsyncpgPoolDriver(pool))
            self._manager = manager = PgQueuer(queries.driver, queries=queries)
            queries.holder = manager.qm.queue_manager_id
            queries.before = self._refresh
            manager.qm.min_dequeue_poll_interval = timedelta(seconds=FULL_SECONDS)
            manager.schedule(HOUSEKEEPING, "* * * * *")(self._keep_house)
            try:
                await self._refresh()
                # PgQueuer (1.6) asks whether it hears itself before it listens, unless one does.
                await queries.driver.add_listener(manager.channel, _unheard)
                if not self._stopped:
                    await self._serve(manager, drain)
            except AWAY as error:
                raise unavailable(reason(error)) from error
            except PgqException as error:
                raise unavailable("it sends no notifications") from error
            finally:
                self._manager = None

    async def _serve(self, manager: PgQueuer, drain: bool) -> None:
        lost = timedelta(seconds=self._lost_seconds)
        await manager.run(
            batch_size=1,
            max_concurrent_tasks=max(2, self._at_once),  # PgQueuer: at least two batches
            heartbeat_timeout=lost,
            dequeue_timeout=min(lost / 2, timedelta(seconds=AGAIN_SECONDS)),
            shutdown_on_listener_failure=True,
            mode=QueueExecutionMode.drain if drain else QueueExecutionMode.continuous,
        )

    def stop(self) -> None:
        """Take nothing more."""
        self._stopped = True
        if self._manager:
            self._manager.shutdown.set()

    async def _refresh(self) -> None:
        """Know the clusters and the schedules that came since."""
        manager = self._manager
        if manager is None:
            return
        for row in await self._store.fetch("queued_clusters"):
            name: str = row["entrypoint"]
            ours = name.startswith(RUN) and name.removeprefix(RUN) in self._clusters
            if ours and name not in manager.qm.entrypoint_registry:
                limited = manager.entrypoint(name, concurrency_limit=self._per_cluster)
                limited(self._dispatch)
        known = {key.entrypoint for key in manager.sm.registry}
        for row in await self._store.fetch("schedules", None):
            if CronEntrypoint(SCHEDULE + row["name"]) not in known:
                manager.schedule(SCHEDULE + row["name"], row["cron"])(self._due)

    async def _dispatch(self, picked: Picked, context: Context) -> None:
        named = msgspec.json.decode(picked.payload or b"{}")
        job = Job(id=picked.id, sweep=UUID(named["sweep"]), number=named["item"])
        cancelled = asyncio.Event()
        work = asyncio.ensure_future(self._run(job, cancelled))
        try:
            with context.cancellation:
                await asyncio.wait({work})
        finally:
            if not work.done():
                cancelled.set()
                await asyncio.wait({work})
        try:
            again = work.result()
        except StoreError as error:
            raise RetryRequested(timedelta(seconds=AGAIN_SECONDS), error.message) from error
        if again is not None:
            raise RetryRequested(timedelta(seconds=again))

    async def _due(self, due: Due) -> None:
        # The run before names this one: until it has ended, it stays what it was.
        await self._fire(due.entrypoint.removeprefix(SCHEDULE), due.last_run or due.created)

    async def _keep_house(self, due: Due) -> None:
        await Queue(self._store).reconcile()


async def queue_sweep(
    connection: Connection,
    id: UUID,
    plan: Plan,
    rows: Sequence[Row],
    schedule: str | None = None,
    after: datetime | None = None,
) -> bool:
    """Keep a sweep and queue its items, within a transaction; whether it was not there before."""
    made = (id, to_jsonb(plan), bytes.fromhex(plan.source), schedule, after)
    if await connection.fetchval(sql("create_sweep"), *made) is None:
        return False
    jobs = await _enqueue(connection, [(id, n, r.context) for n, r in enumerate(rows, 1)])
    await connection.execute(
        sql("add_items"), id, [storable_text(r.context) for r in rows],
        [to_jsonb(r.parameters) for r in rows], jobs,
    )  # fmt: skip
    return True


def _own(connection: Connection) -> Any:
    return connection


def _queries(connection: Connection) -> Queries:
    return Queries(AsyncpgDriver(_own(connection)))


async def _enqueue(
    connection: Connection, items: Sequence[tuple[UUID, int, str]]
) -> list[JobId | None]:
    """A job for each item (sweep, number, context), None for those that have one."""
    payloads = [{"sweep": str(sweep), "item": number} for sweep, number, _ in items]
    return await _queries(connection).enqueue(
        [RUN + context for _, _, context in items],
        [msgspec.json.encode(payload) for payload in payloads],
        [0] * len(items),
        dedupe_key=[f"{sweep}/{number}" for sweep, number, _ in items],
        on_conflict="skip",
    )


async def _adopt(connection: Connection, row: asyncpg.Record) -> None:
    if row["cancelled"]:
        if row["claim"]:
            gone = (row["claim"], "cancelled", None, "", None)
            await connection.execute(sql("settle_item"), *gone)
        await connection.execute(sql("cancel_waiting_items"), row["sweep_id"])
        return
    item = (row["sweep_id"], row["number"], row["context"])
    (job,) = await _enqueue(connection, [item])
    if job is not None:
        await connection.execute(sql("set_job"), row["sweep_id"], row["number"], job)


def _register(schedule: Any, wanted: Schedule, function: Any) -> None:
    try:
        schedule(SCHEDULE + wanted.name, wanted.cron)(function)
    except ValueError as error:
        raise UsageError(
            f"{wanted.cron!r} is no cron expression.", "Like '0 6 * * 1-5': at six on weekdays."
        ) from error


def _unheard(payload: str | bytes | bytearray) -> None:
    """Stands where only listening matters."""


async def _nothing(due: Due) -> None:
    """Stands where only the time matters."""
