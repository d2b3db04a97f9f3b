"""Decisions about changes, in PostgreSQL and in memory alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from tests.support.changes import ARGUMENTS, CLUSTER, COUNT, NOON, a_change, mutated
from tests.support.postgres import connected, new_id
from workbench.core.change import (
    Approval,
    ChangeState,
    ProposedChange,
    call_digest,
    decided,
    state,
)
from workbench.core.cluster import Scope
from workbench.errors import StoreError
from workbench.store.approvals import Changes, InMemoryChanges
from workbench.store.database import Store

SOON = NOON + timedelta(seconds=5)
Propose = Callable[[], Awaitable[ProposedChange]]


@pytest.fixture(params=["postgres", "memory"])
def changes(request: pytest.FixtureRequest) -> Changes:
    if request.param == "memory":
        return InMemoryChanges()
    store: Store = request.getfixturevalue("store")
    return store.changes


@pytest.fixture
def propose(request: pytest.FixtureRequest, changes: Changes) -> Propose:
    async def made() -> ProposedChange:
        if isinstance(changes, InMemoryChanges):
            return await changes.propose(a_change())
        store: Store = request.getfixturevalue("store")
        kept = await store.investigations.create(new_id(), "why?", Scope(), NOON)
        return await changes.propose(a_change(kept.id))

    return made


def yes(change: ProposedChange, **fields: Any) -> Approval:
    given = {"approved": True, "approver": "ann", "surface": "cli", "at": NOON} | fields
    return decided(change, **given)


async def redeem(changes: Changes, change: ProposedChange, **fields: Any) -> bool:
    asked = {"digest": change.digest, "user": "ann", "at": SOON} | fields
    return (await changes.redeem(change.id, **asked)).good


async def test_a_change_is_kept_as_it_was_proposed(changes: Changes, propose: Propose) -> None:
    change = await propose()
    assert change.label == "C-1"
    assert await changes.propose(change) == change
    for which in (change.id, 1, "1", "c-1", "C1", str(change.id)):
        assert await changes.load(which) == (change, None)
    await changes.decide(yes(change))
    assert await changes.recent() == ((change, yes(change)),)
    assert change.digest == call_digest("kube_scale", ARGUMENTS, CLUSTER)


@pytest.mark.parametrize("which", ["C-99", "nonsense", "", "C-" + "9" * 30])
async def test_an_unknown_change_is_one_clear_error(changes: Changes, which: str) -> None:
    with pytest.raises(StoreError, match="no proposed change"):
        await changes.load(which)


async def test_a_decision_is_final(changes: Changes, propose: Propose) -> None:
    change = await propose()
    no = yes(change, approved=False)
    await changes.decide(no)
    await changes.decide(no)
    with pytest.raises(StoreError, match="ann has denied C-1 already"):
        await changes.decide(yes(change, approver="bob"))
    assert not await redeem(changes, change)


async def test_a_change_that_no_longer_waits_is_not_decided(
    changes: Changes, propose: Propose
) -> None:
    change = await propose()
    with pytest.raises(StoreError, match="no longer waits"):
        await changes.decide(yes(change, at=NOON + timedelta(hours=1)))


async def test_an_approval_is_used_once_however_many_ask_at_once(
    changes: Changes, propose: Propose
) -> None:
    change = await propose()
    await changes.decide(yes(change))
    assert sum(await asyncio.gather(*(redeem(changes, change) for _ in range(20)))) == 1
    again = await changes.redeem(change.id, digest=change.digest, user="ann", at=SOON)
    assert "each is good once" in again.why


async def test_no_tampered_approval_is_redeemed(changes: Changes, propose: Propose) -> None:
    """WORKBENCH_TEST_APPROVALS=10000 is the promise."""
    change = await propose()
    await changes.decide(yes(change))
    accepted, others = 0, mutated(ARGUMENTS, seed=2)
    for number in range(COUNT):
        digest = call_digest("kube_scale", next(others), CLUSTER)
        forged: dict[str, Any] = (
            {"digest": digest},
            {"user": ("bob", "Ann", "ann ", "")[number % 4]},
            {"at": NOON + timedelta(minutes=10 + number)},
            {"at": NOON - timedelta(microseconds=number + 1)},
        )[number % 4]
        accepted += await redeem(changes, change, **forged)
    assert accepted == 0
    assert await redeem(changes, change)


DOCUMENT = "eyJ.what.ann-signed"


async def signed(changes: Changes, propose: Propose, **fields: Any) -> ProposedChange:
    """A change that ann approved ahead, for a run."""
    change = await propose()
    given = {"ahead": "scale-out", "lifetime": timedelta(minutes=30)} | fields
    await changes.decide(yes(change, **given), DOCUMENT)
    return change


async def use(
    changes: Changes, shown: ProposedChange, tried: ProposedChange, document: str = DOCUMENT,
    **fields: Any,
) -> str:  # fmt: skip
    given = {"approver": "mallory", "surface": "runbook", "at": SOON, "holder": "ci"} | fields
    return await changes.use_signed(shown.id, document, yes(tried, **given))


async def test_what_was_signed_lets_a_run_make_its_own_try_once(
    changes: Changes, propose: Propose
) -> None:
    shown = await signed(changes, propose)
    tried = await propose()
    assert await use(changes, shown, tried) == ""
    _, kept = await changes.load(tried.id)
    assert kept is not None
    assert (kept.approver, kept.holder, kept.ahead) == ("ann", "ci", "scale-out")
    assert not await redeem(changes, tried)  # ann's word, but the run's to use
    assert await redeem(changes, tried, user="ci")
    assert not await redeem(changes, tried, user="ci")
    _, first = await changes.load(shown.id)
    assert first is not None
    assert (first.used, first.spent_on) == (SOON, tried.label)
    assert state(shown, first, SOON) is ChangeState.SPENT  # whether it was made, tried tells
    assert state(tried, (await changes.load(tried.id))[1], SOON) is ChangeState.MAKING
    listed = {change.id: kept for change, kept in await changes.recent()}
    assert listed[shown.id] == first


async def test_of_many_runs_one_uses_it(changes: Changes, propose: Propose) -> None:
    shown = await signed(changes, propose)
    tries = [await propose() for _ in range(12)]
    said = await asyncio.gather(*(use(changes, shown, tried) for tried in tries))
    assert said.count("") == 1
    assert {why for why in said if why} == {
        "it was used at 2026-11-22 12:00 UTC, and each is good once"
    }


async def test_it_makes_nothing_by_itself(changes: Changes, propose: Propose) -> None:
    shown = await signed(changes, propose)
    assert not await redeem(changes, shown)
    redeemed = await changes.redeem(shown.id, digest=shown.digest, user="ann", at=SOON)
    assert redeemed.why == "it was approved ahead, for a run"


async def test_what_does_not_hold_is_said_and_uses_nothing_up(
    changes: Changes, propose: Propose
) -> None:
    shown, tried = await signed(changes, propose), await propose()
    assert "not signed with this database" in await use(changes, tried, shown)
    assert "not signed with this database" in await use(changes, shown, tried, "eyJ.an.other")
    assert "has expired" in await use(changes, shown, tried, at=NOON + timedelta(minutes=30))
    other = await changes.propose(a_change(tried.investigation, arguments={"replicas": 9}))
    decided_before = await propose()
    await changes.decide(yes(decided_before, approved=False))
    assert "no longer waits" in await use(changes, shown, decided_before)
    stale = yes(other, approver="ann", surface="runbook", at=SOON, holder="ci")
    forged = msgspec.structs.replace(stale, change=tried.id)
    assert "no longer waits" in await changes.use_signed(shown.id, DOCUMENT, forged)
    assert await use(changes, shown, tried) == ""


async def test_what_was_taken_back_is_of_no_use(changes: Changes, propose: Propose) -> None:
    shown, tried = await signed(changes, propose), await propose()
    assert await changes.withdraw(shown.id, NOON)
    assert not await changes.withdraw(shown.id, NOON)
    assert "it was withdrawn at 2026-11-22 12:00 UTC" in await use(changes, shown, tried)
    known = await changes.load(shown.id)
    assert state(*known, NOON) is ChangeState.DENIED
    spent = await signed(changes, propose)
    assert await use(changes, spent, tried) == ""
    assert not await changes.withdraw(spent.id, NOON)
    assert not await changes.withdraw(tried.id, NOON)


@pytest.mark.parametrize(
    "statement",
    [
        "update approvals set used_at = null",
        "update approvals set expires_at = expires_at + interval '1 year'",
        "update approvals set approver = 'mallory'",
        "update approvals set digest = repeat('a', 64)",
        "update approvals set holder = 'mallory'",
        "update approvals set withdrawn_at = now()",
        "delete from approvals",
        "truncate approvals",
        "update proposed_changes set digest = repeat('a', 64)",
        "delete from proposed_changes",
    ],
)
async def test_the_database_refuses_to_rewrite_a_decision(
    store: Store, database: str, statement: str
) -> None:
    kept = await store.investigations.create(new_id(), "why?", Scope(), NOON)
    change = await store.changes.propose(a_change(kept.id))
    await store.changes.decide(yes(change))
    assert await redeem(store.changes, change)
    async with connected(database) as connection:
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(statement)
