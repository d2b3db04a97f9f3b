from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.kubernetes.objects import shop
from tests.support.api_server import ApiServer
from workbench.kubernetes.client import Client, Timeouts, open_client

QUICK = Timeouts(connect=2.0, read=0.5, total=5.0, busy=3.0)


@pytest.fixture
def cluster() -> Iterator[ApiServer]:
    """A running API server with a small shop in it."""
    with ApiServer(shop()).running() as server:
        yield server


@pytest.fixture
async def client(cluster: ApiServer, tmp_path: Path) -> AsyncIterator[Client]:
    opened = await open_client(cluster.kubeconfig(tmp_path / "config"), timeouts=QUICK)
    yield opened
    await opened.close()
