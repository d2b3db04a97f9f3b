"""``workbench worker``: takes runs off the queue, on as many machines as there are."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from workbench.cli.options import cluster_options, run_async
from workbench.core.counted import counted
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.runbooks.worker import Worker
    from workbench.settings import Settings
    from workbench.store.database import Store


@click.command()
@click.option(
    "--concurrency",
    default=2,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Runs at a time.",
)
@cluster_options
@click.option(
    "--grace",
    default=20.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Seconds its runs may go on when it is told to stop; then they are handed back.",
)
@click.option("--drain", is_flag=True, help="Stop when nothing is left to run.")
def worker(concurrency: int, context: str, snapshot: str, grace: float, drain: bool) -> None:
    """Run items of sweeps until it is stopped, and begin those that are scheduled. When an
    alert's look has ended, the targets of the setting notify are told.

    It takes runs of its own cluster and of every context of its kubeconfig. SIGTERM and Ctrl-C let
    what runs end, for as long as --grace; again, and it is handed back at once.
    """
    from workbench.settings import load_settings

    settings = load_settings(context=context or None, snapshot=snapshot or None)
    run_async(_serve(settings, concurrency, grace, drain))


async def _serve(settings: Settings, concurrency: int, grace: float, drain: bool) -> None:
    from workbench.bootstrap import new_id, open_database
    from workbench.clusters import contexts
    from workbench.runbooks.worker import Terms, Worker
    from workbench.store.database import open_store

    async with open_database(settings) as dsn, open_store(dsn) as store:
        ours = Worker(
            store,
            settings.data_dir / "worker",
            lambda context, person: _environment(settings, context, person),
            new_id,
            Terms(
                at_once=concurrency,
                per_cluster=settings.runs_per_cluster,
                lost_seconds=settings.lost_seconds,
                grace_seconds=grace,
            ),
            on_end=lambda name, how: click.echo(f"{_now():%H:%M:%S} {name} {how}"),
        )
        clusters = {"", *([] if settings.snapshot else contexts())}
        click.echo(f"{ours.name} takes {counted(concurrency, 'run')} at a time.")
        stopping = _Stopping(ours)
        try:
            async with _telling(settings, store, drain):
                await ours.serve(dsn, clusters, partial(_fire, settings, store), drain=drain)
        finally:
            stopping.done()


@asynccontextmanager
async def _telling(settings: Settings, store: Store, drain: bool) -> AsyncIterator[None]:
    """Meanwhile, targets are told of alerts whose look has ended."""
    if not settings.notify:
        yield
        return
    from workbench.core.notice import parse_targets
    from workbench.runbooks.notices import Notices

    def log(line: str) -> None:
        click.echo(f"{_now():%H:%M:%S} {line}", err=True)

    notices = Notices(store, parse_targets(settings.notify), settings.public_url, log)
    task = asyncio.create_task(notices.serve())
    try:
        yield
    finally:
        notices.stop()
        await task
    if drain:
        await notices.drain()


def _environment(settings: Settings, context: str, person: str) -> dict[str, str]:
    from workbench.child import child_environment

    other = {"context": context, "snapshot": ""} if context else {}
    return child_environment(settings.model_copy(update=other), user=person)


async def _fire(settings: Settings, store: Store, name: str, after: datetime) -> None:
    """Begin the sweep of a schedule, unless it has been since that run."""
    from workbench.bootstrap import new_id
    from workbench.cli.over import rows_now
    from workbench.store.queue import Queue

    for due in await store.sweeps.schedules(name):
        try:
            rows = await rows_now(settings, store, due)
            made = Queue(store.pool).create(new_id(), due.plan, rows, schedule=name, after=after)
            begun = await made
        except WorkbenchError as error:
            click.echo(f"{_now():%H:%M:%S} schedule {name} began nothing: {error}", err=True)
            continue
        if begun:
            click.echo(f"{_now():%H:%M:%S} schedule {name} began {begun.label}")


class _Stopping:
    """The first signal stops the worker, the second hurries it."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._task: asyncio.Task[None] | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._signalled)

    def _signalled(self) -> None:
        if self._task:
            self._worker.hurry()
            return
        click.echo("Stopping; what runs may end, or is handed back.", err=True)
        self._task = asyncio.get_running_loop().create_task(self._worker.stop())

    def done(self) -> None:
        if self._task:
            self._task.cancel()


def _now() -> datetime:
    return datetime.now().astimezone()
