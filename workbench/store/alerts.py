"""Alerts as they were told, the run that looked into each, and who was told what it came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.alert import Alert, AlertStatus
from workbench.core.sweep import Item, Plan, Row
from workbench.store.jsonb import storable_text, to_jsonb
from workbench.store.pool import Connection, Pool
from workbench.store.queries import sql
from workbench.store.sweeps import item_of, key_of

AT_ONCE = 20
"""Messages claimed at a time."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """The run that looks into an alert. run: ``SW-3/1``, an item of a sweep."""

    run: str
    runbook: str
    item: Item


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that was told.

    told: how often. look: None where it had none. reason: why it had another look than its rule
    says, or none. messages: by target ``sent``, ``waits``, or why it could not be told.
    """

    id: UUID
    alert: Alert
    told: int
    first_told: datetime
    last_told: datetime
    told_by: str
    look: Look | None = None
    reason: str = ""
    messages: dict[str, str] = {}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A look that alerts need. runbook: None for none, with the reason."""

    alerts: tuple[Alert, ...]
    plan: Plan | None
    parameters: dict[str, Any] = {}
    reason: str = ""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of alerts that were told together.

    new: not known before. counted: known and looked into already. runs: begun for them;
    shared: begun before, for others. without_look: with no run.
    """

    told: int = 0
    new: int = 0
    resolved: int = 0
    counted: int = 0
    runs: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    without_look: int = 0


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One that is due, claimed by whoever has it. tries: this one included."""

    sweep: UUID
    number: int
    target: str
    tries: int
    look: Look
    alerts: tuple[Alert, ...]


class Alerts:
    """Alerts over a pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def take(
        self,
        told: Sequence[Alert],
        looks: Sequence[Wanted],
        *,
        at: datetime,
        window: timedelta,
        by: str,
        new_id: Callable[[], UUID],
    ) -> Taken:
        """Keep what was told, all of it or nothing, and queue the looks that are needed.

        An alert that had its look within ``window`` is counted. Of a look that is needed, one of
        the same runbook and parameters that goes on already is shared.
        """
        alerts = {(alert.key, alert.since): alert for alert in told}

        async def work(connection: Connection) -> Taken:
            async with connection.transaction():
                await connection.execute(sql("lock_alerts"))
                rows = await _tell(connection, list(alerts.values()), at, by, new_id)
                known = {(row["key"], row["starts_at"]): row for row in rows}
                due = [wanted for wanted in (_due(w, known, at - window) for w in looks) if wanted]
                begun, shared = await _queue(connection, due, known, at, new_id)
                firing = [a for a in alerts.values() if a.status is AlertStatus.FIRING]
                needing = sum(len(wanted.alerts) for wanted in due)
                return Taken(
                    told=len(alerts),
                    new=sum(row["told"] == 1 for row in rows),
                    resolved=len(alerts) - len(firing),
                    counted=len(firing) - needing,
                    runs=begun,
                    shared=shared,
                    without_look=sum(len(w.alerts) for w in due if w.plan is None),
                )

        return await self._pool.run(work)

    async def list(
        self, limit: int = 50, *, after: tuple[datetime, UUID] | None = None, run: str = ""
    ) -> tuple[Kept, ...]:
        """The last told first. after: the last of the page before. run: only those of that run
        (``SW-3/1``). Raises NotRecorded for what names no run."""
        before, id = after or (None, None)
        sweep, item = _numbers(run)
        rows = await self._pool.fetch("alerts", limit, before, id, sweep, item)
        return tuple(map(_kept, rows))

    async def due(self, targets: Sequence[str], lease: float) -> tuple[Message, ...]:
        """Messages that nobody else tells for ``lease`` seconds."""
        rows = await self._pool.fetch("claim_messages", list(targets), lease, AT_ONCE)
        found = []
        for row in rows:
            of = await self._pool.fetch("alerts_of_run", row["sweep_id"], row["item"])
            found.append(_message(row, tuple(map(_alert, of))))
        return tuple(found)

    async def plan_messages(self, targets: Sequence[str]) -> None:
        """Note which looks have ended that those targets are to be told of."""
        await self._pool.execute("plan_messages", list(targets))

    async def sent(self, message: Message) -> None:
        await self._pool.execute("message_sent", message.sweep, message.number, message.target)

    async def failed(self, message: Message, error: str, again: float | None) -> None:
        """again: seconds until it is tried again, None for never."""
        named = (message.sweep, message.number, message.target)
        await self._pool.execute("message_failed", *named, storable_text(error), again)

    async def waiting(self, targets: Sequence[str]) -> int:
        """How many messages have neither been told nor given up."""
        return int(await self._pool.fetchval("messages_waiting", list(targets)))

    async def messages(self) -> dict[str, int]:
        """How many there are of each state: ``waits``, ``sent`` and ``given_up``."""
        row = await self._pool.fetchrow("messages_by_state")
        return dict(row) if row else {}

    async def worker_alive(self) -> bool:
        """Whether any worker is connected to this database."""
        from workbench.store.fenced import WORKER

        return bool(await self._pool.fetchval("worker_alive", WORKER))


Known = dict[tuple[str, datetime | None], asyncpg.Record]


