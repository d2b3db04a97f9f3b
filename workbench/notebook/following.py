"""An investigation that runs, in the one output of the cell that asked, until it has ended."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from workbench.core.investigation import Asked, Failed, Investigation, Status, Step
from workbench.errors import ToolFailed
from workbench.notebook import bridge, display
from workbench.notebook.answer import Answer
from workbench.notebook.labels import latest

if TYPE_CHECKING:
    from workbench.core.cluster import Scope

Screen = display.Live | display.Blank


class Following:
    """What an investigation tells, shown as it comes.

    question, where: what stands for it when it is stopped before its first step.
    """

    def __init__(
        self,
        feed: bridge.Feed[tuple[Investigation, Step]],
        screen: Screen,
        question: str,
        where: Scope,
    ) -> None:
        self._feed = feed
        self._screen = screen
        self._asked = question, where
        self._newest: Investigation | None = None

    def to_the_end(self) -> Investigation:
        """Wait for it. Who gets a KeyboardInterrupt calls ``stopped``."""
        for item in self._feed:
            self._show(item)
        return self._ended()

    async def awaited(self) -> Investigation:
        """``to_the_end`` beside other work of this loop; being cancelled stops the investigation
        and shows what there is of it."""
        try:
            async for item in bridge.ahead(self._feed):
                self._show(item)
        except (asyncio.CancelledError, KeyboardInterrupt):
            shown(self.stopped(), self._screen)
            raise
        return self._ended()

    def stopped(self) -> Investigation:
        """Stop it; the investigation with whatever it still had to say."""
        for so_far, _ in self._feed.stop():
            self._newest = so_far
        return _cancelled(self._newest or _unrecorded(*self._asked))

    def _show(self, item: tuple[Investigation, Step] | None) -> None:
        self._newest = item[0] if item else self._newest
        self._screen.update(self._newest)

    def _ended(self) -> Investigation:
        if self._newest is None:
            raise ToolFailed("The investigation ended without a single step.")
        return self._newest


def shown(newest: Investigation, screen: Screen, recorded: str = "") -> Answer:
    """The answer, when its card is drawn. recorded: when it was given, of an earlier one."""
    drawn = screen.finish(newest, recorded)
    shell = display.shell()
    latest.shown(newest)
    cell = shell.execution_count if shell else 0
    return Answer.of(
        newest,
        shown_in=cell if drawn.card else 0,
        told_in=cell if drawn.steps else 0,
        recorded=recorded,
    )


def interrupted(answer: Answer) -> KeyboardInterrupt:
    """What ends the cell of an investigation that was stopped, in one line where IPython shows it.
    Its card, which the cell's value would have been, is on the screen then."""
    if display.shell() and not answer.shown_in:
        sys.stdout.write(answer._repr_mimebundle_()["text/plain"] + "\n")
    return bridge.stopped(f"{answer.label} was stopped.")


def _cancelled(investigation: Investigation) -> Investigation:
    """The investigation as it will read in the record once its cancellation is written."""
    if investigation.status is not Status.RUNNING:
        return investigation
    stopped = Failed(at=datetime.now(UTC), reason="Stopped by you.", cancelled=True)
    return msgspec.structs.replace(investigation, steps=(*investigation.steps, stopped))


def _unrecorded(question: str, where: Scope) -> Investigation:
    """What stands for an investigation that was stopped before it had its first step."""
    asked = Asked(at=datetime.now(UTC), question=question, scope=where)
    return Investigation(id=uuid4(), number=0, question=question, scope=where, steps=(asked,))
