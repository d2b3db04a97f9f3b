"""The command line as a person runs it: processes of their own, on one embedded database."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.api_server import ApiServer

ROOT = Path(__file__).parents[2]
Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


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
