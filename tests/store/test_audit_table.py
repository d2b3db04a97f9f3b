"""What PostgreSQL itself holds true about the record, whoever writes to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from tests.store.nouns import NOON, an_intent, ended
from tests.support.postgres import connected, new_id
from workbench.core.cluster import Scope
from workbench.core.evidence import Finished, Outcome
from workbench.core.investigation import Said
from workbench.store.database import Store
from workbench.store.pool import open_pool
from workbench.store.record import PostgresRecord

CHANGES = [
    "delete from audit_logs",
    "truncate audit_logs",
    "truncate audit_logs_2026_11",
    "truncate audit_logs_default",
    "update audit_logs set outcome = 'failed', success = false",
    "update audit_logs set result = 'nothing'",
    "update audit_logs set tool_name = 'kube_logs'",
    "update audit_logs set outcome = 'running', success = null, outcome_event = null",
    "delete from audit_logs_2026_11",
    "update steps set body = '{}'",
    "delete from steps",
    "truncate steps",
]


@pytest.mark.parametrize("statement", CHANGES)
async def test_a_finished_row_cannot_be_changed(
    store: Store, database: str, statement: str
) -> None:
    await _finished(store, 1)
    made = await store.investigations.create(new_id(), "why", Scope(), NOON)
    await store.investigations.append(made.id, 0, Said(at=NOON, text="x"))
    async with connected(database) as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(statement)


@pytest.mark.parametrize("column", ["tool_name = 'x'", "user_name = 'x'", "parameters = '[]'"])
async def test_completing_a_row_cannot_change_its_intent(
    store: Store, database: str, column: str
) -> None:
    await store.record.intend(an_intent(new_id()))
    statement = "update audit_logs set outcome = 'done', success = true, outcome_event = 2, "
    async with connected(database) as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(statement + column)


@pytest.mark.parametrize(
    "columns",
    [
        "outcome = 'perhaps', success = false, outcome_event = 2",
        "outcome = 'done', outcome_event = 2",
        "outcome = 'done', success = true",
        "success = true",
        "result = 'x'",
    ],
)
async def test_a_row_is_completed_whole(store: Store, database: str, columns: str) -> None:
    await store.record.intend(an_intent(new_id()))
    async with connected(database) as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(f"update audit_logs set {columns}")


@pytest.mark.parametrize("columns", [("'done'", "true", "2"), ("'running'", "true", "null")])
async def test_a_row_begins_as_running(
    store: Store, database: str, columns: tuple[str, str, str]
) -> None:
    await store.record.intend(an_intent(new_id()))
    begun = "id, investigation_id, seq, user_name, surface, server, tool_name, parameters, cluster"
    async with connected(database) as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(
                f"insert into audit_logs ({begun}, intent_event, intent_hash, created_at,"
                f" outcome, success, outcome_event) select {begun}, 3, '',"
                f" created_at + interval '1 s', {', '.join(columns)} from audit_logs"
            )


async def test_an_untouched_chain_verifies(store: Store) -> None:
    investigation = await _finished(store, 5)
    assert await store.record.verify(investigation) is None
    assert (await store.record.root(investigation)).events == 10


TAMPERINGS = {
    "edited intent": "update audit_logs set tool_name = 'x' where seq = 3",
    "edited arguments": "update audit_logs set parameters = '{}' where seq = 3",
    "edited result": "update audit_logs set result = 'x' where seq = 3",
    "emptied result": "update audit_logs set result = '' where seq = 3",
    "edited outcome": "update audit_logs set outcome = 'failed', success = false where seq = 3",
    "emptied duration": "update audit_logs set duration_ms = null where seq = 3",
    "emptied end": "update audit_logs set finished_at = null where seq = 3",
    "deleted row": "delete from audit_logs where seq = 3",
    "cut tail": "delete from audit_logs where seq = 5",
    "swapped rows": "update audit_logs set seq = 7 - seq where seq in (3, 4)",
    "row of another time": "update audit_logs set created_at = created_at + interval '1 second'"
    " where seq = 3",
    "rewritten hash": "update audit_logs set intent_hash = sha256('x') where seq = 3",
}


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_tampering_past_the_triggers_is_found(
    store: Store, database: str, statement: str
) -> None:
    investigation = await _finished(store, 5)
    async with connected(database) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(statement)
    assert await store.record.verify(investigation) is not None


async def test_a_cut_tail_with_a_rewritten_head_differs_from_the_kept_root(
    store: Store, database: str
) -> None:
    investigation = await _finished(store, 5)
    kept = await store.record.root(investigation)
    async with connected(database) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute("delete from audit_logs where seq = 5")
        await connection.execute(
            "update audit_heads set events = 8, hash ="
            " (select outcome_hash from audit_logs where outcome_event = 8)"
        )
    assert await store.record.verify(investigation) is None
    assert await store.record.root(investigation) != kept


async def test_what_is_hashed_is_json_as_postgresql_writes_it(store: Store, database: str) -> None:
    odd = '"\\ / \b\n\t\x01\x7f é \u2028 \U0001f600'
    investigation = new_id()
    for milliseconds in (0.0, 12.5, 1e-7, 1e12, 0.1 + 0.2):
        intent = an_intent(investigation, tool=odd, user=odd, arguments={odd: [1e-9, odd, None]})
        await store.record.intend(intent)
        await store.record.finish(
            intent, ended(duration_ms=milliseconds, text=odd, data={"a": 1.0}, error=odd)
        )
        await store.record.finish(intent, ended(data=None))
    async with connected(database) as connection:
        rows = await connection.fetch(
            "select audit_intent(a) as intent, audit_outcome(a) as outcome,"
            " audit_intent(a)::jsonb::text as plain_intent,"
            " audit_outcome(a)::jsonb::text as plain_outcome from audit_logs a"
        )
    assert len(rows) == 5
    for row in rows:
        assert (row["intent"], row["outcome"]) == (row["plain_intent"], row["plain_outcome"])
    assert await store.record.verify(investigation) is None


async def test_rows_go_into_the_partition_of_their_month_in_utc(
    store: Store, database: str
) -> None:
    end_of_march = datetime(2031, 3, 31, 23, 59, tzinfo=UTC)
    for at in (end_of_march, end_of_march + timedelta(minutes=1)):
        await store.record.intend(an_intent(new_id(), at=at))
    assert await _partitions_in_use(database) == ["audit_logs_2031_03", "audit_logs_2031_04"]


async def test_an_insert_never_fails_for_want_of_a_partition(database: str) -> None:
    intent = an_intent(new_id(), at=datetime(2040, 1, 5, tzinfo=UTC))
    async with connected(database) as connection:
        await connection.fetchval(
            "select audit_intend($1, $2, $3, '', '', '', '', '{}', '')",
            intent.id,
            intent.at,
            intent.investigation,
        )
    assert await _partitions_in_use(database) == ["audit_logs_default"]
    async with open_pool(database, size=1, seconds=5) as pool:
        await PostgresRecord(pool).intend(an_intent(new_id(), at=intent.at))
        await PostgresRecord(pool).finish(intent, ended())
    assert await _partitions_in_use(database) == ["audit_logs_default"]


async def test_the_row_names_the_user_and_the_conversation(store: Store, database: str) -> None:
    user = await store.users.ensure(new_id(), "Ann", "ann@example.com")
    talk = await store.conversations.create(new_id(), user=user.id)
    made = await store.investigations.create(
        new_id(), "why", Scope(), NOON, user=user.id, conversation=talk.id
    )
    intent = an_intent(made.id)
    await store.record.intend(intent)
    await store.record.finish(intent, ended(outcome=Outcome.FAILED, error="no such pod"))
    row = await _only_row(database)
    assert (row["user_id"], row["conversation_id"]) == (user.id, talk.id)
    assert (row["user_name"], row["surface"]) == ("ann@example.com", "notebook")
    assert (row["action_type"], row["success"]) == ("tool_call", False)
    assert row["finished_at"] == NOON + timedelta(milliseconds=12.5)


async def test_the_record_outlives_the_conversation(store: Store, database: str) -> None:
    talk = await store.conversations.create(new_id())
    made = await store.investigations.create(new_id(), "why", Scope(), NOON, conversation=talk.id)
    await store.record.intend(an_intent(made.id))
    await store.conversations.delete(talk.id)
    assert (await _only_row(database))["conversation_id"] == talk.id


async def test_a_call_is_completed_without_reading_those_before_it(database: str) -> None:
    calls, investigation = 40, new_id()
    async with open_pool(database, size=1, seconds=5) as pool:
        record = PostgresRecord(pool)
        before: tuple[Finished, ...] = ()
        for _ in range(calls):
            intent = an_intent(investigation)
            await record.intend(intent, before)
            before = (Finished(intent, ended()),)
        await pool.run(lambda c: c.execute("select pg_stat_force_next_flush()"))
        fetched = await pool.run(
            lambda c: c.fetchval(
                "select sum(idx_tup_fetch) from pg_stat_user_tables"
                " where relname like 'audit_logs_%'"
            )
        )
    assert calls - 1 <= fetched < 3 * calls


async def _finished(store: Store, calls: int) -> UUID:
    investigation = new_id()
    for number in range(calls):
        intent = an_intent(investigation, arguments={"number": number})
        await store.record.intend(intent)
        await store.record.finish(intent, ended(text=f"result {number}"))
    return investigation


async def _only_row(database: str) -> asyncpg.Record:
    async with connected(database) as connection:
        (row,) = await connection.fetch("select * from audit_logs")
        return row


async def _partitions_in_use(database: str) -> list[str]:
    async with connected(database) as connection:
        rows = await connection.fetch(
            "select distinct tableoid::regclass::text as name from audit_logs order by 1"
        )
    return [row["name"] for row in rows]
