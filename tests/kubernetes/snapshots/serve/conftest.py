from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.kubernetes.snapshots.shop import snapshot
from workbench.kubernetes.snapshots.serve.server import served


class Said(NamedTuple):
    code: int
    out: str
    err: str


Kubectl = Callable[..., Awaitable[Said]]


@pytest.fixture
async def kubeconfig(tmp_path: Path) -> AsyncIterator[Path]:
    """The kubeconfig of a shop that is being served."""
    path = tmp_path / "kubeconfig"
    async with served(snapshot(), kubeconfig=path):
        yield path


@pytest.fixture
def kubectl(kubeconfig: Path, tmp_path: Path) -> Kubectl:
    """Runs the installed kubectl against the served shop, in its namespace."""
    found = shutil.which("kubectl")
    if found is None:
        pytest.skip("kubectl is not installed")

    async def run(*arguments: str, stdin: str = "") -> Said:
        environment = {
            "KUBECONFIG": str(kubeconfig),
            "HOME": str(tmp_path),
            "PATH": os.environ.get("PATH", ""),
        }
        process = await asyncio.create_subprocess_exec(
            found,
            "-n",
            "shop",
            *arguments,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(stdin.encode())
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), err.decode())

    return run
