"""A real PostgreSQL for tests: one embedded server for the whole run, shared by xdist workers, and
a fresh database with the schema for each test that asks for one.

Use it from a conftest: ``from tests.support.postgres import database, postgres_server, store``
(with every fixture that those need), or name this module in the root conftest's ``pytest_plugins``.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
import uuid_utils

from workbench.store.database import Store, let_run, open_store, upgrade_schema
from workbench.store.embedded import ServerUser
from workbench.store.embedded.locks import FileLock

TEMPLATE = f"template_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


def new_id() -> UUID:
    """A UUIDv7 as the callers of the store make them."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def with_database(dsn: str, name: str) -> str:
    """The DSN of another database on the same server."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


APPLICATION = "workbench_app"
"""A role that owns nothing, with itself as its password."""


async def as_application(dsn: str) -> str:
    """The DSN of that role on a database with the schema, which it may run the workbench on."""
    await let_run(dsn, APPLICATION)
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{APPLICATION}:{APPLICATION}@{place}"))


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A temporary folder of this test run that every account may walk through (pytest's own are
    closed), the same one in every xdist worker; removed by the last of them."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    name = hashlib.sha256(str(base).encode()).hexdigest()[:10]
    folder = Path(tempfile.gettempdir()) / f"workbench-tests-{os.getuid()}-{name}"
    in_use = FileLock(base / "open-folder.lock")
    while not in_use.try_shared():
        time.sleep(0.01)
    folder.mkdir(mode=0o755, exist_ok=True)
    yield folder
    in_use.close()
    last = FileLock(base / "open-folder.lock")
    if last.try_exclusive():
        shutil.rmtree(folder)
    last.close()


@pytest.fixture(scope="session")
def postgres_server(open_folder: Path) -> Iterator[str]:
    """The DSN of the server's own database. The template database of this worker is migrated."""
    user = ServerUser.join(open_folder / "shared", "")
    with ThreadPoolExecutor(1) as thread:  # a loop of its own, whatever pytest's is doing
        thread.submit(asyncio.run, _make_template(user.dsn)).result()
    yield user.dsn
    user.leave()


async def _make_template(dsn: str) -> None:
    async with connected(dsn) as admin:
        # Nothing here outlives the run, and a kill of the server loses nothing that was written.
        await admin.execute("alter system set fsync = off")
        await admin.execute("select pg_reload_conf()")
        await admin.execute(f"drop database if exists {TEMPLATE}")
        await admin.execute(f"create database {TEMPLATE}")
        async with admin.transaction():
            await admin.execute("select pg_advisory_xact_lock(hashtext('create role'))")
            if not await admin.fetchval("select 1 from pg_roles where rolname = $1", APPLICATION):
                await admin.execute(f"create role {APPLICATION} login password '{APPLICATION}'")
    await upgrade_schema(with_database(dsn, TEMPLATE))


@asynccontextmanager
async def _made(server: str, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex}"
    async with connected(server) as admin:
        await admin.execute(f"create database {name} template {template}")
        try:
            yield with_database(server, name)
        finally:
            await admin.execute(f"drop database {name} with (force)")


@pytest_asyncio.fixture
async def database(postgres_server: str) -> AsyncIterator[str]:
    """The DSN of a fresh database with the schema."""
    async with _made(postgres_server, TEMPLATE) as dsn:
        yield dsn


@pytest_asyncio.fixture
async def empty_database(postgres_server: str) -> AsyncIterator[str]:
    """The DSN of a fresh database with nothing in it."""
    async with _made(postgres_server, "template0") as dsn:
        yield dsn


@pytest_asyncio.fixture
async def store(database: str) -> AsyncIterator[Store]:
    """A store over a fresh database."""
    async with open_store(database) as opened:
        yield opened
