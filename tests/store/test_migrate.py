"""The schema comes up to date once, whole, and never from a past that has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from tests.support.postgres import APPLICATION, connected
from workbench.errors import MigrationError
from workbench.store.database import let_run, open_store
from workbench.store.migrate import Migration, migrate, migrations, pending
from workbench.store.pool import Pool, open_pool

ASKED_FOR = {
    "users": "id email name created_at",
    "mcp_servers": "id name description type command args env available_tools status created_at"
    " updated_at",
    "agent_configs": "id name description model system_prompt mcp_server_ids tools_enabled"
    " temperature max_tokens metadata created_at updated_at",
    "conversations": "id user_id agent_config_id title metadata created_at updated_at",
    "messages": "id conversation_id role content tool_calls metadata embedding created_at",
    "documents": "id title content source doc_type metadata embedding created_at updated_at",
    "audit_logs": "id user_id conversation_id action_type tool_name parameters result success"
    " error duration_ms created_at",
}


@pytest_asyncio.fixture
async def pool(empty_database: str) -> AsyncIterator[Pool]:
    async with open_pool(empty_database, size=8, seconds=60) as opened:
        yield opened


def test_migrations_are_numbered_from_one_without_gaps() -> None:
    assert [m.number for m in migrations()] == list(range(1, len(migrations()) + 1))


async def test_an_empty_database_gets_everything_and_then_nothing(pool: Pool) -> None:
    assert await pending(pool) == migrations()
    assert await migrate(pool) == migrations()
    assert await migrate(pool) == ()
    assert await pending(pool) == ()


async def test_several_at_once_apply_each_migration_once(pool: Pool) -> None:
    applied = await asyncio.gather(*(migrate(pool) for _ in range(5)))
    assert sorted(map(len, applied)) == [0, 0, 0, 0, len(migrations())]


@pytest.mark.parametrize("table", ASKED_FOR)
async def test_every_table_has_the_columns_asked_for(database: str, table: str) -> None:
    async with connected(database) as connection:
        rows = await connection.fetch(
            "select column_name, data_type from information_schema.columns where table_name = $1",
            table,
        )
    types = {row["column_name"]: row["data_type"] for row in rows}
    assert set(ASKED_FOR[table].split()) <= types.keys()
    assert types["id"] == "uuid"
    assert types["created_at"] == "timestamp with time zone"


async def test_an_applied_file_that_changed_is_an_error(pool: Pool) -> None:
    await migrate(pool)
    first, *rest = migrations()
    changed = msgspec.structs.replace(first, text=first.text + "-- changed")
    with pytest.raises(MigrationError, match="has changed"):
        await migrate(pool, (changed, *rest))


async def test_a_database_newer_than_the_code_is_an_error(pool: Pool, empty_database: str) -> None:
    newer = (*migrations(), Migration(99, "later", "create table later (id integer)"))
    await migrate(pool, newer)
    with pytest.raises(MigrationError, match="99"):
        async with open_store(empty_database):
            pass


async def test_a_failing_migration_changes_nothing(pool: Pool) -> None:
    broken = (*migrations(), Migration(99, "broken", "create table x (id integer); select 1 / 0"))
    with pytest.raises(MigrationError, match="division by zero"):
        await migrate(pool, broken)
    assert await pending(pool) == migrations()


async def test_who_ran_it_before_an_upgrade_uses_what_is_signed_after_it_and_nobody_else(
    pool: Pool, empty_database: str
) -> None:
    await migrate(pool, tuple(m for m in migrations() if m.number < 19))
    await let_run(empty_database, APPLICATION)
    await migrate(pool)
    async with connected(empty_database) as owner:
        rights = await owner.fetchrow(
            "select prosecdef, has_function_privilege($1, oid, 'execute') as app,"
            " has_function_privilege('pg_monitor', oid, 'execute') as others,"
            " (select bool_or(grantee = 0) from aclexplode(proacl)) as everybody,"
            " proconfig from pg_proc where proname = 'use_signed_approval'",
            APPLICATION,
        )
    assert rights is not None
    assert (rights["prosecdef"], rights["app"], rights["others"]) == (True, True, False)
    assert not rights["everybody"]
    assert rights["proconfig"] == ["search_path=public, pg_temp"]


async def test_without_leave_to_upgrade_an_old_schema_is_an_error(empty_database: str) -> None:
    with pytest.raises(MigrationError, match="lacks"):
        async with open_store(empty_database, upgrade=False):
            pass


@pytest.mark.parametrize("dimensions", [3, 768, 1536, 3072])
async def test_the_nearest_document_is_found_through_an_index(
    database: str, dimensions: int
) -> None:
    kind = "vector" if dimensions <= 2000 else "halfvec"
    ours = [1.0] * dimensions
    other = [1.0] + [-1.0] * (dimensions - 1)
    nearest = (
        f"select title from documents where embedding_dimensions = {dimensions}"
        f" order by embedding::{kind}({dimensions}) <=> '{ours}'::{kind}({dimensions}) limit 1"
    )
    async with connected(database) as connection:
        await connection.execute(f"select create_embedding_indexes({dimensions})")
        for title, vector in (("near", ours), ("far", other), ("odd one", [0.5, 0.5])):
            await connection.execute(
                "insert into documents (id, title, content, embedding, embedding_model)"
                f" values (gen_random_uuid(), $1, '', '{vector}', 'test')",
                title,
            )
        await connection.execute("set enable_seqscan = off")
        plan = "\n".join(r[0] for r in await connection.fetch("explain " + nearest))
        assert f"documents_embedding_{dimensions}" in plan
        assert await connection.fetchval(nearest) == "near"
