"""Who gets in, and what they may do."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx2
import jwt
import pytest

from tests.api.conftest import AUDIENCE, ISSUER, SECRET, signed

PATHS = ["/api/investigations", "/api/openapi.json", "/metrics", "/nothing", "/api/chat"]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_answers_without_credentials(server: str, path: str) -> None:
    answer = httpx2.get(server + path, timeout=60)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_needs_no_credentials(server: str, path: str) -> None:
    while (answer := httpx2.get(server + path, timeout=60)).status_code == 503:
        time.sleep(0.2)  # its tool server is starting
    assert answer.json()["status"] == "ok"


NOW = time.time()
CLAIMS = {"sub": "eve", "iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 600}
KEY = "k" * 64
ATTACKS = {
    "no signature": jwt.encode(CLAIMS, None, algorithm="none"),
    "another key": jwt.encode(CLAIMS, KEY, algorithm="HS256"),
    "an algorithm of its own": jwt.encode(CLAIMS, SECRET, algorithm="HS512"),
    "expired": signed("eve", exp=NOW - 3600),
    "no expiry": signed("eve", exp=None),
    "another audience": signed("eve", aud="other"),
    "no audience": signed("eve", aud=None),
    "another issuer": signed("eve", iss="https://evil.example"),
    "no issuer": signed("eve", iss=None),
    "no subject": signed("eve", sub=None),
    "not yet valid": signed("eve", nbf=NOW + 3600),
    "cut": signed("eve")[:-4],
    "two parts": ".".join(signed("eve").split(".")[:2]),
    "changed claims": signed("eve").split(".")[0] + "." + ".".join(signed("bob").split(".")[1:2])
    + "." + signed("eve").split(".")[2],
    "huge": "a." + "b" * 30_000 + ".c",
    "rubbish": "\x7f.\x7f.\x7f",
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_token_that_is_not_right_in_every_way_is_refused(server: str, attack: str) -> None:
    headers = {"Authorization": f"Bearer {ATTACKS[attack]}"}
    assert httpx2.get(f"{server}/api/investigations", headers=headers).status_code in (
        400,
        401,
        431,
    )


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "file://"])
def test_a_page_of_another_site_cannot_write(ann: httpx2.Client, origin: str) -> None:
    answer = ann.post("/api/chat", json={"message": "why?"}, headers={"Origin": origin})
    assert answer.status_code == 403


def test_the_servers_own_pages_can(ann: httpx2.Client, server: str) -> None:
    answer = ann.post("/api/chat", json={}, headers={"Origin": server})
    assert answer.status_code == 422


def test_nobody_sees_what_somebody_else_asked(
    ann: httpx2.Client, as_person: Callable[..., httpx2.Client]
) -> None:
    label = f"INV-{ann.post('/api/chat', json={'message': 'Why?'}).json()['number']}"
    conversation = ann.get("/api/conversations").json()["items"][0]["id"]
    bob, admin = as_person("bob"), as_person("root", "admins")
    others = [
        f"/api/investigations/{label}",
        f"/api/investigations/{label}/evidence",
        f"/api/investigations/{label}/evidence/E1",
        f"/api/investigations/{label}/report",
        f"/api/investigations/{label}/stream",
        f"/api/conversations/{conversation}",
    ]
    for path in others:
        assert ann.get(path).status_code == 200, path
        assert bob.get(path).status_code == 404, path
        assert admin.get(path).status_code == 200, path
    assert bob.post(f"/api/investigations/{label}/cancel").status_code == 404
    assert bob.delete(f"/api/conversations/{conversation}").status_code == 404
    assert bob.patch(f"/api/conversations/{conversation}", json={"title": "x"}).status_code == 404
    listed = bob.get("/api/investigations").json()["items"]
    assert label not in [item["label"] for item in listed]


def test_a_viewer_reads_and_does_not_ask(as_person: Callable[..., httpx2.Client]) -> None:
    viewer = as_person("vic", "viewers")
    assert viewer.get("/api/investigations").status_code == 200
    answer = viewer.post("/api/chat", json={"message": "why?"})
    assert answer.status_code == 403
    assert "operator" in answer.json()["title"]


def test_only_an_administrator_makes_agents(
    ann: httpx2.Client, as_person: Callable[..., httpx2.Client]
) -> None:
    agent = {"name": "network", "tools": ["kube_events"]}
    assert ann.post("/api/agents", json=agent).status_code == 403
    admin = as_person("root", "admins")
    assert admin.post("/api/agents", json=agent).status_code == 201
    assert admin.post("/api/agents", json=agent).status_code == 400
    assert admin.put("/api/agents/network", json={"model": "analyst"}).json()["model"] == "analyst"
    assert ann.get("/api/agents/network").json()["name"] == "network"
    assert admin.delete("/api/agents/network").status_code == 204
    assert ann.get("/api/agents/network").status_code == 404


def test_every_answer_carries_the_headers_that_keep_browsers_careful(ann: httpx2.Client) -> None:
    for path in ("/api/agents", "/nothing"):
        headers = ann.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize("path", ["/api/chat", "/api/alerts", "/mcp"])
@pytest.mark.parametrize("announced", [True, False])
def test_too_large_a_body_is_refused(ann: httpx2.Client, path: str, announced: bool) -> None:
    body = b"x" * 2_000_000
    kind = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    answer = ann.post(path, content=body if announced else iter([body]), headers=kind)
    assert answer.status_code == 413
    assert "1,048,576" in answer.json()["title"]


def test_whoever_asks_too_often_is_told_when_to_come_back(
    as_person: Callable[..., httpx2.Client],
) -> None:
    busy = as_person("busy")
    answers = [busy.post("/api/chat", json={}) for _ in range(21)]
    assert {a.status_code for a in answers[:20]} == {422}
    assert answers[20].status_code == 429
    assert int(answers[20].headers["retry-after"]) > 0
    assert as_person("calm").post("/api/chat", json={}).status_code == 422
