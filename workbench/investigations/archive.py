"""What is recorded, read without a cluster, a tool server or a model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from workbench.core.difference import Comparison
from workbench.core.evidence import Evidence
from workbench.core.investigation import Investigation
from workbench.core.references import Reference, parse
from workbench.errors import StoreError
from workbench.investigations.diff import Recorded, diff

if TYPE_CHECKING:
    from workbench.store.database import Store
    from workbench.store.spending import Sum


class Archive:
    """Recorded investigations and calls. Every method raises StoreError for what is not there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self, investigation: str) -> Investigation:
        """By label (``INV-12``) or UUID."""
        return await self._store.investigations.load(investigation)

    async def newest(self) -> Investigation:
        found = await self._store.investigations.recent(1)
        if not found:
            raise StoreError("No investigation is recorded yet.", "`workbench ask` makes one.")
        return found[0]

    async def recent(self, limit: int) -> tuple[Investigation, ...]:
        """The newest investigations with their steps, newest first."""
        return await self._store.investigations.recent(limit)

    async def cost(self, by: str, since: datetime | None = None) -> tuple[Sum, ...]:
        """What models cost: ``by`` user, model, conversation, investigation, agent or day."""
        return await self._store.spending.by(by, since=since)

    async def evidences(self, investigation: Investigation) -> Sequence[Evidence]:
        """Every recorded call of it, oldest first."""
        return await self._store.record.evidences(investigation.id)

    async def recorded(self, reference: Reference) -> Recorded:
        """The call, or all calls of the investigation, that are meant."""
        found = await self.load(reference.investigation)
        if not reference.label:
            return found.label, await self.evidences(found)
        return found.label, [await self._store.record.evidence(found.id, reference.label)]

    async def diff(self, before: str, after: str) -> Comparison:
        """What changed from one recorded call to another (``INV-3/E12``, ``E31`` of the same), or
        from one investigation to another. Nothing is called."""
        first = parse(before)
        second = parse(after).within(first.investigation)
        return diff(await self.recorded(first), await self.recorded(second))
