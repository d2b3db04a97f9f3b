"""The command line as a person runs it: processes of their own, on one embedded database."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from tests.support.api_server import ApiServer
from workbench.cli import main

ROOT = Path(__file__).parents[2]
Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]
QUESTION = "why is checkout failing?"

KEEPER = """
import asyncio, sys
from workbench.bootstrap import open_database
from workbench.settings import load_settings
from workbench.store.database import open_store

async def keep():
    async with open_database(load_settings()) as dsn, open_store(dsn):
        print("up", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(keep())
"""


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """These processes run in other folders, where only an installed package is found."""
    try:
        importlib.metadata.version("k8s-workbench")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is not installed: pip install -e .")


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this session's embedded database lives."""
    return tmp_path_factory.mktemp("cli-data")


@pytest.fixture
def environment(data_dir: Path, tmp_path: Path) -> dict[str, str]:
    """Variables for a process of the workbench."""
    return {**os.environ, "HOME": str(tmp_path), "WORKBENCH_DATA_DIR": str(data_dir)}


@pytest.fixture
def workbench(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run ``workbench ARGUMENTS`` in an empty folder; variables may be given by name."""

    def run(*arguments: str, **variables: str) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "workbench", *arguments],
            env={**environment, **variables},
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture(scope="session", autouse=True)
def kept_up(data_dir: Path) -> Iterator[None]:
    """The database stays up between commands, each of which would start and stop it."""
    with subprocess.Popen(
        [sys.executable, "-c", KEEPER],
        env={**os.environ, "WORKBENCH_DATA_DIR": str(data_dir)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == b"up\n"
        yield


@pytest.fixture(scope="session")
def asked(kept_up: None, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The label of an investigation of the bundled broken cluster."""
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "ask", "--snapshot", "demo", "--json", QUESTION],
        env={**os.environ, "WORKBENCH_DATA_DIR": str(data_dir)},
        cwd=tmp_path_factory.mktemp("asked"),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["steps"][-1]["type"] == "concluded"
    return f"INV-{found['number']}"


@pytest.fixture
def here(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``workbench ARGUMENTS`` in this process, which has imported already what each needs."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, **variables: str) -> Done:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with monkeypatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
            patched.setattr(sys, "stdin", io.StringIO())
            for name, value in variables.items():
                patched.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main(list(arguments))
        code = ended.value.code
        assert isinstance(code, int)
        said = [stream.buffer.getvalue().decode() for stream in (out, err)]
        return Done(arguments, code, *said)

    return run


@pytest.fixture
def api_server() -> Iterator[ApiServer]:
    with ApiServer(
        [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}]
    ).running() as server:
        yield server


def refused(done: Done, code: int, *said: str) -> None:
    """It ended with this code and one line that says so much."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("workbench")
    for words in said:
        assert words in lines[0]
