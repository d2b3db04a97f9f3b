from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kubernetes.change.cluster import snapshot
from workbench.kubernetes.session import Session
from workbench.kubernetes.snapshots.serve.server import served


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    """A session on a cluster that takes writes."""
    path = tmp_path / "kubeconfig"
    async with served(snapshot(), kubeconfig=path, writable=True):
        opened = Session(str(path), watch=False)
        yield opened
        await opened.close()


@pytest.fixture
async def frozen(tmp_path: Path) -> AsyncIterator[Session]:
    """A session on a cluster that takes none."""
    path = tmp_path / "frozen"
    async with served(snapshot(), kubeconfig=path):
        opened = Session(str(path), watch=False)
        yield opened
        await opened.close()
