"""The use cases over a real database, with prepared tool answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.choice import ModelChoice
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.investigation import Investigation, Status, ToolCalled
from workbench.core.terms import TABLE_TOOL, Table, Terms
from workbench.errors import StoreError, ToolFailed, ToolUnknown, UsageError
from workbench.investigations.workbench import Workbench
from workbench.mcp.stack import governed
from workbench.mcp.tables import WithTables
from workbench.store.conversations import Role
from workbench.store.database import Store


@pytest.fixture
def workbench(store: Store) -> Workbench:
    return opened(store)


def opened(store: Store) -> Workbench:
    tables = WithTables(ScriptedTools(load("missing-config")))
    return Workbench(
        tools=governed(tables, store.record, cluster="test"),
        tables=tables,
        store=store,
        address=ClusterAddress(name="test"),
        model=ModelChoice(spec="analyst"),
        budget=Budget(),
        user="ann",
        surface="test",
        clock=lambda: datetime.now(UTC),
        new_id=uuid7,
    )


async def test_an_investigation_can_be_loaded_with_its_evidence(workbench: Workbench) -> None:
    found = [so_far async for so_far, _ in workbench.ask("what is wrong?", Scope())][-1]
    assert found.status is Status.COMPLETE
    assert await workbench.load(found.label) == found
    conclusion = found.conclusion
    assert conclusion is not None
    cited = {label for claim in conclusion.claims for label in claim.evidence}
    assert cited <= {e.label for e in await workbench.evidences(found.label)}
    assert (await workbench.evidence(found.label, "E1")).tool == "kube_diagnose"


async def test_a_question_and_its_verdict_are_a_conversation(workbench: Workbench) -> None:
    found = [so_far async for so_far, _ in workbench.ask("what is wrong?", Scope())][-1]
    (conversation,) = await workbench.store.conversations.list()
    said = await workbench.store.conversations.messages(conversation.id)
    assert [m.role for m in said] == [Role.USER, Role.ASSISTANT]
    assert conversation.title == said[0].content == "what is wrong?"
    assert found.conclusion is not None
    assert said[1].content == found.conclusion.verdict


async def test_no_question_is_refused_before_anything_is_kept(workbench: Workbench) -> None:
    with pytest.raises(UsageError, match="no question"):
        await anext(workbench.ask("  ", Scope()))
    with pytest.raises(UsageError, match="1,048,576 characters; 16,384 can be asked"):
        await anext(workbench.ask("y" * 2**20, Scope()))
    assert await workbench.store.investigations.recent() == ()


async def test_calls_made_by_hand_share_one_session(workbench: Workbench) -> None:
    diagnosis, label = await workbench.diagnose(Scope(since=60))
    again = (await workbench.call("diagnose", {})).evidence
    assert diagnosis.findings
    assert [label, again] == ["E1", "E2"]
    assert (await workbench.evidence("", "E1")).arguments["since"] == "60s"
    assert (await workbench.evidence("", "E2")).tool == "kube_diagnose"
    assert (await workbench.load("")).label == "S-1"


async def test_an_unknown_tool_is_named_with_the_nearest(workbench: Workbench) -> None:
    with pytest.raises(ToolUnknown, match="diagnose"):
        await workbench.call("diagnos", {})


async def test_a_tool_that_could_not_do_it_raises_its_own_sentence(workbench: Workbench) -> None:
    with pytest.raises(ToolFailed):
        await workbench.call("describe", {"kind": "Pod", "name": "nobody", "namespace": "none"})


async def test_an_unknown_investigation_is_one_clear_error(workbench: Workbench) -> None:
    with pytest.raises(StoreError, match="INV-99"):
        await workbench.load("INV-99")


async def last(workbench: Workbench, question: str, **options: Any) -> Investigation:
    return [so_far async for so_far, _ in workbench.ask(question, Scope(), **options)][-1]


async def test_the_same_question_about_the_same_cluster_has_an_answer_already(
    workbench: Workbench,
) -> None:
    assert await workbench.answered("what is wrong?", Scope()) is None
    found = await last(workbench, "what is wrong?")
    assert await workbench.answered("what is wrong?", Scope()) == found
    assert await workbench.answered("what is wrong?", Scope(since=60)) is None
    assert await workbench.answered("what is right?", Scope()) is None
    other = Terms(tables=(Table(name="pods", text="name\nweb"),))
    assert await workbench.answered("what is wrong?", Scope(), other) is None
    assert await workbench.answered("what is wrong?", Scope(), seconds=0) is None
    workbench.identity = "another cluster of the same name"
    assert await workbench.answered("what is wrong?", Scope()) is None


async def test_an_answer_that_was_cut_short_does_not_stand_for_another(
    workbench: Workbench,
) -> None:
    terms = Terms(tool_calls=1)
    await workbench.answered("what is wrong?", Scope(), terms)
    workbench.budget = Budget(seconds=1e-9)
    cut = await last(workbench, "what is wrong?", terms=terms)
    assert cut.conclusion is not None
    assert cut.conclusion.stopped
    assert await workbench.answered("what is wrong?", Scope(), terms) is None


async def test_a_tool_that_is_left_out_is_not_called(workbench: Workbench) -> None:
    found = await last(workbench, "what is wrong?", terms=Terms(tools=("-logs", "-describe")))
    called = {step.tool for step in found.steps if isinstance(step, ToolCalled)}
    assert called
    assert not [tool for tool in called if tool.endswith(("logs", "describe"))]
    with pytest.raises(UsageError, match="'nonsense'"):
        await last(workbench, "what is wrong?", terms=Terms(tools=("+nonsense",)))


async def test_a_note_stays_with_its_investigation(workbench: Workbench) -> None:
    found = await last(workbench, "what is wrong?")
    await workbench.note("told the shop team", found.label)
    await workbench.note("it is the config", found.label, standing="open", evidence=("E1",))
    again = await workbench.load(found.label)
    assert [(n.text, n.standing, n.user) for n in again.notes] == [
        ("told the shop team", "", "ann"),
        ("it is the config", "open", "ann"),
    ]
    assert again.status is Status.COMPLETE
    assert again.conclusion == found.conclusion


async def test_a_table_that_is_given_along_is_evidence(workbench: Workbench) -> None:
    given = Table(name="mine", text="name password\nweb  password=hunter2secret", source="E7")
    found = await last(workbench, "what is wrong?", terms=Terms(tables=(given,)))
    recorded = {e.tool: e for e in await workbench.evidences(found.label)}
    assert "Table mine, from the recorded call E7" in recorded["notebook_table"].text
    assert "hunter2secret" not in recorded["notebook_table"].text
    assert TABLE_TOOL not in {spec.name for spec in await workbench.tools.list()}
