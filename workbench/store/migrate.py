"""Bring the schema up to date: numbered files, forward only, each applied once."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import asyncpg
import msgspec

from workbench.errors import MigrationError
from workbench.store.pool import Connection, Pool, reason
from workbench.store.queries import sql

OLDEST = 16  # partitioned tables, generated columns and pgvector's HNSW as we use them
NEEDS = "Use PostgreSQL 16 or newer with the pgvector extension."


class Migration(msgspec.Struct, frozen=True):
    """``0003_audit.sql`` is number 3, named ``audit``."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> tuple[Migration, ...]:
    """Every migration this version knows, in order."""
    folder = files("workbench.store").joinpath("sql/migrations")
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".sql"))
    return tuple(_read(name, folder.joinpath(name).read_text("utf-8")) for name in names)


def _read(file_name: str, text: str) -> Migration:
    number, _, name = file_name.removesuffix(".sql").partition("_")
    return Migration(int(number), name, text)


async def migrate(pool: Pool, known: tuple[Migration, ...] | None = None) -> tuple[Migration, ...]:
    """Apply what is missing, all of it or nothing; what was applied.

    Raises MigrationError when the database cannot hold the schema, has one from a newer version, or
    an applied file has changed since; StoreUnavailable when it cannot be reached.
    """
    known = migrations() if known is None else known

    async def work(connection: Connection) -> tuple[Migration, ...]:
        async with connection.transaction():
            await connection.execute(sql("lock_schema"))
            await _check_server(connection)
            missing = await _missing(connection, known)
            for migration in missing:
                await _apply(connection, migration)
            return missing

    return await pool.run(work)


async def pending(pool: Pool) -> tuple[Migration, ...]:
    """What ``migrate`` would apply. Raises as it does."""

    async def work(connection: Connection) -> tuple[Migration, ...]:
        if not await connection.fetchval(sql("schema_exists")):
            return migrations()
        return _compare(await _applied(connection), migrations())

    return await pool.run(work)


async def _check_server(connection: Connection) -> None:
    version = await connection.fetchval(sql("server_version"))
    if version < OLDEST * 10_000:
        raise MigrationError(f"The server is PostgreSQL {version // 10_000}.", NEEDS)
    if not await connection.fetchval(sql("offers_vector")):
        raise MigrationError("The server does not have the extension vector.", NEEDS)


async def _missing(connection: Connection, known: tuple[Migration, ...]) -> tuple[Migration, ...]:
    if not await connection.fetchval(sql("schema_exists")):
        try:
            await connection.execute(sql("create_schema_migrations"))
        except asyncpg.InsufficientPrivilegeError as error:
            raise not_allowed("Creating the schema", error) from error
    return _compare(await _applied(connection), known)


async def _applied(connection: Connection) -> list[asyncpg.Record]:
    try:
        return await connection.fetch(sql("applied_migrations"))
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(
            f"This role may not use the schema: {reason(error)}.",
            "As the role that migrated it: workbench db grant ROLE.",
        ) from error


def _compare(applied: list[asyncpg.Record], known: tuple[Migration, ...]) -> tuple[Migration, ...]:
    by_number = {m.number: m for m in known}
    for row in applied:
        ours = by_number.pop(row["number"], None)
        if ours is None:
            raise MigrationError(
                f"The database has migration {row['number']} ({row['name']}), which this version "
                "does not know.",
                "Use the version of the workbench that made it, or a newer one.",
            )
        if ours.sha256 != row["sha256"]:
            raise MigrationError(
                f"Migration {ours.number} ({ours.name}) has changed since it was applied.",
                "Undo the change to the file and put it into a new migration.",
            )
    return tuple(by_number.values())


def not_allowed(what: str, error: asyncpg.PostgresError) -> MigrationError:
    return MigrationError(
        f"{what} is not allowed: {reason(error)}.",
        "Grant the role create on the schema and the extension vector, or migrate as another.",
    )


async def _apply(connection: Connection, migration: Migration) -> None:
    try:
        await connection.execute(migration.text)
    except asyncpg.InsufficientPrivilegeError as error:
        raise not_allowed(f"Migration {migration.number} ({migration.name})", error) from error
    except asyncpg.PostgresError as error:
        raise MigrationError(
            f"Migration {migration.number} ({migration.name}) failed: {reason(error)}.",
            "Nothing was changed.",
        ) from error
    await connection.execute(
        sql("record_migration"), migration.number, migration.name, migration.sha256
    )
