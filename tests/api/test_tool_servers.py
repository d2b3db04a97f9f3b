"""Tool servers over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

Client = Callable[..., httpx2.Client]
NOWHERE = {"name": "tickets", "url": "http://127.0.0.1:9/mcp"}


@pytest.fixture
def admin(as_person: Client) -> httpx2.Client:
    return as_person("servers-root", "admins")


def test_the_built_in_server_is_there_with_its_tools(ann: httpx2.Client) -> None:
    tools = ann.get("/api/mcp-servers/kube/tools").json()["items"]
    (kube,) = [s for s in ann.get("/api/mcp-servers").json()["items"] if s["name"] == "kube"]
    assert (kube["state"], kube["circuit"], kube["id"]) == ("up", "closed", None)
    assert {t["name"] for t in tools} >= {"diagnose", "events"}
    assert {t["called"] for t in tools} >= {"kube_diagnose", "kube_events"}
    assert all(t["usable"] and t["reads"] for t in tools)


def test_one_is_registered_switched_and_forgotten(admin: httpx2.Client) -> None:
    made = admin.post("/api/mcp-servers", json=NOWHERE).json()
    assert (made["name"], made["transport"], made["enabled"]) == (
        "tickets", "streamable-http", True,
    )  # fmt: skip
    assert admin.post("/api/mcp-servers", json=NOWHERE).status_code == 409
    by_id = f"/api/mcp-servers/{made['id']}"
    assert admin.get(by_id).json()["name"] == "tickets"
    answer = admin.post(f"{by_id}/connect")
    assert (answer.status_code, answer.json()["type"]) == (502, "tool-server-down")
    assert admin.post("/api/mcp-servers/tickets/disable").json()["state"] == "disabled"
    assert admin.post("/api/mcp-servers/tickets/connect").status_code == 409
    assert admin.post("/api/mcp-servers/tickets/enable").json()["enabled"]
    assert admin.delete("/api/mcp-servers/tickets").status_code == 204
    assert admin.get("/api/mcp-servers/tickets").status_code == 404
    assert admin.get(by_id).status_code == 404


@pytest.mark.parametrize(
    ("entry", "status"),
    [
        ({"name": "sh", "command": "sh"}, 403),
        ({"name": "kube", "url": "https://a.example"}, 400),
        ({"name": "file", "url": "file:///etc/passwd"}, 400),
        ({"name": "both", "url": "https://a.example", "command": "x"}, 403),
        ({"name": "none"}, 400),
        ({"name": "ws", "url": "https://a.example", "transport": "websocket"}, 400),
        (
            {"name": "s", "url": "https://a.example", "headers": {"Authorization": "Bearer abc"}},
            400,
        ),
        ({"name": "p", "url": "https://ann:secret@a.example/mcp"}, 400),
        ({"name": "p", "url": "https://t0ken@a.example/mcp"}, 400),
        ({"name": "q", "url": "https://a.example/mcp?api_key=abc"}, 400),
        ({"name": "port", "url": "https://a.example:99999/mcp"}, 400),
        ({"name": "host", "url": "https://:443/mcp"}, 400),
        ({"name": "../x", "url": "https://a.example"}, 422),
    ],
)
def test_one_that_makes_no_sense_or_holds_a_secret_is_refused(
    admin: httpx2.Client, entry: dict[str, Any], status: int
) -> None:
    answer = admin.post("/api/mcp-servers", json=entry)
    assert answer.status_code == status, answer.text
    assert admin.get(f"/api/mcp-servers/{entry['name']}").status_code in (200, 404)


def test_values_of_headers_are_not_told(admin: httpx2.Client) -> None:
    named = {**NOWHERE, "name": "named", "headers": {"Authorization": "Bearer ${TICKETS}"}}
    shown = admin.post("/api/mcp-servers", json=named)
    assert shown.json()["headers"] == ["Authorization"]
    assert "TICKETS" not in shown.text
    admin.delete("/api/mcp-servers/named")


def test_the_built_in_server_is_not_forgotten(admin: httpx2.Client) -> None:
    assert admin.delete("/api/mcp-servers/kube").status_code == 400


def test_a_tool_is_accepted_only_as_it_was_shown(admin: httpx2.Client) -> None:
    seen = {"sha256": "0" * 64}
    answer = admin.post("/api/mcp-servers/kube/tools/events/accept", json=seen)
    assert answer.status_code == 409
    assert admin.post("/api/mcp-servers/kube/tools/x/accept", json=seen).status_code == 404
