"""The use cases over a real database, with prepared tool answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from uuid_utils.compat import uuid7

from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.choice import ModelChoice
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.investigation import Status
from workbench.errors import StoreError, ToolFailed, ToolUnknown, UsageError
from workbench.investigations.workbench import Workbench
from workbench.mcp.stack import governed
from workbench.store.conversations import Role
from workbench.store.database import Store


@pytest.fixture
def workbench(store: Store) -> Workbench:
    return Workbench(
        tools=governed(ScriptedTools(load("missing-config")), store.record, cluster="test"),
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
    assert await workbench.store.investigations.recent() == ()


async def test_calls_made_by_hand_share_one_session(workbench: Workbench) -> None:
    diagnosis, label = await workbench.diagnose(Scope())
    again = (await workbench.call("diagnose", {})).evidence
    assert diagnosis.findings
    assert [label, again] == ["E1", "E2"]
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
