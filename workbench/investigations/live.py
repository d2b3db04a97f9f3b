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
from workbench.core.terms import AS_SET, Terms
from workbench.errors import Conflict, Overloaded, WorkbenchError
from workbench.investigations.ask import ends, has_ended
from workbench.investigations.workbench import Workbench
from workbench.telemetry import logs, traces

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""How often a follower looks for steps another process may have written."""
MAX_RUNNING = 100
"""Investigations one process runs at a time; each holds tool calls and a model stream open."""
STOP_SECONDS = 2.0
ELSEWHERE_SECONDS = 4.0
"""How long another process may take to hear of it, to stop, and to say so."""


class Watched(msgspec.Struct, frozen=True):
    """A step with its number within the investigation, counted from 0. ``last``: it ended it."""

    seq: int
    step: Step
    last: bool = False


class Delta(msgspec.Struct, frozen=True):
    """Words of the model that are no step yet: they follow those of the last delta after step
    number ``seq``, and the next step takes their place."""

    seq: int
    text: str


Run = Callable[["_Said"], AsyncGenerator[tuple[Investigation, Step]]]
"""Begins an investigation that tells its words to what it is given."""


class Live:
    """The running investigations of one process, by id.

    Steps are read back from the store: what a follower sees is what was recorded, in whichever
    process it runs. ``heard`` is told of each step of those that run here; ``stop_elsewhere`` asks
    whichever other process works on one to stop it, and tells whether there is one.
    """

    def __init__(
        self,
        steps: Callable[[UUID, int], Awaitable[tuple[Step, ...]]],
        heard: Callable[[Step], None] = lambda step: None,
        stop_elsewhere: Callable[[UUID], Awaitable[bool]] | None = None,
    ) -> None:
        self._steps = steps
        self._heard = heard
        self._stop_elsewhere = stop_elsewhere
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # also of those that only begin
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
        terms: Terms = AS_SET,
        conversation: UUID | None = None,
        id: UUID | None = None,
    ) -> Investigation:
        """Begin an investigation; returns with its first step recorded.

        id: made by who asks, for whom no answer may come: asked again under it, the question is the
        same one, and what there is of it is returned.
        Raises UsageError for no question, Overloaded when too many run, StoreUnavailable, Conflict
        for the id of another question, and what else keeps it from beginning.
        """
        if id is not None and (found := await workbench.asked(id, question, scope)):
            return found
        try:
            return await self._begin(
                lambda said: workbench.ask(
                    question, scope, terms=terms, conversation=conversation, id=id, on_text=said
                )
            )
        except Conflict:  # asked twice at a time
            if id is None or not (found := await workbench.asked(id, question, scope)):
                raise
            return found

    async def resume(
        self, workbench: Workbench, investigation: Investigation, *, model: str = ""
    ) -> Investigation:
        """Take up one that ended without a conclusion; returns with its next step recorded.

        Raises Conflict when it runs here already, UsageError when it is complete, and as ``start``.
        """
        if investigation.id in self._running:
            raise Conflict(f"{investigation.label} is running.", "Follow it.")
        return await self._begin(
            lambda said: workbench.resume(str(investigation.id), model=model, on_text=said),
            investigation.id,
        )

    async def fork(
        self,
        workbench: Workbench,
        reference: str,
        *,
        after: str = "",
        question: str = "",
        terms: Terms = AS_SET,
    ) -> Investigation:
        """Begin another one from a step of one; as ``start``, and raises NotRecorded and UsageError
        for what is not there. See ``Workbench.fork``."""
        return await self._begin(
            lambda said: workbench.fork(
                reference, after=after, question=question, terms=terms, on_text=said
            )
        )

    async def cancel(self, id: UUID) -> bool:
        """Stop it, in whichever process it runs, and wait until that is recorded; False when it
        runs nowhere. One whose process is gone is marked as stopped a little later."""
        task = self._running.get(id)
        if task is None:
            return await self._cancel_elsewhere(id)
        task.cancel()
        await asyncio.wait({task}, timeout=STOP_SECONDS)
        return True

    async def _cancel_elsewhere(self, id: UUID) -> bool:
        if self._stop_elsewhere is None or not await self._stop_elsewhere(id):
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ELSEWHERE_SECONDS), aclosing(self.follow(id)) as steps:
                async for _ in steps:
                    pass
        return True

    async def follow(self, id: UUID, after: int = -1) -> AsyncGenerator[Watched]:
        """Its steps that follow number ``after``, those to come included, until it has ended.

        ``last`` is set on the step it ended with: one that was taken up again goes on after it.
        """
        async with aclosing(self.listen(id, after)) as heard:
            async for news in heard:
                if isinstance(news, Watched):
                    yield news

    async def listen(self, id: UUID, after: int = -1) -> AsyncGenerator[Watched | Delta]:
        """The same, and between the steps the model's words as they come, where it runs here."""
        steps = list(await self._steps(id, -1))
        while True:
            news = self._news[id] if id in self._running else None
            heard = news.count if news else 0
            steps += await self._steps(id, len(steps) - 1)
            over = news is None and has_ended(steps)
            known = len(steps) if over or not ends(steps) else len(steps) - 1
            for seq in range(after + 1, known):
                yield Watched(seq, steps[seq], last=over and _is_end(steps, seq))
            after = max(after, known - 1)
            if over:
                return
            if news is None:
                await asyncio.sleep(POLL_SECONDS)
                continue
            async with aclosing(news.words(heard)) as words:
                async for text in words:
                    yield Delta(after, text)

    async def close(self) -> None:
        """Stop them all; each records that it was stopped. No other begins."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)

    async def _begin(
        self,
        run: Run,
        id: UUID | None = None,
    ) -> Investigation:
        if self._closing:
            raise _stopping()
        if len(self._tasks) >= MAX_RUNNING:
            raise Overloaded(
                f"{MAX_RUNNING} investigations run here already.", "Try again in a minute.", 10
            )
        begun: asyncio.Future[Investigation] = asyncio.get_running_loop().create_future()
        said = _Said(self._news, id)
        task = asyncio.create_task(self._run(run(said), begun, said))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if id is not None:
            self._running[id] = task
            task.add_done_callback(lambda _: self._running.pop(id, None))
        return await _first(begun, task)

    async def _run(
        self,
        steps: AsyncGenerator[tuple[Investigation, Step]],
        begun: asyncio.Future[Investigation],
        said: _Said,
    ) -> None:
        id = None
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # it is one
        try:
            async with aclosing(steps):
                async for so_far, step in steps:
                    self._heard(step)
                    if id is None:
                        traces.link(so_far.id)
                    id = said.id = so_far.id
                    self._running[id] = task
                    if not begun.done():
                        begun.set_result(so_far)
                    self._news[id].announce()
        except WorkbenchError as error:
            if not begun.done():
                begun.set_exception(error)
            else:
                with logs.about(investigation=str(id)):
                    logger.warning("Investigation ended early: %s", error)
        finally:
            if id is not None:
                self._running.pop(id, None)
                self._news.pop(id, _News()).announce()


def _is_end(steps: Sequence[Step], seq: int) -> bool:
    """Whether step ``seq`` is what an investigation that is over ended with."""
    if not isinstance(steps[seq], Concluded | Failed):
        return False
    return not any(isinstance(later, Asked | Concluded | Failed) for later in steps[seq + 1 :])


class _News:
    """How many steps were announced, and what was said since, for those who wait for more."""

    def __init__(self) -> None:
        self.count = 0
        self._said = ""
        self._changed = asyncio.Event()

    def announce(self) -> None:
        """There is another step."""
        self.count += 1
        self._said = ""
        self._wake()

    def say(self, text: str) -> None:
        self._said += text
        self._wake()

    async def words(self, heard: int) -> AsyncGenerator[str]:
        """What is said, until there is a step that was not ``heard`` of, or for POLL_SECONDS."""
        told = 0
        with contextlib.suppress(TimeoutError):
            while self.count == heard:
                if len(self._said) > told:
                    text, told = self._said[told:], len(self._said)
                    yield text
                else:
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class _Said:
    """Takes the model's words to those who follow, once it is known which investigation it is."""

    def __init__(self, news: dict[UUID, _News], id: UUID | None) -> None:
        self.id = id
        self._news = news

    def __call__(self, text: str) -> None:
        if self.id is not None:
            self._news[self.id].say(text)


def _stopping() -> Overloaded:
    return Overloaded("This process is stopping.", "Ask again in a moment.", 2)


async def _first(begun: asyncio.Future[Investigation], task: asyncio.Task[None]) -> Investigation:
    """The investigation as it begins. A caller that goes away before that stops it."""
    either: set[asyncio.Future[Any]] = {begun, task}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not begun.done():
        if task.cancelled():
            raise _stopping()
        task.result()  # raises what kept it from beginning
    return begun.result()