async def _tell(
    connection: Connection,
    alerts: Sequence[Alert],
    at: datetime,
    by: str,
    new_id: Callable[[], UUID],
) -> list[asyncpg.Record]:
    columns = (
        [new_id() for _ in alerts],
        [storable_text(alert.key) for alert in alerts],
        [alert.since for alert in alerts],
        [storable_text(alert.name) for alert in alerts],
        [to_jsonb(alert.labels) for alert in alerts],
        [to_jsonb(alert.annotations) for alert in alerts],
        [alert.status.value for alert in alerts],
    )
    rows: list[asyncpg.Record] = await connection.fetch(sql("tell_alerts"), *columns, at, by)
    return rows


def _due(wanted: Wanted, known: Known, since: datetime) -> Wanted | None:
    """The look for those of its alerts that had none since then; None when each had."""

    def needs(alert: Alert) -> bool:
        looked: datetime | None = known[alert.key, alert.since]["looked_at"]
        return looked is None or looked <= since

    alerts = tuple(alert for alert in wanted.alerts if needs(alert))
    return msgspec.structs.replace(wanted, alerts=alerts) if alerts else None


class _Run(NamedTuple):
    """A run that there is; the default: none."""

    sweep: UUID | None = None
    item: int | None = None
    name: str = ""


async def _queue(
    connection: Connection,
    due: Sequence[Wanted],
    known: Known,
    at: datetime,
    new_id: Callable[[], UUID],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Queue them, a sweep for each runbook; the runs that were begun and those that are shared."""
    going = await _going(connection, due)
    shared = tuple(dict.fromkeys(run.name for run in going.values()))
    fresh: dict[Plan, list[int]] = {}
    for number, wanted in enumerate(due):
        if wanted.plan is not None and number not in going:
            fresh.setdefault(wanted.plan, []).append(number)
    begun: dict[int, _Run] = {}
    for plan, numbers in fresh.items():
        rows = [Row(parameters=due[n].parameters, context=plan.context) for n in numbers]
        begun |= zip(numbers, await _begin(connection, plan, rows, new_id()), strict=True)
    runs = {**going, **begun}
    assigned = [
        (known[alert.key, alert.since]["id"], *runs.get(number, _Run())[:2], wanted.reason)
        for number, wanted in enumerate(due)
        for alert in wanted.alerts
    ]
    ids, sweeps, items, reasons = ([row[n] for row in assigned] for n in range(4))
    kept = [storable_text(str(reason)) for reason in reasons]
    await connection.execute(sql("look_into"), ids, sweeps, items, kept, at)
    return tuple(run.name for run in begun.values()), shared


async def _going(connection: Connection, due: Sequence[Wanted]) -> dict[int, _Run]:
    """By number, the runs for other alerts that go on."""
    runbooks = [wanted.plan.runbook if wanted.plan else "" for wanted in due]
    parameters = [to_jsonb(wanted.parameters) for wanted in due]
    rows = await connection.fetch(sql("open_looks"), runbooks, parameters)
    return {
        row["number"] - 1: _Run(row["sweep_id"], row["item"], f"SW-{row['sweep']}/{row['item']}")
        for row in rows
    }


async def _begin(connection: Connection, plan: Plan, rows: Sequence[Row], id: UUID) -> list[_Run]:
    from workbench.store.queue import queue_sweep

    await queue_sweep(connection, id, plan, rows)
    (sweep,) = await connection.fetch(sql("sweeps"), 1, None, id, None)
    return [_Run(id, n, f"SW-{sweep['number']}/{n}") for n in range(1, len(rows) + 1)]


def _numbers(run: str) -> tuple[int | None, int | None]:
    sweep, _, item = run.partition("/")
    if not run:
        return None, None
    found = key_of(sweep)
    number = found if isinstance(found, int) else -1  # a sweep's id is in no run's name
    whole = item.isascii() and item.isdigit() and len(item) < 10  # integer
    return number, int(item) if whole else None


def _alert(row: asyncpg.Record) -> Alert:
    return Alert(
        labels=msgspec.json.decode(row["labels"]),
        annotations=msgspec.json.decode(row["annotations"]),
        status=AlertStatus(row["status"]),
        starts_at=row["starts_at"],
        fingerprint=row["key"],
    )


def _look(row: asyncpg.Record, item: Item) -> Look:
    plan = msgspec.json.decode(row["plan"], type=Plan)
    return Look(run=f"SW-{row['sweep']}/{item.number}", runbook=plan.runbook, item=item)


def _kept(row: asyncpg.Record) -> Kept:
    values = dict(row)
    look = None
    if row["sweep"] is not None:
        item = item_of({**values, "number": row["item"], "status": row["look_status"]})
        look = _look(row, item)
    return Kept(
        id=row["id"],
        alert=_alert(row),
        told=row["told"],
        first_told=row["first_told"],
        last_told=row["last_told"],
        told_by=row["told_by"],
        look=look,
        reason=row["reason"],
        messages=msgspec.json.decode(row["messages"]),
    )


def _message(row: asyncpg.Record, alerts: tuple[Alert, ...]) -> Message:
    item = item_of({**dict(row), "number": row["item"]})
    return Message(
        sweep=row["sweep_id"],
        number=row["item"],
        target=row["target"],
        tries=row["tries"],
        look=_look(row, item),
        alerts=alerts,
    )
