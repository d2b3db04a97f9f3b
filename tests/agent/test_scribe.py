"""A scribe writes an incident up over each protocol, and is held to what it cites."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.support.investigating import ticking
from tests.support.model_servers import ModelServer
from workbench.agent.answers import Answer
from workbench.agent.choice import ModelChoice
from workbench.agent.scribe import Material, Written, write_up
from workbench.core.budget import Budget
from workbench.core.cluster import Scope
from workbench.core.investigation import Claim, Conclusion, ModelAnswered
from workbench.core.pseudonyms import EVERYTHING
from workbench.errors import ModelUnavailable

Told = list[tuple[str, list[str]]]
POD = "orders-6c9d7b5f4-k2x8p"


def source(label: str, text: str, **arguments: str) -> Answer:
    return Answer(
        call_id=label, tool="kube_logs", remote_name="logs", arguments=arguments,
        text=text, evidence=label,
    )  # fmt: skip


MATERIAL = Material(
    record=source("INC-1", "Title: orders is down\n03:12 ann closed it: a key was renamed"),
    conclusions={
        "INV-3": Conclusion(
            verdict="DATABASE_URL is missing.",
            claims=(Claim(text="Its log says so.", evidence=("INV-3/E2",)),),
        )
    },
    evidence=(source("INV-3/E2", "KeyError: DATABASE_URL is not set", pod=POD, namespace="shop"),),
    cluster="prod-eu",
    scope=Scope(namespaces=("shop",)),
)


def turn(in_short: Told, why: Told = ()) -> dict[str, Any]:  # type: ignore[assignment]
    parts = {"in_short": in_short, "why": why}
    arguments = {
        name: [{"text": text, "evidence": evidence} for text, evidence in said]
        for name, said in parts.items()
    }
    return {"calls": [{"tool": "write_up", "arguments": arguments}]}


GOOD = turn(
    [("A key was renamed.", ["INC-1"])], [('The log said "DATABASE_URL is not set".', ["INV-3/E2"])]
)


async def wrote(choice: ModelChoice, **more: Any) -> Written:
    budget = more.pop("budget", Budget())
    return await write_up(MATERIAL, choice, budget, ticking(), **more)


def sentences(written: Written) -> list[tuple[str, tuple[str, ...], bool]]:
    assert written.narrative is not None, written.failure
    every = (said for part in written.narrative.parts for said in part.sentences)
    return [(said.text, said.evidence, said.hypothesis) for said in every]


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_an_incident_is_written_up_from_the_record_alone(provider: str) -> None:
    async with ModelServer([GOOD]) as server:
        written = await wrote(server.choice(provider))
    assert sentences(written) == [
        ("A key was renamed.", ("INC-1",), False),
        ('The log said "DATABASE_URL is not set".', ("INV-3/E2",), False),
    ]
    assert written.narrative is not None
    assert [part.title for part in written.narrative.parts] == ["In short", "Why"]
    (asked,) = server.requests
    assert "write_up" in json.dumps(asked["tools"])
    assert len(asked["tools"]) == 1
    read = json.dumps(asked["messages"]).replace("\\", "")
    assert '<tool_result evidence="INC-1"' in read
    assert '<tool_result evidence="INV-3/E2" tool="kube_logs" cluster="prod-eu"' in read
    assert '<conclusion of="INV-3">' in read
    (cost,) = written.steps
    assert isinstance(cost, ModelAnswered)
    assert (cost.agent, cost.usage.input_tokens) == ("scribe", 100)
    assert cost.usage.dollars is not None
    assert cost.usage.dollars > Decimal(0)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (("It was the network.", ["INV-3/E9"]), "INV-3/E9"),
        (("It was the network.", ["E2"]), "E2"),
        (('The log said "network unreachable".', ["INV-3/E2"]), "does not stand in"),
    ],
)
async def test_what_the_record_does_not_bear_out_is_sent_back_once_and_is_then_a_guess(
    said: tuple[str, list[str]], complaint: str
) -> None:
    async with ModelServer([turn([said])]) as server:
        written = await wrote(server.choice("openai"))
    assert len(server.requests) == 2
    assert complaint in json.dumps(server.requests[1]["messages"])
    assert sentences(written) == [(said[0], (), True)]


async def test_a_sentence_that_cites_nothing_is_a_guess() -> None:
    async with ModelServer([turn([("Somebody was tired.", [])])]) as server:
        written = await wrote(server.choice("openai"))
    assert sentences(written) == [("Somebody was tired.", (), True)]
    assert len(server.requests) == 1


async def test_the_next_model_takes_over_and_trouble_that_passes_is_waited_for() -> None:
    busy = {"status": 429, "headers": {"retry-after-ms": "1"}, "message": "busy"}
    refused = {"status": 401, "message": "no", "error_type": "authentication_error"}
    async with ModelServer([busy, refused, GOOD]) as server:
        written = await wrote(server.choice("anthropic", "openai"))
    assert [body["model"] for body in server.requests] == [
        "claude-sonnet-4-6", "claude-sonnet-4-6", "gpt-5-mini",
    ]  # fmt: skip
    assert written.narrative is not None
    assert written.narrative.model == "gpt-5-mini"


async def test_what_was_answered_in_vain_is_paid_for() -> None:
    async with ModelServer([{"say": "It was a dark night."}]) as server:
        written = await wrote(server.choice("openai"))
    assert written.narrative is None
    assert written.failure is not None
    assert "could not be used" in written.failure.reason
    assert len(written.steps) == len(server.requests) == 3


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
@pytest.mark.parametrize(
    ("turn", "why", "hint"),
    [
        ({"status": 401, "message": "no"}, "refused the key", "or leave the model out"),
        ({"page": "<html>hi</html>"}, "nothing that is an answer", "Check the base URL"),
    ],
)
async def test_a_model_that_gives_nothing_says_why_and_what_to_do(
    provider: str, turn: dict[str, Any], why: str, hint: str
) -> None:
    async with ModelServer([turn]) as server:
        written = await wrote(server.choice(provider))
    assert written.failure is not None
    assert why in written.failure.reason
    assert hint in written.failure.hint
    assert len(server.requests) == 1


async def test_the_budget_holds_for_it() -> None:
    async with ModelServer([turn([("a", ["E9"])]), GOOD]) as server:
        written = await wrote(server.choice("openai"), budget=Budget(tokens=100))
    assert len(server.requests) == len(written.steps) == 1
    assert written.failure is not None
    assert "100 tokens" in written.failure.reason


async def test_the_model_gets_stand_ins_and_the_reader_names() -> None:
    def reply(body: dict[str, Any]) -> dict[str, Any]:
        read = json.dumps([m for m in body["messages"] if m["role"] != "system"])
        for name in (POD, "prod-eu", '"shop"'):
            assert name not in read
        return turn([("The pod pod-1 in ns-1 lacked it.", ["INV-3/E2"])])

    async with ModelServer(reply) as server:
        written = await wrote(server.choice("openai"), replaced=EVERYTHING)
    assert sentences(written)[0][0] == f"The pod {POD} in shop lacked it."


@pytest.mark.parametrize("spec", ["analyst", "openai:x"])
async def test_a_model_that_cannot_be_asked_is_an_error_at_once(spec: str) -> None:
    with pytest.raises(ModelUnavailable):
        await wrote(ModelChoice(spec=spec))
