"""The model sees stand-ins; the cluster and the person see names."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.investigating import concluded, steps
from tests.support.model_servers import ModelServer
from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.choice import ANALYST, ModelChoice
from workbench.core.cluster import Scope
from workbench.core.investigation import Said, ToolCalled
from workbench.core.pseudonyms import EVERYTHING

POD = "orders-6c9d7b5f4-k2x8p"
NAMES = (POD, "orders-settings", "thumbnailer", "orders", "shop", "media", "prod-eu", "10.4.7.19")
QUESTION = "why is orders in shop down? 10.4.7.19 is its address"


def cluster() -> ScriptedTools:
    tree = load("missing-config")
    tree["answers"][0]["text"] += f'I0211 1 a.go:1] "x" pod="shop/{POD}" peer=10.4.7.19\n'
    return ScriptedTools(tree)


def _text(body: dict[str, Any]) -> str:
    """What was sent besides the instructions, whose examples name a shop of their own."""
    said = [message for message in body["messages"] if message["role"] != "system"]
    return json.dumps(said, ensure_ascii=False)


def _pod_and_namespace(body: dict[str, Any]) -> tuple[str, str]:
    found = re.search(r"(ns-\d+)/(pod-\d+)", _text(body))
    assert found
    return found[2], found[1]


def reply(body: dict[str, Any]) -> dict[str, Any]:
    """Look at the log of the first pod named, then conclude about it, in the words it was given."""
    pod, namespace = _pod_and_namespace(body)
    if "DATABASE_URL is not set" not in _text(body):
        arguments = {"pod": pod, "namespace": namespace, "previous": True}
        return {
            "say": f"I look at {pod}.",
            "calls": [{"tool": "kube_logs", "arguments": arguments}],
        }
    verdict = f"{pod} in {namespace} lacks DATABASE_URL."
    claim = {"text": f"The log of {namespace}/{pod} says so.", "evidence": ["E2"]}
    steps = [f"kubectl logs {pod} -n {namespace}"]
    arguments = {"verdict": verdict, "claims": [claim], "next_steps": steps}
    return {"calls": [{"tool": "conclude", "arguments": arguments}]}


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_the_model_sees_stand_ins_and_everyone_else_names(provider: str) -> None:
    tools = cluster()
    scope = Scope(namespaces=("shop",), context="prod-eu")
    async with ModelServer(reply) as server:
        choice = server.choice(provider)
        found = await steps(QUESTION, tools, choice, scope=scope, replaced=EVERYTHING)
    for body in server.requests:
        sent = _text(body)
        assert [
            name for name in NAMES if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", sent)
        ] == []
        assert POD not in sent
    assert tools.calls[-1] == ("kube_logs", {"pod": POD, "namespace": "shop", "previous": True})
    conclusion = concluded(found)
    assert conclusion.verdict == f"{POD} in shop lacks DATABASE_URL."
    assert conclusion.claims[0].text == f"The log of shop/{POD} says so."
    assert conclusion.next_steps == (f"kubectl logs {POD} -n shop",)
    assert [s.text for s in found if isinstance(s, Said)] == [f"I look at {POD}."]
    assert [s.arguments for s in found if isinstance(s, ToolCalled)][-1]["pod"] == POD


async def test_a_name_has_one_stand_in_throughout_an_investigation() -> None:
    async with ModelServer(reply) as server:
        choice = server.choice("openai")
        await steps(QUESTION, cluster(), choice, replaced=EVERYTHING)
    first, last = server.requests[0], server.requests[-1]
    assert _pod_and_namespace(first) == _pod_and_namespace(last)
    assert last["messages"][: len(first["messages"])] == first["messages"]


async def test_only_what_was_asked_for_is_replaced() -> None:
    done = {"calls": [{"tool": "conclude", "arguments": {"verdict": "done"}}]}
    async with ModelServer([done]) as server:
        await steps(QUESTION, cluster(), server.choice("openai"), replaced=("ips",))
        await steps(QUESTION, cluster(), server.choice("openai"))
    ips, nothing = map(_text, (server.requests[0], server.requests[1]))
    assert POD in ips
    assert "10.4.7.19" not in ips
    assert "10.4.7.19" in nothing


async def test_the_analyst_runs_here_and_sees_names() -> None:
    said = ModelChoice(spec=ANALYST)
    plain = concluded(await steps(QUESTION, cluster(), said))
    assert concluded(await steps(QUESTION, cluster(), said, replaced=EVERYTHING)) == plain
