"""Sweeps over the API: how far they are, what their items came to, and stopping one."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

from tests.api.test_changes import kept
from tests.api.test_service_tokens import workbench as made_token
from tests.support.postgres import new_id
from workbench.core.sweep import Plan, Row
from workbench.store.database import Store
from workbench.store.queue import Queue

Client = Callable[..., httpx2.Client]


def sweep_of(dsn: str, person: str, count: int = 3) -> str:
    """The label of a new sweep of theirs that no worker takes."""

    async def made(store: Store) -> str:
        source = await store.notebooks.keep("{}")
        plan = Plan(runbook="dns", source=source, over="rows.csv", person=person)
        rows = [Row(parameters={"namespace": f"ns-{n}"}) for n in range(count)]
        sweep = await Queue(store.pool).create(new_id(), plan, rows)
        assert sweep is not None
        return sweep.label

    label: str = kept(dsn, made)
    return label


def test_a_sweep_is_shown_with_its_items_a_page_at_a_time(
    as_person: Client, server_database: str
) -> None:
    sam = as_person("sweeps-sam")
    label = sweep_of(server_database, "sweeps-sam@example.com")
    (listed,) = sam.get("/api/sweeps").json()["items"]
    assert (listed["label"], listed["counts"], listed["open"]) == (label, {"queued": 3}, 3)
    page = sam.get(f"/api/sweeps/{label}/items", params={"limit": 2}).json()
    rest = sam.get(f"/api/sweeps/{label}/items", params={"after": page["next"]}).json()
    shown = [item["parameters"]["namespace"] for item in page["items"] + rest["items"]]
    assert (shown, rest["next"]) == (["ns-0", "ns-1", "ns-2"], "")


def test_a_cancelled_sweep_begins_nothing_more(as_person: Client, server_database: str) -> None:
    sam = as_person("sweeps-stop")
    label = sweep_of(server_database, "sweeps-stop@example.com")
    answer = sam.post(f"/api/sweeps/{label}/cancel")
    assert answer.status_code == 200
    assert answer.json()["counts"] == {"cancelled": 3}
    assert answer.json()["cancelled_at"]


def test_what_waits_is_counted_whoever_it_belongs_to(server: str, server_database: str) -> None:
    sweep_of(server_database, "sweeps-count@example.com")
    token = made_token(server_database, "create", "sweeps-scraper", "--scope", "metrics")
    headers = {"Authorization": f"Bearer {token}"}
    shown = httpx2.get(f"{server}/metrics", headers=headers, timeout=60).text
    waiting = next(s for s in shown.splitlines() if s.startswith('workbench_sweep_items{state="q'))
    assert float(waiting.split()[-1]) >= 3
    assert "\nworkbench_sweep_waited_seconds " in shown
