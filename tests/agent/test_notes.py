"""Notes are read after the triage, as evidence, and the analyst names the one about its cause."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.brief import Brief, Crew
from workbench.agent.choice import ModelChoice
from workbench.agent.investigator import investigate
from workbench.agent.notes import KNOWLEDGE_TOOL
from workbench.core.budget import Budget
from workbench.core.cluster import Scope
from workbench.core.investigation import Concluded, Step, ToolAnswered, ToolCalled
from workbench.core.tools import CallContext, ToolResult, ToolSpec
from workbench.mcp.knowledge import SPEC


class WithNotes(ScriptedTools):
    """Also finds a note and two incidents; the note and the second incident are about whatever
    code is asked for first."""

    async def list(self) -> tuple[ToolSpec, ...]:
        return (*await super().list(), SPEC)

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        if name != KNOWLEDGE_TOOL:
            return await super().call(name, arguments, context)
        code = arguments["query"].split()[0]
        note = {"title": "A note", "source": "notes/a.md", "type": "note", "codes": [code]}
        same = {"title": "INC-1: A", "source": "incident:INC-1", "type": "incident"}
        far = {**same, "title": "INC-2: B", "codes": ["NODE_NOT_READY"]}
        passages = [far, {**same, "codes": [code]}, note]
        return ToolResult(text="A note says so.", data={"passages": passages}, evidence="E77")


async def steps(tools: ScriptedTools) -> list[Step]:
    context = CallContext(investigation=uuid4(), user="ann", surface="test")
    brief = Brief(question="what is wrong?", scope=Scope(), budget=Budget())
    crew = Crew(ModelChoice(spec="analyst"), tools)
    made = investigate(brief, crew, context, lambda: datetime(2026, 1, 1, tzinfo=UTC), uuid4)
    return [step async for step in made]


async def test_notes_are_searched_once_for_the_codes_that_were_found() -> None:
    found = await steps(WithNotes(load("missing-config")))
    calls = [s for s in found if isinstance(s, ToolCalled)]
    assert [c.tool for c in calls].index(KNOWLEDGE_TOOL) == 1
    assert [c.tool for c in calls].count(KNOWLEDGE_TOOL) == 1
    asked = next(c for c in calls if c.tool == KNOWLEDGE_TOOL)
    assert asked.arguments["query"].endswith("what is wrong?")
    answer = next(s for s in found if isinstance(s, ToolAnswered) and s.tool == KNOWLEDGE_TOOL)
    assert (answer.evidence, answer.summary) == ("E77", "3 passages")


async def test_the_analyst_names_the_note_and_concludes_the_same() -> None:
    with_notes = (await steps(WithNotes(load("missing-config"))))[-1]
    without = (await steps(ScriptedTools(load("missing-config"))))[-1]
    assert isinstance(with_notes, Concluded)
    assert isinstance(without, Concluded)
    assert with_notes.conclusion.next_steps[-2:] == (
        "See note “A note” (notes/a.md, E77)",
        "See incident “INC-1: A” (incident:INC-1, E77)",
    )
    assert with_notes.conclusion.claims == without.conclusion.claims
    assert with_notes.conclusion.verdict == without.conclusion.verdict


async def test_where_nothing_is_wrong_nothing_is_looked_up() -> None:
    found = await steps(WithNotes(load("healthy")))
    assert KNOWLEDGE_TOOL not in [s.tool for s in found if isinstance(s, ToolCalled)]
