"""Incidents are closed by a person; only then are they remembered, and only for those who may see
them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.investigations.test_workbench import opened
from tests.support.postgres import connected, new_id
from workbench.core.cluster import Scope
from workbench.core.incident import Outcome
from workbench.core.investigation import Investigation
from workbench.core.knowledge import CHECKED, Filters, Type
from workbench.errors import NotRecorded, StoreError, UsageError
from workbench.investigations.incidents import IncidentDesk
from workbench.investigations.workbench import Workbench
from workbench.knowledge.library import Library
from workbench.store.database import Store


async def desk(store: Store, name: str = "ann") -> IncidentDesk:
    person = await store.users.ensure(new_id(), name)
    return IncidentDesk(store, person.id, name, lambda: datetime.now(UTC), new_id)


async def investigated(workbench: Workbench) -> Investigation:
    return [so_far async for so_far, _ in workbench.ask("why does it crash?", Scope())][-1]


async def user(store: Store, name: str) -> UUID:
    return (await store.users.ensure(new_id(), name)).id


async def test_a_closed_incident_is_found_again_with_the_reasons(store: Store) -> None:
    workbench, ann = opened(store), await desk(store)
    found = await investigated(workbench)
    first = await ann.open("web is down", "shop")
    first = await ann.attach(first.label, found.label)
    assert first.investigations == (found.label,)
    assert any(f.startswith("code:") for f in first.features)
    assert await ann.similar(investigation=found.label) == ()
    await ann.note(first.label, "rolled back at 10:00")
    closed = await ann.close(
        first.label, cause="a key was renamed", fix="rolled back", outcome=Outcome.FIXED
    )
    assert (closed.closed_by, closed.outcome) == ("ann", Outcome.FIXED)
    (again,) = await ann.similar(investigation=found.label)
    assert again.incident == closed
    assert any(why.startswith("both have: ") for why in again.why)
    library = Library(store.passages, new_id)
    told = await library.search("key was renamed", await user(store, "ann"))
    remembered = [p for p in told.passages if p.type is Type.INCIDENT]
    assert [p.source for p in remembered] == ["incident:INC-1"]
    assert "Fix: rolled back" in remembered[0].text


async def test_what_nobody_closed_is_never_found_as_knowledge(store: Store) -> None:
    workbench, ann = opened(store), await desk(store)
    found = await investigated(workbench)
    assert found.conclusion is not None
    made = await ann.open("xylophone outage")
    await ann.attach(made.label, found.label)
    await ann.note(made.label, "perhaps the xylophone")
    library, person = Library(store.passages, new_id), await user(store, "ann")
    for filters in (Filters(types=CHECKED), Filters(mine=True)):
        for words in ("xylophone", found.conclusion.verdict):
            passages = (await library.search(words, person, filters)).passages
            assert [p.source for p in passages if not p.source.startswith("notes/")] == []


async def test_closing_needs_a_cause_and_happens_once(store: Store, database: str) -> None:
    ann = await desk(store)
    made = await ann.open("web is down")
    with pytest.raises(UsageError, match="cause"):
        await ann.close(made.label, cause=" ", fix="", outcome=Outcome.FIXED)
    await ann.close(made.label, cause="unknown", fix="", outcome=Outcome.PASSED)
    with pytest.raises(StoreError, match="INC-1 is closed"):
        await ann.close(made.label, cause="other", fix="", outcome=Outcome.FIXED)
    async with connected(database) as connection:
        for change in ("closed_by = ''", "cause = ''", "outcome = ''"):
            with pytest.raises(Exception, match="check constraint"):
                await connection.execute(f"update incidents set {change}")


async def test_nobody_sees_the_incidents_of_another_unless_they_are_shared(store: Store) -> None:
    ann, bob = await desk(store), await desk(store, "bob")
    mine, ours = await ann.open("secret ocelot"), await ann.open("shared ocelot", shared=True)
    for one in (mine, ours):
        await ann.close(one.label, cause="the ocelot bites people", fix="", outcome=Outcome.FIXED)
    with pytest.raises(NotRecorded):
        await bob.load(mine.label)
    assert [i.label for i in await bob.all()] == [ours.label]
    near = await bob.similar(text="the shared secret ocelot bites people")
    assert [s.incident.label for s in near] == [ours.label]
    library = Library(store.passages, new_id)
    passages = (await library.search("ocelot bites", await user(store, "bob"))).passages
    assert [p.source for p in passages] == [f"incident:{ours.label}"]


async def test_an_investigation_of_another_cannot_be_attached(store: Store) -> None:
    found = await investigated(opened(store))
    bob = await desk(store, "bob")
    made = await bob.open("mine")
    with pytest.raises(NotRecorded):
        await bob.attach(made.label, found.label)


async def test_whether_an_old_case_holds_today_is_asked_again(store: Store) -> None:
    workbench, ann = opened(store), await desk(store)
    found = await investigated(workbench)
    made = await ann.open("web is down")
    await ann.attach(made.label, found.label)
    closed = await ann.close(made.label, cause="a key", fix="put back", outcome=Outcome.FIXED)
    checked = await ann.still_holds(closed, workbench.rerun)
    assert checked
    assert all(one.reference.startswith(f"{found.label}/E") for one in checked)
    assert all(one.holds for one in checked)

    async def gone(reference: str) -> object:
        raise StoreError("it is gone")

    again = await ann.still_holds(closed, gone)  # type: ignore[arg-type]
    assert {one.problem for one in again} == {"it is gone"}
    assert not any(one.holds for one in again)
