"""Running one investigation to its end, with a clock and ids of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.scripted_tools import NOW
from workbench.agent.brief import Brief, Crew
from workbench.agent.choice import ModelChoice
from workbench.agent.investigator import investigate
from workbench.core.agents import Colleague
from workbench.core.budget import Budget
from workbench.core.cluster import Scope
from workbench.core.investigation import Concluded, Conclusion, Step
from workbench.core.tools import CallContext, Tools

ANALYST = ModelChoice(spec="analyst")
CONTEXT = CallContext(investigation=UUID(int=1), user="ada")


def ticking(step: float = 0.01) -> Callable[[], datetime]:
    """A clock that moves on a little whenever it is read."""
    ticks = itertools.count()
    return lambda: NOW + timedelta(seconds=step * next(ticks))


def numbered() -> Callable[[], UUID]:
    numbers = itertools.count(1)
    return lambda: UUID(int=next(numbers))


def start(
    question: str,
    tools: Tools,
    model: Any = ANALYST,
    *,
    budget: Budget | None = None,
    scope: Scope | None = None,
    clock: Callable[[], datetime] | None = None,
    on_text: Callable[[str], None] | None = None,
    team: Sequence[Colleague] = (),
    **more: Any,
) -> Any:
    """``more``: what else the brief holds."""
    brief = Brief(question=question, scope=scope or Scope(), budget=budget or Budget(), **more)
    crew = Crew(model, tools, team=team)
    return investigate(brief, crew, CONTEXT, clock or ticking(), numbered(), on_text)


async def steps(question: str, tools: Tools, model: Any = ANALYST, **more: Any) -> list[Step]:
    return [step async for step in start(question, tools, model, **more)]


def concluded(found: list[Step]) -> Conclusion:
    last = found[-1]
    assert isinstance(last, Concluded), last
    return last.conclusion
