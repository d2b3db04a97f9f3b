"""A conclusion is read once more, by whom the settings name and within the same budget."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tests.support.investigating import concluded, steps
from tests.support.model_servers import ModelServer, scripts
from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.choice import ModelChoice
from workbench.core.budget import Budget
from workbench.core.investigation import Concluded, Failed, ModelAnswered, Said, Step

QUESTION = "why is orders down?"


async def asked(choice: ModelChoice, reviewer: str, **more: Any) -> list[Step]:
    choice = msgspec.structs.replace(choice, reviewer=reviewer)
    return await steps(QUESTION, ScriptedTools(load("missing-config")), choice, **more)


async def test_another_model_may_review_and_reads_only_what_is_cited() -> None:
    async with ModelServer(scripts()["reviewed"]["turns"]) as server:
        found = await asked(server.choice("anthropic"), "openai:gpt-5-mini")
    third = server.requests[2]
    assert third["model"] == "gpt-5-mini"
    assert [tool["function"]["name"] for tool in third["tools"]] == ["review"]
    read = json.dumps(third["messages"])
    assert QUESTION in read
    assert 'evidence=\\"E2\\"' in read.replace("\\\\", "\\")
    assert 'evidence=\\"E1\\"' not in read.replace("\\\\", "\\")
    costs = [(s.model, s.agent) for s in found if isinstance(s, ModelAnswered)]
    assert costs == [
        ("claude-sonnet-4-6", ""),
        ("claude-sonnet-4-6", ""),
        ("gpt-5-mini", "reviewer"),
        ("claude-sonnet-4-6", ""),
    ]


async def test_without_the_setting_nothing_is_reviewed() -> None:
    async with ModelServer(scripts()["reviewed-well"]["turns"]) as server:
        found = await asked(server.choice("anthropic"), "")
    assert len(server.requests) == 1
    assert not [s for s in found if isinstance(s, Said)]


async def test_a_spent_budget_costs_the_review_and_not_the_conclusion() -> None:
    async with ModelServer(scripts()["reviewed-well"]["turns"]) as server:
        found = await asked(server.choice("anthropic"), "same", budget=Budget(tokens=100))
    assert len(server.requests) == 1
    assert concluded(found).verdict == "the variable"
    (said,) = [s.text for s in found if isinstance(s, Said)]
    assert said.startswith("The conclusion was not reviewed: ")
    assert "100 tokens" in said


@pytest.mark.parametrize(("reviewer", "why"), [("analyst", "cannot review"), ("x:y", "no model")])
async def test_a_reviewer_that_cannot_be_asked_is_told_before_anything_is_spent(
    reviewer: str, why: str
) -> None:
    async with ModelServer(scripts()["reviewed-well"]["turns"]) as server:
        found = await asked(server.choice("anthropic"), reviewer)
    last = found[-1]
    assert isinstance(last, Failed)
    assert why in last.reason
    assert not server.requests


async def test_a_review_that_fails_after_an_answer_is_paid_for() -> None:
    async with ModelServer(scripts()["review-is-no-review"]["turns"]) as server:
        found = await asked(server.choice("anthropic"), "openai:gpt-5-mini")
    costs = [(s.model, s.agent) for s in found if isinstance(s, ModelAnswered)]
    assert costs == [
        ("claude-sonnet-4-6", ""),
        ("gpt-5-mini", "reviewer"),
        ("gpt-5-mini", "reviewer"),
    ]
    last = found[-1]
    assert isinstance(last, Concluded)
    counted = [s.usage for s in found if isinstance(s, ModelAnswered)]
    assert last.usage.requests == len(server.requests) == len(counted)
    assert last.usage.input_tokens == sum(usage.input_tokens for usage in counted)
    assert last.usage.dollars == sum(usage.dollars or 0 for usage in counted)


async def test_a_reviewer_that_never_answers_costs_half_the_time_and_not_the_conclusion() -> None:
    turns = [*scripts()["reviewed-well"]["turns"][:1], {"hangs": True}]
    async with ModelServer(turns) as server:
        found = await asked(server.choice("anthropic"), "same", budget=Budget(seconds=1))
    assert concluded(found).verdict == "the variable"
    (said,) = [s.text for s in found if isinstance(s, Said)]
    assert said.startswith("The conclusion was not reviewed: ")
    assert [s.agent for s in found if isinstance(s, ModelAnswered)] == [""]
