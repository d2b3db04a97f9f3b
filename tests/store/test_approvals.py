"""Decisions about changes, in PostgreSQL and in memory alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from tests.support.changes import ARGUMENTS, CLUSTER, COUNT, NOON, a_change, mutated
from tests.support.postgres import connected, new_id
from workbench.core.change import Approval, ProposedChange, call_digest, decided
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


@pytest.mark.parametrize(
    "statement",
    [
        "update approvals set used_at = null",
        "update approvals set expires_at = expires_at + interval '1 year'",
        "update approvals set approver = 'mallory'",
        "update approvals set digest = repeat('a', 64)",
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
