"""Sweeps from the command line: queued, run by a worker, summed up, cancelled, scheduled."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat

from tests.cli.conftest import Run, refused
from tests.support import kernels


def runbook(folder: Path) -> None:
    book = kernels.notebook("number: int = 0  # which", "assert number != 2")
    book.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(book, folder / "light.ipynb")


def test_a_sweep_is_run_by_a_worker_and_summed_up(here: Run, tmp_path: Path) -> None:
    runbook(tmp_path)
    (tmp_path / "rows.csv").write_text("number\n1\nx\n")
    refused(here("sweep", "light.ipynb", "--over", "rows.csv"), 64, "Row 2", "column number")
    (tmp_path / "rows.csv").write_text("number\n1\n2\n")
    queued = here("sweep", "light.ipynb", "--over", "rows.csv", "--detach")
    assert queued.returncode == 0, queued.stderr
    label = queued.stdout.partition(":")[0]
    worked = here("worker", "--drain", "--snapshot", "demo")
    assert worked.returncode == 0, worked.stderr
    assert f"{label}/1 healthy" in worked.stdout
    shown = here("sweep", "show", label, "--json")
    assert shown.returncode == 2, shown.stderr
    found = json.loads(shown.stdout)
    assert [item["status"] for item in found["items"]] == ["healthy", "failed"]
    assert "AssertionError" in found["items"][1]["error"]
    summary = nbformat.read(tmp_path / found["summary"], as_version=4)
    assert "| number=2 | failed " in summary.cells[1].source


def test_namespaces_are_found_by_their_labels_and_a_sweep_of_them_is_cancelled(
    here: Run,
) -> None:
    over = ("--over", "kubernetes.io/metadata.name=payments", "--detach", "--json")
    queued = here("sweep", "pending-pod", *over, WORKBENCH_SNAPSHOT="demo")
    assert queued.returncode == 0, queued.stderr
    label = f"SW-{json.loads(queued.stdout)['number']}"
    assert "1 cancelled" in here("sweep", "cancel", label).stdout
    shown = here("sweep", "show", label)
    assert "cancelled 1 namespace=payments" in shown.stdout
    assert shown.returncode == 3
    assert here("sweep", "cancel", label).stdout == f"{label} is cancelled: 1 cancelled\n"
