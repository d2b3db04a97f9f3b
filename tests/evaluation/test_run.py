"""Scenarios asked of the analyst, and of models over HTTP, and compared."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from uuid_utils.compat import uuid7

from tests.support.model_servers import ModelServer
from tests.support.snapshot_tools import snapshot_tools
from workbench.agent.choice import ModelChoice
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress
from workbench.errors import ModelUnavailable, SnapshotError, UsageError
from workbench.evaluation import report
from workbench.evaluation.cases import bundled, cases
from workbench.evaluation.run import PERSON, Open, contestants, evaluate
from workbench.investigations.workbench import Workbench
from workbench.kubernetes.snapshots.load import load
from workbench.mcp.stack import governed
from workbench.store.database import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANALYST = ModelChoice(spec="analyst")
BOTH = ("anthropic:claude-sonnet-4-6", "openai:gpt-5-mini")
CASES = (
    *cases(bundled(), "healthy-flags-off"),
    *cases(bundled(), "role-lacks-a-verb"),
    *cases(bundled(), "broker-holds-back-publishers"),
)


def over(store: Store, model: ModelChoice) -> Open:
    @asynccontextmanager
    async def open(folder: Path) -> AsyncIterator[Workbench]:
        async with snapshot_tools(load(folder)) as tools:
            yield Workbench(
                tools=governed(tools, store.record, cluster=folder.name),
                store=store,
                address=ClusterAddress(name=folder.name),
                model=model,
                budget=Budget(),
                user="ann",
                surface="test",
                clock=lambda: datetime.now(UTC),
                new_id=uuid7,
            )

    return open


def always(verdicts: dict[str, str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A model that says the same whatever it reads: by its own name."""

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        said = {
            "verdict": verdicts[body["model"]],
            "claims": [{"text": "seen", "evidence": ["E1"]}],
        }
        return {"calls": [{"tool": "conclude", "arguments": said}]}

    return answer


async def test_the_analyst_is_scored_without_a_key(store: Store) -> None:
    asked = contestants(ANALYST, (), ())
    told: list[int] = []
    found = await evaluate(CASES, asked, 1, over(store, ANALYST), told.append)
    assert [o.right for o in found] == [True, True, True]
    assert {o.contestant for o in found} == {"analyst"}
    assert all(o.cited == 1.0 and o.shown > 0.8 and o.calls > 0 for o in found)
    assert told == [1, 1, 1]
    person = await store.users.ensure(uuid7(), PERSON)
    kept = await store.investigations.recent(user=person.id)
    assert {i.label for i in kept} == {o.investigation for o in found}


async def test_two_models_are_compared_scenario_by_scenario(store: Store) -> None:
    verdicts = {
        "claude-sonnet-4-6": "The role of operator-7d9c-a1f53 lacks the verb watch.",
        "gpt-5-mini": "The cluster is healthy.",
    }
    async with ModelServer(always(verdicts)) as server:
        choice = server.choice("anthropic")
        asked = contestants(choice, BOTH, ())
        found = await evaluate(CASES[:2], asked, 1, over(store, choice))
    whole = report.report(NOW, found)
    first, second = whole.summaries
    assert (first.contestant, second.contestant) == BOTH
    assert (first.right.mean, second.right.mean) == (0.5, 0.5)
    assert first.measures["tokens"] == 120
    assert first.dollars > 0
    (apart,) = whole.differences
    assert (apart.first_only, apart.second_only, apart.scenarios) == (1, 1, 2)
    text = report.table(whole)
    assert "no difference is shown" in " ".join(text.split())
    assert "Wrong, 2 of 4:" in text
    assert msgspec.json.decode(msgspec.json.encode(whole), type=report.Report) == whole


async def test_a_scenario_that_cannot_be_opened_costs_no_other_its_answer(store: Store) -> None:
    good = over(store, ANALYST)

    def open(folder: Path) -> AbstractAsyncContextManager[Workbench]:
        return good(folder) if folder.name.startswith("role") else broken()

    @asynccontextmanager
    async def broken() -> AsyncIterator[Workbench]:
        raise SnapshotError("It is torn.")
        yield

    found = await evaluate(CASES[:2], contestants(ANALYST, (), ()), 1, open)
    assert [(o.case, o.right, o.why) for o in found] == [
        ("healthy-flags-off", False, "It is torn."),
        ("role-lacks-a-verb", True, ""),
    ]


async def test_an_agent_nobody_knows_ends_it_at_once(store: Store) -> None:
    asked = contestants(ANALYST, (), ("netwrok",))
    with pytest.raises(UsageError, match="no agent 'netwrok'"):
        await evaluate(CASES[:1], asked, 1, over(store, ANALYST))


def test_a_model_without_a_key_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ModelUnavailable, match="no key"):
        contestants(ModelChoice(), ("anthropic:claude-sonnet-4-6",), ())


def test_models_and_agents_are_asked_in_every_pair() -> None:
    found = contestants(ANALYST, ("analyst",), ("network", "storage"))
    assert [c.label for c in found] == ["analyst as network", "analyst as storage"]
