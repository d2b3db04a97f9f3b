"""The record as an auditor sees it: whatever was done to it past the triggers is found."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from tests.faults.figures import count, note
from tests.store.nouns import NOON, an_intent, ended
from tests.support.postgres import connected, new_id
from workbench.core.cluster import Scope
from workbench.store.audit import Audit, Broken, Chain, KeptRoot, open_audit
from workbench.store.database import Store

TIMES = count("WORKBENCH_TEST_TAMPERINGS", 3)
CALLS = 9


@pytest_asyncio.fixture
async def audit(store: Store, database: str) -> AsyncIterator[Audit]:
    async with open_audit(database) as opened:
        yield opened


async def called(store: Store, calls: int = CALLS, at: datetime = NOON) -> UUID:
    """An investigation with so many finished calls, a minute apart."""
    made = await store.investigations.create(new_id(), "why", Scope(), at)
    for number in range(calls):
        intent = an_intent(made.id, at=at + timedelta(minutes=number), arguments={"n": number})
        await store.record.intend(intent)
        await store.record.finish(intent, ended(text=f"result {number}", data={"n": number}))
    return made.id


async def verified(audit: Audit, investigation: UUID | None = None) -> list[Broken]:
    chains = await audit.chains(investigation)
    return [one async for _, some in audit.verify(chains) for one in some]


def kept(chain: Chain) -> KeptRoot:
    return KeptRoot(
        investigation=chain.id, label=chain.label, events=chain.events, hash=chain.hash, at=NOON
    )


async def test_an_untouched_record_verifies(store: Store, audit: Audit) -> None:
    for calls in (0, 1, 5):
        await called(store, calls)
    running = an_intent(new_id())
    await store.record.intend(running)
    assert await verified(audit) == []
    chains = await audit.chains()
    assert sorted(c.calls for c in chains) == [1, 1, 5]
    assert await audit.contradicted([kept(chain) for chain in chains]) == ()


# What somebody who can switch the triggers off may do to calls $n and $m (n < m) of CALLS.
EDITS = (
    "tool_name = 'kube_delete'", "user_name = 'nobody'", "parameters = '[]'", "cluster = 'other'",
    "outcome = 'failed', success = false", "result = 'nothing to see'", "result = ''",
    "result_data = '[]'", "error = 'x'", "duration_ms = 0", "surface = 'cli'", "server = 'x'",
    "created_at = created_at + interval '1 second'", "finished_at = finished_at + interval '1 s'",
    "intent_hash = sha256('x')", "outcome_hash = sha256('x')",
)  # fmt: skip
COPIED = """
    insert into audit_logs select (jsonb_populate_record(a, jsonb_build_object(
        'id', gen_random_uuid(), 'seq', 1000, 'tool_name', 'kube_forged'))).*
    from audit_logs a where seq = {n}"""
SWAPPED = """
    update audit_logs a set tool_name = b.tool_name, parameters = b.parameters, result = b.result,
        result_data = b.result_data, result_sha256 = b.result_sha256
    from audit_logs b where (a.seq, b.seq) in (({n}, {m}), ({m}, {n}))"""
CUT = """
    delete from audit_logs where seq >= {m};
    update audit_heads set calls = {m} - 1, events = 2 * {m} - 2,
        hash = (select outcome_hash from audit_logs where seq = {m} - 1)"""
REHASHED = """
    update audit_logs set tool_name = 'kube_forged' where seq = {n};
    do $$
    declare
        event record;
        last bytea := '';
    begin
        for event in
            select id, true as intent, intent_event as at from audit_logs union all
            select id, false, outcome_event from audit_logs order by at
        loop
            select audit_link(last, case when event.intent then audit_intent(a)
                else audit_outcome(a) end) into last from audit_logs a where id = event.id;
            if event.intent then update audit_logs set intent_hash = last where id = event.id;
            else update audit_logs set outcome_hash = last where id = event.id;
            end if;
        end loop;
        update audit_heads set hash = last;
    end $$"""
TAMPERINGS = {
    "edit": lambda chance: f"update audit_logs set {chance.choice(EDITS)} where seq = {{n}}",
    "delete": lambda _: "delete from audit_logs where seq = {n}",
    "insert": lambda _: COPIED,
    "swap": lambda _: SWAPPED,
    "cut tail": lambda _: CUT,
    "full re-hash": lambda _: REHASHED,
}
ONLY_THE_ROOT_SHOWS = {"cut tail", "full re-hash"}


@pytest.mark.parametrize("kind", TAMPERINGS)
async def test_tampering_is_found_every_time(store: Store, database: str, kind: str) -> None:
    investigation = await called(store)
    chance = random.Random(kind)
    found = 0
    async with connected(database) as connection:
        audit = Audit(connection)
        roots = [kept(chain) for chain in await audit.chains()]
        for _ in range(TIMES):
            n, m = sorted(chance.sample(range(2, CALLS + 1), 2))
            async with undone(connection):
                await connection.execute("set local session_replication_role = replica")
                await connection.execute(TAMPERINGS[kind](chance).format(n=n, m=m))
                chain_alone = await verified(audit, investigation)
                assert not chain_alone or kind not in ONLY_THE_ROOT_SHOWS
                found += bool(chain_alone or await audit.contradicted(roots))
        assert found == TIMES
        note(f"tampering: {kind}", tried=TIMES, found=found)
        assert await verified(audit) == []


class undone:  # noqa: N801 - reads as a word
    """A transaction that never happened."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.transaction = connection.transaction()

    async def __aenter__(self) -> None:
        await self.transaction.start()

    async def __aexit__(self, *error: object) -> None:
        await self.transaction.rollback()


