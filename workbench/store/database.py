"""Open the store: pools, schema, and one attribute per noun."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

from workbench.core.counted import counted
from workbench.errors import MigrationError
from workbench.store.agent_configs import AgentConfigs
from workbench.store.alerts import Alerts
from workbench.store.approvals import PostgresChanges
from workbench.store.beginnings import Beginnings
from workbench.store.calls import Calls
from workbench.store.conversations import Conversations
from workbench.store.incidents import Incidents
from workbench.store.investigations import PostgresInvestigations
from workbench.store.leases import Leases
from workbench.store.mcp_servers import McpServers
from workbench.store.migrate import Migration, migrate, pending
from workbench.store.notebooks import Notebooks
from workbench.store.passages import Passages
from workbench.store.pool import Pool, PoolUse, open_pool
from workbench.store.record import PostgresRecord
from workbench.store.retention import Retention
from workbench.store.runs import KeptRuns
from workbench.store.service_tokens import ServiceTokens
from workbench.store.spending import Spending
from workbench.store.sweeps import Sweeps
from workbench.store.tool_pins import ToolPins
from workbench.store.users import Users

CONNECTIONS = 10
RECORD_CONNECTIONS = 6  # reserved, so that the record never waits behind other work
SECONDS = 3.0
RECORD_SECONDS = 0.9  # a refusal must come within a second
MIGRATE_SECONDS = 120.0
SLOW_SECONDS = 600.0  # for an index over many embeddings, or a large document
SLOW_CONNECTIONS = 2
LONGEST_CALL = timedelta(minutes=10)
"""Older calls of processes that are gone count as unknown. A tool has a minute, its server one more
to start, and each may be tried twice."""


class Store:
    """Everything that is kept in PostgreSQL. ``description`` names the server and pgvector;
    ``slow_pool`` is for work that may take minutes."""

    def __init__(
        self,
        pool: Pool,
        record_pool: Pool,
        description: str = "",
        slow_pool: Pool | None = None,
    ) -> None:
        self.pool = pool
        self.description = description
        self._record_pool = record_pool
        self.record = PostgresRecord(record_pool, reads=pool)
        self.investigations = PostgresInvestigations(pool)
        self.leases = Leases(pool, record_pool.owner)
        self.beginnings = Beginnings(pool, record_pool.owner)
        self.runs = KeptRuns(pool)
        self.users = Users(pool)
        self.conversations = Conversations(pool)
        self.mcp_servers = McpServers(pool)
        self.tool_pins = ToolPins(pool)
        self.agent_configs = AgentConfigs(pool)
        self.changes = PostgresChanges(pool)
        self.calls = Calls(pool)
        self.service_tokens = ServiceTokens(pool)
        self.sweeps = Sweeps(pool)
        self.alerts = Alerts(pool)
        self.notebooks = Notebooks(pool)
        self.retention = Retention(pool)
        self.spending = Spending(pool)
        self.incidents = Incidents(pool)
        self.passages = Passages(pool, slow_pool or pool)

    def use(self) -> dict[str, PoolUse]:
        """Connections by what they are for: the record has its own."""
        return {"store": self.pool.use, "record": self._record_pool.use}


@asynccontextmanager
async def open_store(
    dsn: str, *, upgrade: bool = True, connections: int = CONNECTIONS
) -> AsyncIterator[Store]:
    """Connect to the database and close in the end.

    upgrade: bring the schema up to date; when False, one that is not is an error.
    connections: most of them for everything but the record, which has its own.
    Raises StoreUnavailable when it cannot be reached, MigrationError when its schema is no use.
    The store fails in time when the database goes away, and works again when it is back.
    """
    async with AsyncExitStack() as stack:
        await _check_schema(dsn, upgrade)
        pool = await stack.enter_async_context(open_pool(dsn, size=connections, seconds=SECONDS))
        record_pool = await stack.enter_async_context(
            open_pool(
                dsn,
                size=RECORD_CONNECTIONS,
                seconds=RECORD_SECONDS,
                owner=1 + secrets.randbelow(2**31 - 1),
            )
        )
        slow_pool = await stack.enter_async_context(
            open_pool(dsn, size=SLOW_CONNECTIONS, seconds=SLOW_SECONDS, query_seconds=SLOW_SECONDS)
        )
        pool.walled = slow_pool.walled = await pool.fetchval("row_security_active")
        store = Store(pool, record_pool, await pool.fetchval("server_description"), slow_pool)
        await store.record.sweep(datetime.now(UTC), LONGEST_CALL, abandoned_only=True)
        yield store


async def _check_schema(dsn: str, upgrade: bool) -> None:
    missing = await _missing(dsn)
    if missing and not upgrade:
        raise MigrationError(
            f"The database lacks {counted(len(missing), 'migration')}.",
            "Run `workbench db migrate`.",
        )
    if missing:
        await upgrade_schema(dsn)


async def upgrade_schema(dsn: str) -> tuple[Migration, ...]:
    """Bring the schema up to date; the migrations that were applied.

    Raises StoreUnavailable at once when the database is away: only the work itself may take long.
    """
    if not await _missing(dsn):
        return ()
    async with open_pool(
        dsn, size=1, seconds=MIGRATE_SECONDS, query_seconds=MIGRATE_SECONDS
    ) as pool:
        return await migrate(pool)


async def let_run(dsn: str, role: str) -> None:
    """Grant a role what it takes to run the workbench. Raises StoreError where it is not there or
    this one may not."""
    async with open_pool(dsn, size=1, seconds=SECONDS) as pool:
        await pool.execute("grant_application", role)


async def _missing(dsn: str) -> tuple[Migration, ...]:
    async with open_pool(dsn, size=1, seconds=SECONDS) as pool:
        return await pending(pool)
