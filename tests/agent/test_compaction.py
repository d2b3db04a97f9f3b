"""Long investigations in small windows."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from tests.support.investigating import concluded, steps
from tests.support.model_servers import ModelServer
from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.answers import Answer
from workbench.agent.compaction import compacted, tokens
from workbench.core.budget import Budget
from workbench.core.investigation import ToolAnswered

WINDOW = 8_192
LINE = (
    "2026-03-04T03:10:02Z ERROR upstream connect error, reset before headers, host 10.4.7.19:8080\n"
)
QUESTION = "why is orders down?"


def counted(value: Any) -> int:
    """Tokens as a byte-pair vocabulary would count them or more: pieces of words, digits by three,
    every other sign. Independent of the estimate that is tested."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return len(re.findall(r"[^\W\d_]{1,5}|\d{1,3}|[^\w\s]{1,2}|_|\n+", text))


class LongRun:
    """Reads one log after another, some answers large, and concludes about an early one."""

    def __init__(self, calls: int) -> None:
        self._calls = calls
        self.turns = 0
        self.sizes: list[int] = []
        self.histories: list[list[dict[str, Any]]] = []

    def __call__(self, body: dict[str, Any]) -> dict[str, Any]:
        self.sizes.append(counted(body))
        self.histories.append(body["messages"])
        assert QUESTION in json.dumps(body["messages"])
        assert_paired(body["messages"])
        self.turns += 1
        if self.turns > self._calls:
            claim = {"text": "The log says so.", "evidence": ["E5"]}
            arguments = {"verdict": "found it", "claims": [claim]}
            return {"calls": [{"tool": "conclude", "arguments": arguments}]}
        pod = f"orders-6c9d7b5f4-{self.turns:05}"
        words = "E5 shows the reset." if self.turns == 8 else f"Now pod {pod}."
        arguments = {"namespace": "shop", "pod": pod}
        return {"say": words, "calls": [{"tool": "kube_logs", "arguments": arguments}]}


def assert_paired(messages: list[dict[str, Any]]) -> None:
    """Every call has its answer and every answer its call, in either protocol."""
    calls, answers = [], []
    for message in messages:
        blocks = message["content"] if isinstance(message.get("content"), list) else []
        calls += [b["id"] for b in blocks if b.get("type") == "tool_use"]
        answers += [b["tool_use_id"] for b in blocks if b.get("type") == "tool_result"]
        calls += [c["id"] for c in message.get("tool_calls") or ()]
        answers += [message["tool_call_id"]] if message["role"] == "tool" else []
    assert calls == answers


@pytest.mark.parametrize(("provider", "calls"), [("anthropic", 200), ("openai", 40)])
async def test_any_number_of_calls_fits_a_window_of_eight_thousand_tokens(
    provider: str, calls: int
) -> None:
    tree = load("missing-config")
    tree["answers"].insert(0, {"tool": "logs", "text": LINE * 60})
    model = LongRun(calls)
    async with ModelServer(model) as server:
        choice = msgspec.structs.replace(server.choice(provider), context_tokens=WINDOW)
        found = await steps(
            QUESTION, ScriptedTools(tree), choice, budget=Budget(tool_calls=calls + 1)
        )
    assert max(model.sizes) <= WINDOW
    assert len([s for s in found if isinstance(s, ToolAnswered)]) == calls + 1
    assert concluded(found).claims[0].evidence == ("E5",)


