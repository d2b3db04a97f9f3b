"""Every contestant asked about every scenario, one scenario after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.agent.tape import Tape
from workbench.core.cluster import Scope
from workbench.core.terms import Terms
from workbench.errors import ClusterError, ModelError, SnapshotError, ToolError, WorkbenchError
from workbench.evaluation.cases import Case
from workbench.evaluation.score import Outcome, scored

if TYPE_CHECKING:
    from workbench.agent.choice import ModelChoice
    from workbench.investigations.workbench import Workbench

PERSON = "evaluation"
"""In the record: what is asked here is nobody's own question."""

Open = Callable[[Path], AbstractAsyncContextManager["Workbench"]]
"""A workbench over the cluster in a folder."""

Tapes = Callable[["Case", "Contestant", int], Tape | None]
"""Where the answers of an attempt are kept, or come from; None for neither."""


class Contestant(msgspec.Struct, frozen=True, kw_only=True):
    """A model, "" for the one that is set, and the agent whose prompt it follows, "" for none."""

    model: str = ""
    agent: str = ""
    label: str = ""


def contestants(
    choice: ModelChoice, models: Sequence[str], agents: Sequence[str]
) -> tuple[Contestant, ...]:
    """Every model with every agent, named for people.

    Raises ModelUnavailable for a model that cannot be asked: before anything is spent.
    """
    from workbench.agent.models import resolve_model

    found = []
    for model in models or ("",):
        chosen = msgspec.structs.replace(choice, spec=model or choice.spec)
        resolve_model(chosen)
        for agent in agents or ("",):
            label = f"{chosen.label} as {agent}" if agent else chosen.label
            found.append(Contestant(model=model, agent=agent, label=label))
    return tuple(dict.fromkeys(found))


async def evaluate(
    cases: Sequence[Case],
    asked: Sequence[Contestant],
    attempts: int,
    open: Open,
    done: Callable[[int], None] = lambda _: None,
    tapes: Tapes = lambda *_: None,
) -> tuple[Outcome, ...]:
    """What each answered to each, attempt by attempt. Contestants work on a scenario side by side,
    so that how fast one is does not depend on who went first.

    done: told how many more answers there are. A scenario that cannot be opened counts as answered
    wrongly by all, with the reason. Raises UsageError for an agent nobody knows, StoreError.
    """
    found = list[Outcome]()
    for case in cases:
        try:
            async with open(case.folder) as bench:
                person = bench.acting_for(PERSON, "evaluation")
                for attempt in range(1, attempts + 1):
                    found += await _answers(person, case, asked, attempt, tapes)
                    done(len(asked))
        except (ClusterError, SnapshotError, ToolError) as error:
            there = {(o.contestant, o.attempt) for o in found if o.case == case.name}
            found += [
                _unanswered(case, one, attempt, error)
                for attempt in range(1, attempts + 1)
                for one in asked
                if (one.label, attempt) not in there
            ]
    return tuple(found)


def _unanswered(case: Case, one: Contestant, attempt: int, error: WorkbenchError) -> Outcome:
    return Outcome(
        case=case.name, cause=case.cause, contestant=one.label, attempt=attempt, why=error.message
    )


async def _answers(
    bench: Workbench, case: Case, asked: Sequence[Contestant], attempt: int, tapes: Tapes
) -> list[Outcome]:
    try:
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(
                    _answer(_on(bench, tapes(case, one, attempt)), case, one, attempt)
                )
                for one in asked
            ]
    except ExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first if isinstance(first, WorkbenchError) else errors from None
    return [task.result() for task in running]


def _on(bench: Workbench, tape: Tape | None) -> Workbench:
    return replace(bench, model=bench.model.on(tape)) if tape else bench


async def _answer(bench: Workbench, case: Case, one: Contestant, attempt: int) -> Outcome:
    terms = Terms(model=one.model, agent=one.agent)
    try:
        found = [so_far async for so_far, _ in bench.ask(case.question, Scope(), terms=terms)][-1]
        rows = await bench.evidences(found.label)
    except (ClusterError, ModelError, ToolError) as error:
        return _unanswered(case, one, attempt, error)
    texts = {row.label: f"{row.text}\n{msgspec.json.encode(row.data).decode()}" for row in rows}
    return scored(case, one.label, attempt, found, texts)
