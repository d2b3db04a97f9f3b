"""Investigations keep their contract, in PostgreSQL and in memory."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.store.nouns import NOON
from tests.support.investigations import InMemoryInvestigations
from tests.support.postgres import new_id
from workbench.core.budget import Usage
from workbench.core.cluster import Gap, ObjectRef, Scope
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.investigation import (
    Asked,
    Claim,
    Concluded,
    Conclusion,
    Failed,
    FindingsRaised,
    Said,
    Status,
    Step,
    ToolAnswered,
    ToolCalled,
)
from workbench.errors import StoreError
from workbench.store.database import Store
from workbench.store.investigations import PostgresInvestigations

Investigations = PostgresInvestigations | InMemoryInvestigations
SCOPE = Scope(context="kind-shop", namespaces=("shop",), since=3600)
FINDING = Finding(
    code="POD_PENDING",
    subject=ObjectRef("Pod", "shop", "web-1"),
    severity=Severity.ERROR,
    title="Pending",
    message="It waits.",
    evidence=(Pointer("Pod shop/web-1", "status.phase", "Pending"),),
    since=NOON,
)
EVERY_STEP: tuple[Step, ...] = (
    Asked(at=NOON, question="why", scope=SCOPE, model="analyst"),
    ToolCalled(at=NOON, call_id="1", tool="kube_get", arguments={"kind": "Pod", "n": 1.5}),
    ToolAnswered(at=NOON, call_id="1", tool="kube_get", evidence="E1", duration_ms=2.5),
    FindingsRaised(at=NOON, findings=(FINDING,), gaps=(Gap("secrets", "forbidden"),)),
    Said(at=NOON, text="looking\0"),
    Failed(at=NOON, reason="stopped", cancelled=True),
    Concluded(
        at=NOON,
        conclusion=Conclusion(verdict="no room", claims=(Claim(text="x", evidence=("E1",)),)),
        usage=Usage(input_tokens=7, dollars=Decimal("0.012")),
    ),
)


@pytest.fixture(params=["postgres", "memory"])
def kept(request: pytest.FixtureRequest) -> Investigations:
    if request.param == "memory":
        return InMemoryInvestigations()
    opened: Store = request.getfixturevalue("store")
    return opened.investigations


async def test_investigations_are_numbered_from_one(kept: Investigations) -> None:
    made = [await kept.create(new_id(), "why", SCOPE, NOON) for _ in range(3)]
    assert [m.label for m in made] == ["INV-1", "INV-2", "INV-3"]


async def test_creating_it_again_changes_nothing(kept: Investigations) -> None:
    id = new_id()
    first = await kept.create(id, "why", SCOPE, NOON)
    assert await kept.create(id, "other", Scope(), NOON) == first
    assert len(await kept.recent()) == 1


async def test_every_kind_of_step_reads_back_as_it_was(kept: Investigations) -> None:
    made = await kept.create(new_id(), "why", SCOPE, NOON)
    for seq, step in enumerate(EVERY_STEP):
        await kept.append(made.id, seq, step)
    loaded = await kept.load(made.id)
    expected = list(EVERY_STEP)
    expected[4] = Said(at=NOON, text="looking␀")
    assert loaded.steps == tuple(expected)
    assert (loaded.question, loaded.scope, loaded.status) == ("why", SCOPE, Status.COMPLETE)


async def test_appending_the_same_step_again_changes_nothing(kept: Investigations) -> None:
    made = await kept.create(new_id(), "why", SCOPE, NOON)
    for _ in range(2):
        await kept.append(made.id, 0, EVERY_STEP[0])
    assert (await kept.load(made.id)).steps == EVERY_STEP[:1]


async def test_another_step_under_a_taken_number_is_an_error(kept: Investigations) -> None:
    made = await kept.create(new_id(), "why", SCOPE, NOON)
    await kept.append(made.id, 0, EVERY_STEP[0])
    with pytest.raises(StoreError, match="another step 0"):
        await kept.append(made.id, 0, EVERY_STEP[1])


async def test_it_is_found_by_id_number_and_label(kept: Investigations) -> None:
    made = await kept.create(new_id(), "why", SCOPE, NOON)
    for which in (made.id, str(made.id), made.number, "1", "INV-1", " inv-1 "):
        assert await kept.load(which) == made


@pytest.mark.parametrize("which", [0, 99, "INV-99", "INV-", "", "web", "INV-" + "9" * 30])
async def test_an_unknown_one_is_an_error(kept: Investigations, which: int | str) -> None:
    with pytest.raises(StoreError, match="no investigation"):
        await kept.load(which)


async def test_appending_to_an_unknown_one_is_an_error(kept: Investigations) -> None:
    with pytest.raises(StoreError):
        await kept.append(new_id(), 0, EVERY_STEP[0])


async def test_recent_ones_come_newest_first(kept: Investigations) -> None:
    for _ in range(3):
        made = await kept.create(new_id(), "why", SCOPE, NOON)
        await kept.append(made.id, 0, EVERY_STEP[0])
    recent = await kept.recent(2)
    assert [i.number for i in recent] == [3, 2]
    assert recent[0].steps == EVERY_STEP[:1]


async def test_sessions_are_counted_apart_and_not_listed(kept: Investigations) -> None:
    one = await kept.create(new_id(), "why", Scope(), NOON)
    session = await kept.create(new_id(), "notebook session", Scope(), NOON, session=True)
    two = await kept.create(new_id(), "why not", Scope(), NOON)
    assert [i.label for i in (one, session, two)] == ["INV-1", "S-1", "INV-2"]
    assert (await kept.load("S-1")).id == session.id
    assert [i.id for i in await kept.recent()] == [two.id, one.id]


async def test_creating_again_leaves_no_gap_in_the_numbers(kept: Investigations) -> None:
    first = new_id()
    for _ in range(3):
        await kept.create(first, "why", Scope(), NOON)
    assert (await kept.create(new_id(), "why", Scope(), NOON)).label == "INV-2"
