"""What is old goes, in small steps; what goes on, and what somebody else refers to, stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.postgres import connected, new_id
from workbench.core.alert import Alert
from workbench.core.runbook import Run, RunStatus
from workbench.core.sweep import ItemStatus, Plan, Row, Sweep
from workbench.errors import NotRecorded
from workbench.store.alerts import Wanted
from workbench.store.database import Store
from workbench.store.queue import Queue
from workbench.store.retention import Held, Retention, first_id
from workbench.store.sweeps import Result

NOW = datetime.now(UTC) + timedelta(days=400)
"""Everything that these tests make is old by then."""
BEFORE = NOW - timedelta(days=90)


async def swept(store: Store, runs: int, source: str = "{}", person: str = "ann") -> Sweep:
    plan = Plan(
        runbook="light", source=await store.notebooks.keep(source), over="rows.csv", person=person
    )
    made = await Queue(store.pool).create(new_id(), plan, [Row(parameters={})] * runs)
    assert made is not None
    return made


async def end(store: Store, sweep: Sweep, notebook: str, *, but: int = 0) -> None:
    """Every item ends with that notebook, except the last ``but``."""
    kept = await store.notebooks.keep(notebook)
    for number in range(1, sweep.total - but + 1):
        claim = new_id()
        await store.sweeps.begin(sweep.id, number, claim=claim, worker="w", job=1)
        assert await store.sweeps.settle(claim, ItemStatus.HEALTHY, Result(), notebook=kept)


async def dropped(store: Store, person: str | None = None, at_once: int = 500) -> Held:
    gone = Held()
    async for some in Retention(store.pool, at_once).drop(BEFORE, person, now=NOW):
        gone += some
    return gone


async def parts(database: str) -> int:
    async with connected(database) as connection:
        return int(await connection.fetchval("select count(*) from payload_parts"))


async def test_what_has_ended_goes_with_its_notebooks_and_what_goes_on_stays(
    store: Store, database: str
) -> None:
    old, open_ = await swept(store, 5, "{}"), await swept(store, 2, "{}")
    await end(store, old, "[1]")
    await end(store, open_, "[2]", but=1)
    assert await store.retention.due(BEFORE) == Held(sweeps=1, runs=5)
    assert await store.retention.due(datetime.now(UTC) - timedelta(days=1)) == Held()
    assert await dropped(store, at_once=2) == Held(sweeps=1, runs=5, notebooks=1, bytes=3)
    with pytest.raises(NotRecorded):
        await store.sweeps.load(old.id)
    assert len(await store.sweeps.items(open_.id)) == 2
    assert await parts(database) == 2  # the runbook, which both had, and the open one's run
    assert await dropped(store) == Held()


async def kept(store: Store, person: str, status: RunStatus, notebook: str = "[7]") -> Run:
    """A run that a server keeps."""
    run = Run(
        id=new_id(), runbook="light", user=person, parameters={}, status=status, started_at=NOW
    )
    await store.runs.save(run, await store.notebooks.keep(notebook))
    return run


async def test_runs_of_a_server_go_with_their_notebooks_when_they_are_old_and_have_ended(
    store: Store,
) -> None:
    for person in ("ann", "ann", "ann", "bob"):
        await kept(store, person, RunStatus.HEALTHY, f"[{person!r}]")
    on = await kept(store, "ann", RunStatus.RUNNING)
    assert await store.retention.due(datetime.now(UTC) - timedelta(days=1)) == Held()
    assert await store.retention.due(BEFORE) == Held(kept_runs=4)
    assert await store.retention.due(BEFORE, "bob") == Held(kept_runs=1)
    assert await dropped(store, "bob") == Held(kept_runs=1, notebooks=1, bytes=7)
    assert await dropped(store, at_once=2) == Held(kept_runs=3, notebooks=1, bytes=7)
    assert await store.runs.list() == (on,)
    assert await store.notebooks.read(await store.runs.notebook(on.id)) == "[7]"


def test_ids_made_before_are_smaller_and_those_after_are_not() -> None:
    before, made, after = datetime.now(UTC), new_id(), datetime.now(UTC) + timedelta(seconds=1)
    assert first_id(before) <= made < first_id(after)


async def test_a_notebook_that_a_recorded_call_also_has_keeps_its_parts(
    store: Store, database: str
) -> None:
    old = await swept(store, 1)
    await end(store, old, "[1]")
    async with connected(database) as connection:
        await connection.execute(
            "insert into payload_uses select $1, now(), 'text', sha256, bytes, parts"
            " from notebooks where bytes = 3",
            new_id(),
        )
    assert (await dropped(store)).notebooks == 2
    assert await parts(database) == 1


async def test_a_notebook_that_was_just_kept_again_waits_for_who_refers_to_it(
    store: Store,
) -> None:
    kept = await store.notebooks.keep("[1]")
    gone = [some async for some in store.retention.drop(BEFORE, now=datetime.now(UTC))]
    assert gone == []
    assert await store.notebooks.read(kept) == "[1]"
    assert await dropped(store) == Held(notebooks=1, bytes=3)
    with pytest.raises(NotRecorded):
        await store.notebooks.read(kept)


async def test_keeping_a_notebook_again_makes_it_new(store: Store, database: str) -> None:
    kept = await store.notebooks.keep("[1]")
    async with connected(database) as connection:
        await connection.execute("update notebooks set kept_at = now() - interval '9 days'")
    assert await store.notebooks.keep("[1]") == kept
    assert [some async for some in store.retention.drop(BEFORE, now=datetime.now(UTC))] == []


async def test_only_what_one_person_began_goes_where_that_is_asked(store: Store) -> None:
    for person in ("ann", "bob"):
        await end(store, await swept(store, 1, person=person), "[1]")
    assert await store.retention.due(BEFORE, "bob") == Held(sweeps=1, runs=1)
    assert await dropped(store, "bob") == Held(sweeps=1, runs=1)  # ann's has the same notebooks
    (left,) = await store.sweeps.list()
    assert left.plan.person == "ann"


async def told(store: Store, name: str, *, at: datetime) -> str:
    """An alert with a look; its run."""
    source = await store.notebooks.keep("{}")
    plan = Plan(runbook=name, source=source, over="alerts", person="ann")
    alert = Alert(labels={"alertname": name}, starts_at=NOW)
    taken = await store.alerts.take(
        [alert], [Wanted(alerts=(alert,), plan=plan)], at=at, window=timedelta(hours=1), by="ann",
        new_id=new_id,
    )  # fmt: skip
    (run,) = taken.runs
    return run


async def test_an_alert_goes_when_it_is_not_told_any_more_and_its_sweep_after_it(
    store: Store,
) -> None:
    old, fresh, going = [
        await told(store, name, at=at) for name, at in (("a", BEGAN), ("b", NOW), ("c", BEGAN))
    ]
    for run in (old, fresh):
        await end(store, await store.sweeps.load(run.partition("/")[0]), "[1]")
    await store.alerts.plan_messages(["chat"])
    assert await store.retention.due(BEFORE) == Held(alerts=1, sweeps=1, runs=1)
    assert await dropped(store) == Held(alerts=1, sweeps=1, runs=1)
    left = {kept.look.run for kept in await store.alerts.list() if kept.look}
    assert left == {fresh, going}


BEGAN = NOW - timedelta(days=200)
