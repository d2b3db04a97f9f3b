"""``workbench db``: bring the database up to date and look at it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli import Suggesting
from workbench.cli.options import run_async
from workbench.cli.progress import progress
from workbench.core.counted import counted
from workbench.core.duration import parse_duration
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.store.retention import Held

LEAST = timedelta(days=1)
"""A message about a run may be on its way for hours."""


@click.group(cls=Suggesting)
def db() -> None:
    """Migrate the database, look at it, and drop what is old."""


@db.command()
def migrate() -> None:
    """Apply the migrations that are missing.

    Safe to run from several machines at once.
    """
    for name in run_async(_migrate()) or ["The schema is up to date; nothing was changed."]:
        click.echo(name)


@db.command()
@click.argument("role")
def grant(role: str) -> None:
    """Let a role that owns no tables run the workbench.

    For it PostgreSQL keeps people's rows apart, too: give its address to the servers, and the
    owner's to `db migrate`. Repeat it after a migration.
    """
    run_async(_grant(role))
    click.echo(f"{role} may run the workbench, and sees of each person what that person may.")


@db.command()
def url() -> None:
    """Keep the embedded database up, and print its address.

    Until Ctrl-C. For psql and other clients; with DATABASE_URL set that address is printed.
    """
    run_async(_hold())


@db.command()
@click.option("--keep", required=True, help="Drop what ended longer ago than this (90d).")
@click.option("--person", help="Only what this person began or told.")
@click.option("--yes", is_flag=True, help="Do it; without, only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print what is due, or gone, as JSON.")
def retain(keep: str, person: str | None, yes: bool, as_json: bool) -> None:
    """Drop old alerts, sweeps and runs.

    Alerts that were last told, sweeps that had ended and runs of servers that began before --keep,
    with the notebooks that nothing else refers to. What goes on stays.
    `workbench audit retain` does it for the record.
    """
    age = timedelta(seconds=parse_duration(keep))
    if age < LEAST:
        raise UsageError(f"{keep} is too short.", "A day at least: --keep 1d.")
    found = run_async(_retain(datetime.now(UTC), age, person, yes))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    swept = f"{counted(found.sweeps, 'sweep')} of {counted(found.runs, 'run')}"
    said = f"{counted(found.alerts, 'alert')}, {swept} and {counted(found.kept_runs, 'other run')}"
    if yes:
        held = f"{counted(found.notebooks, 'notebook')} ({counted(found.bytes, 'byte')})"
        click.echo(f"{said} dropped, {held}")
    else:
        click.echo(f"{said} would be dropped, with their notebooks; --yes does it.")


async def _retain(now: datetime, age: timedelta, person: str | None, yes: bool) -> Held:
    from workbench.cli.sweep import opened_store
    from workbench.store.retention import Held

    async with opened_store() as store:
        due = await store.retention.due(now - age, person)
        if not yes:
            return due
        gone = Held()
        with progress(due.alerts + due.runs + due.kept_runs, "dropping") as done:
            async for some in store.retention.drop(now - age, person, now=now):
                gone += some
                done(some.alerts + some.runs + some.kept_runs)
        return gone


async def _migrate() -> list[str]:
    from workbench.bootstrap import open_database
    from workbench.settings import load_settings
    from workbench.store.database import upgrade_schema

    async with open_database(load_settings()) as dsn:
        return [migration.name for migration in await upgrade_schema(dsn)]


async def _grant(role: str) -> None:
    from workbench.bootstrap import open_database
    from workbench.settings import load_settings
    from workbench.store.database import let_run

    async with open_database(load_settings()) as dsn:
        await let_run(dsn, role)


async def _hold() -> None:
    import asyncio

    from workbench.bootstrap import open_database
    from workbench.settings import load_settings

    async with open_database(load_settings()) as dsn:
        click.echo(dsn)
        await asyncio.Event().wait()
