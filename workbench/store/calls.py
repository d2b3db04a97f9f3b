"""Recorded calls in pages, and what was spent, for those who watch over many investigations."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.evidence import Outcome
from workbench.store.audit import Call, call_of
from workbench.store.jsonb import storable_text
from workbench.store.pool import Pool

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Before the first call."""
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
"""After the last."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls: from ``since`` on and before ``until``; "" and None mean any.

    user: who made them. owner: whose investigations they are of. words: in the name of the tool,
    the person or the cluster.
    """

    since: datetime = EVER
    until: datetime = FOREVER
    user: str = ""
    tool: str = ""
    outcome: Outcome | None = None
    investigation: UUID | None = None
    owner: UUID | None = None
    words: str = ""


ALL = Wanted()


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """One person's day (UTC). calls: tool calls, ``failed`` of them without success; requests: to a
    model; dollars: None where no price was known."""

    day: date
    user: str
    calls: int
    failed: int
    investigations: int
    requests: int
    input_tokens: int
    output_tokens: int
    dollars: Decimal | None


class Calls:
    """The record over the pool that everything but the record uses."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self, wanted: Wanted = ALL, limit: int = 50, after: UUID | None = None
    ) -> tuple[Call, ...]:
        """The newest first; those that follow ``after`` in that order, where given."""
        rows = await self._pool.fetch(
            "page_of_calls", wanted.since, wanted.until, storable_text(wanted.user) or None,
            storable_text(wanted.tool) or None, wanted.outcome.value if wanted.outcome else None,
            wanted.investigation, wanted.owner, storable_text(wanted.words) or None, after, limit,
        )  # fmt: skip
        return tuple(map(call_of, rows))

    async def spent(self, since: datetime, until: datetime, user: str = "") -> tuple[Spent, ...]:
        """By day and person, the newest day first."""
        rows = await self._pool.fetch("usage_by_day", since, until, storable_text(user) or None)
        return tuple(map(_spent, rows))


def _spent(row: asyncpg.Record) -> Spent:
    return Spent(
        day=row["day"],
        user=row["user_name"],
        calls=row["calls"],
        failed=row["failed"],
        investigations=row["investigations"],
        requests=row["requests"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        dollars=row["dollars"],
    )
