"""Every operation of the API × every role × whose it is, from the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.api.test_sweeps import sweep_of

ROLES = {"viewers": 1, "oncall": 2, "leads": 3, "admins": 4}
"""Groups of the people in these tests, in the order of their roles."""
NEEDS = {
    "DELETE /api/agents/{name}": 4,
    "DELETE /api/conversations/{id}": 2,
    "DELETE /api/documents/{id}": 2,
    "DELETE /api/mcp-servers/{id}": 4,
    "GET /api/agents": 1,
    "GET /api/agents/{name}": 1,
    "GET /api/alerts": 1,
    "GET /api/audit": 1,
    "GET /api/audit/{label}/verify": 1,
    "GET /api/changes": 1,
    "GET /api/docs": 1,
    "GET /api/changes/{id}": 1,
    "GET /api/conversations": 1,
    "GET /api/conversations/{id}": 1,
    "GET /api/documents": 1,
    "GET /api/documents/search": 1,
    "GET /api/incidents": 1,
    "GET /api/incidents/{id}": 1,
    "GET /api/incidents/{id}/similar": 1,
    "GET /api/investigations": 1,
    "GET /api/investigations/{label}": 1,
    "GET /api/investigations/{label}/diff": 1,
    "GET /api/investigations/{label}/evidence": 1,
    "GET /api/investigations/{label}/evidence/{evidence}": 1,
    "GET /api/investigations/{label}/report": 1,
    "GET /api/investigations/{label}/stream": 1,
    "GET /api/mcp-servers": 1,
    "GET /api/me": 1,
    "GET /api/mcp-servers/{id}": 1,
    "GET /api/mcp-servers/{id}/tools": 1,
    "GET /api/runbooks": 1,
    "GET /api/runbooks/{name}": 1,
    "GET /api/runbooks/{name}/schema": 1,
    "GET /api/runs": 1,
    "GET /api/sweeps": 1,
    "GET /api/sweeps/{sweep}": 1,
    "GET /api/sweeps/{sweep}/items": 1,
    "GET /api/runs/{id}": 1,
    "GET /api/runs/{id}/notebook": 1,
    "GET /api/snapshots": 1,
    "GET /api/tools": 1,
    "GET /api/usage": 1,
    "GET /healthz": 0,
    "GET /metrics": 4,
    "GET /readyz": 0,
    "PATCH /api/conversations/{id}": 2,
    "POST /api/agents": 4,
    "POST /api/alerts": 2,
    "POST /api/changes/{id}/approve": 3,
    "POST /api/changes/{id}/deny": 3,
    "POST /api/answered": 2,
    "POST /api/changes": 2,
    "POST /api/chat": 2,
    "POST /api/chat/stream": 2,
    "POST /api/documents": 2,
    "POST /api/incidents": 2,
    "POST /api/incidents/{id}/attach": 2,
    "POST /api/incidents/{id}/close": 2,
    "POST /api/incidents/{id}/notes": 2,
    "POST /api/investigations/{label}/cancel": 2,
    "POST /api/investigations/{label}/fork": 2,
    "POST /api/investigations/{label}/notes": 2,
    "POST /api/investigations/{label}/rerun": 2,
    "POST /api/investigations/{label}/resume": 2,
    "POST /api/mcp-servers": 4,
    "POST /api/mcp-servers/{id}/connect": 4,
    "POST /api/mcp-servers/{id}/disable": 4,
    "POST /api/mcp-servers/{id}/disconnect": 4,
    "POST /api/mcp-servers/{id}/enable": 4,
    "POST /api/mcp-servers/{id}/reconnect": 4,
    "POST /api/mcp-servers/{id}/tools/{tool}/accept": 4,
    "POST /api/plan": 2,
    "POST /api/runbooks/{name}/runs": 2,
    "POST /api/runs/{id}/cancel": 2,
    "POST /api/sweeps/{sweep}/cancel": 2,
    "POST /api/session": 2,
    "POST /api/snapshots": 4,
    "PUT /api/agents/{name}": 4,
}
"""The least role of each operation; 0: no credentials at all."""
SHARED = ("agents", "alerts", "docs", "mcp-servers", "me", "runbooks", "snapshots", "tools")
"""Parts of the API that belong to nobody: everybody with the role sees the same; and `me`."""
Client = Callable[..., httpx2.Client]


@pytest.fixture(scope="session")
def document(server: str) -> dict[str, Any]:
    from tests.api.conftest import signed

    headers = {"Authorization": f"Bearer {signed('root', 'admins')}"}
    found: dict[str, Any] = httpx2.get(f"{server}/api/openapi.json", headers=headers).json()
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def body_of(document: dict[str, Any], operation: dict[str, Any]) -> Any:
    """The example of its body, as the document gives it."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = content["schema"]
    name = schema.get("$ref", "").rpartition("/")[2]
    schema = document["components"]["schemas"].get(name, schema)
    return schema["examples"][0]


