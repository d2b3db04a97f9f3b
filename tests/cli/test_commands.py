"""Each command once, on the bundled broken cluster."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.cli.conftest import ROOT, Run
from tests.support.api_server import ApiServer

DEMO = str(ROOT / "workbench" / "kubernetes" / "snapshots" / "demo")
HEALTHY = {
    "apiVersion": "v1",
    "kind": "List",
    "items": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}],
}


def test_ask_shows_its_steps_and_a_verdict_that_cites_them(workbench: Run) -> None:
    done = workbench("ask", "--snapshot", "demo", "why is checkout failing?")
    assert done.returncode == 1, done.stderr
    assert "kube_diagnose" in done.stdout
    assert "payments-api" in done.stdout
    assert "[E1]" in done.stdout
    assert done.stderr == ""
    assert "\x1b[" not in done.stdout  # no colour where nobody sees it


def test_what_was_asked_can_be_exported(here: Run, asked: str, tmp_path: Path) -> None:
    done = here("export", asked, "--out", "report", WORKBENCH_SNAPSHOT="demo")
    assert done.returncode == 0, done.stderr
    nbformat.validate(nbformat.read(tmp_path / "report" / f"{asked}.ipynb", as_version=4))
    assert "payments-api" in (tmp_path / "report" / f"{asked}.html").read_text()
    done = here("export", asked, "--out", "incident.md")
    assert "payments-api" in (tmp_path / "incident.md").read_text()
    assert done.stdout == "markdown  incident.md\n"
    assert here("export", asked, "--out", "incident.md").returncode == 0  # as it was written
    with (tmp_path / "incident.md").open("a") as file:
        file.write("What we learned")
    assert here("export", asked, "--out", "incident.md").returncode == 64
    assert here("export", asked, "--out", "incident.md", "--force").returncode == 0


def test_analyze_ranks_and_its_exit_code_says_what_it_found(workbench: Run, tmp_path: Path) -> None:
    done = workbench("analyze", "--snapshot", DEMO)
    assert done.returncode == 1
    assert "likely cause" in done.stdout.splitlines()[2]
    done = workbench("analyze", "--json", "-n", "payments", WORKBENCH_SNAPSHOT=DEMO)
    assert done.returncode == 1
    assert json.loads(done.stdout)["findings"][0]["namespace"] == "payments"
    (tmp_path / "healthy.json").write_text(json.dumps(HEALTHY))
    done = workbench("analyze", "--snapshot", "healthy.json")
    assert (done.returncode, done.stderr) == (0, "")


def test_run_leaves_an_executed_notebook(here: Run, tmp_path: Path) -> None:
    book = "crash-looping-workload"
    done = here(
        "run", book, "--snapshot", "demo", "-p", "namespace=payments", "--out", "o.ipynb", "--json"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert json.loads(done.stdout)["status"] == "findings"
    executed = nbformat.read(tmp_path / "o.ipynb", as_version=4)
    assert all(c.execution_count for c in executed.cells if c.cell_type == "code")


def test_what_was_concluded_becomes_a_runbook_that_finds_it_again(
    here: Run, asked: str, tmp_path: Path
) -> None:
    shown = here("promote", asked, "--show")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert ["namespace", "str", '"payments"'] in [s.split()[:3] for s in shown.stdout.splitlines()]
    picked = ("--parameters", "namespace,secret_name")
    done = here("promote", asked, "--snapshot", "demo", "--out", "book.ipynb", *picked)
    assert (done.returncode, done.stderr) == (0, "")
    assert "finds the cause again" in done.stdout
    assert "Parameters: namespace, secret_name; as they were:" in done.stdout
    again = here("run", "book.ipynb", "--snapshot", "demo", "--junit", "j.xml")
    assert again.returncode == 1, again.stdout + again.stderr
    assert "<failure" in (tmp_path / "j.xml").read_text()


def test_run_takes_sets_of_parameters_and_tells_the_ci(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "sets.yaml").write_text("- namespace: payments\n- namespace: nowhere-at-all\n")
    book = "crash-looping-workload"
    done = workbench(
        "run", book, "--snapshot", "demo", "-f", "sets.yaml", "--out", "runs",
        "--result", "r.json", "--annotations", "github",
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    first, second = json.loads((tmp_path / "r.json").read_text())
    assert (first["status"], second["status"]) == ("findings", "failed")
    assert "::error title=" in done.stderr
    assert "error    Secret payments/payments-db has no key" in done.stdout
    assert {p.name for p in (tmp_path / "runs").iterdir()} == {f"{book}-1.ipynb", f"{book}-2.ipynb"}
    told = done.stdout.splitlines()
    count = f"{len(first['findings'])} findings"
    assert f"{book}: {count}. The notebook is runs/{book}-1.ipynb" in told
    assert f"{book}: failed. The notebook is runs/{book}-2.ipynb" in told
    assert any(line.startswith("  gate     not passed: ") for line in told)
    assert max(map(len, told)) <= 100  # folded


def test_run_lists_and_shows(workbench: Run) -> None:
    assert "pending-pod" in workbench("run", "--list").stdout
    assert "namespace (" in workbench("run", "pending-pod", "--show").stdout


def test_a_served_snapshot_is_a_cluster_for_any_client(
    environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "workbench", "snapshot", "serve", "--kubeconfig", "k"]
    with subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout is not None
        assert "kubectl --kubeconfig k" in serving.stdout.readline()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "workbench", "analyze", "-n", "payments"],
                env={**environment, "KUBECONFIG": str(tmp_path / "k")},
                capture_output=True,
                text=True,
                check=False,
                cwd=tmp_path,
            )
        finally:
            serving.terminate()
    assert done.returncode == 1, done.stderr
    assert "payments-api" in done.stdout
    assert not (tmp_path / "k").exists()


def test_doctor_finds_every_part(workbench: Run) -> None:
    done = workbench("doctor", "--json")
    assert done.returncode == 0, done.stdout
    states = {check["part"]: check["state"] for check in json.loads(done.stdout)}
    assert {"python", "database", "cluster", "tools", "model"} <= states.keys()
    assert "broken" not in states.values()


def test_migrating_twice_does_nothing_the_second_time(workbench: Run) -> None:
    assert workbench("db", "migrate").returncode == 0
    assert workbench("db", "migrate").stdout == "The schema is up to date; nothing was changed.\n"


def test_the_demo_is_a_whole_investigation(workbench: Run, tmp_path: Path) -> None:
    done = workbench("demo", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert "payments-api" in done.stdout
    assert len(list((tmp_path / "out").glob("*.ipynb"))) == 2
    assert len(list((tmp_path / "out").glob("INV-*.html"))) == 1


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_needs_nothing(workbench: Run, flag: str) -> None:
    done = workbench(flag, HOME="/nonexistent", WORKBENCH_DATA_DIR="/nonexistent")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_answer_is_compared_with_what_the_cluster_says_now(
    here: Run, asked: str, tmp_path: Path
) -> None:
    done = here("diff", asked, "--now", "--snapshot", "demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 of" in done.stdout
    healthy = tmp_path / "healthy.json"
    healthy.write_text(json.dumps(HEALTHY))
    done = here("diff", f"{asked}/E1", "--snapshot", str(healthy), "--json")
    assert done.returncode == 1, done.stderr
    (only,) = json.loads(done.stdout)["differences"]
    assert any(c["path"][0] == "findings" for c in only["changes"])
    assert here("diff", f"{asked}/E1", "E1").returncode == 0


def test_a_workload_is_compared_across_two_clusters(here: Run, tmp_path: Path) -> None:
    """As docs/clusters.md says: asked on one context, and the same questions on another."""
    with ApiServer(shop(replicas=3)).running() as eu, ApiServer(shop(replicas=1)).running() as us:
        config = two_contexts(tmp_path / "config", {"prod-eu": eu.url, "prod-us": us.url})
        asked = here(
            "ask", "is web healthy?", "-n", "shop", "-c", "prod-eu", "--json", KUBECONFIG=config
        )
        label = f"INV-{json.loads(asked.stdout)['number']}"
        done = here("diff", label, "-c", "prod-us", KUBECONFIG=config)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"{label} on prod-eu → prod-us now: ")
    assert "- and what is left of → is prod-eu, + and what is right is prod-us." in done.stdout
    assert "~ cluster: prod-eu → prod-us" in done.stdout
    assert "-Replicas:  3 desired" in done.stdout
    assert "+Replicas:  1 desired" in done.stdout


def shop(replicas: int) -> list[dict[str, Any]]:
    """A namespace with one Deployment whose pods are not there."""
    container = {"name": "web", "image": "registry.example/web:1"}
    labels = {"app": "web"}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "uid": "web", "generation": 1},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
            "status": {"observedGeneration": 1, "replicas": replicas},
        },
    ]


def two_contexts(path: Path, servers: dict[str, str]) -> str:
    """A kubeconfig with a context of each name."""
    tree = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": n, "cluster": {"server": url}} for n, url in servers.items()],
        "users": [{"name": "u", "user": {"token": "good"}}],
        "contexts": [{"name": n, "context": {"cluster": n, "user": "u"}} for n in servers],
    }
    path.write_text(json.dumps(tree))
    return str(path)


def test_the_record_verifies_and_can_be_exported(here: Run, asked: str, tmp_path: Path) -> None:
    assert asked
    assert "kube_diagnose" in here("audit", "list", "--limit", "100").stdout
    done = here("audit", "roots", "--out", "roots.jsonl")
    assert done.returncode == 0, done.stderr
    done = here("audit", "verify", "--roots", "roots.jsonl")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verified, and" in done.stdout
    done = here("audit", "export", "--out", "calls.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert done.stdout == f"{len(rows):,} calls in calls.jsonl\n"
    forged = (tmp_path / "roots.jsonl").read_text().replace('"hash":"', '"hash":"00', 1)
    (tmp_path / "roots.jsonl").write_text(forged)
    done = here("audit", "verify", "--roots", "roots.jsonl")
    assert done.returncode == 1
    assert "another chain" in done.stdout
    done = here("audit", "retain", "--keep", "365d")
    assert "0 months would be dropped" in done.stdout
