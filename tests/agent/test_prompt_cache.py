"""What stays the same of a prompt is marked for Anthropic's cache, and does stay the same."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from tests.support.investigating import concluded, steps
from tests.support.model_servers import ModelServer
from tests.support.scripted_tools import ScriptedTools, load

MOST_MARKS = 4
"""Breakpoints a request may have (Anthropic documentation, prompt caching)."""
CALLS = [
    {"tool": "kube_events", "arguments": {"namespace": "shop"}},
    {"tool": "kube_logs", "arguments": {"namespace": "shop", "pod": "orders-6c9d7b5f4-k2x8p"}},
]
TURNS: list[dict[str, Any]] = [
    *({"calls": [call]} for call in CALLS),
    {"calls": [{"tool": "conclude", "arguments": {"verdict": "done"}}]},
]


async def asked(question: str) -> list[dict[str, Any]]:
    """The bodies of the requests an investigation makes."""
    async with ModelServer(TURNS) as server:
        concluded(
            await steps(question, ScriptedTools(load("missing-config")), server.choice("anthropic"))
        )
    return server.requests


def bare(value: Any) -> Any:
    """Without the marks, which move on."""
    if isinstance(value, dict):
        return {k: bare(v) for k, v in value.items() if k != "cache_control"}
    return [bare(v) for v in value] if isinstance(value, list) else value


def marks(body: dict[str, Any]) -> int:
    return json.dumps(body).count('"cache_control": {')


async def test_tools_instructions_and_the_conversation_are_marked() -> None:
    for body in await asked("why is orders down?"):
        assert body["tools"][-1]["cache_control"]["type"] == "ephemeral"
        assert body["system"][-1]["cache_control"]["type"] == "ephemeral"
        assert body["cache_control"]["type"] == "ephemeral"  # on what comes last, by the provider
        assert marks(body) <= MOST_MARKS


async def test_every_request_begins_as_the_one_before_it_was() -> None:
    bodies = [bare(body) for body in await asked("why is orders down?")]
    assert len(bodies) == len(TURNS)
    for before, after in pairwise(bodies):
        assert after["tools"] == before["tools"]
        assert after["system"] == before["system"]
        assert after["messages"][: len(before["messages"])] == before["messages"]
        assert len(after["messages"]) > len(before["messages"])


async def test_another_question_reads_the_same_tools_and_instructions() -> None:
    first, other = await asked("why is orders down?"), await asked("is shop healthy?")
    assert json.dumps(first[0]["tools"]) == json.dumps(other[0]["tools"])
    assert json.dumps(first[0]["system"]) == json.dumps(other[0]["system"])
    assert first[0]["messages"] != other[0]["messages"]
