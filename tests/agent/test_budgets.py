"""Limits hold whatever a model spends: told at 80 %, stopped at 100 %, with what was found."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.investigating import concluded, steps, ticking
from tests.support.model_servers import ModelServer
from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.spending import exceeded, warning
from workbench.core.budget import Budget, Usage
from workbench.core.investigation import Concluded, ModelAnswered, Said, ToolCalled

PRICE = Decimal("3e-6")  # dollars a token Claude Sonnet 4.6 reads
amounts = st.integers(0, 2_000)


@given(limit=st.integers(1, 1_000), spent=amounts)
def test_a_limit_is_told_from_four_fifths_and_stops_at_the_whole(limit: int, spent: int) -> None:
    for budget, used in (
        (Budget(tokens=limit, seconds=None), Usage(input_tokens=spent)),
        (Budget(seconds=limit), Usage(seconds=spent)),
        (Budget(dollars=Decimal(limit), seconds=None), Usage(dollars=Decimal(spent))),
    ):
        assert bool(exceeded(budget, used)) == (spent >= limit)
        assert bool(warning(budget, used)) == (spent >= Decimal("0.8") * limit)


def test_what_has_no_limit_is_never_short() -> None:
    free = Budget(tokens=None, dollars=None, seconds=None, tool_calls=None)
    assert warning(free, Usage(input_tokens=10**9, tool_calls=10**6)) == ""
    assert exceeded(free, Usage(input_tokens=10**9)) == ""


def test_a_price_that_is_not_known_cannot_be_short() -> None:
    budget = Budget(dollars=Decimal("0.01"), seconds=None, tool_calls=None)
    assert warning(budget, Usage(input_tokens=10**6)) == ""


class Spender:
    """Spends as told, a call a turn, and never concludes by itself."""

    def __init__(self, spends: list[int]) -> None:
        self._spends = spends
        self.told: list[int] = []
        self.turns = 0

    def __call__(self, body: dict[str, Any]) -> dict[str, Any]:
        if "sum up now" in str(body["messages"]):
            self.told.append(self.turns)
        spend = self._spends[self.turns % len(self._spends)]
        self.turns += 1
        arguments = {"namespace": f"n{self.turns}"}
        calls = [{"tool": "kube_events", "arguments": arguments}]
        return {"calls": calls, "usage": {"input": spend, "output": 0}}


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    spends=st.lists(st.integers(1, 400), min_size=1, max_size=6),
    tokens=st.one_of(st.none(), st.integers(100, 2_000)),
    calls=st.integers(1, 12),
    seconds=st.one_of(st.none(), st.integers(2, 8)),
)
def test_no_run_goes_past_its_limits(
    spends: list[int], tokens: int | None, calls: int, seconds: int | None
) -> None:
    budget = Budget(
        tokens=tokens,
        tool_calls=calls,
        seconds=seconds,
        dollars=PRICE * tokens * 2 if tokens else None,
    )
    model = Spender(spends)
    tools = ScriptedTools(load("missing-config"))

    async def run() -> list[Any]:
        async with ModelServer(model) as server:
            clock = ticking(0.1)
            return await steps(
                "why?", tools, server.choice("anthropic"), budget=budget, clock=clock
            )

    found = asyncio.run(run())
    last = found[-1]
    assert isinstance(last, Concluded)
    assert last.conclusion.stopped
    assert last.conclusion.claims or last.conclusion.verdict
    made = [s for s in found if isinstance(s, ToolCalled)]
    assert len(tools.calls) <= calls
    paid = [s.usage.input_tokens for s in found if isinstance(s, ModelAnswered)]
    if tokens is not None:
        assert sum(paid[:-1]) < tokens
        shortly = next((n for n, _ in enumerate(paid) if sum(paid[: n + 1]) >= 0.8 * tokens), None)
        if shortly is not None and shortly + 1 < model.turns and shortly + 1 < calls:
            assert shortly + 1 in model.told
    assert last.usage.input_tokens == sum(paid)
    assert made


async def test_the_purse_of_a_model_without_a_price_says_so() -> None:
    done = {"calls": [{"tool": "conclude", "arguments": {"verdict": "done"}}]}
    async with ModelServer([done]) as server:
        choice = server.choice("openai")
        import msgspec

        own = msgspec.structs.replace(choice, spec="openai:house-model")
        budget = Budget(dollars=Decimal("0.5"))
        found = await steps("why?", ScriptedTools(load("missing-config")), own, budget=budget)
    words = [s.text for s in found if isinstance(s, Said)]
    assert any("price of house-model is not known" in w for w in words)
    last = found[-1]
    assert isinstance(last, Concluded)
    assert last.usage.dollars is None
    assert last.usage.input_tokens == 100


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_every_answer_of_a_model_is_told_with_its_price(provider: str) -> None:
    look = {"calls": [{"tool": "kube_events", "arguments": {"namespace": "shop"}}]}
    done = {"calls": [{"tool": "conclude", "arguments": {"verdict": "done"}}]}
    async with ModelServer([look, done]) as server:
        found = await steps("why?", ScriptedTools(load("missing-config")), server.choice(provider))
    answers = [s for s in found if isinstance(s, ModelAnswered)]
    last = found[-1]
    assert isinstance(last, Concluded)
    assert len(answers) == last.usage.requests == 2
    assert sum(a.usage.dollars or 0 for a in answers) == last.usage.dollars
    assert concluded(found).verdict == "done"
