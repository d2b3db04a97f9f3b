"""Every step is kept before it is shown, and a stopped investigation says that it was stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.support.investigations import InMemoryInvestigations
from workbench.agent.choice import ModelChoice
from workbench.core.cluster import Scope
from workbench.core.investigation import (
    Asked,
    Concluded,
    Conclusion,
    Failed,
    Investigation,
    Said,
    Status,
    Step,
)
from workbench.errors import StoreUnavailable, UsageError
from workbench.investigations.ask import ask
from workbench.investigations.inquiry import with_handle

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
STEPS = (
    Asked(at=NOW, question="why?"),
    Said(at=NOW, text="looking"),
    Concluded(at=NOW, conclusion=Conclusion(verdict="web is down")),
)


def clock() -> datetime:
    return NOW


async def _steps(investigation: Investigation) -> AsyncGenerator[Step]:
    for step in STEPS:
        yield step


async def _endless(investigation: Investigation) -> AsyncGenerator[Step]:
    yield STEPS[0]
    await asyncio.sleep(3600)
    yield STEPS[1]


async def _made(kept: InMemoryInvestigations) -> Investigation:
    return await kept.create(UUID(int=1), "why?", Scope(), NOW)


async def test_a_step_is_durable_before_it_is_shown() -> None:
    kept = InMemoryInvestigations()
    async for so_far, step in ask(await _made(kept), _steps, kept, clock, settled):
        stored = await kept.load(so_far.id)
        assert stored.steps[-1] == step
        assert stored.steps == so_far.steps


async def test_what_cannot_be_kept_is_not_shown() -> None:
    class Down(InMemoryInvestigations):
        async def append(self, id: UUID, seq: int, step: Step) -> None:
            raise StoreUnavailable("The database is away.")

    kept = Down()
    async with aclosing(ask(await _made(kept), _steps, kept, clock, settled)) as steps:
        with pytest.raises(StoreUnavailable):
            await anext(steps)


async def test_cancelling_keeps_what_there_is_and_says_that_it_was_stopped() -> None:
    kept = InMemoryInvestigations()
    made = await _made(kept)
    began = asyncio.Event()

    async def consume() -> None:
        async for _ in ask(made, _endless, kept, clock, settled):
            began.set()

    task = asyncio.create_task(consume())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    stored = await kept.load(made.id)
    assert stored.status is Status.CANCELLED
    assert [type(s) for s in stored.steps] == [Asked, Failed]


async def test_a_reader_that_walks_away_stops_it_too() -> None:
    kept = InMemoryInvestigations()
    made = await _made(kept)
    async with aclosing(ask(made, _endless, kept, clock, settled)) as steps:
        await anext(steps)
    assert (await kept.load(made.id)).status is Status.CANCELLED


async def test_walking_away_after_the_end_changes_nothing() -> None:
    kept = InMemoryInvestigations()
    made = await _made(kept)
    async with aclosing(ask(made, _steps, kept, clock, settled)) as steps:
        async for _, step in steps:
            if isinstance(step, Concluded):
                break
    assert (await kept.load(made.id)).status is Status.COMPLETE


async def test_no_step_is_kept_before_the_calls_it_may_cite_are_durable() -> None:
    async def away() -> None:
        raise StoreUnavailable("The record is away.")

    kept = InMemoryInvestigations()
    made = await _made(kept)
    async with aclosing(ask(made, _steps, kept, clock, away)) as steps:
        with pytest.raises(StoreUnavailable):
            await anext(steps)
    assert (await kept.load(made.id)).steps == ()


async def settled() -> None:
    """Every call is durable."""


def test_what_can_never_work_is_not_to_be_resumed() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    failed = Failed(at=at, reason="There is no namespace nope.", mistaken=True)
    assert with_handle(failed, "INV-3") == failed
    other = with_handle(Failed(at=at, reason="no answer"), "INV-3")
    assert isinstance(other, Failed)
    assert "resume INV-3" in other.hint


def test_a_provider_that_is_not_known_is_told_before_anything_runs() -> None:
    ModelChoice(spec="openai:any").check_provider()
    with pytest.raises(UsageError, match="'nope'"):
        ModelChoice(spec="nope:nope").check_provider()
