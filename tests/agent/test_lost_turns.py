"""Model trouble loses no turn: injected errors in three of ten answers, and nothing is missing."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from tests.support.investigating import steps
from tests.support.model_servers import ModelServer
from tests.support.scripted_tools import ScriptedTools, load
from workbench.core.budget import Budget
from workbench.core.investigation import Concluded, Failed, Said, ToolAnswered, ToolCalled

TURNS = int(os.environ.get("WORKBENCH_TURNS", "60"))
A_RUN = 20
TROUBLE = 0.3
SOON = {"retry-after-ms": "1"}
ERRORS: tuple[dict[str, Any], ...] = (
    {"status": 429, "message": "slow down", "error_type": "rate_limit_error", "headers": SOON},
    {"status": 529, "message": "Overloaded", "error_type": "overloaded_error", "headers": SOON},
    {"status": 500, "message": "oh no", "headers": SOON},
    {"status": 503, "message": "later", "headers": SOON},
    {"say": "I was about to say something long enough to break", "breaks": True},
    {"cut": True},
)


class Shaky:
    """Makes one call a turn and fails in between, at random, with any error."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.turns = 0
        self.failed = 0

    def __call__(self, body: dict[str, Any]) -> dict[str, Any]:
        if self._random.random() < TROUBLE:
            self.failed += 1
            return self._random.choice(ERRORS)
        self.turns += 1
        if self.turns % A_RUN == 0:
            return {"calls": [{"tool": "conclude", "arguments": {"verdict": "done"}}]}
        return {"calls": [{"tool": "kube_events", "arguments": {"namespace": f"n{self.turns}"}}]}


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_no_turn_is_lost(provider: str) -> None:
    """Every turn the model gave is a step, in order and once; what cannot go on says so and is
    taken up again where it ended."""
    model = Shaky(seed=7)
    tools = ScriptedTools(load("missing-config"))
    told: list[str] = []
    concluded = 0
    async with ModelServer(model) as server:
        choice = server.choice(provider, "openai" if provider == "anthropic" else "anthropic")
        while model.turns < TURNS // 2:
            found = await steps("why?", tools, choice, budget=Budget(tool_calls=1000))
            called = [s for s in found if isinstance(s, ToolCalled) and s.tool == "kube_events"]
            answered = [s for s in found if isinstance(s, ToolAnswered) and not s.failed]
            assert {s.call_id for s in called} <= {s.call_id for s in answered}
            told += [s.arguments["namespace"] for s in called]
            concluded += isinstance(found[-1], Concluded)
            if isinstance(found[-1], Failed):
                assert found[-1].hint
            assert not any("about to say" in s.text for s in found if isinstance(s, Said))
    given = [f"n{turn}" for turn in range(1, model.turns + 1) if turn % A_RUN]
    assert told == given
    assert model.failed > model.turns / 10
    assert concluded >= model.turns // A_RUN
