"""Sweeps and what became of their items. How items are queued is the queue's (``queue``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.cluster import Gap
from workbench.core.findings import Finding
from workbench.core.runbook import Gate
from workbench.core.sweep import End, Item, ItemStatus, Plan, Row, Schedule, Sweep
from workbench.errors import NotRecorded
from workbench.store.jsonb import storable_text, to_jsonb
from workbench.store.pool import Connection, Pool
from workbench.store.queries import sql

PAGE = 500
LOST = "Its worker gave no sign of life."


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """An item that a worker may run now. sweep: its label."""

    sweep: str
    plan: Plan
    item: Item


class Later(msgspec.Struct, frozen=True):
    """An item that may be tried again after so many seconds, not yet."""

    seconds: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found, as an item keeps it."""

    findings: tuple[Finding, ...] = ()
    gates: tuple[Gate, ...] = ()
    gaps: tuple[Gap, ...] = ()


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One try of an item. ended_as: a status of items, ``lost``, ``failed``, ``handed back``, or
    "" while it goes on."""

    number: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    ended_as: str
    error: str


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is to do. waited: seconds that the oldest job that could run has waited."""

    queued: int
    running: int
    waited: float


class Sweeps:
    """Sweeps over a pool. A try belongs to whoever holds its claim, a UUID made by the worker."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def list(self, limit: int = 20, *, person: str | None = None) -> tuple[Sweep, ...]:
        """The newest first; ``person``'s only, where given."""
        rows = await self._pool.fetch("sweeps", limit, person, None, None)
        return tuple(map(_sweep, rows))

    async def load(self, which: UUID | int | str, person: str | None = None) -> Sweep:
        """By id, number or label (``SW-3``). Raises NotRecorded, also for one of another person."""
        key = key_of(which)
        by_id, number = (key, None) if isinstance(key, UUID) else (None, key)
        row = await self._pool.fetchrow("sweeps", 1, person, by_id, number)
        if row is None:
            raise unknown(which)
        return _sweep(row)

    async def items(
        self, sweep: UUID, after: int = 0, limit: int | None = None
    ) -> tuple[Item, ...]:
        """In order, those after that number; all of them without a limit."""
        found: list[Item] = []
        while limit is None or len(found) < limit:
            most = PAGE if limit is None else min(PAGE, limit - len(found))
            rows = await self._pool.fetch("sweep_items", sweep, after, most)
            found += map(item_of, rows)
            if len(rows) < most:
                break
            after = found[-1].number
        return tuple(found)

    async def ended(self, sweep: UUID, since: datetime) -> tuple[Item, ...]:
        """Items that ended since, in that order."""
        return tuple(map(item_of, await self._pool.fetch("ended_items", sweep, since)))

    async def tries(self, sweep: UUID) -> tuple[Try, ...]:
        rows = await self._pool.fetch("sweep_tries", sweep)
        return tuple(Try(**dict(row)) for row in rows)

    async def depth(self) -> Depth:
        row = await self._pool.fetchrow("queue_depth")
        return Depth(**dict(row)) if row else Depth(queued=0, running=0, waited=0.0)

    async def begin(
        self, sweep: UUID, number: int, *, claim: UUID, worker: str, job: int
    ) -> Begun | Later | None:
        """Begin a try of an item, whose job the queue gave to this worker; None when there is
        nothing to do any more. A try that is still open was lost. Safe to repeat."""

        async def work(connection: Connection) -> Begun | Later | None:
            async with connection.transaction():
                row = await connection.fetchrow(sql("item_to_run"), sweep, number)
                if row is None or row["status"] not in ("queued", "running"):
                    return None
                if row["claim"] not in (None, claim):
                    delay = await _lost(connection, row)
                    if delay is None:
                        return None
                    if delay > 0:
                        return Later(delay)
                if row["cancelled_at"] is not None:
                    await connection.execute(sql("cancel_waiting_items"), sweep)
                    return None
                if row["claim"] != claim:
                    await connection.execute(sql("begin_item"), sweep, number, claim, worker, job)
                again = row["claim"] == claim
                return _begun(row, number, row["tries"] + (not again), worker)

        return await self._pool.run(work)

    async def settle(
        self,
        claim: UUID,
        status: ItemStatus,
        result: Result | None = None,
        error: str = "",
        notebook: str = "",
    ) -> bool:
        """End an item for good; False when the claim does not hold any more, or not yet again."""
        kept = await self._pool.fetchval(
            "settle_item", claim, status.value, None if result is None else to_jsonb(result),
            storable_text(error), bytes.fromhex(notebook) or None,
        )  # fmt: skip
        return kept is not None

    async def release(self, claim: UUID, ended: str, error: str = "", *, counts: bool) -> bool:
        """End a try and leave the item for another; False when the claim does not hold.

        counts: whether the policy counts it.
        """
        kept = await self._pool.fetchval("release_item", claim, ended, storable_text(error), counts)
        return kept is not None

    async def held(self, claims: Iterable[UUID]) -> frozenset[UUID]:
        """Of these claims those that still hold, in sweeps that are not cancelled."""
        rows = await self._pool.fetch("held_claims", list(claims))
        return frozenset(row["claim"] for row in rows)

    async def schedules(self, name: str | None = None) -> tuple[Schedule, ...]:
        """By name; that one only, where given."""
        return tuple(map(_schedule, await self._pool.fetch("schedules", name)))


