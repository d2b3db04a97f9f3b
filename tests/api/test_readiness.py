"""What ``/readyz`` says of the parts, to whom it may concern."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import httpx2
import pytest

from tests.api.conftest import fresh_database, serving
from workbench.api.readiness import NOT_OK, Part, states
from workbench.errors import WorkbenchError

KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: prod, context: {cluster: c, user: u}}]
current-context: prod
"""
HUB = {
    "WORKBENCH_JUPYTERHUB": "true",
    "JUPYTERHUB_API_TOKEN": "t",
    "JUPYTERHUB_API_URL": "http://127.0.0.1:1/hub/api",
    "JUPYTERHUB_BASE_URL": "/",
    "JUPYTERHUB_CLIENT_ID": "service-workbench",
    "JUPYTERHUB_SERVICE_PREFIX": "/services/workbench/",
}


def test_a_hub_a_cluster_and_a_key_that_are_not_there_are_told_and_logged_once(
    postgres_server: str, tmp_path: Path
) -> None:
    (kubeconfig := tmp_path / "kubeconfig").write_text(KUBECONFIG)
    more = {**HUB, "KUBECONFIG": str(kubeconfig), "WORKBENCH_MODEL": "anthropic:claude-sonnet-4-5"}
    dsn = fresh_database(postgres_server)
    with serving(dsn, tmp_path, WORKBENCH_SNAPSHOT="", **more) as (address, _):
        while (answer := httpx2.get(f"{address}/readyz", timeout=60)).status_code == 503:
            time.sleep(0.2)  # its tool server is starting
        assert httpx2.get(f"{address}/services/workbench/readyz", timeout=60).text == answer.text
    assert answer.json() == {
        "status": "degraded",
        "parts": {"database": "ok", "tools": "ok", "hub": NOT_OK, "cluster": NOT_OK,
                  "model": NOT_OK},
    }  # fmt: skip
    lines = (tmp_path / "stderr").read_text().splitlines()
    for said in ("hub: JupyterHub does not answer", "cluster: prod (", "model: There is no key"):
        assert len([line for line in lines if said in line]) == 1, lines


async def test_a_change_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    trouble = [WorkbenchError("It is away."), WorkbenchError("It is away."), None]

    async def look() -> None:
        if error := trouble.pop(0):
            raise error

    part = Part("database", look, needed=True)
    assert [await part.works() for _ in range(3)] == [False, False, True]
    assert caplog.messages == ["database: It is away.", "database: works again"]
    assert caplog.records[0].levelno == logging.WARNING


async def test_what_others_run_is_not_looked_at_each_time_somebody_asks() -> None:
    looks = []

    async def look() -> None:
        looks.append(1)
        raise WorkbenchError("It is away, at an address nobody needs to know.")

    part = Part("hub", look)
    assert [await states([part, part]) for _ in range(3)] == [{"hub": NOT_OK}] * 3
    assert len(looks) == 1
