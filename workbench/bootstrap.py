"""The one composition root: opens cluster, database and tools, and closes them in reverse."""

from __future__ import annotations

import getpass
import inspect
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from uuid_utils.compat import uuid7

from workbench.agent.choice import ModelChoice
from workbench.child import PERSON, SURFACE
from workbench.clusters import open_cluster
from workbench.core.ahead import RUNBOOK
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress
from workbench.core.engine import Engine, Recordings
from workbench.core.evidence import Evidence, Intent, Record
from workbench.core.knowledge import Filters, Found
from workbench.core.policy import Policy, parse_policy
from workbench.core.quota import Quota, parse_quotas, quota_of
from workbench.core.redaction import Redactor, added
from workbench.core.tools import Tools, ToolSpec
from workbench.investigations.ahead import handed
from workbench.investigations.archive import Archive
from workbench.investigations.servers import ToolServers
from workbench.investigations.wanted import SERVER_SECONDS, settle
from workbench.investigations.workbench import Workbench
from workbench.knowledge.library import Library
from workbench.library import open_library
from workbench.mcp.evidence import Elsewhere, EvidenceRead
from workbench.mcp.hub import ToolHub
from workbench.mcp.knowledge import KnowledgeSearch, Search
from workbench.mcp.missing import MissingTools
from workbench.mcp.registry import (
    BUILT_IN,
    own_servers,
    servers,
    told_servers,
    trusted_servers,
    usable,
)
from workbench.mcp.stack import governed
from workbench.mcp.tables import WithTables
from workbench.remote.archive import RemoteArchive
from workbench.remote.gateway import open_gateway, refuse_beside
from workbench.setting_types import plain
from workbench.settings import Settings
from workbench.store.database import Store, open_store
from workbench.store.embedded import embedded_postgres
from workbench.store.sight import see_as
from workbench.store.spool import SpooledRecord
from workbench.telemetry import traces

if TYPE_CHECKING:
    from workbench.runbooks.alerts import Intake

__all__ = ["Workbench", "open_engine", "open_workbench"]


@asynccontextmanager
async def open_engine(settings: Settings, *, surface: str = "notebook") -> AsyncIterator[Engine]:
    """A workbench: the one behind the gateway, where the settings name one, or one opened here.

    Raises as ``open_workbench``, and GatewayUnavailable and NotSignedIn.
    """
    opening: AbstractAsyncContextManager[Engine]
    if settings.gateway:
        opening = open_gateway(settings, now, new_id)
    else:
        opening = open_workbench(settings, surface=surface)
    async with opening as engine:
        yield engine


@asynccontextmanager
async def open_workbench(
    settings: Settings, *, surface: str = "notebook"
) -> AsyncIterator[Workbench]:
    """Open everything one workbench needs; ``surface`` (cli, notebook …) goes into the record.

    The tool server starts while the database opens: both take about a second.

    Raises StoreUnavailable, ContextUnknown, SnapshotError or ModelUnavailable before anything runs,
    and SettingsError for a redactor of another package that cannot be used.
    """
    traces.start()
    added.check()
    if acted_for := os.environ.get(PERSON):
        see_as(acted_for)
    async with AsyncExitStack() as opened:
        hub, store, cluster, shelves = await opened.enter_async_context(open_hub(settings))
        await settle(store, new_id(), now, believed_after(settings))
        redactor = Redactor(redaction_key(settings.data_dir))
        record = await opened.enter_async_context(recording(settings, store.record, hub))
        tables = WithTables(hub)
        tools = governed(
            tables,
            record,
            cluster=cluster.name,
            judge=policy(settings, cluster.name).judge,
            approvals=store.changes,
            redactor=redactor,
        )
        opened.push_async_callback(tools.flush)
        yield Workbench(
            tools=tools,
            tables=tables,
            store=store,
            address=cluster,
            model=model_choice(settings),
            budget=budget_of(settings),
            quotas=quotas(settings),
            user=person(),
            surface=os.environ.get(SURFACE) or surface,
            clock=now,
            new_id=new_id,
            pseudonymise=settings.pseudonymise,
            ahead=handed(settings.approvals, settings.approvers, os.environ.get(RUNBOOK, "")),
            servers=ToolServers(
                hub,
                store.mcp_servers,
                store.tool_pins,
                allowed=usable(settings),
                fixed=frozenset(server.name for server in servers(settings)),
            ),
            knowledge=shelves,
        )


