from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.kubernetes.snapshots.serve.asking import Api
from tests.kubernetes.snapshots.serve.conftest import Kubectl, kubectl
from tests.kubernetes.snapshots.shop import snapshot
from workbench.kubernetes.snapshots.raw import RawSnapshot
from workbench.kubernetes.snapshots.serve.app import snapshot_app
from workbench.kubernetes.snapshots.serve.server import served

__all__ = ["Kubectl", "kubectl"]


class Writable(Api):
    """A shop that takes writes."""

    def __init__(self, raw: RawSnapshot | None = None) -> None:
        app = snapshot_app(raw or snapshot(), writable=True)
        self._transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]


@pytest.fixture
async def kubeconfig(tmp_path: Path) -> AsyncIterator[Path]:
    """The kubeconfig of a shop that takes writes."""
    path = tmp_path / "kubeconfig"
    async with served(snapshot(), kubeconfig=path, writable=True):
        yield path


@pytest.fixture
def api() -> Writable:
    return Writable()
