"""A lead hands parts of a question to specialists: one purse, one record, steps by name."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from tests.support.investigating import concluded, start, steps
from tests.support.model_servers import ModelServer
from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.specialists import CONSULT, MOST
from workbench.core.agents import AgentProfile, Colleague
from workbench.core.budget import Budget
from workbench.core.investigation import (
    Concluded,
    ModelAnswered,
    Said,
    Step,
    ToolAnswered,
    ToolCalled,
)
from workbench.core.tools import CallContext, ToolResult

QUESTION = "why is orders down, and is its network fine?"


def conclude(verdict: str, *evidence: str) -> dict[str, Any]:
    claim = {"text": verdict, "evidence": list(evidence)}
    arguments = {"verdict": verdict, "claims": [claim]}
    return {"calls": [{"tool": "conclude", "arguments": arguments}]}


def field_of(body: dict[str, Any]) -> str:
    """Which agent asks: specialists have their field in the instructions."""
    said = json.dumps(body.get("system") or body["messages"][0])
    return next((f for f in ("network", "storage") if f"Your field: {f}" in said), "")


def reply(body: dict[str, Any]) -> dict[str, Any]:
    field, messages = field_of(body), json.dumps(body["messages"])
    if not field:
        if '"consult"' not in messages:
            asks = [
                {
                    "tool": CONSULT,
                    "arguments": {"agent": f, "question": f"Is the {f} fine in shop?"},
                }
                for f in ("network", "storage")
            ]
            return {"calls": asks}
        return conclude("It is the network.", re.findall(r"\[(E\d+)\]", messages)[0])
    if '"kube_events"' not in messages:
        call = {"tool": "kube_events", "arguments": {"namespace": "shop"}}
        return {"say": f"{field}: I look.", "calls": [call]}
    return conclude(f"The {field} is broken.", re.findall(r'evidence=\\"(E\d+)', messages)[-1])


def team(tools: ScriptedTools) -> list[Colleague]:
    return [
        Colleague(AgentProfile(name=n, description=n, prompt=f"Look at the {n}."), tools)
        for n in ("network", "storage")
    ]


async def asked(tools: ScriptedTools, **more: Any) -> tuple[list[Step], ModelServer]:
    async with ModelServer(reply) as server:
        choice = server.choice("openai")
        return await steps(QUESTION, tools, choice, team=team(tools), **more), server


async def test_specialists_work_within_one_investigation() -> None:
    tools = ScriptedTools(load("missing-config"))
    found, server = await asked(tools)
    calls = {(s.agent, s.tool) for s in found if isinstance(s, ToolCalled)}
    assert calls == {
        ("", "kube_diagnose"),
        ("", CONSULT),
        ("network-1", "kube_events"),
        ("storage-2", "kube_events"),
    }
    assert {s.agent for s in found if isinstance(s, Said)} == {"network-1", "storage-2"}
    assert concluded(found).claims[0].evidence in (("E2",), ("E3",))
    last = found[-1]
    assert isinstance(last, Concluded)
    assert last.usage.requests == len(server.requests) == 6
    assert last.usage.tool_calls == 3
    assert sum(s.usage.input_tokens for s in found if isinstance(s, ModelAnswered)) == 600


async def test_every_call_of_a_specialist_has_its_own_answer() -> None:
    """Models number their calls alike; the steps tell them apart."""
    found, _ = await asked(ScriptedTools(load("missing-config")))
    called = [s.call_id for s in found if isinstance(s, ToolCalled)]
    answered = [s.call_id for s in found if isinstance(s, ToolAnswered)]
    assert len(set(called)) == len(called)
    assert sorted(called) == sorted(answered)


async def test_their_steps_come_before_the_answer_to_the_lead() -> None:
    found, _ = await asked(ScriptedTools(load("missing-config")))
    consulted = [
        n for n, s in enumerate(found) if isinstance(s, ToolAnswered) and s.tool == CONSULT
    ]
    theirs = [n for n, s in enumerate(found) if getattr(s, "agent", "").startswith("network")]
    assert max(theirs) < max(consulted)


class Together(ScriptedTools):
    """Whoever asks for events waits until two do."""

    def __init__(self) -> None:
        super().__init__(load("missing-config"))
        self._two = asyncio.Barrier(2)

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        if name == "kube_events":
            await asyncio.wait_for(self._two.wait(), 30)
        return await super().call(name, arguments, context)


async def test_they_work_at_the_same_time() -> None:
    found, _ = await asked(Together())
    assert not [s for s in found if isinstance(s, ToolAnswered) and s.failed]


async def test_they_spend_one_budget() -> None:
    found, _ = await asked(ScriptedTools(load("missing-config")), budget=Budget(tokens=350))
    last = found[-1]
    assert isinstance(last, Concluded)
    assert "350 tokens" in last.conclusion.stopped


async def test_stopping_the_lead_stops_them() -> None:
    tree = load("missing-config")
    tree["answers"].insert(0, {"tool": "events", "hangs": True})
    tools = ScriptedTools(tree)
    async with ModelServer(reply) as server:
        running = start(QUESTION, tools, server.choice("openai"), team=team(tools))
        async for step in running:
            if isinstance(step, ToolCalled) and step.agent:
                break
        await asyncio.wait_for(tools.hanging.wait(), 30)
        await asyncio.wait_for(running.aclose(), 30)
    assert tools.cancelled >= 1


async def test_there_is_an_end_to_asking() -> None:
    def insists(body: dict[str, Any]) -> dict[str, Any]:
        if field_of(body):
            return conclude("nothing")
        asks = {"tool": CONSULT, "arguments": {"agent": "network", "question": "and now?"}}
        return {"calls": [asks]} if str(body).count("and now?") <= MOST else conclude("enough")

    tools = ScriptedTools(load("missing-config"))
    async with ModelServer(insists) as server:
        found = await steps(QUESTION, tools, server.choice("openai"), team=team(tools))
    assert concluded(found).verdict == "enough"
    refused = [s for s in found if isinstance(s, ToolAnswered) and s.failed]
    assert len(refused) == 1


async def test_the_analyst_asks_nobody() -> None:
    tools = ScriptedTools(load("missing-config"))
    found = await steps(QUESTION, tools, team=team(tools))
    assert concluded(found).verdict
