"""For a role that does not own the tables PostgreSQL keeps people apart by itself: no query here
says whose rows are meant (``None`` stands for everybody's)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from tests.store.nouns import an_intent, ended
from tests.support.changes import NOON, a_change
from tests.support.postgres import as_application, connected, new_id
from workbench.core.change import decided
from workbench.core.cluster import Scope
from workbench.core.evidence import Finished, Outcome
from workbench.core.investigation import Failed, Noted
from workbench.core.knowledge import Document, Filters, Piece, Type
from workbench.core.runbook import Run, RunStatus
from workbench.core.sweep import Plan, Row, Schedule
from workbench.errors import NotRecorded, StoreError
from workbench.investigations.wanted import settle
from workbench.store.audit import open_audit
from workbench.store.conversations import Message, Role
from workbench.store.database import Store, open_store
from workbench.store.payloads import ROW_BYTES
from workbench.store.queue import Queue
from workbench.store.sight import Sight, see_as
from workbench.store.users import User


class Anns(msgspec.Struct, frozen=True):
    """What ann has, of everything that people have."""

    ann: User
    conversation: UUID
    investigation: UUID
    change: UUID
    sweep: UUID
    runbook: str


@pytest_asyncio.fixture
async def walled(database: str) -> AsyncIterator[Store]:
    """A store whose role owns nothing."""
    async with open_store(await as_application(database)) as opened:
        yield opened


async def made_by_ann(store: Store) -> Anns:
    ann = await store.users.ensure(new_id(), "ann")
    see_as("ann")
    conversation = new_id()
    await store.conversations.create(conversation, user=ann.id, title="ann's")
    said = Message(id=new_id(), conversation=conversation, role=Role.USER, content="why?", at=NOON)
    await store.conversations.add_message(said)
    investigation = await store.investigations.create(
        new_id(), "why?", Scope(), NOON, user=ann.id, conversation=conversation
    )
    await store.investigations.append(investigation.id, 0, Noted(at=NOON, text="hm", user="ann"))
    change = await store.changes.propose(a_change(investigation.id))
    source = await store.notebooks.keep("ann's runbook")
    plan = anns_plan(source)
    sweep = await Queue(store.pool).create(new_id(), plan, [Row(parameters={})])
    assert sweep is not None
    nightly = Schedule(name="nightly", cron="0 3 * * *", plan=plan, at=NOON)
    await Queue(store.pool).add_schedule(nightly)
    kept = await store.notebooks.keep("ann's run")
    await store.runs.save(a_run(), kept)
    await made_calls(store, investigation.id)
    incident = await store.incidents.open(new_id(), "outage", "ann", NOON, user=ann.id)
    await store.incidents.attach(incident, investigation.id, ["pod"], NOON)
    await store.incidents.note(new_id(), incident, "ann", "restarted", NOON)
    await store.passages.put([document("ann.md", ann.id)], ann.id)
    return Anns(ann, conversation, investigation.id, change.id, sweep.id, source)


def anns_plan(source: str, over: str = "rows.csv") -> Plan:
    return Plan(runbook="light", source=source, over=over, person="ann")


async def made_calls(store: Store, investigation: UUID) -> None:
    """Three: one whose result is too large for its row, one whose outcome is written with the
    intent of the next, and that one, of which none comes."""
    large, short = an_intent(investigation), an_intent(investigation)
    await store.record.intend(large)
    await store.record.finish(large, ended(text="ann's pods\n" * ROW_BYTES, large=True))
    await store.record.intend(short)
    open_call = an_intent(investigation)
    await store.record.intend(open_call, after=[Finished(short, ended())])


def a_run() -> Run:
    return Run(
        id=new_id(), runbook="namespace-health", user="ann", parameters={},
        status=RunStatus.RUNNING, started_at=NOON,
    )  # fmt: skip


def document(source: str, owner: UUID | None) -> Document:
    return Document(
        id=new_id(), title="Notes", source=source, type=Type.RUNBOOK, owner=owner, at=NOON,
        sha256="", pieces=(Piece(anchor="", heading="Notes", text="checkout fails at noon"),),
    )  # fmt: skip


Read = Callable[[Store, Anns], Awaitable[Any]]
READS: dict[str, Read] = {
    "a conversation": lambda s, a: s.conversations.get(a.conversation),
    "conversations": lambda s, a: s.conversations.list(None),
    "messages": lambda s, a: s.conversations.messages(a.conversation),
    "messages of a person": lambda s, a: s.passages.said(a.ann.id),
    "an investigation": lambda s, a: s.investigations.load(a.investigation),
    "investigations": lambda s, a: s.investigations.recent(),
    "investigations that ask the same": lambda s, a: s.investigations.asking("why?", Scope()),
    "steps": lambda s, a: s.investigations.steps(a.investigation),
    "a change": lambda s, a: s.changes.load(a.change),
    "changes": lambda s, a: s.changes.recent(),
    "runs": lambda s, a: s.runs.list(),
    "a call": lambda s, a: s.record.evidence(a.investigation, "E1"),
    "calls": lambda s, a: s.record.evidences(a.investigation),
    "calls of all investigations": lambda s, a: s.calls.page(),
    "a chain": lambda s, a: chained(s, a.investigation),
    "a sweep": lambda s, a: s.sweeps.load(a.sweep),
    "sweeps": lambda s, a: s.sweeps.list(),
    "items": lambda s, a: s.sweeps.items(a.sweep),
    "schedules": lambda s, a: s.sweeps.schedules(),
    "a runbook": lambda s, a: s.notebooks.read(a.runbook),
    "incidents": lambda s, a: s.incidents.seen_by(None),
    "documents": lambda s, a: s.passages.kept(a.ann.id),
    "passages": lambda s, a: s.passages.search("checkout noon", a.ann.id, Filters(), 5),
}


async def chained(store: Store, investigation: UUID) -> bool:
    """Whether it has a chain, which holds in any case."""
    assert await store.record.verify(investigation) is None
    return (await store.record.root(investigation)).events > 0


async def read(store: Store, which: str, anns: Anns) -> bool:
    """Whether there is anything."""
    try:
        return bool(await READS[which](store, anns))
    except NotRecorded:
        return False


async def test_a_person_sees_their_own_and_nobody_elses(walled: Store) -> None:
    anns = await made_by_ann(walled)
    await walled.users.ensure(new_id(), "bob")
    expected = dict.fromkeys(READS, True)
    assert {which: await read(walled, which, anns) for which in READS} == expected
    for stranger in ("bob", "nobody", ""):
        see_as(stranger)
        assert [which for which in READS if await read(walled, which, anns)] == []
    see_as("root", Sight.EVERYBODY)
    assert {which: await read(walled, which, anns) for which in READS} == expected


async def test_approvers_see_what_they_decide_about_and_nothing_more(walled: Store) -> None:
    anns = await made_by_ann(walled)
    own = await walled.investigations.create(new_id(), "mine?", Scope(), NOON, user=anns.ann.id)
    see_as("lea", Sight.CHANGES)
    seen = {which for which in READS if await read(walled, which, anns)}
    changes = {"a change", "changes"}
    theirs = {"steps", "a call", "calls", "a chain"}
    assert seen == changes | {name for name in READS if "investigation" in name} | theirs
    with pytest.raises(NotRecorded):
        await walled.investigations.load(own.id)
    change, _ = await walled.changes.load(anns.change)
    await walled.changes.decide(
        decided(change, approved=True, approver="lea", surface="api", at=NOON)
    )
    see_as("ann")
    assert (await walled.changes.load(anns.change))[1] is not None


async def test_a_run_uses_what_was_signed_for_a_change_it_cannot_see(walled: Store) -> None:
    anns = await made_by_ann(walled)
    shown, _ = await walled.changes.load(anns.change)
    yes = decided(shown, approved=True, approver="ann", surface="cli", at=NOON, ahead="scale-out")
    await walled.changes.decide(yes, "eyJ.ann.signed")
    ci = await walled.users.ensure(new_id(), "ci")
    see_as("ci")
    own = await walled.investigations.create(new_id(), "scale", Scope(), NOON, user=ci.id)
    tried = await walled.changes.propose(a_change(own.id))
    used = decided(tried, approved=True, approver="", surface="runbook", at=NOON, holder="ci")
    see_as("bob")
    said = await walled.changes.use_signed(shown.id, "eyJ.ann.signed", used)
    assert said == "the change is somebody else's"
    see_as("ci")
    assert await walled.changes.use_signed(shown.id, "eyJ.ann.signed", used) == ""
    with pytest.raises(NotRecorded):
        await walled.changes.load(shown.id)
    see_as("ann")
    _, spent = await walled.changes.load(shown.id)
    assert spent is not None
    assert (spent.used, spent.spent_on) == (NOON, "")  # by a change that is not ann's to see


async def test_nothing_is_written_in_somebody_elses_name(walled: Store) -> None:
    anns = await made_by_ann(walled)
    see_as("bob")
    refused: list[Awaitable[Any]] = [
        walled.conversations.create(new_id(), user=anns.ann.id, title="forged"),
        walled.investigations.create(new_id(), "forged?", Scope(), NOON, user=anns.ann.id),
        walled.investigations.append(anns.investigation, 1, Noted(at=NOON, text="x", user="ann")),
        walled.changes.propose(a_change(anns.investigation)),
        walled.incidents.open(new_id(), "forged", "bob", NOON, user=anns.ann.id),
        walled.passages.put([document("forged.md", anns.ann.id)], anns.ann.id),
        walled.runs.save(a_run()),
        Queue(walled.pool).create(new_id(), anns_plan(anns.runbook), [Row(parameters={})]),
    ]
    for write in refused:
        with pytest.raises(StoreError, match="PostgreSQL refused"):
            await write
    with pytest.raises(NotRecorded):
        await walled.conversations.delete(anns.conversation)
    assert await walled.passages.remove("ann.md", anns.ann.id) == ()


async def test_what_is_everybodys_is_seen_by_all(walled: Store) -> None:
    anns = await made_by_ann(walled)
    await walled.passages.put([document("shared.md", None)], None)
    shared = await walled.incidents.open(
        new_id(), "all hands", "ann", NOON, user=anns.ann.id, shared=True
    )
    await walled.incidents.attach(shared, anns.investigation, ["pod"], NOON)
    see_as("bob")
    (found,) = await walled.incidents.seen_by(None)
    assert (found.title, found.investigations) == ("all hands", ("INV-1",))
    (passage,) = await walled.passages.search("checkout noon", anns.ann.id, Filters(), 5)
    assert passage.source == "shared.md"


async def test_what_looks_into_alerts_is_read_by_all_and_stopped_by_who_told_them(
    walled: Store,
) -> None:
    anns = await made_by_ann(walled)
    plan = anns_plan(anns.runbook, over="alerts")
    look = await Queue(walled.pool).create(new_id(), plan, [Row(parameters={})])
    assert look is not None
    see_as("bob")
    assert [sweep.id for sweep in await walled.sweeps.list()] == [look.id]
    assert len(await walled.sweeps.items(look.id)) == 1
    assert await walled.notebooks.read(anns.runbook) == "ann's runbook"
    await Queue(walled.pool).cancel(look.id)
    see_as("ann")
    assert (await walled.sweeps.load(look.id)).cancelled_at is None


async def test_content_that_two_have_is_kept_once_and_read_by_both(walled: Store) -> None:
    anns = await made_by_ann(walled)
    see_as("bob")
    with pytest.raises(NotRecorded):
        await walled.notebooks.read(anns.runbook)
    assert await walled.notebooks.keep("ann's runbook") == anns.runbook
    plan = msgspec.structs.replace(anns_plan(anns.runbook), person="bob")
    await Queue(walled.pool).create(new_id(), plan, [Row(parameters={})])
    assert await walled.notebooks.read(anns.runbook) == "ann's runbook"


async def test_calls_whose_process_is_gone_are_ended_whoever_looks(walled: Store) -> None:
    anns = await made_by_ann(walled)
    see_as("bob")
    assert await walled.record.sweep(NOON + timedelta(hours=1), timedelta(minutes=1)) == 1
    see_as("ann")
    kept = await walled.record.evidences(anns.investigation)
    assert [one.outcome for one in kept] == [Outcome.DONE, Outcome.DONE, Outcome.UNKNOWN]


async def test_a_recorded_call_knows_its_conversation(walled: Store, database: str) -> None:
    anns = await made_by_ann(walled)
    async with connected(database) as owner:
        kept = await owner.fetchval("select distinct conversation_id from audit_logs")
    assert kept == anns.conversation


async def test_whoever_finds_that_a_process_is_gone_says_so_in_everybodys(walled: Store) -> None:
    anns = await made_by_ann(walled)
    await walled.leases.take(anns.investigation, new_id())
    await walled.leases.take((run := (await walled.runs.list())[0].id), new_id())
    gone = "update leases set beat = now() - interval '6 s', owner = 0"
    await walled.pool.run(lambda c: c.execute(gone))
    see_as("bob")
    assert await settle(walled, new_id(), lambda: NOON) == 2
    assert await walled.runs.list() == ()  # bob still sees nobody else's
    see_as("ann")
    last = (await walled.investigations.load(anns.investigation)).steps[-1]
    assert isinstance(last, Failed)
    assert (await walled.runs.get(run)).status is RunStatus.INTERRUPTED


async def test_a_role_that_was_granted_nothing_calls_nothing_with_the_owners_rights(
    database: str,
) -> None:
    async with connected(database) as owner:
        open_to_all = await owner.fetch(
            "select proname from pg_proc p"
            " where prosecdef and has_function_privilege('pg_monitor', p.oid, 'execute')"
        )
    assert {row["proname"] for row in open_to_all} == {"acting_user", "has_change", "label_of"}


async def test_the_search_reads_its_index_with_the_owners_rights(database: str) -> None:
    """Under policies PostgreSQL would use no index for words: its match is not leakproof."""
    async with connected(database) as connection:
        whose = "select prosecdef from pg_proc where proname = 'search_passages'"
        assert await connection.fetchval(whose)


async def test_who_audits_at_a_terminal_is_told_of_everybodys_chains(
    walled: Store, database: str
) -> None:
    await made_by_ann(walled)
    seen = {}
    for sight in (Sight.EVERYBODY, Sight.OWN):
        see_as("bob", sight)
        async with open_audit(await as_application(database)) as audit:
            seen[sight] = [chain.label for chain in await audit.chains()]
    assert seen == {Sight.EVERYBODY: ["INV-1"], Sight.OWN: []}


OPEN = (
    "users", "schema_migrations",
    "mcp_servers", "tool_pins", "agent_configs", "service_tokens", "leases",
    "alerts", "alert_messages",
    "embedding_models", "lexemes", "passage_changes",
    "audit_dropped",
    "pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics",
)  # fmt: skip
"""Tables that belong to nobody: names, how it is set up, what is everybody's, and the queue's own,
which name items and nothing of what is in them."""


async def rows(connection: asyncpg.Connection) -> dict[str, int]:
    """How many of each table that belongs to somebody, partitions by themselves included."""
    tables = await connection.fetch(
        "select oid::regclass::text as name from pg_class"
        " where relkind in ('r', 'p') and relnamespace = current_schema()::regnamespace"
    )
    names = sorted({table["name"] for table in tables} - set(OPEN))
    return {n: await connection.fetchval(f"select count(*) from {n}") for n in names}


async def test_plain_sql_shows_a_person_no_row_of_another_in_any_table(
    walled: Store, database: str
) -> None:
    """Also where no query of ours goes by, and where nobody says who asks."""
    await made_by_ann(walled)
    as_bob = "select set_config('workbench.user', 'bob', false)"
    async with (
        connected(database) as owner,
        connected(await as_application(database)) as connection,
    ):
        there = await rows(owner)
        assert {name for name, count in there.items() if not count} == {
            "approvals", "audit_anchors", "audit_logs_2026_12", "audit_logs_default",
            "audit_roots", "embeddings", "sweep_tries",
        }  # fmt: skip
        assert await rows(connection) == dict.fromkeys(there, 0)
        await connection.execute(as_bob)
        assert await rows(connection) == dict.fromkeys(there, 0)
        await connection.execute(as_bob.replace("bob", "ann"))
        alone = {name for name in there if name.startswith("audit_logs_")}
        seen = {name for name, count in (await rows(connection)).items() if count}
        assert seen == {name for name, count in there.items() if count} - alone


@pytest.mark.parametrize(
    "statement",
    [
        "update steps set kind = 'said'",
        "drop policy own on steps",
        "update audit_logs set outcome = 'done'",
        "update audit_heads set events = 0",
        "alter table audit_logs disable row level security",
    ],
)
async def test_the_role_of_the_servers_changes_no_step_call_or_table(
    walled: Store, database: str, statement: str
) -> None:
    async with connected(await as_application(database)) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
