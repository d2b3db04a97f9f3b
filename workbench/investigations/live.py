"""Investigations that run apart from whoever watches them: a tab may close and come back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

import msgspec

from workbench.core.cluster import Scope
from workbench.core.investigation import Asked, Concluded, Failed, Investigation, Step
from workbench.errors import Conflict, Overloaded, WorkbenchError
from workbench.investigations.workbench import Workbench

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""How often a follower looks for steps another process may have written."""
MAX_RUNNING = 32
"""Investigations one process runs at a time; each holds tool calls and a model stream open."""
STOP_SECONDS = 2.0


class Watched(msgspec.Struct, frozen=True):
    """A step with its number within the investigation, counted from 0. ``last``: it ended it."""

    seq: int
    step: Step
    last: bool = False


class Live:
    """The running investigations of one process, by id.

    Steps are read back from the store: what a follower sees is what was recorded, in whichever
    process it runs. ``heard`` is told of each step of those that run here.
    """

    def __init__(
        self,
        steps: Callable[[UUID, int], Awaitable[tuple[Step, ...]]],
        heard: Callable[[Step], None] = lambda step: None,
    ) -> None:
        self._steps = steps
        self._heard = heard
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._news: defaultdict[UUID, _News] = defaultdict(_News)
        self._closing = False

    @property
    def running(self) -> int:
        """How many run in this process."""
        return len(self._running)

    async def start(
        self,
        workbench: Workbench,
        question: str,
        scope: Scope,
        *,
        model: str = "",
        conversation: UUID | None = None,
    ) -> Investigation:
        """Begin an investigation; returns with its first step recorded.

        Raises UsageError for no question, Overloaded when too many run, StoreUnavailable, and what
        else keeps it from beginning.
        """
        return await self._begin(
            lambda: workbench.ask(question, scope, model=model, conversation=conversation)
        )

    async def resume(
        self, workbench: Workbench, investigation: Investigation, *, model: str = ""
    ) -> Investigation:
        """Take up one that ended without a conclusion; returns with its next step recorded.

        Raises Conflict when it runs here already, UsageError when it is complete, and as ``start``.
        """
        if investigation.id in self._running:
            raise Conflict(f"{investigation.label} is running.", "Follow it.")
        return await self._begin(
            lambda: workbench.resume(str(investigation.id), model=model), investigation.id
        )

    async def cancel(self, id: UUID) -> bool:
        """Stop it and wait until that is recorded; False when it does not run here."""
        task = self._running.get(id)
        if task is None:
            return False
        task.cancel()
        await asyncio.wait({task}, timeout=STOP_SECONDS)
        return True

    async def follow(self, id: UUID, after: int = -1) -> AsyncGenerator[Watched]:
        """Its steps that follow number ``after``, those to come included, until it has ended.

        ``last`` is set on the step it ended with: one that was taken up again goes on after it.
        """
        steps = list(await self._steps(id, -1))
        while True:
            running = id in self._running
            heard = self._news[id].count if running else 0
            steps += await self._steps(id, len(steps) - 1)
            over = not running and has_ended(steps)
            known = len(steps) if over or not _ends(steps) else len(steps) - 1
            for seq in range(after + 1, known):
                yield Watched(seq, steps[seq], last=over and _is_end(steps, seq))
            after = max(after, known - 1)
            if over:
                return
            if not running:
                await asyncio.sleep(POLL_SECONDS)
            elif id in self._running:
                await self._news[id].after(heard)

    async def close(self) -> None:
        """Stop them all; each records that it was stopped. No other begins."""
        self._closing = True
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)

    async def _begin(
        self,
        run: Callable[[], AsyncGenerator[tuple[Investigation, Step]]],
        id: UUID | None = None,
    ) -> Investigation:
        if self._closing:
            raise Overloaded("This process is stopping.", "Ask again in a moment.", 2)
        if len(self._running) >= MAX_RUNNING:
            raise Overloaded(
                f"{MAX_RUNNING} investigations run here already.", "Try again in a minute.", 10
            )
        begun: asyncio.Future[Investigation] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._run(run(), begun))
        if id is not None:
            self._running[id] = task
        try:
            made = await _first(begun, task)
        except BaseException:
            if id is not None:
                self._running.pop(id, None)
            raise
        return made

    async def _run(
        self,
        steps: AsyncGenerator[tuple[Investigation, Step]],
        begun: asyncio.Future[Investigation],
    ) -> None:
        id = None
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # it is one
        try:
            async with aclosing(steps):
                async for so_far, step in steps:
                    self._heard(step)
                    id = so_far.id
                    self._running[id] = task
                    if not begun.done():
                        begun.set_result(so_far)
                    await self._announce(id)
        except WorkbenchError as error:
            if not begun.done():
                begun.set_exception(error)
            else:
                logger.warning("Investigation %s ended early: %s", id, error)
        finally:
            if id is not None:
                self._running.pop(id, None)
                await asyncio.shield(self._announce(id))
                self._news.pop(id, None)

    async def _announce(self, id: UUID) -> None:
        await self._news[id].announce()


def has_ended(steps: Sequence[Step]) -> bool:
    """Whether nothing was asked after the last conclusion or failure."""
    turning = [s for s in steps if isinstance(s, Asked | Concluded | Failed)]
    return bool(turning) and not isinstance(turning[-1], Asked)


def _ends(steps: Sequence[Step]) -> bool:
    """Whether the newest step may be the last; who runs it knows a moment later."""
    return bool(steps) and isinstance(steps[-1], Concluded | Failed)


def _is_end(steps: Sequence[Step], seq: int) -> bool:
    """Whether step ``seq`` is what an investigation that is over ended with."""
    if not isinstance(steps[seq], Concluded | Failed):
        return False
    return not any(isinstance(later, Asked | Concluded | Failed) for later in steps[seq + 1 :])


class _News:
    """How many steps were announced, for those who wait for the next."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = asyncio.Condition()

    async def announce(self) -> None:
        async with self._changed:
            self.count += 1
            self._changed.notify_all()

    async def after(self, heard: int) -> None:
        """Until there was another one, or POLL_SECONDS."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS), self._changed:
                await self._changed.wait_for(lambda: self.count != heard)


async def _first(begun: asyncio.Future[Investigation], task: asyncio.Task[None]) -> Investigation:
    """The investigation as it begins. A caller that goes away before that stops it."""
    either: set[asyncio.Future[Any]] = {begun, task}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not begun.done():
        task.result()  # raises what kept it from beginning
    return begun.result()
