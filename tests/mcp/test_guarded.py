"""What is approved is what runs: changed, stale and replayed approvals are good for nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.support.changes import ARGUMENTS, CLUSTER, COUNT, NOON, a_change, mutated
from workbench.core.change import APPROVAL_LIFETIME, ProposedChange, decided
from workbench.core.policy import Decision, Policy, Rule
from workbench.core.tools import CallContext, ToolResult, ToolSpec
from workbench.errors import StoreUnavailable, ToolRefused
from workbench.mcp.guarded import Guarded
from workbench.store.approvals import InMemoryChanges


class Ledger:
    """Tools that change nothing but the list of what ran."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, dict[str, Any]]] = []

    async def list(self) -> tuple[ToolSpec, ...]:
        return tuple(
            ToolSpec(
                name=f"kube_{name}", server="kube", remote_name=name, description="",
                input_schema={},
            )
            for name in ("scale", "delete_pod")
        )  # fmt: skip

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        self.ran.append((name, arguments))
        return ToolResult(text="done")


class Desk:
    """A ledger behind a guard whose clock the test sets."""

    def __init__(self, cluster: str = CLUSTER) -> None:
        self.tools, self.changes, self.now = Ledger(), InMemoryChanges(), NOON
        self.guarded = Guarded(
            self.tools, Policy(changes=True).judge, self.changes, cluster=cluster,
            now=lambda: self.now,
        )  # fmt: skip

    async def approved(self, approver: str = "ann") -> ProposedChange:
        change = await self.changes.propose(a_change())
        approval = decided(change, approved=True, approver=approver, surface="cli", at=self.now)
        await self.changes.decide(approval)
        return change

    async def call(
        self,
        change: UUID | None,
        arguments: dict[str, Any] = ARGUMENTS,
        *,
        tool: str = "kube_scale",
        user: str = "ann",
    ) -> ToolResult:
        context = CallContext(investigation=UUID(int=1), user=user, approval=change)
        return await self.guarded.call(tool, arguments, context)


async def test_an_approved_call_runs_as_it_was_approved() -> None:
    desk = Desk()
    await desk.call((await desk.approved()).id)
    assert desk.tools.ran == [("kube_scale", ARGUMENTS)]


async def test_without_anybody_to_ask_nothing_runs() -> None:
    desk = Desk()
    with pytest.raises(ToolRefused, match="a person has to approve it first"):
        await desk.call(None)
    headless = Guarded(desk.tools, Policy(changes=True).judge)
    approved = CallContext(investigation=UUID(int=1), user="ann", approval=UUID(int=2))
    with pytest.raises(ToolRefused):
        await headless.call("kube_scale", ARGUMENTS, approved)
    assert desk.tools.ran == []


async def test_no_mutated_stale_or_replayed_approval_is_accepted() -> None:
    """WORKBENCH_TEST_APPROVALS=10000 is the promise."""
    accepted = 0
    changes = mutated(ARGUMENTS, seed=1)
    for number in range(COUNT):
        desk = Desk()
        change = await desk.approved()
        try:
            match number % 6:
                case 0 | 1:
                    await desk.call(change.id, next(changes))
                case 2:
                    await desk.call(change.id, tool="kube_delete_pod")
                case 3:
                    desk.now += _stale(number)
                    await desk.call(change.id)
                case 4:
                    await desk.call(change.id, user="mallory")
                case _:
                    await desk.call(change.id)
                    desk.tools.ran.clear()
                    await desk.call(change.id)
        except ToolRefused:
            assert desk.tools.ran == []
        else:
            accepted += 1
    assert accepted == 0


def _stale(number: int) -> timedelta:
    """At the very end of its life, long after it, or before it began."""
    return (APPROVAL_LIFETIME, timedelta(days=number + 1), -timedelta(seconds=1))[number % 3]


async def test_an_approval_for_one_cluster_is_none_for_another() -> None:
    desk = Desk(cluster="prod")
    with pytest.raises(ToolRefused, match="another call"):
        await desk.call((await desk.approved()).id)


async def test_a_denied_change_never_runs() -> None:
    desk = Desk()
    change = await desk.changes.propose(a_change())
    no = decided(change, approved=False, approver="ann", surface="cli", at=NOON)
    await desk.changes.decide(no)
    with pytest.raises(ToolRefused, match="ann denied it"):
        await desk.call(change.id)


async def test_the_approval_of_one_change_is_none_for_its_twin() -> None:
    desk = Desk()
    await desk.approved()
    twin = await desk.changes.propose(a_change())
    with pytest.raises(ToolRefused, match="nobody has decided"):
        await desk.call(twin.id)


async def test_arguments_changed_while_the_approval_is_looked_up_do_not_run() -> None:
    desk, arguments = Desk(), dict(ARGUMENTS)
    change = await desk.approved()

    class Slow(InMemoryChanges):
        async def redeem(self, change: UUID, *, digest: str, user: str, at: datetime) -> Any:
            arguments["replicas"] = 0
            return await desk.changes.redeem(change, digest=digest, user=user, at=at)

    guarded = Guarded(
        desk.tools, Policy(changes=True).judge, Slow(), cluster=CLUSTER, now=lambda: NOON
    )
    context = CallContext(investigation=UUID(int=1), user="ann", approval=change.id)
    await guarded.call("kube_scale", arguments, context)
    assert desk.tools.ran[0][1]["replicas"] == 3


async def test_of_many_at_once_one_runs() -> None:
    desk = Desk()
    change = await desk.approved()
    calls = [desk.call(change.id) for _ in range(20)]
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(e, ToolResult) for e in ended) == len(desk.tools.ran) == 1


async def test_when_decisions_cannot_be_read_nothing_runs() -> None:
    desk = Desk()

    class Away(InMemoryChanges):
        async def redeem(self, change: UUID, *, digest: str, user: str, at: datetime) -> Any:
            raise StoreUnavailable("The database is away.")

    guarded = Guarded(desk.tools, Policy(changes=True).judge, Away(), now=lambda: NOON)
    context = CallContext(investigation=UUID(int=1), user="ann", approval=UUID(int=2))
    with pytest.raises(StoreUnavailable):
        await guarded.call("kube_scale", ARGUMENTS, context)
    assert desk.tools.ran == []


async def test_a_forged_decision_is_about_what_was_proposed() -> None:
    desk = Desk()
    change = await desk.changes.propose(a_change())
    yes = decided(change, approved=True, approver="ann", surface="cli", at=NOON)
    other = msgspec.structs.replace(yes, digest="ab" * 32)
    with pytest.raises(Exception, match="no longer waits"):
        await desk.changes.decide(other)


async def test_a_tool_of_another_server_cannot_be_proposed_and_says_so() -> None:
    class Foreign(Ledger):
        async def list(self) -> tuple[ToolSpec, ...]:
            specs = await super().list()
            return tuple(msgspec.structs.replace(spec, server="argo") for spec in specs)

    tools = Foreign()
    asks = Policy(rules=(Rule(effect=Decision.ASK, server=("argo",)),))
    guarded = Guarded(tools, asks.judge, InMemoryChanges())
    with pytest.raises(ToolRefused, match="cannot be proposed: argo has no dry run"):
        await guarded.call(
            "kube_scale", ARGUMENTS, CallContext(investigation=UUID(int=1), user="a")
        )
    assert tools.ran == []
