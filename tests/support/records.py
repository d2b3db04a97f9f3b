"""A record that lives in memory and can be taken away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from uuid import UUID

from workbench.core.evidence import Ended, Intent
from workbench.errors import StoreError, StoreUnavailable


class MemoryRecord:
    """Implements Record. ``down`` makes both methods raise; ``intend_takes`` delays the intent;
    the endings of ``unknown`` ids are never taken.

    intents, endings: what was written, by id, in order; settled: the endings that are durable.
    ``lost``: endings that the next ``settle`` finds gone. ``on_intend`` runs as an intent is
    written.
    """

    def __init__(self) -> None:
        self.down = False
        self.intend_takes = 0.0
        self.unknown: set[UUID] = set()
        self.on_intend: Callable[[Intent], None] = lambda _: None
        self.intents: dict[UUID, Intent] = {}
        self.endings: dict[UUID, Ended] = {}
        self.settled: set[UUID] = set()
        self.lost: set[UUID] = set()

    async def intend(self, intent: Intent) -> str:
        await asyncio.sleep(self.intend_takes)
        if self.down:
            raise StoreUnavailable("The record is away; nothing was run.")
        self.on_intend(intent)
        self.intents.setdefault(intent.id, intent)
        return f"E{len(self.intents)}"

    async def finish(self, id: UUID, ended: Ended) -> None:
        await asyncio.sleep(0)
        if self.down:
            raise StoreUnavailable("The record is away.")
        if id in self.unknown:
            raise StoreError(f"No tool call {id} was recorded before it ended.")
        self.endings.setdefault(id, ended)

    async def settle(self, ids: Collection[UUID]) -> frozenset[UUID]:
        if self.down:
            raise StoreUnavailable("The record is away.")
        lost, self.lost = self.lost & set(ids), set()
        for id in lost:
            self.endings.pop(id)
        self.settled |= set(ids) - lost
        return frozenset(lost)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """(tool, outcome) of every intent."""
        return [
            (i.tool, self.endings[id].outcome.value if id in self.endings else "running")
            for id, i in self.intents.items()
        ]
