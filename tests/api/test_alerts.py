"""Alerts over the API: told by Alertmanager, looked into by a worker, and a webhook told of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.conftest import fresh_database, serving, signed
from tests.api.test_service_tokens import workbench
from tests.support.webhook import Webhook

Client = Callable[..., httpx2.Client]


def payload(name: str, status: str = "firing", **labels: str) -> dict[str, Any]:
    """As Alertmanager's webhook (version 4) has it."""
    alert = {
        "status": status, "labels": {"alertname": name, **labels}, "annotations": {},
        "startsAt": "2026-03-01T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph", "fingerprint": "",
    }  # fmt: skip
    return {"version": "4", "receiver": "workbench", "status": status, "alerts": [alert]}


def test_an_alert_is_looked_into_by_a_worker_and_a_webhook_is_told(
    postgres_server: str, tmp_path: Path
) -> None:
    dsn = fresh_database(postgres_server)
    told = payload("KubePodCrashLooping", namespace="shop")
    with (
        Webhook().running() as webhook,
        worker(dsn, tmp_path, webhook),  # begins while the server does
        serving(dsn, tmp_path) as (address, _),
    ):
        headers = {"Authorization": f"Bearer {signed('alerts-eve', 'admins')}"}
        with httpx2.Client(base_url=address, headers=headers, timeout=60) as eve:
            first = eve.post("/api/alerts", json=told)
            assert (first.status_code, first.json()["runs"]) == (202, ["SW-1/1"])
            until(lambda: webhook.asked)
            until(lambda: "sent" in eve.get("/api/alerts").json()["items"][0]["messages"].values())
            again = eve.post("/api/alerts", json=told).json()
            assert (again["counted"], again["worker"], again["note"]) == (1, True, "")
            (kept,) = eve.get("/api/alerts", params={"run": "SW-1/1"}).json()["items"]
            assert eve.get("/api/sweeps").json()["items"][0]["counts"] == {kept["look"]: 1}
            resolved = payload("KubePodCrashLooping", "resolved", namespace="shop")
            assert eve.post("/api/alerts", json=resolved).json()["resolved"] == 1
            (now,) = eve.get("/api/alerts").json()["items"]
            counted = set(eve.get("/metrics").text.splitlines())
    (message,) = webhook.asked
    assert kept["look"] == "findings"
    assert kept["told"] == 2
    assert kept["findings"]
    assert message.body["verdict"] == kept["verdict"]
    assert message.body["link"] == "https://bench.example/api/alerts?run=SW-1/1"
    assert kept["messages"] == {"webhook": "sent"}
    assert counted >= {
        'workbench_alerts_total{became="looked_into"} 1.0',
        'workbench_alerts_total{became="counted"} 1.0',
        'workbench_alerts_total{became="resolved"} 1.0',
        "workbench_alerts_new_total 1.0",
        'workbench_alert_runs_total{how="begun"} 1.0',
        'workbench_alert_messages{state="sent"} 1.0',
        'workbench_alert_messages{state="given_up"} 0.0',
    }
    assert (now["status"], now["told"]) == ("resolved", kept["told"] + 1)


def worker(dsn: str, folder: Path, webhook: Webhook) -> Any:
    """A worker over the demo cluster, stopped in the end."""
    environment = {
        **os.environ, "DATABASE_URL": dsn, "WORKBENCH_DATA_DIR": str(folder / "worker"),
        "WORKBENCH_NOTIFY": json.dumps([{"kind": "webhook", "url": webhook.url}]),
        "WORKBENCH_PUBLIC_URL": "https://bench.example", "HOME": str(folder),
    }  # fmt: skip
    command = [sys.executable, "-m", "workbench", "worker", "--snapshot", "demo"]
    return _Stopped(command, env=environment, stdout=subprocess.DEVNULL, cwd=folder)


class _Stopped(subprocess.Popen[bytes]):
    def __exit__(self, *args: Any) -> None:
        self.terminate()
        self.wait(30)


def until(done: Callable[[], Any], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"alerts": 3}', b'{"alerts": [{"labels": {"a": 1}}]}', b"\xff"]
)
def test_what_is_no_alert_is_a_problem_and_nothing_is_kept(as_person: Client, body: bytes) -> None:
    answer = as_person("alerts-bad").post("/api/alerts", content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]


def test_no_alerts_are_fine(as_person: Client) -> None:
    answer = as_person("alerts-none").post("/api/alerts", json={"alerts": []})
    assert (answer.status_code, answer.json()["told"]) == (202, 0)


def test_a_token_for_alerts_tells_alerts_and_nothing_else(
    server: str, server_database: str
) -> None:
    token = workbench(
        server_database, "create", "alertmanager", "--role", "operator", "--scope", "alerts"
    )
    reads = workbench(server_database, "create", "wall", "--scope", "alerts:read")
    assert httpx2.post(f"{server}/api/alerts", json=payload("X")).status_code == 401
    with httpx2.Client(base_url=server, timeout=60) as client:
        client.headers["Authorization"] = f"Bearer {reads}"
        assert client.get("/api/alerts").status_code == 200
        assert client.post("/api/alerts", json=payload("X")).status_code == 403
        client.headers["Authorization"] = f"Bearer {token}"
        assert client.get("/api/investigations").status_code == 403
        answer = client.post("/api/alerts", json=payload("TokenToldOf"))
    assert (answer.status_code, len(answer.json()["runs"])) == (202, 1)


def test_a_place_that_is_none_is_refused(as_person: Client) -> None:
    answer = as_person("alerts-place").get("/api/alerts", params={"after": "x~y"})
    assert answer.status_code == 400
