"""A record that lives in memory and can be taken away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from workbench.core.evidence import Ended, Finished, Intent
from workbench.errors import StoreError, StoreUnavailable


class MemoryRecord:
    """Implements Record. ``down`` makes both methods raise; ``intend_takes`` delays the intent;
    the endings of ``unknown`` ids are never taken.

    intents, endings: what was written, by id, in order. together: ids whose ending went along with
    an intent. ``on_intend`` runs as an intent is written.
    """

    def __init__(self) -> None:
        self.down = False
        self.intend_takes = 0.0
        self.unknown: set[UUID] = set()
        self.on_intend: Callable[[Intent], None] = lambda _: None
        self.intents: dict[UUID, Intent] = {}
        self.endings: dict[UUID, Ended] = {}
        self.together: list[UUID] = []

    async def intend(self, intent: Intent, after: Sequence[Finished] = ()) -> str:
        await asyncio.sleep(self.intend_takes)
        if self.down:
            raise StoreUnavailable("The record is away; nothing was run.")
        for finished in after:
            self._end(finished.intent, finished.ended)
            self.together.append(finished.intent.id)
        self.on_intend(intent)
        self.intents.setdefault(intent.id, intent)
        return f"E{len(self.intents)}"

    async def finish(self, intent: Intent, ended: Ended) -> None:
        await asyncio.sleep(0)
        if self.down:
            raise StoreUnavailable("The record is away.")
        self._end(intent, ended)

    def _end(self, intent: Intent, ended: Ended) -> None:
        if intent.id in self.unknown:
            raise StoreError(f"No tool call {intent.id} was recorded before it ended.")
        self.endings.setdefault(intent.id, ended)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """(tool, outcome) of every intent."""
        return [
            (i.tool, self.endings[id].outcome.value if id in self.endings else "running")
            for id, i in self.intents.items()
        ]
