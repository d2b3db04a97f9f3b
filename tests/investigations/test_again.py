"""Investigations looked at again: compared, replayed without a cluster, and resumed."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from uuid_utils.compat import uuid7

from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.choice import ModelChoice
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.evidence import Outcome
from workbench.core.investigation import Investigation, Status
from workbench.core.tools import ToolSpec
from workbench.errors import UsageError
from workbench.investigations.archive import Archive
from workbench.investigations.replay import Replay
from workbench.investigations.rerun import question
from workbench.investigations.workbench import Workbench
from workbench.mcp.stack import governed
from workbench.store.conversations import Role
from workbench.store.database import Store

ANALYST = ModelChoice(spec="analyst")


def a_workbench(store: Store, case: str = "missing-config") -> Workbench:
    return Workbench(
        tools=governed(ScriptedTools(load(case)), store.record, cluster=case),
        store=store,
        address=ClusterAddress(name=case),
        model=ANALYST,
        budget=Budget(),
        user="ann",
        surface="test",
        clock=lambda: datetime.now(UTC),
        new_id=uuid7,
    )


async def asked(workbench: Workbench) -> Investigation:
    return [so_far async for so_far, _ in workbench.ask("what is wrong?", Scope())][-1]


async def test_the_same_cluster_answers_the_same(store: Store) -> None:
    workbench = a_workbench(store)
    found = await asked(workbench)
    compared = await workbench.rerun(found.label)
    assert compared.differences
    assert compared.same == compared.differences
    assert compared.after == "missing-config now"
    assert {d.after.reference.split()[0] for d in compared.same if d.after} != {found.label}


async def test_another_cluster_shows_what_is_different_and_both_looks_are_recorded(
    store: Store,
) -> None:
    found = await asked(a_workbench(store))
    other = a_workbench(store, "healthy")
    compared = await other.rerun(f"{found.label}/E1")
    (one,) = compared.changed
    assert any(change.path[0] == "findings" for change in one.changes)
    assert one.after is not None
    assert one.after.cluster == "healthy"
    investigation, label = one.after.reference.split()
    assert (await other.evidence(investigation, label)).outcome is Outcome.DONE


async def test_recorded_investigations_are_compared_call_by_call(store: Store) -> None:
    one, other = await asked(a_workbench(store)), await asked(a_workbench(store, "healthy"))
    archive = Archive(store)
    compared = await archive.diff(one.label, other.label)
    assert compared.changed
    assert (await archive.diff(one.label, one.label)).changed == ()
    same = await archive.diff(f"{one.label}/E1", "E1")
    assert same.differences[0].changes == ()


class Changing(ScriptedTools):
    """Nobody vouches for these tools."""

    async def list(self) -> tuple[ToolSpec, ...]:
        specs = await super().list()
        return tuple(msgspec.structs.replace(spec, read_only=False) for spec in specs)


async def test_what_may_change_something_is_not_made_again(store: Store) -> None:
    found = await asked(a_workbench(store))
    workbench = a_workbench(store)
    tools = Changing(load("missing-config"))
    workbench.tools = governed(tools, store.record)
    compared = await workbench.rerun(found.label)
    assert compared.unanswered == compared.differences
    assert tools.calls == []


async def replayed(store: Store, found: Investigation) -> tuple[Investigation, Replay]:
    evidence = await store.record.evidences(found.id)
    replay = Replay(found, evidence, await ScriptedTools(load("missing-config")).list())
    steps = replay.steps(ANALYST, Budget(), lambda: datetime.now(UTC), uuid7)
    return [so_far async for so_far, _ in steps][-1], replay


async def test_a_replay_comes_to_the_same_and_records_nothing(store: Store) -> None:
    found = await asked(a_workbench(store))
    before = await store.record.count_all()
    again, replay = await replayed(store, found)
    assert again.conclusion is not None
    assert found.conclusion is not None
    assert again.conclusion.verdict == found.conclusion.verdict
    assert again.conclusion.claims == found.conclusion.claims
    assert replay.missing == ()
    assert await store.record.count_all() == before
    assert await store.investigations.load(found.id) == found


async def test_a_replay_says_what_it_missed(store: Store) -> None:
    workbench = a_workbench(store)
    found = await asked(workbench)
    evidence = [e for e in await store.record.evidences(found.id) if e.tool == "kube_diagnose"]
    replay = Replay(found, evidence, await workbench.tools.list())
    async for _ in replay.steps(ANALYST, Budget(), lambda: datetime.now(UTC), uuid7):
        pass
    assert replay.missing


async def test_a_resumed_investigation_repeats_no_finished_call(store: Store) -> None:
    whole = await asked(a_workbench(store))
    for stop_after in range(1, len(whole.steps)):
        workbench = a_workbench(store)
        stopped = await _stopped(workbench, stop_after)
        done = await _finished(store, stopped)
        resumed = [s async for s, _ in workbench.resume(stopped.label)][-1]
        assert resumed.id == stopped.id
        assert resumed.conclusion is not None
        assert whole.conclusion is not None
        assert resumed.conclusion.verdict == whole.conclusion.verdict
        after = await _finished(store, resumed)
        assert after[: len(done)] == done
        assert len(after) == len(set(after)), "a finished call was made again"
        assert await store.record.verify(resumed.id) is None


async def test_what_a_resumed_investigation_comes_to_is_said_in_its_conversation(
    store: Store,
) -> None:
    workbench = a_workbench(store)
    stopped = await _stopped(workbench, 2)
    resumed = [s async for s, _ in workbench.resume(stopped.label)][-1]
    assert resumed.conclusion is not None
    (newest, *_) = await store.conversations.list((await workbench.person()).id)
    said = await store.conversations.messages(newest.id)
    assert [m.content for m in said] == ["what is wrong?", resumed.conclusion.verdict]
    assert said[1].role is Role.ASSISTANT


async def test_a_complete_investigation_is_not_resumed(store: Store) -> None:
    workbench = a_workbench(store)
    found = await asked(workbench)
    with pytest.raises(UsageError, match="is complete"):
        await anext(workbench.resume(found.label))


async def _stopped(workbench: Workbench, after: int) -> Investigation:
    async with aclosing(workbench.ask("what is wrong?", Scope())) as steps:
        for _ in range(after):
            so_far, _step = await anext(steps)
    await workbench.tools.settled()
    found = await workbench.load(so_far.label)
    assert found.status in (Status.CANCELLED, Status.RUNNING)
    return found


async def _finished(store: Store, investigation: Investigation) -> list[Any]:
    rows = await store.record.evidences(investigation.id)
    return [question(row) for row in rows if row.outcome is Outcome.DONE]
