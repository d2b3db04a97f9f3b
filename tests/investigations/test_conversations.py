"""Agents by name, questions that follow, words as they come, and what all that costs."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from uuid_utils.compat import uuid7

from tests.investigations.test_workbench import opened
from tests.support.model_servers import ModelServer
from workbench.agent.templates import templates
from workbench.core.agents import AgentProfile
from workbench.core.budget import Budget
from workbench.core.cluster import Scope
from workbench.core.investigation import Asked, Concluded, Failed, Investigation, Said, ToolCalled
from workbench.core.terms import Terms
from workbench.errors import UsageError
from workbench.investigations.agents import config, every, profile
from workbench.investigations.live import Delta, Live, Watched
from workbench.investigations.workbench import Workbench
from workbench.store.database import Store

SAID = "I look at the events first, because they tell what was tried."
LOOK = {"say": SAID, "calls": [{"tool": "kube_events", "arguments": {"namespace": "shop"}}]}


def conclude(verdict: str, *evidence: str) -> dict[str, Any]:
    claims = [{"text": verdict, "evidence": list(evidence)}]
    return {
        "calls": [{"tool": "conclude", "arguments": {"verdict": verdict, "claims": claims}}],
        "usage": {"input": 1000, "output": 100},
    }


def asking(
    store: Store, server: ModelServer, provider: str = "anthropic", **more: Any
) -> Workbench:
    bench = opened(store)
    bench.model = server.choice(provider)
    for name, value in more.items():
        setattr(bench, name, value)
    return bench


async def whole(bench: Workbench, question: str, **more: Any) -> Investigation:
    return [so_far async for so_far, _ in bench.ask(question, Scope(), **more)][-1]


async def test_a_question_that_follows_sees_what_was_found_and_may_cite_it(store: Store) -> None:
    conversation = None
    async with ModelServer([LOOK, conclude("The map is empty.", "E2")]) as server:
        bench = asking(store, server)
        first = await whole(bench, "why is orders down?")
        (conversation,) = await store.conversations.list((await bench.person()).id)
    cites = f"{first.label}/E2"
    async with ModelServer([conclude("Since the map is empty.", cites, "INV-999/E1")]) as server:
        bench = asking(store, server)
        second = await whole(bench, "and since when?", conversation=conversation.id)
    sent = json.dumps(server.requests[0]["messages"])
    assert "The map is empty." in sent
    assert cites in sent
    assert second.conclusion
    assert second.conclusion.claims[0].evidence == (cites,)


async def test_another_conversation_sees_nothing_of_it(store: Store) -> None:
    async with ModelServer([conclude("The map is empty.", "E1")]) as server:
        bench = asking(store, server)
        await whole(bench, "why?")
        await whole(bench, "why not?")
    assert "<earlier>" not in json.dumps(server.requests)


async def test_an_agent_has_its_own_prompt_model_tools_and_temperature(store: Store) -> None:
    own = AgentProfile(
        name="ours",
        prompt="Mind the tide.",
        tools=("kube_events",),
        model="anthropic:claude-haiku-4-5",
        temperature=0.3,
        max_tokens=900,
    )
    await store.agent_configs.save(config(own, uuid7()))
    async with ModelServer([conclude("done")]) as server:
        bench = asking(store, server)
        found = await whole(bench, "why?", terms=Terms(agent="ours"))
    (body,) = server.requests
    assert "Mind the tide." in json.dumps(body["system"])
    assert body["model"] == "claude-haiku-4-5"
    assert body["temperature"] == 0.3
    assert body["max_tokens"] == 900
    assert {t["name"] for t in body["tools"]} == {"kube_events", "kube_diagnose", "conclude"}
    assert found.agent == "ours"
    assert isinstance(found.steps[0], Asked)


async def test_an_unknown_agent_is_refused_before_anything_runs(store: Store) -> None:
    bench = opened(store)
    with pytest.raises(UsageError, match="netwrok") as caught:
        await whole(bench, "why?", terms=Terms(agent="netwrok"))
    assert "network" in caught.value.hint
    assert await store.investigations.recent() == ()


@pytest.mark.parametrize("name", sorted(templates()))
async def test_an_agent_that_ships_can_be_asked(store: Store, name: str) -> None:
    async with ModelServer([conclude("done")]) as server:
        found = await whole(asking(store, server), "why?", terms=Terms(agent=name))
    assert found.conclusion
    assert f"Your field: {name}" in json.dumps(server.requests[0]["system"])
    asks_others = "consult" in {t["name"] for t in server.requests[0]["tools"]}
    assert asks_others == bool(templates()[name].team)


async def test_one_in_the_database_stands_before_one_that_ships(store: Store) -> None:
    await store.agent_configs.save(config(AgentProfile(name="network", prompt="ours"), uuid7()))
    assert (await profile(store, "network")).prompt == "ours"
    assert [a.prompt for a in await every(store) if a.name == "network"] == ["ours"]


async def test_a_run_that_ends_early_says_how_it_is_taken_up_and_is(store: Store) -> None:
    async with ModelServer([LOOK]) as server:
        bench = asking(store, server, budget=Budget(tokens=150))
        cut = await whole(bench, "why is orders down?")
    assert cut.conclusion
    assert cut.conclusion.stopped
    assert f"workbench investigations resume {cut.label}" in cut.conclusion.next_steps
    async with ModelServer([LOOK, conclude("The map is empty.", "E2")]) as server:
        bench = asking(store, server)
        found = [so_far async for so_far, _ in bench.resume(cut.label)][-1]
    assert found.conclusion
    assert found.conclusion.verdict == "The map is empty."


async def test_a_pause_says_how_it_is_taken_up(store: Store) -> None:
    trouble = {"status": 503, "message": "later", "headers": {"retry-after-ms": "1"}}
    async with ModelServer([trouble]) as server:
        found = await whole(asking(store, server), "why?")
    last = found.steps[-1]
    assert isinstance(last, Failed)
    assert f"workbench investigations resume {found.label}" in last.hint


async def test_words_are_heard_between_steps_and_end_with_theirs(store: Store) -> None:
    async with ModelServer([LOOK, conclude("done")]) as server:
        live = Live(store.investigations.steps)
        made = await live.start(asking(store, server), "why?", Scope())
        news = [n async for n in live.listen(made.id)]
    words = [n for n in news if isinstance(n, Delta)]
    steps = [n for n in news if isinstance(n, Watched)]
    assert SAID.startswith("".join(w.text for w in words).strip())
    assert words
    assert [s.seq for s in steps] == list(range(len(steps)))
    said = next(
        n for n, s in enumerate(news) if isinstance(s, Watched) and isinstance(s.step, Said)
    )
    assert max(news.index(w) for w in words) < said
    assert isinstance(steps[-1].step, Concluded)


async def test_what_answers_cost_is_summed_up(store: Store) -> None:
    async with ModelServer([LOOK, conclude("done")]) as server:
        found = await whole(asking(store, server), "why?")
    async with ModelServer([conclude("done")]) as server:
        bench = asking(store, server, "openai")
        bench.model = msgspec.structs.replace(bench.model, spec="openai:house-model")
        await whole(bench, "why?")
    by_model = {s.name: s for s in await store.spending.by("model")}
    known, unknown = by_model["claude-sonnet-4-6"], by_model["house-model"]
    assert (known.requests, known.input_tokens, known.unpriced) == (2, 1100, 0)
    assert known.dollars
    assert (unknown.dollars, unknown.unpriced) == (None, 1)
    (person,) = await store.spending.by("user")
    assert (person.name, person.requests, person.unpriced) == ("ann", 3, 1)
    assert {s.name for s in await store.spending.by("investigation")} >= {found.label}
    assert len(await store.spending.by("conversation")) == 2
    assert len(await store.spending.by("day")) == 1
    with pytest.raises(UsageError, match="by moon"):
        await store.spending.by("moon")


async def test_the_analyst_costs_nothing(store: Store) -> None:
    found = await whole(opened(store), "why is orders down?")
    assert [s for s in found.steps if isinstance(s, ToolCalled)]
    assert await store.spending.by("model") == ()
