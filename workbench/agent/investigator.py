"""One investigation: triage at once, then the model, told as steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import msgspec

from workbench.agent.analyst.conclude import conclude
from workbench.agent.answers import Ledger
from workbench.agent.brief import Brief, Crew
from workbench.agent.choice import ModelChoice
from workbench.agent.earlier import labels, recalled
from workbench.agent.given import read_tables
from workbench.agent.notes import read_notes
from workbench.agent.quotation import checked
from workbench.agent.retraced import retrace
from workbench.agent.spending import Stopped
from workbench.agent.triage import diagnosis_in, triage
from workbench.core.budget import Usage
from workbench.core.cluster import Gap
from workbench.core.counted import counted
from workbench.core.investigation import (
    Asked,
    Concluded,
    Conclusion,
    Confidence,
    Failed,
    Step,
)
from workbench.core.tools import CallContext
from workbench.errors import UsageError, WorkbenchError

if TYPE_CHECKING:
    from workbench.agent.conversation import Conversation
    from workbench.agent.loaded import Loaded


def investigate(
    brief: Brief,
    crew: Crew,
    context: CallContext,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    on_text: Callable[[str], None] | None = None,
) -> AsyncGenerator[Step]:
    """The steps of one investigation; the last one is Concluded or Failed.

    on_text: gets the words of the model as they come; they are steps once they are complete.

    Whoever consumes this closes it (``contextlib.aclosing``): closing it, or cancelling the task
    that iterates, cancels the model request and the running tools before control returns. A
    generator that is being closed cannot yield, so the caller then appends ``cancelled(...)`` to
    the steps it has. Trouble with models, tools or the budget is a step, never an exception.
    """
    ledger = Ledger(brief.budget.tool_calls)
    return _steps(_Run(brief, crew, context, clock, new_id, on_text, ledger, began=clock()))


class _Run(NamedTuple):
    """What ``investigate`` was given, and what it spends."""

    brief: Brief
    crew: Crew
    context: CallContext
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    on_text: Callable[[str], None] | None
    ledger: Ledger
    began: datetime

    @property
    def cluster(self) -> str:
        return self.brief.cluster or self.brief.scope.context


async def _steps(run: _Run) -> AsyncGenerator[Step]:
    """The agent library is loaded while the cluster is read."""
    yield _asked(run)
    loading = asyncio.create_task(asyncio.to_thread(_load, run.crew))
    loading.add_done_callback(_retrieve)
    parts = (*_readings(run), _converse(run, loading))
    try:
        async with aclosing(_in_turn(parts)) as steps:
            async for step in steps:
                yield step
    except WorkbenchError as error:
        yield _failed(run, error)
    finally:
        loading.cancel()


def _asked(run: _Run) -> Asked:
    model = run.crew.model
    return Asked(
        at=run.began,
        question=run.brief.question,
        scope=run.brief.scope,
        model=model.label if isinstance(model, ModelChoice) else model.model_name,
        cluster=run.cluster,
        user=run.context.user,
        agent=run.crew.agent.name,
    )


def _readings(run: _Run) -> tuple[AsyncGenerator[Step], ...]:
    """What is read before any model is asked."""
    brief, tools = run.brief, run.crew.tools
    context, ledger, clock, new_id = run.context, run.ledger, run.clock, run.new_id
    return (
        triage(tools, brief.scope, context, ledger, clock, new_id),
        read_tables(brief.tables, tools, context, ledger, clock, new_id),
        read_notes(brief.question, brief.scope, tools, context, ledger, clock, new_id),
        retrace(brief.before, tools, context, ledger, clock, new_id),
    )


def _failed(run: _Run, error: WorkbenchError) -> Failed:
    at = run.clock()
    spent = Usage(tool_calls=run.ledger.calls, seconds=(at - run.began).total_seconds())
    return Failed(
        at=at, reason=error.message, hint=error.hint, usage=spent,
        mistaken=isinstance(error, UsageError),
    )  # fmt: skip


async def _in_turn(parts: Sequence[AsyncGenerator[Step]]) -> AsyncGenerator[Step]:
    """What each yields, one after the other; closing this closes the one at hand."""
    for part in parts:
        async with aclosing(part) as steps:
            async for step in steps:
                yield step


def cancelled(at: datetime, usage: Usage | None = None) -> Failed:
    """The step to append when a person stopped an investigation before its last step."""
    return Failed(at=at, reason="Stopped by a person.", cancelled=True, usage=usage or Usage())


def _load(crew: Crew) -> Loaded:
    """Import the agent library and the model's SDK: about two seconds, kept off the event loop."""
    from workbench.agent.loaded import load

    return load(crew)


