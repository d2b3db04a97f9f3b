"""Ask a question: run the agent and append every step to the investigation before showing it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from workbench.agent.investigator import cancelled
from workbench.core.investigation import Concluded, Failed, Investigation, Step


class Steps(Protocol):
    """Where investigations are kept: see store/investigations.py."""

    async def append(self, investigation: UUID, seq: int, step: Step) -> None: ...


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
                investigation = await _append(investigation, step, keep)
                yield investigation, step
    except (asyncio.CancelledError, GeneratorExit):
        await asyncio.shield(_append_stopped(investigation, keep, clock()))
        raise


async def _append(investigation: Investigation, step: Step, keep: Steps) -> Investigation:
    await keep.append(investigation.id, len(investigation.steps), step)
    return msgspec.structs.replace(investigation, steps=(*investigation.steps, step))


async def _append_stopped(investigation: Investigation, keep: Steps, at: datetime) -> None:
    if not investigation.steps or isinstance(investigation.steps[-1], Concluded | Failed):
        return
    await _append(investigation, cancelled(at), keep)
