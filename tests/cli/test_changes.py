"""``workbench propose``, ``changes``, ``approve`` and ``deny`` on a cluster that takes writes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tests.cli.conftest import Run, refused
from tests.kubernetes.change.cluster import snapshot
from tests.support import kernels
from tests.support.signing import ANN, line, pem
from workbench.kubernetes.snapshots.save import write

SCALE = ("scale", "kind=deploy", "name=web", "namespace=shop")


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of a served snapshot that takes writes."""
    folder = tmp_path_factory.mktemp("writable")
    write(snapshot(), folder / "cluster")
    config = folder / "kubeconfig"
    serve = ["snapshot", "serve", "cluster", "--writable", "--kubeconfig", str(config)]
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", *serve],
        cwd=folder, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        assert server.stdout.readline()
        yield config
        server.terminate()


@pytest.fixture
def changing(here: Run, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``workbench`` on that cluster, where changes may be proposed."""
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("WORKBENCH_ALLOW_CHANGES", "true")
    return here


def proposed(workbench: Run) -> str:
    """The label of a change that was just proposed, to more replicas than ever before."""
    before = len(json.loads(workbench("changes", "--json").stdout))
    done = workbench("propose", *SCALE, f"replicas={before + 3}", "--why", "more load")
    assert done.returncode == 0, done.stderr
    assert f"+  replicas: {before + 3}" in done.stdout
    return str(json.loads(workbench("changes", "--json").stdout)[0]["label"])


def test_nothing_is_proposed_where_changes_are_not_allowed(
    here: Run, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    refused(here("propose", *SCALE, "replicas=3"), 64, "WORKBENCH_ALLOW_CHANGES=true")


def test_what_is_no_change_is_one_clear_line(changing: Run) -> None:
    refused(changing("propose", "scale", "replicas"), 64, "'replicas' is no NAME=VALUE")
    refused(
        changing("propose", "explode", "name=web"), 64, "No change is called 'explode'", "scale"
    )
    refused(changing("approve", "C-99"), 2, "C-99")


def test_without_a_terminal_the_answer_is_no_unless_it_says_what_was_seen(changing: Run) -> None:
    label = proposed(changing)
    refused(done := changing("approve", label), 3, "no terminal to ask on")
    assert "+  replicas:" in done.stdout
    seen = re.search(r"--digest (\w+)", done.stderr)
    assert seen is not None
    refused(changing("approve", label, "--digest", "0" * 12), 64, "is not the change")
    done = changing("approve", label, "--digest", seen.group(1))
    assert done.returncode == 0, done.stderr
    assert "made     E" in done.stdout
    for again in ((), ("--digest", seen.group(1))):  # what became of it, at once and alone
        refused(done := changing("approve", label, *again), 2, f"{label} is applied: approved by")
        assert not done.stdout
    assert label in changing("changes", label).stdout


def test_what_is_denied_is_never_made(changing: Run) -> None:
    label = proposed(changing)
    assert changing("deny", label).stdout == f"{label} is denied.\n"
    assert changing("approve", label, "--digest", "0" * 12).returncode != 0
    assert "denied" in changing("changes", label).stdout


def runbook(folder: Path, replicas: int) -> Path:
    """A runbook that scales web."""
    cell = f"""import workbench as wb
change = wb.propose("scale", kind="deploy", name="web", namespace="shop", replicas={replicas})
display(change)
wb.approve(change.label)"""
    path = folder / f"scale-to-{replicas}.ipynb"
    nbformat.write(kernels.notebook(cell), path)
    return path


def test_what_a_person_signs_ahead_is_made_by_a_run_of_that_runbook(
    changing: Run, tmp_path: Path
) -> None:
    label = proposed(changing)
    shown, *_ = json.loads(changing("changes", "--json").stdout)
    book = str(runbook(tmp_path, shown["change"]["preview"]["arguments"]["replicas"]))
    (tmp_path / "ann.pem").write_bytes(pem(ANN))
    (tmp_path / "ann.pem").chmod(0o600)
    sign = ("approve", label, "--digest", shown["digest"], "--ahead", book)
    refused(changing(*sign), 64, "--key approval.pem")
    sign = (*sign, "--key", "ann.pem")
    refused(changing(*sign), 64, "nobody who may approve", line(ANN))
    # approvers in the file: kernels work in another folder and are led to it
    (tmp_path / "workbench.toml").write_text(f'approvers = {{ann = "{line(ANN)}"}}\n')
    told = changing(*sign, "--expires", "2h")
    assert told.returncode == 0, told.stderr
    assert "signed   by ann for one run of scale-to-" in told.stdout
    refused(changing("run", book, "--approval", "nowhere"), 64, "nowhere cannot be read")
    (tmp_path / "bad").write_text("eyJ")
    refused(changing("run", book, "--approval", "bad"), 3, "no signed approval")
    other = str(runbook(tmp_path, 1))
    refused(changing("run", other, "--approval", f"{label}.approval"), 3, "as it was when this")
    out = tmp_path / "out" / "run.ipynb"
    done = changing("run", book, "--approval", f"{label}.approval", "--out", str(out))
    assert done.returncode == 0, done.stderr
    made, *_ = json.loads(changing("changes", "--json").stdout)
    assert (made["state"], made["approval"]["approver"]) == ("applied", "ann")
    assert "was changed" in out.read_text()
    replicas = made["change"]["preview"]["arguments"]["replicas"] + 1
    a_sweep_makes_what_is_signed_for_it(changing, tmp_path, replicas)


def a_sweep_makes_what_is_signed_for_it(changing: Run, tmp_path: Path, replicas: int) -> None:
    """On a worker, in a runbook whose lines end as on Windows: its hash is that of its bytes."""
    assert changing("propose", *SCALE, f"replicas={replicas}").returncode == 0
    shown, *_ = json.loads(changing("changes", "--json").stdout)
    label, book = shown["label"], runbook(tmp_path, replicas)
    book.write_bytes(book.read_bytes().replace(b"\n", b"\r\n"))
    sign = ("approve", label, "--digest", shown["digest"], "--key", "ann.pem", "--ahead", str(book))
    assert changing(*sign).returncode == 0
    (tmp_path / "rows.json").write_text("[{}]")
    sweep = ("sweep", "start", str(book), "--over", "rows.json", "--approval", f"{label}.approval")
    queued = changing(*sweep, "--detach", "--json")
    assert queued.returncode == 0, queued.stderr
    assert json.loads(queued.stdout)["plan"]["approvals"] == ["(signed)"]  # it may be in a log
    worked = changing("worker", "--drain")
    assert worked.returncode == 0, worked.stderr
    made, signed, *_ = json.loads(changing("changes", "--json").stdout)
    assert (made["state"], made["approval"]["approver"]) == ("applied", "ann"), worked
    assert (signed["state"], signed["approval"]["spent_on"]) == ("used", made["label"])


@pytest.mark.parametrize(("typed", "code"), [("n", 3), ("y", 0)])
def test_a_person_at_a_terminal_sees_it_and_is_asked(
    changing: Run, environment: dict[str, str], typed: str, code: int
) -> None:
    label = proposed(changing)
    mine, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", "approve", label],
        env={**environment, **os.environ}, stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        said = ""
        while "?" not in said:
            assert select.select([mine], [], [], 60)[0], said
            said += os.read(mine, 65536).decode()
        assert "+  replicas:" in said
        os.write(mine, f"{typed}\n".encode())
        assert process.wait(60) == code
    os.close(mine)
