"""Incidents and what is attached to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.incident import Incident, IncidentNote, Outcome
from workbench.errors import Conflict, NotRecorded
from workbench.store.jsonb import storable_text
from workbench.store.pool import Pool

ALL = 10_000


class Incidents:
    """Incidents over a pool. A person sees their own and the shared ones; None sees them all."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def open(
        self,
        id: UUID,
        title: str,
        by: str,
        at: datetime,
        *,
        user: UUID,
        shared: bool = False,
        namespace: str = "",
    ) -> Incident:
        """A new incident of the user, or of everybody. Opening it again changes nothing."""
        owner = None if shared else user
        values = (storable_text(title), namespace, owner, by, at)
        number = await self._pool.fetchval("open_incident", id, *values)
        found = await self.seen_by(user) if number is None else [await self.load(number, user)]
        return next(one for one in found if one.id == id)

    async def load(self, which: int | str, user: UUID | None) -> Incident:
        """By number or label (``INC-4``). Raises NotRecorded, for somebody else's too."""
        digits = str(which).strip().upper().removeprefix("INC-")
        if digits.isascii() and digits.isdigit() and len(digits) < 19:  # bigint
            rows = await self._pool.fetch("incidents_seen_by", user, int(digits), False, 1)
            if rows:
                return _incident(rows[0])
        raise NotRecorded(
            f"There is no incident {which}.", "They look like INC-4: see `workbench incident list`."
        )

    async def seen_by(
        self, user: UUID | None, *, closed: bool = False, limit: int = ALL
    ) -> tuple[Incident, ...]:
        """The newest first; only closed ones where that is said."""
        rows = await self._pool.fetch("incidents_seen_by", user, None, closed, limit)
        return tuple(_incident(row) for row in rows)

    async def attach(
        self, incident: Incident, investigation: UUID, features: Sequence[str], at: datetime
    ) -> None:
        """Raises Conflict when it is closed."""
        found = [storable_text(f) for f in features]
        values = (incident.id, investigation, found, at)
        if await self._pool.fetchval("attach_investigation", *values) is None:
            raise closed_already(incident)

    async def note(
        self, id: UUID, incident: Incident, author: str, text: str, at: datetime
    ) -> None:
        """Add a note, also when it is closed."""
        await self._pool.execute("note_incident", id, incident.id, author, storable_text(text), at)

    async def close(
        self, incident: Incident, by: str, at: datetime, *, cause: str, fix: str, outcome: Outcome
    ) -> None:
        """Raises Conflict when it is closed already."""
        said = (storable_text(cause), storable_text(fix), outcome.value)
        if await self._pool.fetchval("close_incident", incident.id, by, at, *said) is None:
            raise closed_already(incident)


def closed_already(incident: Incident) -> Conflict:
    return Conflict(f"{incident.label} is closed.", "Open another one, or add a note to it.")


def _incident(row: asyncpg.Record) -> Incident:
    return Incident(
        id=row["id"],
        number=row["number"],
        title=row["title"],
        namespace=row["namespace"],
        owner=row["owner_id"],
        opened_by=row["opened_by"],
        opened_at=row["opened_at"],
        closed_by=row["closed_by"],
        closed_at=row["closed_at"],
        cause=row["cause"],
        fix=row["fix"],
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        features=tuple(row["features"]),
        investigations=tuple(row["investigations"]),
        notes=msgspec.json.decode(row["notes"], type=tuple[IncidentNote, ...]),
    )
