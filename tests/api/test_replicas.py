"""Two servers on one database: what one runs, the other stops; when one is gone, the other says so
and begins its runs again."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.api.conftest import serving, signed
from tests.api.test_chat import events

QUESTION = {"message": "Why is checkout failing?", "model": "openai:silent"}
Client = Callable[..., httpx2.Client]


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a model that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def first(
    server_database: str, silent: str, tmp_path: Path
) -> Iterator[tuple[httpx2.Client, subprocess.Popen[str]]]:
    """A replica beside the one of the other tests."""
    more = {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": silent}
    headers = {"Authorization": f"Bearer {signed('replica-ann')}"}
    with (
        serving(server_database, tmp_path, **more) as (address, process),
        httpx2.Client(base_url=address, headers=headers, timeout=60) as client,
    ):
        yield client, process


def begun(client: httpx2.Client) -> str:
    """The label of an investigation that waits for its model."""
    with client.stream("POST", "/api/chat/stream", json=QUESTION) as answer:
        for event in events(answer.iter_lines()):
            if event["data"]["step"]["type"] == "findings_raised":
                break
        return answer.headers["x-investigation"]


def test_another_replica_stops_it_and_sees_to_what_a_killed_one_left(
    first: tuple[httpx2.Client, subprocess.Popen[str]], as_person: Client
) -> None:
    here, process = first
    there = as_person("replica-ann")
    run = here.post("/api/runbooks/namespace-health/runs", json={}).json()["id"]
    assert there.post(f"/api/runs/{run}/cancel").is_success
    while (status := there.get(f"/api/runs/{run}").json()["status"]) == "running":
        time.sleep(0.2)
    assert status == "interrupted"
    assert [r["id"] for r in there.get("/api/runs").json()["items"]] == [run]
    stopped, left = begun(here), begun(here)
    found = there.post(f"/api/investigations/{stopped}/cancel").json()
    assert found["steps"][-1]["cancelled"]
    assert len(found["steps"]) > 3  # what was seen is kept
    answer = there.post(f"/api/investigations/{left}/resume", json={"model": "analyst"})
    assert (answer.status_code, "is running" in answer.json()["title"]) == (409, True)
    run = here.post("/api/runbooks/namespace-health/runs", json={}).json()["id"]
    process.kill()
    listed = {stopped: "cancelled", left: "interrupted"}
    while states(there) != listed:
        time.sleep(0.2)
    while (again := there.get(f"/api/runs/{run}").json())["status"] == "running":
        time.sleep(0.2)
    assert (again["status"], again["tries"]) == ("findings", 2), again["error"]
    hint = there.get(f"/api/investigations/{left}").json()["steps"][-1]["hint"]
    assert f"resume {left}" in hint
    answer = there.post(f"/api/investigations/{left}/resume", json={"model": "analyst"})
    assert answer.status_code == 202
    with there.stream("GET", f"/api/investigations/{left}/stream") as followed:
        assert list(events(followed.iter_lines()))[-1]["event"] == "done"


def states(client: httpx2.Client) -> dict[str, str]:
    return {i["label"]: i["status"] for i in client.get("/api/investigations").json()["items"]}