async def test_the_first_bad_row_is_named(store: Store, audit: Audit, database: str) -> None:
    good, bad = await called(store), await called(store)
    async with connected(database) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(
            "update audit_logs set result = 'x' where investigation_id = $1 and seq in (4, 7)", bad
        )
    (broken,) = await verified(audit)
    assert (broken.investigation, broken.evidence, broken.event) == (bad, "E4", 8)
    assert broken.problem == "the result was changed"
    assert await verified(audit, good) == []


async def test_a_deleted_investigation_is_found_by_its_kept_root(
    store: Store, audit: Audit, database: str
) -> None:
    investigation = await called(store)
    (chain,) = await audit.chains(investigation)
    async with connected(database) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute("delete from audit_logs; delete from audit_heads")
    assert await audit.chains() == ()
    (broken,) = await audit.contradicted([kept(chain)])
    assert broken.investigation == investigation


async def test_roots_kept_in_the_table_are_held_against_the_chain(
    store: Store, audit: Audit, database: str
) -> None:
    investigation = await called(store)
    await audit.keep_roots(await audit.chains())
    await audit.keep_roots(await audit.chains())  # again changes nothing
    async with connected(database) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(CUT.format(m=5))
    (broken,) = await verified(audit)
    assert (broken.investigation, broken.event) == (investigation, 2 * CALLS)
    async with connected(database) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute("delete from audit_logs; delete from audit_heads")
    assert [b.investigation for b in await verified(audit)] == [investigation]


