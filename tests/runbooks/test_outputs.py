from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import UsageError
from workbench.runbooks.outputs import prepared


def executed(path: Path, **run: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": "1"}
    facts = {"cell": 0, "started_at": "2026-05-01T00:00:00+00:00", "host": socket.gethostname()}
    metadata = {"workbench": {"run": {**facts, **run}}}
    path.write_text(json.dumps({"cells": [cell], "metadata": metadata}))
    return path


def run_of(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(path.read_text())["metadata"]["workbench"]["run"]
    return facts


def ended_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_an_earlier_run_is_replaced_and_a_strangers_file_is_not(tmp_path: Path) -> None:
    out = executed(tmp_path / "out.ipynb", status="healthy")
    assert prepared(out, "x") == out
    mine = tmp_path / "mine.ipynb"
    mine.write_text(json.dumps({"cells": [], "metadata": {}}))
    with pytest.raises(UsageError, match="not the notebook of an earlier run"):
        prepared(mine, "x")


def test_a_notebook_that_is_being_written_is_let_be(tmp_path: Path) -> None:
    out = executed(tmp_path / "out.ipynb", status="running", pid=os.getpid())
    with pytest.raises(UsageError, match="is being written"):
        prepared(out, "x")
    elsewhere = executed(tmp_path / "b.ipynb", status="running", pid=1, host="another")
    with pytest.raises(UsageError, match="is being written"):
        prepared(elsewhere, "x")


def test_runs_whose_process_is_gone_are_marked_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    left = executed(tmp_path / "out/runs/x.ipynb", status="running", pid=ended_pid())
    torn = tmp_path / "out/runs/x-torn.ipynb"
    torn.write_text("{")
    assert prepared(None, "x") == Path("out/runs/x-2.ipynb")
    facts = run_of(left)
    assert (facts["status"], facts["stopped_by"]) == ("interrupted", "its process is gone")
    cell = json.loads(left.read_text())["cells"][0]
    assert cell["outputs"][0]["ename"] == "Interrupted"