def policy(settings: Settings, cluster: str = "") -> Policy:
    """The policy these settings give, for one cluster by the name of its context."""
    return parse_policy(
        settings.policy, role=settings.role, changes=settings.allow_changes, context=cluster
    )


def built_in_tools(*, changes: bool) -> tuple[ToolSpec, ...]:
    """The built-in server's tools as policy sees them, without starting it."""
    from workbench.kubernetes.server import offered
    from workbench.kubernetes.session import Session

    reads, writes = offered(Session(watch=False), changes)
    return tuple(
        ToolSpec(
            name=f"{BUILT_IN}_{tool.__name__}",
            server=BUILT_IN,
            remote_name=tool.__name__,
            description="",
            input_schema={"properties": {p: {} for p in inspect.signature(tool).parameters}},
            read_only=tool not in writes,
        )
        for tool in (*reads, *writes)
    )


@asynccontextmanager
async def open_hub(
    settings: Settings,
) -> AsyncIterator[tuple[ToolHub, Store, ClusterAddress, Library]]:
    """The tool servers with all that belongs to them, and nothing between them and the caller: for
    their administration. Raises as ``open_workbench``."""
    async with AsyncExitStack() as opened:
        cluster = await opened.enter_async_context(open_cluster(settings))
        reached = settings.model_copy(
            update={"kubeconfig": cluster.kubeconfig, "context": cluster.context}
        )
        hub = await opened.enter_async_context(tool_hub(reached))
        hub.warm()
        dsn = await opened.enter_async_context(open_database(settings))
        store = await opened.enter_async_context(open_store(dsn))
        shelves = await opened.enter_async_context(open_library(settings, store))
        await adopt(hub, store, reached, shelves)
        yield hub, store, cluster, shelves


def tool_hub(settings: Settings) -> ToolHub:
    """A hub for the servers the settings name, not opened yet."""
    return ToolHub(
        servers(settings),
        trusted_servers(settings),
        own=own_servers(settings),
        told=told_servers(settings),
        awaited=frozenset((BUILT_IN,)),
    )


async def adopt(hub: ToolHub, store: Store, settings: Settings, library: Library) -> None:
    """Give the hub what is kept in the store: pinned definitions, registered servers, evidence,
    knowledge."""
    hub.keep_pins(store.tool_pins)
    hub.offer(EvidenceRead(store.record.evidence, own_evidence(store)))
    hub.offer(KnowledgeSearch(searching(library, store)))
    hub.offer(MissingTools(hub.absent))
    here = {status.name for status in hub.status()}
    registered = [entry.server for entry in await store.mcp_servers.list()]
    for server in servers(settings, registered):
        if server.name not in here:
            hub.add(server)


def own_evidence(store: Store) -> Elsewhere:
    """Evidence of investigations of somebody by name, and of nobody else's."""

    async def open(user: str, investigation: str, label: str) -> Evidence:
        asker = await store.users.ensure(new_id(), user)
        found = await store.investigations.load(investigation, user=asker.id)
        return await store.record.evidence(found.id, label)

    return open


def searching(library: Library, store: Store) -> Search:
    """Search on behalf of somebody by name."""

    async def search(user: str, query: str, filters: Filters, limit: int) -> Found:
        asker = await store.users.ensure(new_id(), user)
        return await library.search(query, asker.id, filters, limit)

    return search


def intake(settings: Settings, store: Store) -> Intake:
    """What takes alerts in. Raises SettingsError for a rule whose runbook does not fit it."""
    from workbench.core.alert import parse_terms
    from workbench.runbooks.alerts import Intake, check_rules

    terms = parse_terms(settings.alerts)
    check_rules(terms.rules, settings.runbook_dirs)
    redactor = Redactor(redaction_key(settings.data_dir))
    return Intake(store, terms, settings.runbook_dirs, redactor, now, new_id)


