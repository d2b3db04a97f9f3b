"""The record and the investigations in memory: for tests, and for a run without a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

import msgspec

from workbench.core.cluster import Scope
from workbench.core.evidence import Ended, Evidence, Finished, Intent, Outcome
from workbench.core.investigation import Investigation, Step
from workbench.errors import StoreError
from workbench.store.investigations import key_of, taken, unknown
from workbench.store.jsonb import from_jsonb, storable, storable_text, to_jsonb
from workbench.store.record import digest, no_evidence


class InMemoryRecord:
    """A Record that ends with the process."""

    def __init__(self) -> None:
        self._intents: dict[UUID, Intent] = {}
        self._rows: dict[UUID, Evidence] = {}
        self._by_investigation: dict[UUID, list[UUID]] = defaultdict(list)

    async def intend(self, intent: Intent, after: Sequence[Finished] = ()) -> str:
        for finished in after:
            await self.finish(finished.intent, finished.ended)
        known = self._intents.setdefault(intent.id, intent)
        if known != intent:
            raise StoreError(f"Tool call {intent.id} already records another intent.")
        if intent.id not in self._rows:
            ids = self._by_investigation[intent.investigation]
            ids.append(intent.id)
            self._rows[intent.id] = _row(intent, f"E{len(ids)}")
        return self._rows[intent.id].label

    async def finish(self, intent: Intent, ended: Ended) -> None:
        row = self._rows.get(intent.id)
        if row is None:
            raise StoreError(f"No tool call {intent.id} was recorded before it ended.")
        if row.outcome is Outcome.RUNNING:
            self._rows[intent.id] = _completed(row, ended)

    async def sweep(
        self, now: datetime, older_than: timedelta, *, abandoned_only: bool = False
    ) -> int:
        if abandoned_only:
            return 0  # all of them are this process's
        stale = [
            row
            for row in self._rows.values()
            if row.outcome is Outcome.RUNNING and row.at < now - older_than
        ]
        for row in stale:
            milliseconds = (now - row.at).total_seconds() * 1000
            error = "the outcome was never recorded"
            ended = Ended(outcome=Outcome.UNKNOWN, duration_ms=milliseconds, error=error)
            await self.finish(self._intents[row.id], ended)
        return len(stale)

    async def evidence(self, investigation: UUID, label: str) -> Evidence:
        for row in await self.evidences(investigation):
            if row.label == label:
                return row
        raise no_evidence(label)

    async def evidences(self, investigation: UUID) -> tuple[Evidence, ...]:
        return tuple(self._rows[id] for id in self._by_investigation.get(investigation, ()))

    async def count(self, investigation: UUID) -> int:
        return len(self._by_investigation.get(investigation, ()))


def _row(intent: Intent, label: str) -> Evidence:
    return Evidence(
        id=intent.id,
        label=label,
        investigation=intent.investigation,
        tool=intent.tool,
        arguments=storable(intent.arguments),
        outcome=Outcome.RUNNING,
        cluster=intent.cluster,
        at=intent.at,
    )


def _completed(row: Evidence, ended: Ended) -> Evidence:
    text = storable_text(ended.text)
    return msgspec.structs.replace(
        row,
        outcome=ended.outcome,
        duration_ms=ended.duration_ms,
        text=text,
        data=None if ended.data is None else from_jsonb(to_jsonb(ended.data)),
        error=storable_text(ended.error),
        sha256=digest(text),
    )


class InMemoryInvestigations:
    """Investigations (see store.investigations) that end with the process."""

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
    ) -> Investigation:
        if id not in self._kept:
            self._users[id] = user
            self._kept[id] = Investigation(
                id=id,
                number=len(self._kept) + 1,
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
            if key in (found.id, found.number) and self._is_visible(found, user):
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
            if self._is_visible(found, user) and (before is None or found.number < before)
        )
        return tuple(islice(newest, limit))

    async def asking(
        self, question: str, scope: Scope, limit: int = 20, *, user: UUID | None = None
    ) -> tuple[Investigation, ...]:
        wanted = (storable_text(question), scope)
        same = (
            found
            for found in reversed(self._kept.values())
            if (found.question, found.scope) == wanted and self._is_visible(found, user)
        )
        return tuple(islice(same, limit))

    def _is_visible(self, found: Investigation, user: UUID | None) -> bool:
        return user is None or self._users[found.id] == user
