"""Pipes, signals, terminals, homes and locales."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import psutil
import pytest

from tests.cli.conftest import ROOT, Run
from tests.support.api_server import ApiServer, Trouble
from workbench.cli.options import left_over

DEMO = str(ROOT / "workbench" / "kubernetes" / "snapshots" / "demo")
ASK = [sys.executable, "-m", "workbench", "ask", "why is checkout failing?"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_in_the_middle_is_recorded_and_leaves_no_process(
    environment: dict[str, str],
    tmp_path: Path,
    api_server: ApiServer,
    here: Run,
    number: signal.Signals,
) -> None:
    for path in ("/api", "/apis"):
        api_server.trouble(path, *[Trouble(delay=30)] * 9)
    environment["KUBECONFIG"] = api_server.kubeconfig(tmp_path / "kc")
    running = subprocess.Popen(
        ASK, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True, preexec_fn=_heeds_interrupts,
    )  # fmt: skip
    assert running.stdout is not None
    label = running.stdout.readline().split()[0]
    _until(lambda: any("/api" in one for one in api_server.requests))
    children = psutil.Process(running.pid).children(recursive=True)
    assert children
    running.send_signal(number)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 3
    assert "stopped; what was recorded is kept" in said
    assert "Traceback" not in said
    _until(lambda: not any(_alive(child) for child in children))
    here("export", label, "--out", "report", WORKBENCH_SNAPSHOT="demo")
    report = json.loads((tmp_path / "report" / f"{label}.ipynb").read_text())
    assert "Stopped by a person" in json.dumps(report)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_says_how_each_part_is_doing_and_is_ended_whole(
    environment: dict[str, str], tmp_path: Path, api_server: ApiServer, number: signal.Signals
) -> None:
    environment["KUBECONFIG"] = api_server.kubeconfig(tmp_path / "kc")
    api_server.trouble("/version", Trouble(status=503))
    running = subprocess.Popen(
        [sys.executable, "-m", "workbench", "up", "--port", "0"], env=environment, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_heeds_interrupts,
    )  # fmt: skip
    assert running.stdout is not None
    said = {}
    for line in running.stdout:
        part, _, words = line.partition(" ")
        said[part] = words.strip()
        if part == "open":
            break
    children = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(number)
    out, err = running.communicate(timeout=30)
    assert said["database"].startswith("PostgreSQL")
    assert "503" in said["cluster"]
    assert "kube is up, " in said["tools"]  # other tests' servers may be in the database
    assert said["model"].startswith("built-in analyst")
    assert "make lab" in said["notebooks"]
    assert said["open"].startswith("http://127.0.0.1:")
    assert children
    assert (running.returncode, err) == (0, "")
    assert out == "Stopped; what was recorded is kept.\n"
    _until(lambda: not any(_alive(child) for child in children))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("last_line", ["database", "pages"])
def test_a_signal_while_a_server_starts_ends_it_without_a_traceback(
    environment: dict[str, str], tmp_path: Path, last_line: str, number: signal.Signals
) -> None:
    running = subprocess.Popen(
        [sys.executable, "-u", "-m", "workbench", "up", "--port", "0"], env=environment,
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=_heeds_interrupts,
    )  # fmt: skip
    assert running.stdout is not None
    for line in running.stdout:
        if line.startswith(last_line):
            break
    running.send_signal(number)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (0, "")
    assert out.endswith("Stopped; what was recorded is kept.\n")


def test_a_worker_that_is_stopped_while_it_starts_closes_what_it_opened(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        environment["DATABASE_URL"] = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/none"
        running = subprocess.Popen(
            [sys.executable, "-m", "workbench", "worker"], env=environment, cwd=tmp_path,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        connection, _ = silent.accept()
        with connection:
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=30)
    assert (running.returncode, said) == (3, "workbench: stopped; what was recorded is kept.\n")


def test_an_interrupt_while_a_command_is_loaded_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")  # comes amid the imports
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "up"], cwd=tmp_path, text=True, check=False,
        env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}, capture_output=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (3, "")


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (asyncpg.InvalidPasswordError("no"), 0),
        (ConnectionResetError(), 0),
        (RuntimeError("bug"), 1),
    ],
)
def test_what_a_server_told_nobody_who_waits_is_a_line_only_where_it_is_a_bug(
    error: Exception, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(left_over)
        loop.create_future().set_exception(error)
        gc.collect()

    asyncio.run(main())
    assert [record.name for record in caplog.records] == ["asyncio"] * lines


def test_a_killed_command_takes_its_children_with_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    command = [*ASK, "--snapshot", "demo"]
    running = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE)
    assert running.stdout is not None
    running.stdout.readline()
    children = psutil.Process(running.pid).children(recursive=True)
    running.kill()
    running.communicate(timeout=30)
    _until(lambda: not any(_alive(child) for child in children))


def test_a_reader_that_has_seen_enough_is_no_error(
    environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-u", "-m", "workbench", "analyze", "--snapshot", DEMO]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""


def test_no_home_and_a_read_only_folder_are_enough(environment: dict[str, str]) -> None:
    environment.pop("HOME")
    done = subprocess.run(
        [*ASK, "--snapshot", "demo"], env=environment, cwd="/proc", capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""


def test_a_locale_without_unicode_still_gets_an_answer(workbench: Run) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = workbench("analyze", "--snapshot", DEMO, **plain)
    assert done.returncode == 1, done.stderr
    done = workbench("ask", "why?", "--snapshot", "demo", **plain, PYTHONIOENCODING="ascii")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr


def test_prose_fits_a_narrow_terminal(workbench: Run) -> None:
    done = workbench("analyze", "--snapshot", DEMO, COLUMNS="60")
    prose = [line for line in done.stdout.splitlines() if line.startswith("  ") and ">" not in line]
    assert max(map(len, prose)) <= 60


@pytest.mark.parametrize("no_colour", [False, True])
def test_colour_is_for_terminals_that_want_it(
    environment: dict[str, str], tmp_path: Path, no_colour: bool
) -> None:
    environment |= {"TERM": "xterm"} | ({"NO_COLOR": "1"} if no_colour else {})
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "workbench", "analyze", "--snapshot", DEMO]
    subprocess.run(command, env=environment, cwd=tmp_path, stdout=theirs, check=False)
    os.close(theirs)
    assert (b"\x1b[31m" in _drained(ours)) is not no_colour


def _drained(terminal: int) -> bytes:
    seen = b""
    try:
        while piece := os.read(terminal, 65536):
            seen += piece
    except OSError:  # how a terminal says that nobody is at its other end
        pass
    return seen


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _until(holds: object) -> None:
    assert callable(holds)
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to that")


def _heeds_interrupts() -> None:
    """What runs in the background of a script inherits that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
