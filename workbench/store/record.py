"""The record of tool calls in PostgreSQL: written before the call, completed once after it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.evidence import Ended, Evidence, Finished, Intent, Outcome
from workbench.errors import NotRecorded, StoreError, StoreUnavailable
from workbench.store.jsonb import from_jsonb, storable_text, to_jsonb
from workbench.store.payloads import NAMED, STRUCTURED, Payloads
from workbench.store.pool import Connection, Pool
from workbench.store.queries import sql

T = TypeVar("T")

NOTHING_RUN = "audit store unavailable, nothing was run"
FINISH_SECONDS = 30.0
FIRST_WAIT, LONGEST_WAIT = 0.1, 1.0
NO_OUTCOME = (None,) * 8
MARK_CHARACTERS = 500
"""At the end of a row's text, where it says that there is more of it."""


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
    """A Record (see core.evidence) over a pool of its own, so that nothing else can starve it.

    reads: another pool for what only looks, which may take longer than a call waits for its intent.
    """

    def __init__(
        self, pool: Pool, finish_seconds: float = FINISH_SECONDS, *, reads: Pool | None = None
    ) -> None:
        self._pool = pool
        self._reads = reads or pool
        self._payloads = Payloads(pool)
        self._finish_seconds = finish_seconds
        self._months: set[tuple[int, int]] = set()

    async def intend(self, intent: Intent, after: Sequence[Finished] = ()) -> str:
        """Write the intent; its label (``E7``) once it is on disk. The same twice is one row.

        after: outcomes of earlier calls of the same investigation, on disk with it.
        Raises StoreUnavailable within the pool's ``seconds`` (1 s) when that is not certain.
        """
        columns = (*_intent_columns(intent), self._pool.owner)
        outcomes = [_outcome_columns(f.intent, f.ended) for f in after]
        try:
            await self._prepare(intent.at)
            number = await self._pool.run(lambda c: _intended(c, outcomes, columns))
        except StoreUnavailable as error:
            raise StoreUnavailable(f"{NOTHING_RUN}: {error.message}", error.hint) from error
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

    async def finish(self, intent: Intent, ended: Ended) -> None:
        """Write how it ended, trying again for ``finish_seconds`` while the database is away.

        Returns when it is on disk. Safe to repeat: the first outcome stays. A call that is never
        finished is marked as unknown by ``sweep``. Raises StoreUnavailable when time is up,
        StoreError when the call was never intended.
        """
        if ended.large:
            ended = await self._persist(lambda: self._payloads.keep(intent, ended))
        columns = _outcome_columns(intent, ended)
        if not await self._persist(lambda: self._pool.fetchval("finish", *columns)):
            raise StoreError(f"No tool call {intent.id} was recorded before it ended.")

    async def _persist(self, write: Callable[[], Awaitable[T]]) -> T:
        deadline = time.monotonic() + self._finish_seconds
        wait = FIRST_WAIT
        while True:
            try:
                return await write()
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
        """The call with that label, its result whole. Raises NotRecorded when there is none."""
        number = number_of(label)
        row = await self._reads.fetchrow("evidence", investigation, number) if number else None
        if row is None:
            raise no_evidence(label)
        return await self._whole(_evidence(row))

    async def evidences(self, investigation: UUID, *, whole: bool = True) -> tuple[Evidence, ...]:
        """Every recorded call of the investigation, in the order they were intended.

        whole: with results of any size; otherwise of a large one its beginning.
        """
        rows = [_evidence(row) for row in await self._reads.fetch("evidences", investigation)]
        return tuple([await self._whole(row) for row in rows] if whole else rows)

    async def _whole(self, evidence: Evidence) -> Evidence:
        """With what is too large for its row."""
        if NAMED not in evidence.text[-MARK_CHARACTERS:]:
            return evidence
        kept = await Payloads(self._reads).of(evidence.id)
        if "data" in kept:
            evidence = msgspec.structs.replace(
                evidence,
                data=msgspec.json.decode(kept["data"]),
                text=evidence.text.rpartition(STRUCTURED)[0],
            )
        if "text" in kept:
            evidence = msgspec.structs.replace(evidence, text=kept["text"].decode())
        return msgspec.structs.replace(evidence, sha256=digest(evidence.text))

    async def count(self, investigation: UUID) -> int:
        found: int = await self._reads.fetchval("count_evidences", investigation)
        return found

    async def count_all(self) -> int:
        """How many calls are recorded in all."""
        found: int = await self._reads.fetchval("count_all_evidences")
        return found

    async def verify(self, investigation: UUID) -> Broken | None:
        """The first event that is not as it was written, or None when all are."""
        row = await self._reads.fetchrow("verify_audit", investigation)
        if row is None:
            return None
        return Broken(event=row["event"], id=row["audit_id"], problem=row["problem"])

    async def root(self, investigation: UUID) -> Root:
        row = await self._reads.fetchrow("audit_root", investigation)
        return Root(events=row["events"], hash=row["hash"]) if row else Root(events=0, hash="")


def digest(text: str) -> str:
    """SHA-256 of the text in UTF-8, hex; "" for no text."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def number_of(label: str) -> int:
    """7 for ``E7``; 0 for what is no label (PostgreSQL's integer ends at ten digits)."""
    digits = label.removeprefix("E")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def no_evidence(label: str) -> NotRecorded:
    return NotRecorded(
        f"The investigation has no evidence {label}.",
        "Labels look like E7; the steps of the investigation name them.",
    )


async def _intended(
    connection: Connection, outcomes: list[tuple[Any, ...]], intent: tuple[Any, ...]
) -> int:
    """The number of the call, by the quick way unless something of it is recorded already."""
    if len(outcomes) < 2:
        (outcome,) = outcomes or [NO_OUTCOME]
        with suppress(asyncpg.UniqueViolationError, asyncpg.NoDataFoundError):
            return int(await connection.fetchval(sql("advance"), *outcome, *intent))
    columns = list(zip(*outcomes, strict=True)) or [()] * len(NO_OUTCOME)
    return int(await connection.fetchval(sql("proceed"), *columns, *intent))


def _intent_columns(intent: Intent) -> tuple[Any, ...]:
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


def _outcome_columns(intent: Intent, ended: Ended) -> tuple[Any, ...]:
    text = storable_text(ended.text)
    return (
        intent.id,
        intent.at,
        ended.outcome.value,
        ended.duration_ms,
        text,
        None if ended.data is None else to_jsonb(ended.data),
        digest(text),
        storable_text(ended.error),
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
