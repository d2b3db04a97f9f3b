"""The record as an auditor sees it: listed, verified, exported, its roots kept, old months dropped.

Over one connection of its own that may take long, so that none of it holds up the calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.evidence import Outcome
from workbench.errors import StoreError
from workbench.store.jsonb import from_jsonb
from workbench.store.payloads import joined
from workbench.store.pool import (
    AWAY,
    CONNECT_SECONDS,
    SERVER_SETTINGS,
    UNABLE,
    Connection,
    reason,
    unavailable,
)
from workbench.store.queries import sql
from workbench.store.sight import session_settings

SETTINGS = SERVER_SETTINGS | {"plan_cache_mode": "force_custom_plan"}
"""A filter that is null is left out of the plan."""
VERIFY_AT_ONCE = 200
"""Chains verified in one request: enough to hide its round trip, few enough to show progress."""
PREFETCH = 8
"""Rows of an export in memory at once; each may hold 2 MiB of result."""


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """The hash chain of an investigation and its end, the root.

    label: ``INV-3``; the id where the investigation itself is not stored.
    events: intents and outcomes, dropped ones included. hash: hex, "" for none.
    """

    id: UUID
    label: str
    calls: int
    events: int
    hash: str


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain no longer holds: the number of the event, the call (``E7``, "" when it is not
    there) and why."""

    investigation: UUID
    label: str
    event: int
    evidence: str
    id: UUID | None
    problem: str