async def test_who_writes_the_record_cannot_rewrite_roots_that_belong_to_another(
    store: Store, audit: Audit, database: str
) -> None:
    await called(store)
    owner, writer = f"auditor_{new_id().hex}", f"writer_{new_id().hex}"
    async with connected(database) as connection:
        await connection.execute(
            f"create role {owner}; create role {writer};"
            f"alter table audit_roots owner to {owner};"
            f"grant select, insert on audit_roots to {writer};"
            f"grant select on audit_logs, audit_heads, investigations to {writer}"
        )
        try:
            await connection.execute(f"set role {writer}")
            writing = Audit(connection)
            await writing.keep_roots(await writing.chains())
            for statement in (
                "delete from audit_roots",
                "update audit_roots set events = 1",
                "truncate audit_roots",
                "alter table audit_roots disable trigger all",
                "drop table audit_roots",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        finally:
            await connection.execute(
                f"reset role; alter table audit_roots owner to current_user;"
                f"drop owned by {owner}, {writer}; drop role {owner}, {writer}"
            )


# Months -------------------------------------------------------------------------------------------


async def partitions(database: str) -> list[str]:
    async with connected(database) as connection:
        rows = await connection.fetch("select partition from audit_months")
    return [row["partition"] for row in rows]


async def test_a_month_is_there_before_its_first_row_however_long_the_process_lives(
    store: Store, database: str
) -> None:
    investigation = new_id()
    for year, month, coming in ((2033, 11, "2033_12"), (2033, 12, "2034_01"), (2034, 1, "2034_02")):
        at = datetime(year, month, 28, 23, 59, tzinfo=UTC)
        await store.record.intend(an_intent(investigation, at=at))
        assert f"audit_logs_{coming}" in await partitions(database)


async def test_what_is_left_verifies_when_old_months_are_dropped(
    store: Store, audit: Audit
) -> None:
    end_of_march = datetime(2031, 3, 31, 23, 56, tzinfo=UTC)
    across = await called(store, 8, end_of_march)  # four calls in March, four in April
    gone = await called(store, 3, datetime(2031, 3, 2, tzinfo=UTC))
    later = await called(store, 3, datetime(2031, 5, 2, tzinfo=UTC))
    before = {chain.id: kept(chain) for chain in await audit.chains()}
    (dropped,) = await audit.retain(datetime(2031, 4, 1, tzinfo=UTC))
    assert (dropped.name, dropped.rows, dropped.investigations) == ("2031-03", 7, 2)
    assert await audit.dropped() == (dropped,)
    assert await verified(audit) == []
    assert await audit.contradicted(list(before.values())) == ()
    assert [e.label for e in await store.record.evidences(across)] == ["E5", "E6", "E7", "E8"]
    assert await store.record.evidences(gone) == ()
    intent = an_intent(across, at=end_of_march + timedelta(days=1))
    assert await store.record.intend(intent) == "E9"  # numbers go on
    await audit.retain(datetime(2031, 5, 1, tzinfo=UTC))
    assert await verified(audit) == []
    assert len(await store.record.evidences(later)) == 3


async def test_calls_that_overlap_the_end_of_a_month_leave_a_chain_that_verifies(
    store: Store, audit: Audit, database: str
) -> None:
    investigation = new_id()
    march = [an_intent(investigation, at=datetime(2031, 3, 31, 23, n, tzinfo=UTC)) for n in (1, 2)]
    april = [an_intent(investigation, at=datetime(2031, 4, 1, 0, n, tzinfo=UTC)) for n in (1, 2)]
    for intent in (march[0], april[0], march[1], april[1]):
        await store.record.intend(intent)
    for intent in (april[0], march[1], march[0], april[1]):
        await store.record.finish(intent, ended())
    await audit.retain(datetime(2031, 4, 1, tzinfo=UTC))
    assert await verified(audit) == []
    async with connected(database) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute("update audit_logs set tool_name = 'x' where id = $1", april[0].id)
    assert [b.id for b in await verified(audit)] == [april[0].id]


async def test_rows_deleted_under_the_name_of_retention_are_found(
    store: Store, audit: Audit, database: str
) -> None:
    await called(store)
    async with connected(database) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(
            "insert into audit_anchors select investigation_id, outcome_event, outcome_hash, 'x'"
            " from audit_logs where seq = 4; delete from audit_logs where seq <= 4"
        )
    (broken,) = await verified(audit)
    assert broken.problem == "said to be dropped, and no month was"


# Reading ------------------------------------------------------------------------------------------


async def test_an_export_holds_every_call_whole_and_can_be_cut_by_time(
    store: Store, audit: Audit
) -> None:
    one = await called(store, 5)
    await called(store, 5, NOON + timedelta(hours=1))
    lines = [json.loads(line) async for line in audit.export(None, None)]
    assert len(lines) == 10 == await audit.count(None, None)
    assert lines == sorted(lines, key=lambda row: row["created_at"])
    assert (lines[0]["evidence"], lines[0]["result"]) == ("E1", "result 0")
    assert lines[0]["investigation"].startswith("INV-")
    assert len(lines[0]["intent_hash"]) == 64
    assert len([x async for x in audit.export(one, None)]) == 5
    assert len([x async for x in audit.export(None, NOON + timedelta(minutes=30))]) == 5


async def test_calls_are_listed_newest_first(store: Store, audit: Audit) -> None:
    one = await called(store, 3)
    await called(store, 3, NOON + timedelta(hours=1))
    assert [c.evidence for c in await audit.calls(one, None, 2)] == ["E3", "E2"]
    assert len(await audit.calls(None, NOON + timedelta(minutes=30), 50)) == 3
