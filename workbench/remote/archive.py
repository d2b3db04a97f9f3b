"""What a server has recorded, read from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.difference import Comparison
from workbench.core.evidence import Evidence
from workbench.core.investigation import Investigation
from workbench.errors import StoreError

if TYPE_CHECKING:
    from workbench.remote.workbench import RemoteWorkbench


class RemoteArchive:
    """Implements Recordings over a server's API: of its person, and of nobody else."""

    def __init__(self, engine: RemoteWorkbench) -> None:
        self._engine = engine

    async def load(self, investigation: str) -> Investigation:
        return await self._engine.load(investigation)

    async def newest(self) -> Investigation:
        found = await self.recent(1)
        if not found:
            raise StoreError("No investigation is recorded yet.", "`workbench ask` makes one.")
        return found[0]

    async def recent(self, limit: int) -> Sequence[Investigation]:
        return await self._engine.recent(limit)

    async def evidences(self, investigation: Investigation) -> Sequence[Evidence]:
        return await self._engine.evidences(str(investigation.id))

    async def diff(self, before: str, after: str) -> Comparison:
        return await self._engine.diff(before, after)