async def test_a_folded_history_goes_on_folded() -> None:
    """Else each request would be folded anew, read no cache, and cost more than the one before."""
    calls, tree = 80, load("missing-config")
    tree["answers"].insert(0, {"tool": "logs", "text": LINE * 14})
    model = LongRun(calls)
    async with ModelServer(model) as server:
        choice = msgspec.structs.replace(server.choice("openai"), context_tokens=2 * WINDOW)
        budget = Budget(tool_calls=calls + 1)
        concluded(await steps(QUESTION, ScriptedTools(tree), choice, budget=budget))
    grown = [after[: len(before)] == before for before, after in pairwise(model.histories)]
    assert 1 <= grown.count(False) <= calls // 5
    lengths = [len(history) for history in model.histories]
    assert max(lengths[calls // 2 :]) <= max(lengths[: calls // 2])


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_what_overflows_is_sent_again_with_a_shorter_history(provider: str) -> None:
    """Of a model whose window nobody knows, the first refusal tells."""
    held = 7_000
    turns = 0

    def reply(body: dict[str, Any]) -> dict[str, Any]:
        nonlocal turns
        if counted(body) > held:
            words = f"prompt is too long: {counted(body)} tokens > {held} maximum"
            kind = {"anthropic": "invalid_request_error"}.get(provider, "context_length_exceeded")
            return {"status": 400, "message": words, "error_type": kind}
        turns += 1
        if turns > 12:
            return {"calls": [{"tool": "conclude", "arguments": {"verdict": "held it all"}}]}
        arguments = {"namespace": "shop", "pod": f"p{turns}"}
        return {"calls": [{"tool": "kube_logs", "arguments": arguments}]}

    tree = load("missing-config")
    tree["answers"].insert(0, {"tool": "logs", "text": LINE * 20})
    async with ModelServer(reply) as server:
        own = msgspec.structs.replace(server.choice(provider), spec=f"{provider}:house-model")
        found = await steps(QUESTION, ScriptedTools(tree), own)
    assert concluded(found).verdict == "held it all"


def asked() -> ModelRequest:
    return ModelRequest(parts=[UserPromptPart([QUESTION])])


def turn(number: int, text: str, tool: str = "kube_logs") -> tuple[ModelMessage, ModelMessage]:
    call = ToolCallPart(tool, {"pod": f"p{number}"}, tool_call_id=f"c{number}")
    framed = f'<tool_result evidence="E{number}" tool="{tool}">\n{text}\n</tool_result>'
    back = ToolReturnPart(
        tool, framed, tool_call_id=f"c{number}", metadata={"evidence": f"E{number}"}
    )
    return ModelResponse(parts=[TextPart(f"step {number}"), call]), ModelRequest(parts=[back])


def answer(number: int) -> Answer:
    return Answer(
        call_id=f"c{number}",
        tool="kube_logs",
        remote_name="logs",
        arguments={"pod": f"p{number}"},
        text=LINE * 20,
        evidence=f"E{number}",
    )


def history(count: int, **special: str) -> list[ModelMessage]:
    messages: list[ModelMessage] = [asked()]
    for number in range(1, count + 1):
        messages += turn(number, LINE * 20, special.get(f"t{number}", "kube_logs"))
    return messages


ANSWERS = [answer(n) for n in range(1, 31)]


def fitted(messages: list[ModelMessage], limit: int = 4_000, **more: Any) -> list[ModelMessage]:
    kept = more.pop("kept", lambda back: False)
    return compacted(messages, limit, ANSWERS, kept, **more)


def ids(messages: list[ModelMessage]) -> set[str]:
    return {p.tool_call_id for m in messages for p in m.parts if isinstance(p, ToolReturnPart)}


def test_a_history_that_fits_stays_as_it_is() -> None:
    messages = history(2)
    assert fitted(messages, 100_000) == messages


def test_what_is_made_shorter_has_room_for_a_while() -> None:
    assert sum(map(tokens, fitted(history(30)))) <= 4_000 * 0.8


def test_the_question_and_the_last_turn_stay() -> None:
    messages = history(30)
    kept = fitted(messages)
    assert QUESTION in str(kept[0])
    assert kept[-2:] == messages[-2:]


def test_a_call_without_an_answer_stays() -> None:
    messages = [*history(29), *turn(30, "x")[:1]]
    assert fitted(messages)[-1] == messages[-1]


def test_results_that_wait_for_a_person_stay() -> None:
    kept = fitted(history(30, t2="kube_scale"), kept=lambda back: back.tool_name == "kube_scale")
    assert "c2" in ids(kept)


def test_cited_results_stay_before_others_do() -> None:
    kept = ids(fitted(history(30), 6_000, cited={"E3"}))
    assert "c3" in kept
    assert "c4" not in kept


def test_what_is_folded_is_told_in_a_line_with_its_label() -> None:
    told = str(fitted(history(30), 1_500)[0])
    assert "evidence_read" in told
    assert "E29 kube_logs" in told or "E28 kube_logs" in told
    assert "calls before these are left out" in told


def test_a_second_folding_replaces_the_first_note() -> None:
    once = fitted(history(25))
    again = fitted([*once, *[m for n in range(26, 31) for m in turn(n, LINE * 20)]])
    assert str(again).count("Earlier turns were folded") == 1
