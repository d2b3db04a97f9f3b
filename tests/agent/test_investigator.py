from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.support.investigating import ANALYST, concluded, start, steps
from tests.support.model_servers import ModelServer
from tests.support.scripted_tools import NOW, ScriptedTools, load, specs
from workbench.agent.choice import ModelChoice
from workbench.agent.investigator import cancelled
from workbench.agent.triage import diagnose_arguments
from workbench.core.budget import Budget
from workbench.core.cluster import Scope
from workbench.core.investigation import (
    Asked,
    Concluded,
    Confidence,
    Failed,
    FindingsRaised,
    Investigation,
    Status,
    ToolAnswered,
    ToolCalled,
)

QUESTION = "why is orders down?"
LOOKING = {"calls": [{"tool": "kube_events", "arguments": {"namespace": "shop"}}]}
DONE = {"calls": [{"tool": "conclude", "arguments": {"verdict": "done"}}]}


def cluster(**changes: Any) -> ScriptedTools:
    return ScriptedTools({**load("missing-config"), **changes})


async def test_triage_comes_before_anything_the_model_does() -> None:
    found = await steps(QUESTION, cluster())
    asked, called, answered, raised = found[:4]
    assert isinstance(asked, Asked)
    assert (asked.question, asked.model, asked.user) == (QUESTION, "analyst", "ada")
    assert isinstance(called, ToolCalled)
    assert called.tool == "kube_diagnose"
    assert isinstance(answered, ToolAnswered)
    assert (answered.call_id, answered.evidence) == (called.call_id, "E1")
    assert answered.summary == "4 findings, 1 gap"
    assert isinstance(raised, FindingsRaised)
    assert len(raised.findings) == 4
    assert raised.evidence == "E1"


async def test_the_scope_goes_into_the_triage_call() -> None:
    tools = cluster()
    await steps(QUESTION, tools, scope=Scope(namespaces=("shop",), selector="app=orders", since=60))
    assert tools.calls[0] == (
        "kube_diagnose",
        {"namespaces": ["shop"], "selector": "app=orders", "since": "60s"},
    )


@pytest.mark.parametrize(
    ("schema", "since"), [({}, "60s"), ({"type": "string"}, "60s"), ({"type": "integer"}, 60)]
)
def test_how_far_back_is_said_as_the_tool_wants_it(
    schema: dict[str, str], since: str | int
) -> None:
    (spec,) = specs(("diagnose",))
    spec = msgspec.structs.replace(spec, input_schema={"properties": {"since": schema}})
    assert diagnose_arguments(spec, Scope(namespaces=("shop",), since=60)) == {"since": since}


async def test_no_triage_where_no_server_offers_it() -> None:
    found = await steps("why is api-0 pending", ScriptedTools(load("no-analyzers")))
    called = [s.tool for s in found if isinstance(s, ToolCalled)]
    assert called == ["kube_events"]


async def test_a_failed_triage_is_a_failed_step_and_the_run_goes_on() -> None:
    found = await steps(QUESTION, ScriptedTools(load("silent")))
    assert isinstance(found[2], ToolAnswered)
    assert found[2].failed
    assert isinstance(found[-1], Concluded)


async def test_gaps_of_the_diagnosis_are_never_lost() -> None:
    async with ModelServer([DONE]) as server:
        conclusion = concluded(await steps(QUESTION, cluster(), server.choice("openai")))
    assert [g.what for g in conclusion.not_checked] == ["secrets in shop"]


async def test_calls_beyond_the_budget_are_refused_and_the_model_can_still_conclude() -> None:
    tools = cluster()
    async with ModelServer([LOOKING, LOOKING, LOOKING, DONE]) as server:
        found = await steps(QUESTION, tools, server.choice("openai"), budget=Budget(tool_calls=2))
    assert len(tools.calls) == 2
    refused = [s for s in found if isinstance(s, ToolAnswered) and s.failed]
    assert len(refused) == 2
    assert "budget of 2 tool calls" in refused[0].summary
    conclusion = concluded(found)
    assert conclusion.verdict == "done"
    assert conclusion.stopped == "the budget of 2 tool calls is used up"
    assert "2 more calls" in [g.what for g in conclusion.not_checked]


async def test_a_budget_that_was_just_enough_cuts_nothing_short() -> None:
    async with ModelServer([LOOKING, DONE]) as server:
        budget = Budget(tool_calls=2)
        found = await steps(QUESTION, cluster(), server.choice("openai"), budget=budget)
    assert concluded(found).stopped == ""


