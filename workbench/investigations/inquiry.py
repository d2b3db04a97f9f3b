"""Running an agent on an investigation: who is asked, and how it is taken up again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from msgspec.structs import replace

from workbench.agent.brief import Brief, Crew
from workbench.agent.earlier import Earlier
from workbench.agent.investigator import investigate
from workbench.agent.retraced import NOT_FORKED, Retraced
from workbench.core.investigation import Asked, Concluded, Failed, Investigation, Step
from workbench.core.terms import Terms
from workbench.core.tools import Tools
from workbench.investigations import changes
from workbench.investigations.agents import equipped, profile, team
from workbench.investigations.answer import answer
from workbench.investigations.ask import ask
from workbench.investigations.wanted import Wanted

if TYPE_CHECKING:
    from uuid import UUID

    from workbench.investigations.desk import Desk


async def assemble(desk: Desk, terms: Terms, tools: Tools | None = None) -> Crew:
    """What those terms mean here; ``tools`` instead of the workbench's own.

    Raises UsageError for an agent, a tool or a model provider that is not there, ModelUnavailable
    where the model or one that takes over from it has no key.
    """
    agent = await profile(desk.store, terms.agent)
    model = desk.model.suited(agent, terms.model)
    model.check_provider()
    for choice in model.each():
        choice.check_key()
    offered = tools or await desk.tools_for(terms)
    return Crew(
        model=model,
        tools=await equipped(agent, offered),
        agent=agent,
        team=await team(desk.store, agent, offered),
    )


async def inquire(
    desk: Desk,
    made: Investigation,
    crew: Crew,
    terms: Terms,
    key: str = "",
    earlier: Sequence[Earlier] = (),
    on_text: Callable[[str], None] | None = None,
    before: Retraced = NOT_FORKED,
    *,
    holder: UUID | None = None,
) -> AsyncGenerator[tuple[Investigation, Step]]:
    """The investigation so far with each new step, already recorded; see ``Workbench.ask``.

    Its lease is held meanwhile, by its ``holder`` where it has one already. Raises Conflict when
    another process works on it.
    """
    wanted = Wanted(desk.store.leases, made, holder or desk.new_id())

    async def run(investigation: Investigation) -> AsyncGenerator[Step]:
        brief = Brief(
            question=investigation.question,
            scope=investigation.scope,
            budget=desk.budget_for(terms),
            cluster=desk.cluster,
            tables=terms.tables,
            replaced=desk.pseudonymise,
            earlier=earlier,
            before=before,
        )
        context = desk.context(investigation.id)
        steps = investigate(brief, crew, context, desk.clock, desk.new_id, on_text)
        proposed = changes.with_proposals(desk, investigation.id, steps)
        async with aclosing(wanted.steps(proposed, desk.clock)) as all_steps:
            async for step in all_steps:
                yield _keyed(with_handle(step, investigation.label), key)

    store, settled = desk.store.investigations, desk.tools.settled
    recorded = ask(made, run, store, desk.clock, settled)
    async with wanted.lease, aclosing(recorded) as steps:
        async for so_far, step in steps:
            if isinstance(step, Concluded):
                await answer(desk.store, so_far)
            yield so_far, step


def with_handle(step: Step, label: str) -> Step:
    """A last step that leaves something to do says how the investigation is taken up again."""
    command = f"workbench investigations resume {label}"
    if isinstance(step, Failed) and not (step.cancelled or step.mistaken):
        words = f"Then `{command}` goes on where this ended."
        return replace(step, hint=f"{step.hint} {words}".strip())
    if isinstance(step, Concluded) and step.conclusion.stopped:
        found = step.conclusion
        steps = (*found.next_steps, command)
        return replace(step, conclusion=replace(found, next_steps=steps))
    return step


def _keyed(step: Step, key: str) -> Step:
    return replace(step, key=key) if isinstance(step, Asked) else step
