"""A fork goes on from a step of another investigation, on what that one read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from tests.support.model_servers import ModelServer
from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.choice import ModelChoice
from workbench.bootstrap import own_evidence
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.investigation import Investigation, Said, ToolAnswered
from workbench.errors import NotRecorded, UsageError
from workbench.investigations.fork import fork
from workbench.investigations.workbench import Workbench
from workbench.mcp.stack import governed
from workbench.store.database import Store

LOGS = {"namespace": "shop", "pod": "orders-6c9d7b5f4-k2x8p", "previous": True}


def concludes(*evidence: str) -> dict[str, Any]:
    claims = [{"text": "DATABASE_URL is not set.", "evidence": list(evidence)}]
    return {"calls": [{"tool": "conclude", "arguments": {"verdict": "done", "claims": claims}}]}


FIRST = [{"calls": [{"tool": "kube_logs", "arguments": LOGS}]}, concludes("E2")]


class Bench:
    """A workbench whose tools count their calls."""

    def __init__(self, store: Store, choice: ModelChoice) -> None:
        self.tools = ScriptedTools(load("missing-config"))
        self.workbench = Workbench(
            tools=governed(self.tools, store.record, cluster="shop"),
            store=store,
            address=ClusterAddress(name="shop"),
            model=choice,
            budget=Budget(),
            user="ann",
            surface="test",
            clock=lambda: datetime.now(UTC),
            new_id=uuid7,
        )

    async def ask(self) -> Investigation:
        return [i async for i, _ in self.workbench.ask("why is orders down?", Scope())][-1]

    async def fork(self, reference: str, **more: Any) -> Investigation:
        return [i async for i, _ in fork(self.workbench, reference, **more)][-1]


async def test_a_fork_reads_the_record_and_calls_nothing_again(store: Store) -> None:
    async with ModelServer([*FIRST, concludes("INV-1/E2"), concludes("INV-1/E2")]) as server:
        bench = Bench(store, server.choice("anthropic"))
        original = await bench.ask()
        made = list(bench.tools.calls)
        forked = await bench.fork(original.label, question="is it the database?")
        assert bench.tools.calls == made
        asked = json.dumps(server.requests[-1]["messages"], ensure_ascii=False)
        again = await bench.fork(forked.label)
        assert bench.tools.calls == made
    assert "is it the database?" in asked
    assert 'evidence=\\"INV-1/E2\\" tool=\\"kube_logs\\"' in asked
    assert (forked.label, forked.question) == ("INV-2", "is it the database?")
    for one in (forked, again):
        assert one.conclusion is not None
        assert [c.evidence for c in one.conclusion.claims] == [("INV-1/E2",)]
        assert not one.conclusion.claims[0].hypothesis
    told = [s.text for s in forked.steps if isinstance(s, Said)]
    assert told == [f"Forked from INV-1 after step {len(original.steps)} of {len(original.steps)}."]
    assert await bench.workbench.load("INV-1") == original


async def test_what_comes_after_the_step_is_asked_anew(store: Store) -> None:
    async with ModelServer([*FIRST, *FIRST]) as server:
        bench = Bench(store, server.choice("anthropic"))
        original = await bench.ask()
        before = len(bench.tools.calls)
        forked = await bench.fork(original.label, after="E1")
    assert [name for name, _ in bench.tools.calls[before:]] == ["kube_logs"]
    labels = [s.evidence for s in forked.steps if isinstance(s, ToolAnswered) and s.evidence]
    assert labels == ["INV-1/E1", "E1"]


async def test_a_step_that_is_not_there_is_said_and_nothing_is_made(store: Store) -> None:
    async with ModelServer(FIRST) as server:
        bench = Bench(store, server.choice("anthropic"))
        original = await bench.ask()
        for after in ("E9", "0", "99", "soon"):
            with pytest.raises(UsageError, match=f"no step {after}"):
                await bench.fork(original.label, after=after)
    assert len(await bench.workbench.recent()) == 1


async def test_evidence_of_an_earlier_investigation_is_opened_for_its_owner_only(
    store: Store,
) -> None:
    async with ModelServer(FIRST) as server:
        original = await Bench(store, server.choice("anthropic")).ask()
    open = own_evidence(store)
    assert (await open("ann", original.label, "E2")).tool == "kube_logs"
    with pytest.raises(NotRecorded):
        await open("bob", original.label, "E2")
