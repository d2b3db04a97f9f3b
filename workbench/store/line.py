"""The line of runs: what takes work out of the queue, with PgQueuer's heartbeats, notifications,
limits, cancellation and cron schedules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from pgqueuer import AsyncpgPoolDriver, PgQueuer, RetryRequested
from pgqueuer.domain.models import Context
from pgqueuer.domain.models import Job as Picked
from pgqueuer.domain.models import Schedule as Due
from pgqueuer.domain.types import CronEntrypoint, QueueExecutionMode
from pgqueuer.errors import PgqException

from workbench.errors import StoreError
from workbench.store.fenced import Fenced, listening_pool
from workbench.store.pool import AWAY, Pool, reason, unavailable
from workbench.store.queue import RUN, SCHEDULE, Queue

HOUSEKEEPING = "housekeeping"
AGAIN_SECONDS = 5.0
"""Until a job is tried again that the store could not be asked about."""
FULL_SECONDS = 1.0
"""Between two looks of a worker that has its hands full; the end of a run makes it look at once."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An item that the queue gave to this worker."""

    id: int
    sweep: UUID
    number: int


Run = Callable[[Job, asyncio.Event], Awaitable[float | None]]
"""Runs a job until it has ended or the event says that it is cancelled; seconds after which it is
to be given out again, None when it is done with."""
Fire = Callable[[str, datetime], Awaitable[None]]
"""Begins the sweep of the schedule of that name, once for the run before that it had then."""


class Line:
    """Takes work out of the queue, for one worker.

    clusters: contexts whose runs this worker takes; all there are where it is None.
    at_once: runs at a time here; per_cluster: at a time for one cluster, by all workers.
    lost_seconds: without a sign of life, after which a worker's jobs go to others.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        run: Run,
        fire: Fire,
        clusters: Collection[str],
        at_once: int,
        per_cluster: int,
        lost_seconds: float,
    ) -> None:
        self._store = pool
        self._run, self._fire = run, fire
        self._clusters = frozenset(clusters)
        self._at_once, self._per_cluster = at_once, per_cluster
        self._lost_seconds = lost_seconds
        self._manager: PgQueuer | None = None
        self._stopped = False

    async def serve(self, dsn: str, *, drain: bool = False) -> None:
        """Take jobs until ``stop``, or with ``drain`` until none is left; returns when those under
        way here have ended. Raises StoreUnavailable when the database goes away."""
        async with listening_pool(dsn) as pool:
            queries = Fenced(AsyncpgPoolDriver(pool))
            self._manager = manager = PgQueuer(queries.driver, queries=queries)
            queries.holder = manager.qm.queue_manager_id
            queries.before = self._refresh
            manager.qm.min_dequeue_poll_interval = timedelta(seconds=FULL_SECONDS)
            manager.schedule(HOUSEKEEPING, "* * * * *")(self._keep_house)
            try:
                await self._refresh()
                # PgQueuer (1.6) asks whether it hears itself before it listens, unless one does.
                await queries.driver.add_listener(manager.channel, _unheard)
                if not self._stopped:
                    await self._serve(manager, drain)
            except AWAY as error:
                raise unavailable(reason(error)) from error
            except PgqException as error:
                raise unavailable("it sends no notifications") from error
            finally:
                self._manager = None

    async def _serve(self, manager: PgQueuer, drain: bool) -> None:
        lost = timedelta(seconds=self._lost_seconds)
        await manager.run(
            batch_size=1,
            max_concurrent_tasks=max(2, self._at_once),  # PgQueuer: at least two batches
            heartbeat_timeout=lost,
            dequeue_timeout=min(lost / 2, timedelta(seconds=AGAIN_SECONDS)),
            shutdown_on_listener_failure=True,
            mode=QueueExecutionMode.drain if drain else QueueExecutionMode.continuous,
        )

    def stop(self) -> None:
        """Take nothing more."""
        self._stopped = True
        if self._manager:
            self._manager.shutdown.set()

    async def _refresh(self) -> None:
        """Know the clusters and the schedules that came since."""
        manager = self._manager
        if manager is None:
            return
        for row in await self._store.fetch("queued_clusters"):
            name: str = row["entrypoint"]
            ours = name.startswith(RUN) and name.removeprefix(RUN) in self._clusters
            if ours and name not in manager.qm.entrypoint_registry:
                limited = manager.entrypoint(name, concurrency_limit=self._per_cluster)
                limited(self._dispatch)
        known = {key.entrypoint for key in manager.sm.registry}
        for row in await self._store.fetch("schedules", None):
            if CronEntrypoint(SCHEDULE + row["name"]) not in known:
                manager.schedule(SCHEDULE + row["name"], row["cron"])(self._due)

    async def _dispatch(self, picked: Picked, context: Context) -> None:
        named = msgspec.json.decode(picked.payload or b"{}")
        job = Job(id=picked.id, sweep=UUID(named["sweep"]), number=named["item"])
        cancelled = asyncio.Event()
        work = asyncio.ensure_future(self._run(job, cancelled))
        try:
            with context.cancellation:
                await asyncio.wait({work})
        finally:
            if not work.done():
                cancelled.set()
                await asyncio.wait({work})
        try:
            again = work.result()
        except StoreError as error:
            raise RetryRequested(timedelta(seconds=AGAIN_SECONDS), error.message) from error
        if again is not None:
            raise RetryRequested(timedelta(seconds=again))

    async def _due(self, due: Due) -> None:
        # The run before names this one: until it has ended, it stays what it was.
        await self._fire(due.entrypoint.removeprefix(SCHEDULE), due.last_run or due.created)

    async def _keep_house(self, due: Due) -> None:
        await Queue(self._store).reconcile()


def _unheard(payload: str | bytes | bytearray) -> None:
    """Stands where only listening matters."""
