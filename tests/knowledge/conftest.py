"""Real databases and a library over one."""

from __future__ import annotations

from uuid import UUID

import pytest
import pytest_asyncio

from tests.support.postgres import (
    database,
    empty_database,
    new_id,
    open_folder,
    postgres_server,
    store,
)
from workbench.knowledge.library import Library
from workbench.store.database import Store

__all__ = ["database", "empty_database", "open_folder", "postgres_server", "store"]


@pytest.fixture
def library(store: Store) -> Library:
    return Library(store.passages, new_id)


@pytest_asyncio.fixture
async def ann(store: Store) -> UUID:
    return (await store.users.ensure(new_id(), "ann")).id


@pytest_asyncio.fixture
async def bob(store: Store) -> UUID:
    return (await store.users.ensure(new_id(), "bob")).id
