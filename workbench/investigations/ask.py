"""Ask a question: run the agent and append every step to the investigation before showing it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from workbench.agent.investigator import cancelled
from workbench.core.investigation import Asked, Concluded, Failed, Investigation, Status, Step
from workbench.errors import Conflict

MOST_TRIES = 10
"""Times a step is appended again because somebody else's came first."""


class Steps(Protocol):
    """Where investigations are kept: see store/investigations.py.

    append: raises Conflict when another step has that number.
    steps: those that follow number ``after``.
    """

    async def append(self, id: UUID, seq: int, step: Step) -> None: ...

    async def steps(self, id: UUID, after: int = -1) -> tuple[Step, ...]: ...


Ask = Callable[[Investigation], AsyncGenerator[Step]]
"""Runs an agent on an investigation; yields its steps."""


async def ask(
    investigation: Investigation,
    run: Ask,
    keep: Steps,
    clock: Callable[[], datetime],
    settled: Callable[[], Awaitable[None]],
) -> AsyncGenerator[tuple[Investigation, Step]]:
    """Run ``run`` on the investigation; yield it with each new step once the step is durable.

    settled: returns when every tool call so far is durable with its outcome; no step is appended
    before that, since steps cite calls.

    When the caller stops (cancels the task or closes the generator), a ``Failed`` step that says
    so is still appended, so that the record never ends in the middle without a word.
    """
    try:
        async with aclosing(run(investigation)) as steps:
            async for step in steps:
                await settled()
                investigation = await append(investigation, step, keep)
                yield investigation, step
    except (asyncio.CancelledError, GeneratorExit):
        await asyncio.shield(_append_stopped(investigation, keep, clock()))
        raise


async def append(investigation: Investigation, step: Step, keep: Steps) -> Investigation:
    """The investigation with one more step, after those that others (a person's note, a decision
    about a change) appended meanwhile. Raises Conflict when they never stop."""
    for _ in range(MOST_TRIES):
        try:
            await keep.append(investigation.id, len(investigation.steps), step)
        except Conflict:
            missed = await keep.steps(investigation.id, len(investigation.steps) - 1)
            investigation = _with(investigation, *missed)
        else:
            return _with(investigation, step)
    raise Conflict(f"Too many write to {investigation.label} at a time.", "Try again.")


def has_ended(steps: Sequence[Step]) -> bool:
    """Whether nothing was asked after the last conclusion or failure."""
    turning = [s for s in steps if isinstance(s, Asked | Concluded | Failed)]
    return ends(turning)


def resumable(investigation: Investigation) -> bool:
    """Whether it can be taken up again: it has no conclusion, or one that its budget cut short."""
    conclusion = investigation.conclusion
    complete = investigation.status is Status.COMPLETE
    return not complete or bool(conclusion and conclusion.stopped)


def ends(steps: Sequence[Step]) -> bool:
    """Whether the last of them is a conclusion or a failure."""
    return bool(steps) and isinstance(steps[-1], Concluded | Failed)


def _with(investigation: Investigation, *steps: Step) -> Investigation:
    return msgspec.structs.replace(investigation, steps=(*investigation.steps, *steps))


async def _append_stopped(investigation: Investigation, keep: Steps, at: datetime) -> None:
    if not investigation.steps or ends(investigation.steps):
        return
    await append(investigation, cancelled(at), keep)