def _retrieve(loading: asyncio.Task[Loaded]) -> None:
    """Look at the outcome, so that an error nobody waited for is not reported as lost."""
    if not loading.cancelled():
        loading.exception()


async def _converse(run: _Run, loading: asyncio.Task[Loaded]) -> AsyncGenerator[Step]:
    """What the model has to say, once it is there."""
    loaded, brief = await loading, run.brief
    conversation = _conversation(run, loaded)
    concluded: Conclusion | None = None
    async with AsyncExitStack() as opened:
        for ours in loaded.ours:
            await opened.enter_async_context(ours)
        try:
            async with aclosing(conversation.steps(brief.question, brief.scope)) as steps:
                async for step in steps:
                    yield step
            concluded = conversation.conclusion
        except Stopped as stop:
            concluded = partial(brief.question, run.ledger, stop.reason)
        if concluded is not None:
            whole = finished(cut_short(concluded, run.ledger), run.ledger, labels(brief.earlier))
            yield Concluded(at=run.clock(), conclusion=whole, usage=conversation.usage)


def _conversation(run: _Run, loaded: Loaded) -> Conversation:
    brief = run.brief
    return loaded.make(
        models=loaded.models,
        tools=run.crew.tools,
        context=run.context,
        meter=loaded.meter(brief.budget, run.ledger, run.clock, run.began),
        cluster=run.cluster,
        replaced=brief.replaced,
        profile=run.crew.agent,
        specialists=loaded.specialists,
        reviewer=loaded.reviewer,
        on_text=run.on_text,
        earlier=recalled(brief.earlier),
        known=labels(brief.earlier),
    )


def partial(question: str, ledger: Ledger, reason: str) -> Conclusion:
    """What the answers so far amount to, when ``reason`` ended the run before the model did."""
    found = conclude(question, ledger.answers)
    return msgspec.structs.replace(
        found,
        verdict=f"Stopped early because {reason}. So far: {found.verdict}",
        confidence=Confidence.LOW,
        stopped=reason,
        not_checked=(*found.not_checked, Gap("the rest of the investigation", reason)),
    )


def cut_short(conclusion: Conclusion, ledger: Ledger) -> Conclusion:
    """The conclusion, which says so where calls were wanted that the budget had no room for."""
    if conclusion.stopped or not ledger.refused:
        return conclusion
    reason = f"the budget of {counted(ledger.limit or 0, 'tool call')} is used up"
    gap = Gap(counted(ledger.refused, "more call"), reason)
    return msgspec.structs.replace(
        conclusion, stopped=reason, not_checked=(*conclusion.not_checked, gap)
    )


def finished(
    conclusion: Conclusion, ledger: Ledger, known: frozenset[str] = frozenset()
) -> Conclusion:
    """The conclusion with its claims checked and the gaps of every diagnosis added.

    known: labels of earlier investigations that may be cited beside those of this one.
    """
    gaps = list(conclusion.not_checked)
    for answer in ledger.answers:
        diagnosis = diagnosis_in(answer.data)
        gaps += [g for g in (diagnosis.gaps if diagnosis else ()) if g not in gaps]
    whole = msgspec.structs.replace(conclusion, not_checked=tuple(gaps))
    if all(answer.failed for answer in ledger.answers):
        whole = msgspec.structs.replace(whole, confidence=Confidence.LOW)
    return checked(whole, ledger.labels | known, ledger.answers)
