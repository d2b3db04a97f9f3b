"""Proposed changes over the API: who sees them, and whose word counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.support.postgres import new_id
from workbench.core.change import PROPOSAL_LIFETIME, Preview, ProposedChange
from workbench.core.cluster import ObjectRef
from workbench.store.database import Store, open_store
from workbench.store.service_tokens import ServiceToken

Client = Callable[..., httpx2.Client]
Propose = Callable[..., dict[str, Any]]


def kept(dsn: str, work: Callable[[Store], Any]) -> Any:
    async def run() -> Any:
        async with open_store(dsn) as store:
            return await work(store)

    return asyncio.run(run())


def change(investigation: UUID, age: timedelta) -> ProposedChange:
    target = ObjectRef(kind="Deployment", namespace="shop", name="checkout")
    arguments = {"kind": "deploy", "name": "checkout", "namespace": "shop", "replicas": 3}
    at = datetime.now(UTC) - age
    return ProposedChange(
        id=new_id(), investigation=investigation, tool="kube_scale", cluster="demo-shop", at=at,
        preview=Preview(tool="scale", arguments=arguments, target=target, diff="+ replicas: 3"),
        expires=at + PROPOSAL_LIFETIME, by="ann@example.com",
    )  # fmt: skip


@pytest.fixture
def propose(ann: httpx2.Client, server_database: str) -> Propose:
    """A change proposed in an investigation of ann's, as the API shows it to her."""

    def proposed(age: timedelta = timedelta()) -> dict[str, Any]:
        made = ann.post("/api/chat", json={"message": "Why is checkout failing?"}).json()
        one = change(UUID(made["id"]), age)
        kept(server_database, lambda store: store.changes.propose(one))
        shown: dict[str, Any] = ann.get(f"/api/changes/{one.id}").json()
        return shown

    return proposed


def test_its_owner_and_approvers_see_it_and_nobody_else(
    ann: httpx2.Client, as_person: Client, propose: Propose
) -> None:
    label = propose()["label"]
    for client in (ann, as_person("lea", "leads"), as_person("root", "admins")):
        assert client.get(f"/api/changes/{label}").json()["state"] == "proposed"
        assert label in [c["label"] for c in client.get("/api/changes").json()["items"]]
    for group in ("viewers", "oncall"):
        other = as_person(f"changes-{group}", group)
        assert other.get(f"/api/changes/{label}").status_code == 404
        assert other.get("/api/changes").json()["items"] == []


def test_only_what_was_shown_is_approved(as_person: Client, propose: Propose) -> None:
    shown, lea = propose(), as_person("lea", "leads")
    path = f"/api/changes/{shown['label']}"
    for body in ({"digest": "0" * 64}, {"digest": shown["digest"][:12]}, {}):
        assert lea.post(f"{path}/approve", json=body).status_code in (400, 422)
        assert lea.post(f"{path}/deny", json=body).status_code in (400, 422)
    assert lea.get(path).json()["state"] == "proposed"


def test_what_was_denied_stays_denied(as_person: Client, propose: Propose) -> None:
    shown, lea = propose(), as_person("lea", "leads")
    path, body = f"/api/changes/{shown['label']}", {"digest": shown["digest"]}
    denied = lea.post(f"{path}/deny", json=body).json()
    assert (denied["state"], denied["approval"]["approver"]) == ("denied", "lea@example.com")
    assert denied["approval"]["surface"] == "api"
    assert lea.post(f"{path}/approve", json=body).status_code == 409
    assert lea.post(f"{path}/deny", json=body).status_code == 409


def test_a_late_yes_is_none(as_person: Client, propose: Propose) -> None:
    shown, lea = propose(timedelta(hours=2)), as_person("lea", "leads")
    assert shown["state"] == "expired"
    path, body = f"/api/changes/{shown['label']}", {"digest": shown["digest"]}
    assert lea.post(f"{path}/approve", json=body).status_code == 409


def test_a_program_never_decides(
    server: str, server_database: str, as_person: Client, propose: Propose
) -> None:
    """Even one whose token says approver, which no command makes."""
    shown, now = propose(), datetime.now(UTC)
    token = ServiceToken(
        id=new_id(), name=f"robot-{shown['label']}", role="admin", scopes=(), created_by="t",
        created_at=now, expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    secret = kept(server_database, lambda store: store.service_tokens.create(token))
    headers = {"Authorization": f"Bearer {secret}"}
    path, body = f"{server}/api/changes/{shown['label']}", {"digest": shown["digest"]}
    for word in ("approve", "deny"):
        answer = httpx2.post(f"{path}/{word}", json=body, headers=headers)
        assert answer.status_code == 403
        assert "a person decides" in answer.json()["title"]
    assert (
        as_person("lea", "leads").get(f"/api/changes/{shown['label']}").json()["approval"] is None
    )