async def _lost(connection: Connection, row: asyncpg.Record) -> float | None:
    """End the open try as lost; seconds until the next one, None when there is to be none."""
    plan = msgspec.json.decode(row["plan"], type=Plan)
    delay = plan.retry.delay(End.LOST, row["tries"])
    if row["cancelled_at"] is None and delay is not None:
        await connection.execute(sql("release_item"), row["claim"], End.LOST.value, LOST, True)
        return delay
    status = ItemStatus.CANCELLED if row["cancelled_at"] else ItemStatus.LOST
    await connection.execute(sql("settle_item"), row["claim"], status.value, None, LOST, None)
    return None


def _begun(row: asyncpg.Record, number: int, tries: int, worker: str) -> Begun:
    return Begun(
        sweep=f"SW-{row['sweep']}",
        plan=msgspec.json.decode(row["plan"], type=Plan),
        item=Item(
            number=number,
            parameters=msgspec.json.decode(row["parameters"]),
            context=row["context"],
            status=ItemStatus.RUNNING,
            tries=tries,
            worker=worker,
        ),
    )


def _sweep(row: asyncpg.Record) -> Sweep:
    return Sweep(
        id=row["id"],
        number=row["number"],
        plan=msgspec.json.decode(row["plan"], type=Plan),
        at=row["created_at"],
        cancelled_at=row["cancelled_at"],
        schedule=row["schedule"],
        counts=msgspec.json.decode(row["counts"], type=dict[ItemStatus, int]),
    )


def item_of(row: Mapping[str, Any] | asyncpg.Record) -> Item:
    """An item as the queries tell of it."""
    result = msgspec.json.decode(row["result"] or "{}", type=Result, strict=False)
    return Item(
        number=row["number"],
        parameters=msgspec.json.decode(row["parameters"]),
        context=row["context"],
        status=ItemStatus(row["status"]),
        tries=row["tries"],
        worker=row["worker"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        findings=result.findings,
        gates=result.gates,
        gaps=result.gaps,
        error=row["error"],
        notebook=row["notebook"],
    )


def _schedule(row: asyncpg.Record) -> Schedule:
    return Schedule(
        name=row["name"],
        cron=row["cron"],
        plan=msgspec.json.decode(row["plan"], type=Plan),
        at=row["created_at"],
        rows=msgspec.json.decode(row["rows"], type=tuple[Row, ...]) if row["rows"] else None,
        common=msgspec.json.decode(row["common"]),
        last_run=row["last_run"],
        next_run=_minute(row["next_run"]),
    )


def key_of(which: UUID | int | str) -> UUID | int:
    """What is meant by an id, ``3``, ``"3"`` or ``"SW-3"``. Raises NotRecorded."""
    if isinstance(which, UUID | int):
        return which
    digits = which.strip().upper().removeprefix("SW-")
    if digits.isascii() and digits.isdigit() and len(digits) < 19:  # bigint
        return int(digits)
    try:
        return UUID(which)
    except ValueError:
        raise unknown(which) from None


def unknown(which: object) -> NotRecorded:
    name = f"SW-{which}" if isinstance(which, int) else str(which)
    return NotRecorded(f"There is no sweep {name}.", "See `workbench sweep list`.")


def _minute(at: datetime | None) -> datetime | None:
    """The minute that is meant: PgQueuer counts whole seconds from a time with parts of one, and so
    comes out up to a second early."""
    return at and (at + timedelta(seconds=30)).replace(second=0, microsecond=0)
