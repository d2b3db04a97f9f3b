"""What a screen with answers does while they come: show each step once, and stop on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from uuid import UUID

from workbench.chat.deciding import Deciding
from workbench.chat.screen import Said, notice
from workbench.chat.turns import Turn
from workbench.chat.visitor import Visit
from workbench.core.investigation import ChangeProposed, Step
from workbench.errors import WorkbenchError
from workbench.investigations.live import Delta


class Following(Deciding):
    """A screen that shows investigations as they go on. They do so without it, too."""

    def __init__(self, visit: Visit, send: Callable[[dict[str, str]], None]) -> None:
        super().__init__(visit, send)
        self._running: dict[UUID, Turn] = {}
        self._following: set[asyncio.Task[None]] = set()

    async def do_stop(self, said: Said) -> None:
        """Stop what is followed."""
        self.visit.must_ask()
        for id in tuple(self._running):
            await self.visit.live.cancel(id)

    @property
    def follows(self) -> bool:
        """Whether anything that is shown still runs."""
        return bool(self._running)

    def follow(self, turn: Turn) -> None:
        """Show its steps as they are recorded, from the first that is not shown yet."""
        self._running[turn.investigation.id] = turn
        self.tell("running", on="yes")
        task = self.begin(self._steps(turn))
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    def leave(self) -> None:
        """Stop following; what runs goes on."""
        for task in tuple(self._following):
            task.cancel()
        self._running.clear()
        self.tell("running", on="no")

    async def show_changes(self, turn: Turn) -> None:
        """The cards of what it proposed."""
        for label in turn.proposed:
            await self.show_change(label, f"changes-{turn.label}")

    async def _steps(self, turn: Turn) -> None:
        id = turn.investigation.id
        try:
            async with aclosing(self.visit.live.listen(id, turn.count - 1)) as heard:
                async for news in heard:
                    if isinstance(news, Delta):
                        for part in turn.hear(news.text):
                            self.add(turn.words, part)
                    else:
                        await self._step(turn, news.step)
        except WorkbenchError as error:
            self.put("notice", notice(error))
        self._running.pop(id, None)
        self.add("turns", turn.article())
        await self.show_changes(turn)
        self.tell("show", id=f"turn-{turn.label}")
        if not self._running:
            self.tell("running", on="no")

    async def _step(self, turn: Turn, step: Step) -> None:
        if turn.heard:
            self.put(turn.words)
        for part in turn.take(step):
            self.add(f"steps-{turn.label}", part)
        if isinstance(step, ChangeProposed):
            await self.show_changes(turn)
