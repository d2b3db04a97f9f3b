"""The record of tool calls in PostgreSQL: written before the call, completed once after it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.evidence import Ended, Evidence, Intent, Outcome
from workbench.errors import StoreError, StoreUnavailable
from workbench.store.jsonb import from_jsonb, storable_text, to_jsonb
from workbench.store.pool import Pool

NOTHING_RUN = "audit store unavailable, nothing was run"
FINISH_SECONDS = 30.0
FIRST_WAIT, LONGEST_WAIT = 0.1, 1.0


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """Where an investigation's hash chain no longer holds: the number of the event and why."""

    event: int
    id: UUID | None
    problem: str


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a hash chain. Kept elsewhere, it shows a cut tail or a rewritten chain."""

    events: int
    hash: str


class PostgresRecord:
    """A Record (see core.evidence) over a pool of its own, so that nothing else can starve it."""

    def __init__(self, pool: Pool, finish_seconds: float = FINISH_SECONDS) -> None:
        self._pool = pool
        self._finish_seconds = finish_seconds
        self._begun: dict[UUID, datetime] = {}  # until settled
        self._months: set[tuple[int, int]] = set()

    async def intend(self, intent: Intent) -> str:
        """Write the intent; its label (``E7``) once it is on disk. The same twice is one row.

        Raises StoreUnavailable within the pool's ``seconds`` (1 s) when that is not certain.
        """
        try:
            await self._prepare(intent.at)
            number = await self._pool.fetchval("intend", *_columns(intent), self._pool.owner)
        except StoreUnavailable as error:
            raise StoreUnavailable(f"{NOTHING_RUN}: {error.message}", error.hint) from error
        self._begun[intent.id] = intent.at
        return f"E{number}"

    async def _prepare(self, at: datetime) -> None:
        """Make the partitions of this month and the next, once per process and month."""
        at = at.astimezone(UTC)
        month = (at.year, at.month)
        if month in self._months:
            return
        for when in (at, at.replace(day=28) + timedelta(days=7)):
            await self._pool.fetchval("ensure_audit_partition", when)
        self._months.add(month)

    async def finish(self, id: UUID, ended: Ended) -> None:
        """Write how it ended, trying again for ``finish_seconds`` while the database is away.

        Everybody sees it at once; it is on disk when ``settle`` returns, or a moment later.
        Safe to repeat: the first outcome stays. A call that is never finished is marked as unknown
        by ``sweep``. Raises StoreUnavailable when time is up, StoreError for an id never intended.
        """
        text = storable_text(ended.text)
        values = (
            ended.outcome.value,
            ended.duration_ms,
            text,
            None if ended.data is None else to_jsonb(ended.data),
            digest(text),
            storable_text(ended.error),
        )
        known = await self._persist("finish", id, self._begun.get(id), *values)
        if not known:
            self._begun.pop(id, None)
            raise StoreError(f"No tool call {id} was recorded before it ended.")

    async def settle(self, ids: Collection[UUID]) -> frozenset[UUID]:
        """Put those outcomes on disk. Returns the calls whose outcome was lost because the database
        crashed before that; finish them again.

        Raises StoreUnavailable when it is not certain.
        """
        known = [(id, self._begun[id]) for id in ids if id in self._begun]
        if not known:
            return frozenset()
        lost = await self._pool.fetchval(
            "settle_outcomes", [id for id, _ in known], [at for _, at in known]
        )
        for id, _ in known:
            if id not in lost:
                self._begun.pop(id, None)
        return frozenset(lost)

    async def _persist(self, query: str, *args: Any) -> Any:
        deadline = time.monotonic() + self._finish_seconds
        wait = FIRST_WAIT
        while True:
            try:
                return await self._pool.fetchval(query, *args)
            except StoreUnavailable:
                if time.monotonic() + wait > deadline:
                    raise
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def sweep(
        self, now: datetime, older_than: timedelta, *, abandoned_only: bool = False
    ) -> int:
        """Mark calls as unknown that began longer ago and were never finished; how many.

        abandoned_only: leave those of processes that are still connected, this one included.
        Otherwise ``older_than`` must exceed the longest a call may take, in any process.
        """
        found = await self._pool.fetch("sweep_intents", now - older_than, now, abandoned_only)
        return len(found)

    async def evidence(self, investigation: UUID, label: str) -> Evidence:
        """The call with that label. Raises StoreError when there is none."""
        number = number_of(label)
        row = await self._pool.fetchrow("evidence", investigation, number) if number else None
        if row is None:
            raise no_evidence(label)
        return _evidence(row)

    async def evidences(self, investigation: UUID) -> tuple[Evidence, ...]:
        """Every recorded call of the investigation, in the order they were intended."""
        return tuple(_evidence(r) for r in await self._pool.fetch("evidences", investigation))

    async def count(self, investigation: UUID) -> int:
        found: int = await self._pool.fetchval("count_evidences", investigation)
        return found

    async def count_all(self) -> int:
        """How many calls are recorded in all."""
        found: int = await self._pool.fetchval("count_all_evidences")
        return found

    async def verify(self, investigation: UUID) -> Broken | None:
        """The first event that is not as it was written, or None when all are."""
        row = await self._pool.fetchrow("verify_audit", investigation)
        if row is None:
            return None
        return Broken(event=row["event"], id=row["audit_id"], problem=row["problem"])

    async def root(self, investigation: UUID) -> Root:
        row = await self._pool.fetchrow("audit_root", investigation)
        return Root(events=row["events"], hash=row["hash"]) if row else Root(events=0, hash="")


def digest(text: str) -> str:
    """SHA-256 of the text in UTF-8, hex; "" for no text."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def number_of(label: str) -> int:
    """7 for ``E7``; 0 for what is no label (PostgreSQL's integer ends at ten digits)."""
    digits = label.removeprefix("E")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def no_evidence(label: str) -> StoreError:
    return StoreError(f"The investigation has no evidence {label}.", "Labels look like E7.")


def _columns(intent: Intent) -> tuple[Any, ...]:
    return (
        intent.id,
        intent.at,
        intent.investigation,
        storable_text(intent.user),
        storable_text(intent.surface),
        storable_text(intent.server),
        storable_text(intent.tool),
        to_jsonb(intent.arguments),
        storable_text(intent.cluster),
    )


def _evidence(row: asyncpg.Record) -> Evidence:
    return Evidence(
        id=row["id"],
        label=f"E{row['seq']}",
        investigation=row["investigation_id"],
        tool=row["tool_name"],
        arguments=from_jsonb(row["parameters"]),
        outcome=Outcome(row["outcome"]),
        cluster=row["cluster"],
        at=row["created_at"],
        duration_ms=row["duration_ms"],
        text=row["result"],
        data=from_jsonb(row["result_data"]),
        error=row["error"],
        sha256=row["result_sha256"],
    )
