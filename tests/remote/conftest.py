"""A real server with a real record, and workbenches behind it that hold nothing but a token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from tests.api.conftest import open_folder, postgres_server, server_database, serving, signed
from workbench.bootstrap import open_engine
from workbench.remote.workbench import RemoteWorkbench
from workbench.settings import load_settings

__all__ = ["open_folder", "postgres_server", "server_database"]

Behind = Callable[..., AbstractAsyncContextManager[RemoteWorkbench]]


@pytest.fixture(scope="session")
def server(server_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one that offers the change tools too, so that policy has something to stop."""
    folder = tmp_path_factory.mktemp("gateway")
    with serving(server_database, folder, WORKBENCH_ALLOW_CHANGES="true") as (address, _):
        yield address


@pytest.fixture
def behind(server: str) -> Behind:
    """Opens the workbench as somebody: ``behind("ann")``, ``behind("ann", "leads")``."""

    @asynccontextmanager
    async def opened(name: str, group: str = "oncall") -> AsyncIterator[RemoteWorkbench]:
        settings = load_settings(gateway=server, gateway_token=signed(name, group))
        async with open_engine(settings) as engine:
            assert isinstance(engine, RemoteWorkbench)
            yield engine

    return opened