async def test_the_model_is_told_when_few_calls_are_left() -> None:
    async with ModelServer([LOOKING, DONE]) as server:
        budget = Budget(tool_calls=2)
        await steps(QUESTION, cluster(), server.choice("openai"), budget=budget)
    assert "0 of 2 tool calls left" in str(server.requests[1]["messages"])


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (Budget(tokens=100), "budget of 100 tokens"),
        (Budget(dollars=Decimal("0.00001")), "budget of $0.00001"),
    ],
)
async def test_a_spent_budget_ends_in_a_partial_conclusion(budget: Budget, reason: str) -> None:
    tools = cluster()
    async with ModelServer([LOOKING, DONE]) as server:
        found = await steps(QUESTION, tools, server.choice("openai"), budget=budget)
    conclusion = concluded(found)
    assert reason in conclusion.verdict
    assert "orders-settings" in conclusion.verdict
    assert conclusion.confidence is Confidence.LOW
    assert conclusion.claims[0].evidence == ("E1",)
    assert any(g.what == "the rest of the investigation" for g in conclusion.not_checked)
    assert any(g.what == "secrets in shop" for g in conclusion.not_checked)
    assert len(tools.calls) == 1
    assert [s.tool for s in found if isinstance(s, ToolCalled)] == ["kube_diagnose"]
    assert len(server.requests) == 1


async def test_the_time_limit_ends_a_hanging_model_in_a_partial_conclusion() -> None:
    async with ModelServer([{"hangs": True}]) as server:
        running = steps(QUESTION, cluster(), server.choice("openai"), budget=Budget(seconds=0.5))
        conclusion = concluded(await asyncio.wait_for(running, 60))
    assert "time limit of 0.5 seconds" in conclusion.verdict
    assert conclusion.confidence is Confidence.LOW


async def test_a_model_that_never_stops_calling_is_stopped() -> None:
    async with ModelServer([LOOKING]) as server:
        budget = Budget(tool_calls=2)
        found = await steps(QUESTION, cluster(), server.choice("openai"), budget=budget)
    assert "did not conclude" in concluded(found).verdict


async def test_the_price_is_unknown_for_a_model_nobody_prices() -> None:
    async with ModelServer([DONE]) as server:
        known = server.choice("openai")
        choice = ModelChoice(spec="openai:homemade", openai_base_url=known.openai_base_url)
        last = (await steps(QUESTION, cluster(), choice))[-1]
    assert isinstance(last, Concluded)
    assert last.usage.dollars is None
    assert last.usage.requests == 1


async def test_a_missing_key_is_a_step_that_comes_after_the_findings() -> None:
    found = await steps(QUESTION, cluster(), ModelChoice(spec="anthropic"))
    assert isinstance(found[3], FindingsRaised)
    assert isinstance(found[-1], Failed)
    assert "ANTHROPIC_API_KEY" in found[-1].hint


async def test_a_running_tool_is_cancelled_with_the_task() -> None:
    tree = load("missing-config")
    tree["answers"].insert(0, {"tool": "describe", "hangs": True})
    tools = ScriptedTools(tree)
    task = asyncio.create_task(steps(QUESTION, tools, ANALYST))
    await asyncio.wait_for(tools.hanging.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)
    assert tools.cancelled == 1


async def test_the_caller_marks_a_stopped_investigation() -> None:
    running = start(QUESTION, cluster())
    kept = [await anext(running), await anext(running)]
    await running.aclose()
    whole = Investigation(
        id=UUID(int=1),
        number=1,
        question=QUESTION,
        scope=Scope(),
        steps=(*kept, cancelled(NOW)),
    )
    assert whole.status is Status.CANCELLED


async def test_a_generator_may_be_closed_by_another_task() -> None:
    running = start(QUESTION, cluster())
    async for step in running:
        if isinstance(step, ToolCalled) and step.tool != "kube_diagnose":
            break
    await asyncio.create_task(running.aclose())


async def test_tools_that_cannot_be_listed_are_one_clear_step() -> None:
    from workbench.errors import ToolServerDown

    class Down(ScriptedTools):
        async def list(self) -> Any:
            raise ToolServerDown("The tool server kube is not running.", "Reconnect it.")

    last = (await steps(QUESTION, Down(load("healthy"))))[-1]
    assert isinstance(last, Failed)
    assert (last.reason, last.hint) == ("The tool server kube is not running.", "Reconnect it.")
