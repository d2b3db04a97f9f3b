"""Investigations and their steps in PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.cluster import Scope
from workbench.core.investigation import Investigation, Step
from workbench.errors import Conflict, NotRecorded
from workbench.store.jsonb import storable_text, to_jsonb
from workbench.store.pool import Pool

_STEPS = msgspec.json.Decoder(Step)
"""Made once: to put together what steps look like takes 20 times as long as to read one."""


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What one person spent with one model on one day (UTC). ``dollars`` is None where no price is
    known."""

    day: date
    model: str
    person: str
    questions: int
    calls: int
    input_tokens: int
    output_tokens: int
    dollars: Decimal | None
    seconds: float


class PostgresInvestigations:
    """Where investigations are kept.

    ``create`` and ``append`` may be repeated with the same arguments and then change nothing.
    Sessions, which hold what a person called by hand, are counted apart from the others.
    All raise StoreUnavailable when the store is away, NotRecorded when there is no such thing.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(
        self,
        id: UUID,
        question: str,
        scope: Scope,
        at: datetime,
        *,
        user: UUID | None = None,
        conversation: UUID | None = None,
        session: bool = False,
    ) -> Investigation:
        values = (storable_text(question), to_jsonb(scope), user, conversation, at, session)
        await self._pool.execute("create_investigation", id, *values)
        return await self.load(id)

    async def append(self, id: UUID, seq: int, step: Step) -> None:
        """Append step number ``seq`` (0 for the first). A different step there is an error."""
        body = to_jsonb(step)
        kind = type(step).__struct_config__.tag
        if await self._pool.fetchval("append_step", id, seq, kind, body, step.at) is not None:
            return
        kept = await self._pool.fetchval("step_body", id, seq)
        if msgspec.json.decode(kept) != msgspec.json.decode(body):
            raise taken(id, seq)

    async def load(self, which: UUID | int | str, user: UUID | None = None) -> Investigation:
        """By id, number or label (``INV-12``, ``S-3`` for a session); with ``user`` only that
        user's, as if there were no others."""
        key = key_of(which)
        if isinstance(key, UUID):
            row = await self._pool.fetchrow("investigation_by_id", key, user)
        else:
            number = (key.number, key.session, user)
            row = await self._pool.fetchrow("investigation_by_number", *number)
        if row is None:
            raise unknown(key if isinstance(key, UUID) else which)
        return (await self._with_steps([row]))[0]

    async def steps(self, id: UUID, after: int = -1) -> tuple[Step, ...]:
        """The steps that follow number ``after``, in order."""
        rows = await self._pool.fetch("steps_after", id, after)
        return tuple(_STEPS.decode(row["body"]) for row in rows)

    async def recent(
        self, limit: int = 20, *, user: UUID | None = None, before: int | None = None
    ) -> tuple[Investigation, ...]:
        """The newest investigations with their steps, newest first, without sessions; of ``user``
        only, and with a number under ``before`` only, where given."""
        rows = await self._pool.fetch("recent_investigations", limit, user, before)
        return await self._with_steps(rows)

    async def of_conversation(self, conversation: UUID, limit: int) -> tuple[Investigation, ...]:
        """The newest ``limit`` investigations of a conversation, oldest first."""
        rows = await self._pool.fetch("investigations_of_conversation", conversation, limit)
        return (await self._with_steps(rows))[::-1]

    async def asking(
        self, question: str, scope: Scope, limit: int = 20, *, user: UUID | None = None
    ) -> tuple[Investigation, ...]:
        values = (storable_text(question), to_jsonb(scope), limit, user)
        return await self._with_steps(await self._pool.fetch("investigations_asking", *values))

    async def usage(self, since: datetime, user: UUID | None = None) -> tuple[Spent, ...]:
        """What was spent since then by day, model and person; of ``user`` only, where given."""
        rows = await self._pool.fetch("spent_by_day", user, since)
        return tuple(Spent(**dict(row)) for row in rows)

    async def _with_steps(self, rows: list[asyncpg.Record]) -> tuple[Investigation, ...]:
        steps: dict[UUID, list[Step]] = defaultdict(list)
        for row in await self._pool.fetch("steps_of", [row["id"] for row in rows]):
            steps[row["investigation_id"]].append(_STEPS.decode(row["body"]))
        return tuple(
            Investigation(
                id=row["id"],
                number=row["number"],
                session=row["session"],
                question=row["question"],
                scope=msgspec.json.decode(row["scope"], type=Scope),
                steps=tuple(steps[row["id"]]),
            )
            for row in rows
        )


class Number(msgspec.Struct, frozen=True):
    """``INV-12`` is number 12, ``S-3`` the session's number 3."""

    number: int
    session: bool = False


def key_of(which: UUID | int | str) -> UUID | Number:
    """What is meant by an id, ``12``, ``"12"``, ``"INV-12"`` or ``"S-3"``. Raises
    NotRecorded."""
    if isinstance(which, UUID):
        return which
    if isinstance(which, int):
        return Number(which)
    words = which.strip().upper()
    session = words.startswith("S-")
    digits = words.removeprefix("S-" if session else "INV-")
    if digits.isascii() and digits.isdigit() and len(digits) < 19:  # bigint
        return Number(int(digits), session)
    try:
        return UUID(which)
    except ValueError:
        raise unknown(which) from None


def unknown(which: object) -> NotRecorded:
    if isinstance(which, UUID):
        return NotRecorded(
            f"The investigation {which} is not in the database that is open here.",
            "Open it where it was recorded: DATABASE_URL or WORKBENCH_GATEWAY says which that is.",
        )
    name = f"INV-{which}" if isinstance(which, int) else str(which)
    return NotRecorded(
        f"There is no investigation {name}.",
        "They look like INV-12: see `workbench investigations list`.",
    )


def taken(id: UUID, seq: int) -> Conflict:
    return Conflict(
        f"Investigation {id} already has another step {seq}.",
        "Another process may be writing to it; load it again.",
    )
