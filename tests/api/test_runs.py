"""Runbooks over the API, in real kernels; and the cluster as a file."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable

import httpx2
import pytest

Client = Callable[..., httpx2.Client]
DONE = {"healthy", "findings", "failed", "interrupted"}


def book(client: httpx2.Client) -> str:
    """One that takes nothing it must be given."""
    books = client.get("/api/runbooks").json()["items"]
    free = [b for b in books if not any(p["required"] for p in b["parameters"])]
    return str(free[0]["name"])


def test_a_runbook_tells_what_it_takes_as_json_schema(ann: httpx2.Client) -> None:
    for one in ann.get("/api/runbooks").json()["items"]:
        schema = ann.get(f"/api/runbooks/{one['name']}/schema").json()
        assert set(schema["properties"]) == {p["name"] for p in one["parameters"]}
        assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", ["..%2Fx", "x.ipynb", "%2Fetc%2Fpasswd.ipynb"])
def test_a_runbook_is_named_and_never_a_path(ann: httpx2.Client, name: str) -> None:
    assert ann.get(f"/api/runbooks/{name}").status_code in (404, 422)


def test_wrong_parameters_start_nothing(as_person: Client) -> None:
    rae = as_person("runs-wrong")
    answer = rae.post(f"/api/runbooks/{book(rae)}/runs", json={"no_such": 1})
    assert answer.status_code == 422
    assert "no_such" in answer.json()["title"]


def test_a_run_goes_on_in_the_background_and_leaves_its_notebook(as_person: Client) -> None:
    rae = as_person("runs-rae")
    begun = rae.post(f"/api/runbooks/{book(rae)}/runs", json={})
    assert begun.status_code == 202
    path = f"/api/runs/{begun.json()['id']}"
    while (run := rae.get(path).json())["status"] not in DONE:
        time.sleep(0.2)
    assert run["status"] in ("healthy", "findings"), run["error"]
    assert run["user"] == "runs-rae@example.com"
    assert rae.get(f"{path}/notebook").json()["metadata"]["workbench"]["run"]["status"]
    assert [r["id"] for r in rae.get("/api/runs").json()["items"]] == [run["id"]]


def test_a_run_is_stopped(as_person: Client) -> None:
    rae = as_person("runs-stop")
    begun = rae.post(f"/api/runbooks/{book(rae)}/runs", json={}).json()
    answer = rae.post(f"/api/runs/{begun['id']}/cancel")
    assert answer.json()["status"] == "interrupted"


def test_the_cluster_is_taken_away_as_a_file_and_that_is_recorded(as_person: Client) -> None:
    admin = as_person("files-root", "admins")
    assert [s["name"] for s in admin.get("/api/snapshots").json()["items"]] == ["demo"]
    answer = admin.post("/api/snapshots", json={"namespaces": ["shop"], "logs": False})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert "manifest.json" in file.namelist()
    calls = admin.get("/api/audit", params={"tool": "workbench_snapshot"}).json()["items"]
    assert (calls[0]["user"], calls[0]["outcome"]) == ("files-root@example.com", "done")
