"""A server that ``DATABASE_URL`` names and that cannot hold the schema gives one clear line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.postgres import connected
from workbench.errors import MigrationError, StoreError
from workbench.store.database import open_store
from workbench.store.embedded import ServerUser, binaries
from workbench.store.embedded.home import find_account

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture
def without_vector(
    tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The DSN of a server that has no pgvector to install."""
    package = binaries.find().parent
    site = tmp_path / "site"
    shutil.copytree(package, site / package.name, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, site / libraries.name)
    for part in (site / package.name).rglob("vector*"):
        part.unlink() if part.is_file() else shutil.rmtree(part)
    monkeypatch.syspath_prepend(site)
    user = ServerUser.join(open_folder / uuid4().hex[:8], "")
    yield user.dsn
    user.leave()


def line_of(error: StoreError) -> str:
    assert "\n" not in str(error)
    return str(error)


async def test_a_server_without_pgvector(without_vector: str) -> None:
    with pytest.raises(MigrationError) as error:
        async with open_store(without_vector):
            pass
    assert "does not have the extension vector" in line_of(error.value)
    assert "pgvector" in error.value.hint


@pytest.fixture
def too_old(open_folder: Path) -> Iterator[str]:
    """The DSN of an older PostgreSQL of this system."""
    old = [path for path in DEBIAN if path.parent.name.isdigit() and int(path.parent.name) < 16]
    if not old:
        pytest.skip("no PostgreSQL older than 16 is installed")
    folder = open_folder / uuid4().hex[:8]
    folder.mkdir()
    as_account: dict[str, Any] = {"cwd": folder}
    if os.getuid() == 0:  # PostgreSQL does not run as root
        account = find_account()
        shutil.chown(folder, account.name)
        as_account |= {"user": account.uid, "group": account.gid, "extra_groups": []}

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [old[-1] / program, *arguments], check=True, capture_output=True, **as_account
        )

    run("initdb", "-D", "data", "-U", "postgres", "--auth=trust", "-N")
    run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", f"-h '' -k {folder}", "start")
    yield f"postgresql://postgres@/postgres?host={folder}"
    run("pg_ctl", "-D", "data", "-m", "immediate", "stop")


async def test_a_server_that_is_too_old(too_old: str) -> None:
    with pytest.raises(MigrationError, match="The server is PostgreSQL 1") as error:
        async with open_store(too_old):
            pass
    assert "PostgreSQL 16 or newer" in line_of(error.value)


async def test_a_role_that_may_not_create_the_schema(empty_database: str) -> None:
    assert "Creating the schema is not allowed" in await told_a_stranger(empty_database)


async def test_a_role_that_was_granted_nothing(database: str) -> None:
    assert "workbench db grant" in await told_a_stranger(database)


async def told_a_stranger(dsn: str) -> str:
    """What a role hears that was only just made."""
    role = f"guest_{uuid4().hex}"
    async with connected(dsn) as admin:
        await admin.execute(f"create role {role} login password 'x'")
        try:
            with pytest.raises(MigrationError) as error:
                async with open_store(f"postgresql://{role}:x@{dsn.partition('@')[2]}"):
                    pass
            return line_of(error.value)
        finally:
            await admin.execute(f"drop role {role}")