def filled(path: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    return path


NOBODYS = {
    "label": "INV-999999", "evidence": "E1", "id": str(uuid4()), "name": "nothing", "tool": "none",
    "sweep": "SW-999999",
}  # fmt: skip


def test_every_operation_has_its_least_role_here(document: dict[str, Any]) -> None:
    assert set(operations(document)) == set(NEEDS)


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        body_of(document, operation)


@pytest.mark.parametrize("operation", [o for o, least in NEEDS.items() if least])
def test_a_lower_role_is_refused_and_nobody_gets_in(
    server: str, as_person: Client, document: dict[str, Any], operation: str
) -> None:
    method, path = operation.split()
    url = filled(path, NOBODYS)
    body = body_of(document, operations(document)[operation])
    assert httpx2.request(method, server + url, json=body).status_code == 401
    for group, rank in ROLES.items():
        if rank < NEEDS[operation]:
            name = f"m-{operation}"[:30].replace("/", "-").replace(" ", "")
            answer = as_person(name, group).request(method, url, json=body)
            assert answer.status_code == 403, group
            assert answer.headers["content-type"] == "application/problem+json"


def owned(operation: str) -> bool:
    part = operation.split("/")[2] if operation.count("/") > 1 else ""
    return "{" in operation and part not in SHARED


@pytest.fixture(scope="session")
def anns(server: str, server_database: str) -> dict[str, dict[str, str]]:
    """What ann has, by the part of the API it is in."""
    from tests.api.conftest import signed

    headers = {"Authorization": f"Bearer {signed('matrix-ann')}"}
    with httpx2.Client(base_url=server, headers=headers, timeout=60) as client:
        made = client.post("/api/chat", json={"message": "Why is checkout failing?"}).json()
        conversation = client.get("/api/conversations").json()["items"][0]["id"]
        run = client.post("/api/runbooks/events/runs", json={})
        books = [b["name"] for b in client.get("/api/runbooks").json()["items"]]
        if run.status_code == 404:
            run = client.post(f"/api/runbooks/{books[0]}/runs", json={})
        investigation = {"label": f"INV-{made['number']}", "evidence": "E1"}
        runs = {"id": run.json().get("id", str(uuid4()))}
        incident = client.post("/api/incidents", json={"title": "matrix-ann's"}).json()
        client.post("/api/documents", json={"name": "matrix-ann.md", "text": "# A\n\nmatrix-ann"})
        kept = client.get("/api/documents").json()["items"]
        document = next(d for d in kept if d["source"] == "upload:matrix-ann.md")
        return {
            "investigations": investigation,
            "audit": investigation,
            "conversations": {"id": conversation},
            "runs": runs,
            "sweeps": {"sweep": sweep_of(server_database, "matrix-ann@example.com")},
            "incidents": {"id": f"INC-{incident['number']}"},
            "documents": {"id": document["id"]},
            "changes": {"id": str(uuid4())},  # see test_changes.py
        }


@pytest.mark.parametrize("operation", [o for o in NEEDS if owned(o)])
def test_what_is_somebody_elses_is_not_there(
    as_person: Client,
    document: dict[str, Any],
    anns: dict[str, dict[str, str]],
    operation: str,
) -> None:
    """Not found, whatever the role (below administrator), and in the very words for what is not
    there at all, so that nobody learns which there are."""
    method, path = operation.split()
    mine = anns[path.split("/")[2]]
    body = body_of(document, operations(document)[operation])
    query = {"other": "INV-1"} if path.endswith("/diff") else {}
    for group, rank in ROLES.items():
        if NEEDS[operation] <= rank < 4:
            other = as_person(f"other-{group}-{method}", group)
            answer = other.request(method, filled(path, mine), json=body, params=query)
            assert answer.status_code == 404, (group, answer.text)
            nothing = other.request(method, filled(path, NOBODYS), json=body, params=query)
            assert nothing.status_code == 404
            assert nothing.json()["type"] == answer.json()["type"]


@pytest.mark.parametrize("operation", [o for o in NEEDS if owned(o) and o.startswith("GET")])
def test_what_is_ones_own_is_there(
    as_person: Client, anns: dict[str, dict[str, str]], operation: str
) -> None:
    _, path = operation.split()
    if path.startswith("/api/changes") or path.endswith("/notebook"):
        pytest.skip("needs a proposal, or a kernel that has begun")
    mine = anns[path.split("/")[2]]
    query = {"other": mine["label"]} if path.endswith("/diff") else {}
    for name, group in (("matrix-ann", "oncall"), ("root", "admins")):
        answer = as_person(name, group).get(filled(path, mine), params=query)
        assert answer.status_code == 200, (name, answer.text)


@pytest.mark.parametrize("path", [o.split()[1] for o in NEEDS if "{" not in o and "GET /api" in o])
def test_lists_hold_nothing_of_somebody_else(
    as_person: Client, anns: dict[str, dict[str, str]], path: str
) -> None:
    if path.split("/")[2] in SHARED:
        pytest.skip("belongs to nobody")
    group = "oncall" if path == "/api/changes" else "leads"  # who approve see everybody's
    query = {"q": "matrix-ann"} if path.endswith("/search") else {}
    listed = as_person("other-lister", group).get(path, params=query)
    assert listed.status_code == 200
    if not query:  # a search repeats what was searched for
        assert "matrix-ann" not in listed.text
    if not path.startswith("/api/documents"):  # notes on finding codes ship for everybody
        # an incident that has no owner was opened to everybody
        owned = [one for one in listed.json()["items"] if one.get("owner", "it has") is not None]
        assert owned == []
    assert all("matrix-ann" not in p["source"] for p in listed.json().get("passages", ()))


def test_a_diff_with_somebody_elses_is_refused(
    as_person: Client, anns: dict[str, dict[str, str]]
) -> None:
    bob = as_person("diff-bob")
    made = bob.post("/api/chat", json={"message": "Why is cart failing?"}).json()
    own, others = f"INV-{made['number']}", anns["investigations"]["label"]
    for other in (others, f"{others}/E1"):
        answer = bob.get(f"/api/investigations/{own}/diff", params={"other": other})
        assert answer.status_code == 404
    assert bob.get("/api/audit", params={"investigation": others}).status_code == 404
    assert bob.get("/api/audit", params={"user": "matrix-ann@example.com"}).status_code == 400
