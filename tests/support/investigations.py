"""Investigations that end with the process, held to the same contract by tests/store."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from uuid import UUID

import msgspec

from workbench.core.cluster import Scope
from workbench.core.investigation import Investigation, Step
from workbench.store.investigations import Number, key_of, taken, unknown
from workbench.store.jsonb import storable_text, to_jsonb


class InMemoryInvestigations:
    """What PostgresInvestigations is, in memory."""

    def __init__(self) -> None:
        self._kept: dict[UUID, Investigation] = {}
        self._users: dict[UUID, UUID | None] = {}

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
        if id not in self._kept:
            self._users[id] = user
            self._kept[id] = Investigation(
                id=id,
                number=1 + sum(kept.session == session for kept in self._kept.values()),
                session=session,
                question=storable_text(question),
                scope=scope,
            )
        return self._kept[id]

    async def append(self, id: UUID, seq: int, step: Step) -> None:
        found = await self.load(id)
        stored = msgspec.json.decode(to_jsonb(step), type=Step)
        if seq < len(found.steps):
            if found.steps[seq] != stored:
                raise taken(id, seq)
            return
        self._kept[id] = msgspec.structs.replace(found, steps=(*found.steps, stored))

    async def load(self, which: UUID | int | str, user: UUID | None = None) -> Investigation:
        key = key_of(which)
        for found in self._kept.values():
            if key in (found.id, Number(found.number, found.session)) and self._is_visible(
                found, user
            ):
                return found
        raise unknown(which)

    async def steps(self, id: UUID, after: int = -1) -> tuple[Step, ...]:
        return (await self.load(id)).steps[after + 1 :]

    async def recent(
        self, limit: int = 20, *, user: UUID | None = None, before: int | None = None
    ) -> tuple[Investigation, ...]:
        newest = (
            found
            for found in reversed(self._kept.values())
            if self._is_visible(found, user)
            and not found.session
            and (before is None or found.number < before)
        )
        return tuple(islice(newest, limit))

    def _is_visible(self, found: Investigation, user: UUID | None) -> bool:
        return user is None or self._users[found.id] == user