class KeptRoot(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an exported file of roots."""

    investigation: UUID
    label: str
    events: int
    hash: str
    at: datetime


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded call without its result. ``trace``: id of the trace that its spans are in."""

    id: UUID
    investigation: str
    trace: str
    evidence: str
    at: datetime
    user: str
    surface: str
    server: str
    tool: str
    arguments: dict[str, Any]
    cluster: str
    outcome: Outcome
    error: str
    duration_ms: float | None


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """A partition, ``2026-03``. rows: as estimated by the server, which has no estimate (0) for a
    young one."""

    name: str
    ends_at: datetime
    rows: int
    bytes: int


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """What a dropped month held."""

    name: str
    rows: int
    investigations: int
    first_at: datetime | None
    last_at: datetime | None


class Audit:
    """Every method raises StoreUnavailable when the database is away."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def chains(
        self, investigation: UUID | None = None, since: datetime | None = None
    ) -> tuple[Chain, ...]:
        """Those of one investigation, or of all with calls since then."""
        rows = await self._fetch("audited_investigations", investigation, since)
        return tuple(
            Chain(
                id=row["id"],
                label=row["label"] or str(row["id"]),
                calls=row["calls"],
                events=row["events"],
                hash=row["hash"],
            )
            for row in rows
        )

    async def verify(
        self, chains: Sequence[Chain]
    ) -> AsyncIterator[tuple[int, tuple[Broken, ...]]]:
        """Hold every event against the one before it, and the end against the roots kept in the
        database. Yields how many chains were verified so far, and which of the last few are broken.
        """
        for start in range(0, len(chains), VERIFY_AT_ONCE):
            some = {chain.id: chain for chain in chains[start : start + VERIFY_AT_ONCE]}
            rows = await self._fetch("verify_audits", list(some))
            found = {r["investigation"]: _broken(some[r["investigation"]], dict(r)) for r in rows}
            async for broken in self._unlike_their_wholes(some):
                found.setdefault(broken.investigation, broken)
            yield start + len(some), tuple(found.values())

    async def _unlike_their_wholes(self, chains: dict[UUID, Chain]) -> AsyncIterator[Broken]:
        """Rows whose large result, kept beside them, is not what they say it is."""
        for use in await self._fetch("used_payloads", list(chains)):
            problem = "" if use["named"] else "the whole result that the row names is not kept"
            if not problem and not await self._whole(use["sha256"]):
                problem = "the whole result was changed or is gone"
            if problem:
                yield _broken(
                    chains[use["investigation_id"]],
                    {"event": use["outcome_event"], "seq": use["seq"], "audit_id": use["id"],
                     "problem": problem},
                )  # fmt: skip

    async def _whole(self, digest: bytes) -> bytes | None:
        parts = await self._fetch("payload_parts", digest)
        return await asyncio.to_thread(joined, [part["body"] for part in parts], digest)

    async def contradicted(self, roots: Sequence[KeptRoot]) -> tuple[Broken, ...]:
        """Those roots, kept elsewhere, that are not of the chains stored here."""
        columns = _columns((r.investigation, r.events, r.hash) for r in roots if r.events)
        by_key = {(r.investigation, r.events): r for r in roots}
        return tuple(
            Broken(
                investigation=row["investigation_id"],
                label=by_key[row["investigation_id"], row["events"]].label,
                event=row["events"],
                evidence="",
                id=None,
                problem="another chain than the one whose root was kept",
            )
            for row in await self._fetch("contradicted_roots", *columns)
        )

    async def keep_roots(self, chains: Sequence[Chain]) -> None:
        """Write the end of each chain to the table ``audit_roots``."""
        columns = _columns((c.id, c.events, c.hash) for c in chains if c.events)
        await self._fetch("keep_roots", *columns)

    async def calls(
        self, investigation: UUID | None, since: datetime | None, limit: int
    ) -> tuple[Call, ...]:
        """Recorded calls, newest first."""
        return tuple(
            call_of(r) for r in await self._fetch("audited_calls", investigation, since, limit)
        )

    async def count(self, investigation: UUID | None, since: datetime | None) -> int:
        (row,) = await self._fetch("count_audited_calls", investigation, since)
        found: int = row["count"]
        return found

    async def export(
        self, investigation: UUID | None, since: datetime | None
    ) -> AsyncIterator[str]:
        """Recorded calls whole, as JSON texts without line ends, oldest first. As they were at one
        moment, and never more than a few of them in memory. A result too large for its row is
        there twice: its beginning as ``result``, which the chain covers, and ``whole``."""
        with _told():
            async with self._connection.transaction(isolation="repeatable_read", readonly=True):
                rows = self._connection.cursor(
                    sql("export_audit"), investigation, since, prefetch=PREFETCH
                )
                async for row in rows:
                    wholes = {kind: await self._whole(sha) for kind, sha in row["wholes"] or ()}
                    yield _with(row["line"], wholes) if wholes else row["line"]

    async def months(self) -> tuple[Month, ...]:
        """The monthly partitions there are, oldest first."""
        rows = await self._fetch("audit_months")
        return tuple(
            Month(
                name=_month(r["partition"]), ends_at=r["ends_at"], rows=r["rows"], bytes=r["bytes"]
            )
            for r in rows
        )

    async def retain(self, before: datetime) -> tuple[Dropped, ...]:
        """Drop the months that ended before. What is left still verifies."""
        dropped = tuple(_dropped(row) for row in await self._fetch("retain_audit", before))
        await self._fetch("drop_payloads")
        return dropped

    async def dropped(self) -> tuple[Dropped, ...]:
        """The months that were dropped."""
        return tuple(_dropped(row) for row in await self._fetch("dropped_months"))

    async def _fetch(self, name: str, *values: Any) -> list[asyncpg.Record]:
        with _told():
            rows: list[asyncpg.Record] = await self._connection.fetch(sql(name), *values)
        return rows


@asynccontextmanager
async def open_audit(dsn: str) -> AsyncIterator[Audit]:
    """An audit of a database whose schema is up to date (see database.open_store)."""
    with _told():
        settings = SETTINGS | session_settings()
        connection = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, server_settings=settings)
    try:
        yield Audit(connection)
    finally:
        connection.terminate()  # a long query may be running: nobody waits for it


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except asyncpg.LockNotAvailableError as error:
        raise StoreError(
            "The record is being read or written, so no month can be dropped now.",
            "Try again when exports and verifications are done.",
        ) from error
    except (ValueError, TimeoutError, *AWAY, *UNABLE) as error:
        raise unavailable(reason(error)) from error
    except asyncpg.PostgresError as error:
        raise StoreError(f"PostgreSQL refused: {reason(error)}.") from error


def _with(line: str, wholes: Mapping[str, bytes | None]) -> str:
    """A line of an export with what its row has no room for; null for what is gone."""
    whole: dict[str, Any] = {}
    for kind, raw in wholes.items():
        if raw is None:
            whole[kind] = None
        else:
            whole[kind] = raw.decode() if kind == "text" else msgspec.Raw(raw)
    return f'{line[:-1]},"whole":{msgspec.json.encode(whole).decode()}}}'


def _columns(roots: Iterable[tuple[UUID, int, str]]) -> tuple[list[UUID], list[int], list[bytes]]:
    rows = list(roots)
    return [r[0] for r in rows], [r[1] for r in rows], [bytes.fromhex(r[2]) for r in rows]


def _month(partition: str) -> str:
    return partition.removeprefix("audit_logs_").replace("_", "-")


def _broken(chain: Chain, row: Mapping[str, Any]) -> Broken:
    return Broken(
        investigation=chain.id,
        label=chain.label,
        event=row["event"],
        evidence=f"E{row['seq']}" if row["seq"] else "",
        id=row["audit_id"],
        problem=row["problem"],
    )


def call_of(row: asyncpg.Record) -> Call:
    """A row of ``audited_calls`` or ``page_of_calls``."""
    return Call(
        id=row["id"],
        investigation=row["label"] or str(row["investigation_id"]),
        trace=row["investigation_id"].hex,
        evidence=f"E{row['seq']}",
        at=row["created_at"],
        user=row["user_name"],
        surface=row["surface"],
        server=row["server"],
        tool=row["tool_name"],
        arguments=from_jsonb(row["parameters"]),
        cluster=row["cluster"],
        outcome=Outcome(row["outcome"]),
        error=row["error"],
        duration_ms=row["duration_ms"],
    )


def _dropped(row: asyncpg.Record) -> Dropped:
    return Dropped(
        name=_month(row["partition"]),
        rows=row["rows"],
        investigations=row["investigations"],
        first_at=row["first_at"],
        last_at=row["last_at"],
    )
