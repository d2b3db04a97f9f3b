"""What a worker asks PgQueuer's tables with: connections of its own, and queries that end, repeat
or keep only what it still holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
from pgqueuer import Queries
from pgqueuer.domain.models import Job as Picked
from pgqueuer.domain.models import TracebackRecord
from pgqueuer.domain.types import JOB_STATUS, JobId

from workbench.store.pool import (
    AWAY,
    CONNECT_SECONDS,
    QUERY_SECONDS,
    SERVER_SETTINGS,
    reason,
    unavailable,
)
from workbench.store.queries import sql

CONNECTIONS = 4
CLUSTERS_SECONDS = 1.0
"""Between two looks at which clusters have work."""
WORKER = "k8s-workbench worker"
"""How the server knows the connections of workers: while there is one, its worker is alive."""


class Fenced(Queries):
    """PgQueuer's queries, of which those that end, repeat or keep a job do so only for jobs that
    this queue manager still holds: one that was believed lost leaves alone what is another's."""

    holder: UUID
    before: Callable[[], Awaitable[None]]
    _looked = -CLUSTERS_SECONDS

    async def dequeue(self, *args: Any, **options: Any) -> list[Picked]:
        if time.monotonic() - self._looked >= CLUSTERS_SECONDS:
            self._looked = time.monotonic()
            await self.before()
        return await super().dequeue(*args, **options)

    async def log_jobs(
        self, job_status: list[tuple[Picked, JOB_STATUS, TracebackRecord | None]]
    ) -> None:
        held = await self._held([job.id for job, _, _ in job_status])
        await super().log_jobs([entry for entry in job_status if entry[0].id in held])

    async def retry_job(
        self, job: Picked, delay: timedelta, traceback_record: TracebackRecord | None
    ) -> None:
        if await self._held([job.id]):
            await super().retry_job(job, delay, traceback_record)

    async def update_heartbeat(self, job_ids: list[JobId]) -> None:
        await super().update_heartbeat(list(await self._held(job_ids)))

    async def _held(self, ids: list[JobId]) -> frozenset[JobId]:
        rows = await self.driver.fetch(sql("held_jobs"), ids, self.holder)
        return frozenset(JobId(int(str(row["id"]))) for row in rows)


@asynccontextmanager
async def listening_pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections of PgQueuer's own; one of them listens. Raises StoreUnavailable."""
    try:
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=CONNECT_SECONDS,
            command_timeout=QUERY_SECONDS,
            server_settings={**SERVER_SETTINGS, "application_name": WORKER},
        )
    except AWAY as error:
        raise unavailable(reason(error)) from error
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await pool.close()
        except TimeoutError:
            pool.terminate()