@asynccontextmanager
async def open_recordings(settings: Settings) -> AsyncIterator[Recordings]:
    """What is recorded: behind the gateway, where the settings name one, or here.

    Raises as ``open_archive`` and ``open_engine``.
    """
    if settings.gateway:
        async with open_gateway(settings, now, new_id) as engine:
            yield RemoteArchive(engine)
    else:
        async with open_archive(settings) as archive:
            yield archive


@asynccontextmanager
async def open_archive(settings: Settings) -> AsyncIterator[Archive]:
    """What is recorded; no cluster and no tool server is reached. Raises StoreUnavailable."""
    async with open_database(settings) as dsn, open_store(dsn) as store:
        await settle(store, new_id(), now, believed_after(settings))
        yield Archive(store)


@asynccontextmanager
async def recording(settings: Settings, record: Record, tools: Tools) -> AsyncIterator[Record]:
    """The record; with ``spool_reads``, one that keeps reading calls aside while it is away."""
    if not settings.spool_reads:
        yield record
        return

    async def reads(intent: Intent) -> bool:
        return any(s.read_only for s in await tools.list() if s.name == intent.tool)

    spooled = SpooledRecord(record, settings.data_dir / "spool", reads)
    await spooled.adopt()
    try:
        yield spooled
    finally:
        await spooled.close()


async def offered_tools(settings: Settings) -> tuple[ToolSpec, ...]:
    """What the built-in tool server offers, asked of one that has no cluster."""
    alone = settings.model_copy(
        update={"kubeconfig": os.devnull, "context": "", "mcp_servers": None}
    )
    async with tool_hub(alone) as hub:
        return await hub.list()


def believed_after(settings: Settings) -> float:
    """Seconds that the database must be up before who is silent counts as gone: those who shared
    it may have yet to come back. The embedded one starts with whoever needs it first."""
    return SERVER_SECONDS if settings.database_url else 0.0


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[str]:
    """The address of the configured database, or of the embedded one while this is open."""
    refuse_beside(settings, "A database")
    if settings.database_url:
        yield settings.database_url.get_secret_value()
        return
    async with embedded_postgres(settings.data_dir) as dsn:
        yield dsn


def redaction_key(data_dir: Path) -> bytes:
    """The key of the tags that equal secrets share, made once per data directory (mode 0600)."""
    path = data_dir / "redaction.key"
    data_dir.mkdir(parents=True, exist_ok=True)
    fresh = data_dir / f".redaction.key.{os.getpid()}.{secrets.token_hex(4)}"
    if not path.exists():
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        fresh.replace(path)  # whole or not at all; of two first starts the later one stays
    return path.read_bytes()


def model_choice(settings: Settings) -> ModelChoice:
    """What was asked for and which keys are at hand."""
    return ModelChoice(
        spec=settings.model,
        fallbacks=settings.fallback_models,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        context_tokens=settings.context_tokens,
        reviewer=settings.reviewer,
        anthropic_api_key=plain(settings.anthropic_api_key),
        anthropic_base_url=settings.anthropic_base_url,
        openai_api_key=plain(settings.openai_api_key),
        openai_base_url=settings.openai_base_url,
    )


def budget_of(settings: Settings) -> Budget:
    """What an investigation may spend."""
    return Budget(
        dollars=settings.max_dollars,
        tool_calls=settings.max_tool_calls,
        tokens=settings.max_tokens_spent,
        seconds=settings.max_seconds,
    )


def quotas(settings: Settings) -> dict[str, Quota]:
    """What a person of each role may have; "" for the role the settings give."""
    known = parse_quotas(settings.quotas)
    here = quota_of(known, settings.role)
    return {**known, "": here} if here else known


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUIDv7, so that ids sort by time."""
    return uuid7()


def person() -> str:
    """Who is at the keyboard, for the record; the number where the user has no name."""
    try:
        return os.environ.get(PERSON) or getpass.getuser()
    except (KeyError, OSError):  # a container user without a passwd entry
        return str(os.getuid())
