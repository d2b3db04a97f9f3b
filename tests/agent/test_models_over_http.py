"""Investigations driven by real SDKs against local servers: each script in each protocol."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest

from tests.support.investigating import concluded, start, steps
from tests.support.model_servers import ModelServer, scripts
from tests.support.scripted_tools import ScriptedTools, load
from workbench.core.investigation import Concluded, Failed, Said, Step, ToolAnswered, ToolCalled

SCRIPTS = scripts()
PROVIDERS = ("anthropic", "openai")
QUESTION = "why is orders down?"


def cluster() -> ScriptedTools:
    return ScriptedTools(load("missing-config"))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_script_ends_as_it_says(script: str, provider: str) -> None:
    expect = SCRIPTS[script]["expect"]
    async with ModelServer(SCRIPTS[script]["turns"]) as server:
        others = (
            [p for p in PROVIDERS if p != provider] if SCRIPTS[script].get("falls_back") else ()
        )
        choice = server.choice(provider, *others)
        choice = msgspec.structs.replace(choice, reviewer=SCRIPTS[script].get("reviewer", ""))
        found = await steps(QUESTION, cluster(), choice)
    if "requests" in expect:
        assert len(server.requests) == expect["requests"]
    if "told" in expect:
        assert expect["told"] in json.dumps(server.requests[-1])
    if "said" in expect:
        assert expect["said"] in " ".join(s.text for s in found if isinstance(s, Said))
    assert_pairs(found, expect)
    if "reason" in expect:
        assert_failed(found[-1], expect)
    else:
        assert_concluded(found, expect)


def assert_pairs(found: list[Step], expect: dict[str, Any]) -> None:
    called = {s.call_id: s.tool for s in found if isinstance(s, ToolCalled)}
    answered = {s.call_id: s.tool for s in found if isinstance(s, ToolAnswered)}
    assert called == answered
    if "pairs" in expect:
        assert list(called.values()) == expect["pairs"]
    if "failed_answers" in expect:
        failed = [s for s in found if isinstance(s, ToolAnswered) and s.failed]
        assert len(failed) == expect["failed_answers"]


def assert_failed(last: Step, expect: dict[str, Any]) -> None:
    assert isinstance(last, Failed), last
    assert expect["reason"] in last.reason
    assert expect["hint"] in last.hint
    assert not last.cancelled
    assert last.usage.tool_calls == 1
    assert "Traceback" not in last.reason


def assert_concluded(found: list[Step], expect: dict[str, Any]) -> None:
    conclusion = concluded(found)
    assert expect["verdict"] in conclusion.verdict
    assert conclusion.confidence.value == expect.get("confidence", conclusion.confidence.value)
    assert "secrets in shop" in [g.what for g in conclusion.not_checked]
    if "evidence" in expect:
        assert [list(c.evidence) for c in conclusion.claims] == expect["evidence"]
    if "hypotheses" in expect:
        assert [c.hypothesis for c in conclusion.claims] == expect["hypotheses"]
    if "steps" in expect:
        assert [type(s).__struct_config__.tag for s in found] == expect["steps"]
    last = found[-1]
    assert isinstance(last, Concluded)
    if "tokens" in expect:
        assert [last.usage.input_tokens, last.usage.output_tokens] == expect["tokens"]
    if "cached" in expect:
        assert last.usage.cached_tokens == expect["cached"]
    if "priced" in expect:
        assert (last.usage.dollars is not None) == expect["priced"]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_the_model_starts_where_the_analyzers_end(provider: str) -> None:
    async with ModelServer(SCRIPTS["call-and-conclude"]["turns"]) as server:
        found = await steps(QUESTION, cluster(), server.choice(provider))
    first = json.dumps(server.requests[0]["messages"], ensure_ascii=False)
    assert QUESTION in first
    assert "kube_diagnose" in first
    assert 'evidence=\\"E1\\" tool=\\"kube_diagnose\\"' in first
    assert [s.text for s in found if isinstance(s, Said)] == [
        "I want the log of the crashed container."
    ]


async def test_a_model_that_answers_in_one_piece_is_understood() -> None:
    from pydantic_ai import Agent

    from workbench.agent.models import resolve_model

    for provider in PROVIDERS:
        async with ModelServer([{"say": "All is well."}]) as server:
            model = resolve_model(server.choice(provider))
            async with model:
                result = await Agent(model, model_settings={"max_tokens": 500}).run("how is it?")
        assert not server.requests[0].get("stream")
        assert result.output == "All is well."


async def test_nobody_listening_is_one_sentence_and_a_hint() -> None:
    async with ModelServer([{}]) as server:
        gone = server.choice("anthropic")
    last = (await steps(QUESTION, cluster(), gone))[-1]
    assert isinstance(last, Failed)
    assert "cannot be reached" in last.reason
    assert "analyst" in last.hint


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_cancelling_the_task_drops_the_model_request(provider: str) -> None:
    async with ModelServer([{"hangs": True}]) as server:
        task = asyncio.create_task(steps(QUESTION, cluster(), server.choice(provider)))
        await asyncio.wait_for(server.hanging.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 60)
        await _until(lambda: server.left == 1)


async def test_closing_the_generator_drops_the_running_tool() -> None:
    tree = load("missing-config")
    tree["answers"].insert(0, {"tool": "logs", "hangs": True})
    tools = ScriptedTools(tree)
    async with ModelServer(SCRIPTS["call-and-conclude"]["turns"]) as server:
        running = start(QUESTION, tools, server.choice("anthropic"))
        async for step in running:
            if isinstance(step, ToolCalled) and step.tool == "kube_logs":
                break
        await _until(lambda: "kube_logs" in [name for name, _ in tools.calls])
        await asyncio.wait_for(running.aclose(), 60)
    assert tools.cancelled == 1


async def _until(reached: Any) -> None:
    for _ in range(500):
        if reached():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")
