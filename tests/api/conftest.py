"""A real server on loopback over the demo cluster, with people who sign in by signed tokens."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx2
import jwt
import pytest

from tests.support.postgres import (
    as_application,
    open_folder,
    postgres_server,
    with_database,
)
from workbench.store.database import upgrade_schema

__all__ = ["open_folder", "postgres_server"]

ISSUER, AUDIENCE = "https://login.example", "workbench"
SECRET = secrets.token_urlsafe(48)
ROLES = '{"viewers": "viewer", "oncall": "operator", "leads": "approver", "admins": "admin"}'
STARTS_SECONDS = 60


def signed(name: str, group: str = "oncall", **claims: object) -> str:
    """A token of that person, valid unless a claim says otherwise."""
    fields = {
        "sub": name, "email": f"{name}@example.com", "groups": [group], "iss": ISSUER,
        "aud": AUDIENCE, "exp": time.time() + 600,
    }  # fmt: skip
    known = {key: value for key, value in {**fields, **claims}.items() if value is not None}
    return jwt.encode(known, SECRET, algorithm="HS256")


@pytest.fixture(scope="session")
def server_database(postgres_server: str) -> str:
    """The DSN of the database that the server uses."""
    return fresh_database(postgres_server)


@pytest.fixture(scope="session")
def server(server_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address. It does not own its tables, so that PostgreSQL keeps people apart, too."""
    folder, dsn = tmp_path_factory.mktemp("api"), without_owning(server_database)
    with serving(dsn, folder, WORKBENCH_TLS_PROXIES="127.0.0.1") as (address, _):
        yield address


def fresh_database(server: str) -> str:
    """The DSN of a new database without anything."""
    name = f"api_{uuid4().hex[:8]}"
    with ThreadPoolExecutor(1) as thread:  # a loop of its own, whatever this thread's is doing
        thread.submit(asyncio.run, _create(server, name)).result()
    return with_database(server, name)


def without_owning(dsn: str) -> str:
    """The same database, migrated, for a role that owns nothing of it."""

    async def made() -> str:
        await upgrade_schema(dsn)
        return await as_application(dsn)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, made()).result()


@contextmanager
def serving(dsn: str, folder: Path, **more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server on that database, with ``more`` in its environment: its address and its process,
    stopped in the end."""
    environment = {
        "DATABASE_URL": dsn,
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "WORKBENCH_DATA_DIR": str(folder / "data"),
        "WORKBENCH_SNAPSHOT": "demo",
        "WORKBENCH_JWT_SECRET": SECRET,
        "WORKBENCH_JWT_ISSUER": ISSUER,
        "WORKBENCH_JWT_AUDIENCE": AUDIENCE,
        "WORKBENCH_ROLES": ROLES,
        **more,
    }
    with (folder / "stderr").open("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench", "up", "--port", "0"],
            env=environment, stdout=subprocess.PIPE, stderr=said, text=True, cwd=folder,
        )  # fmt: skip
        try:
            yield _address(process, folder / "stderr"), process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            assert process.stdout
            process.stdout.close()
    assert "Exception in ASGI" not in (written := (folder / "stderr").read_text()), written


def _address(process: subprocess.Popen[str], said: Path) -> str:
    assert process.stdout
    for line in process.stdout:
        if line.startswith("open"):
            return line.split()[1].removesuffix("/api/docs").rstrip("/")
    raise AssertionError(said.read_text())


async def _create(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'create database "{name}"')
    await connection.close()


@pytest.fixture
def as_person(server: str) -> Iterator[Callable[..., httpx2.Client]]:
    """A client of the API signed in as somebody: ``as_person("ann", "leads")``."""
    opened: list[httpx2.Client] = []

    def client(name: str, group: str = "oncall") -> httpx2.Client:
        headers = {"Authorization": f"Bearer {signed(name, group)}"}
        opened.append(httpx2.Client(base_url=server, headers=headers, timeout=60))
        return opened[-1]

    yield client
    for made in opened:
        made.close()


@pytest.fixture
def ann(as_person: Callable[..., httpx2.Client], request: pytest.FixtureRequest) -> httpx2.Client:
    """Somebody on call; another in each module, because a person may ask 20 times a minute."""
    return as_person(f"ann-{request.module.__name__.rpartition('.')[2]}")
