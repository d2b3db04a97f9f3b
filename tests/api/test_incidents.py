"""Incidents over the API: opened, attached to, found again, closed by a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx2

from tests.support.postgres import new_id
from workbench.store.database import open_store
from workbench.store.service_tokens import ServiceToken

Client = Callable[..., httpx2.Client]
CAUSE = {"cause": "the key was renamed", "fix": "put it back", "outcome": "fixed"}


def test_one_is_opened_attached_to_closed_and_found_again(as_person: Client) -> None:
    iris = as_person("incident-iris")
    label = iris.post("/api/chat", json={"message": "Why is checkout failing?"}).json()["number"]
    body = {"title": "checkout is down", "investigations": [f"INV-{label}"]}
    first = iris.post("/api/incidents", json=body)
    assert first.status_code == 201
    path = f"/api/incidents/{first.json()['number']}"
    assert iris.post(f"{path}/notes", json={"text": "rolled back"}).json()["notes"]
    closed = iris.post(f"{path}/close", json=CAUSE).json()
    assert (closed["outcome"], closed["closed_by"]) == ("fixed", "incident-iris@example.com")
    assert iris.post(f"{path}/close", json=CAUSE).status_code == 409
    second = iris.post("/api/incidents", json={**body, "title": "checkout again"}).json()
    (alike,) = iris.get(f"/api/incidents/INC-{second['number']}/similar").json()["items"]
    assert alike["incident"]["number"] == closed["number"]
    assert alike["why"]
    listed = iris.get("/api/incidents", params={"limit": 1}).json()
    assert [one["title"] for one in listed["items"]] == ["checkout again"]
    rest = iris.get("/api/incidents", params={"after": listed["next"]}).json()
    assert [one["title"] for one in rest["items"]] == ["checkout is down"]
    assert rest["next"] == ""
    told = iris.get("/api/documents/search", params={"q": "key was renamed"}).json()["passages"]
    assert f"incident:INC-{closed['number']}" in [p["source"] for p in told]


def test_a_shared_one_is_everybodys_and_an_administrator_sees_all(as_person: Client) -> None:
    iris, ivo = as_person("incident-iris2"), as_person("incident-ivo")
    made = [
        iris.post("/api/incidents", json={"title": "t", "shared": shared}).json()["number"]
        for shared in (False, True)
    ]
    assert [ivo.get(f"/api/incidents/{n}").status_code for n in made] == [404, 200]
    root = as_person("incident-root", "admins")
    assert [root.get(f"/api/incidents/{n}").status_code for n in made] == [200, 200]


def test_a_program_never_says_what_it_was(
    server: str, server_database: str, as_person: Client
) -> None:
    iris = as_person("incident-iris3")
    made = iris.post("/api/incidents", json={"title": "t", "shared": True}).json()["number"]
    now = datetime.now(UTC)
    token = ServiceToken(
        id=new_id(), name=f"closer-{made}", role="operator", scopes=(), created_by="t",
        created_at=now, expires_at=now + timedelta(hours=1),
    )  # fmt: skip

    async def create() -> str:
        async with open_store(server_database) as store:
            return await store.service_tokens.create(token)

    headers = {"Authorization": f"Bearer {asyncio.run(create())}"}
    answer = httpx2.post(f"{server}/api/incidents/{made}/close", json=CAUSE, headers=headers)
    assert answer.status_code == 403
    assert iris.get(f"/api/incidents/{made}").json()["outcome"] is None
