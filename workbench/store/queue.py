"""The queue of runs, in PgQueuer's tables: what puts work into it. What takes it out is the line
(``line``).

Each cluster is an entrypoint of its own, so that PgQueuer's limit on how many jobs of an entrypoint
are under way at a time, whoever runs them, is a limit per cluster. A job only names an item; what
becomes of the item is decided under its claim (``sweeps``), so a job that is given out twice does
no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from pgqueuer import AsyncpgDriver, PgQueuer, Queries
from pgqueuer.domain.models import Schedule as Due
from pgqueuer.domain.types import CronEntrypoint, JobId

from workbench.core.sweep import Plan, Row, Schedule, Sweep
from workbench.errors import Conflict, NotRecorded, UsageError
from workbench.store.jsonb import storable_text, to_jsonb
from workbench.store.pool import Connection, Pool
from workbench.store.queries import sql
from workbench.store.sweeps import Sweeps

RUN, SCHEDULE = "run@", "schedule:"
NOTIFIED = 500
"""Jobs named in one notification, which holds 8000 bytes at most (PostgreSQL, NOTIFY)."""


class Queue:
    """Puts work into the queue, over the store's pool."""

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


async def _nothing(due: Due) -> None:
    """Stands where only the time matters."""
