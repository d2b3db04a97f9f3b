"""``workbench db``: bring the database up to date and look at it."""

from __future__ import annotations

import click

from workbench.cli.options import run_async


@click.group()
def db() -> None:
    """Migrate and inspect the database."""


@db.command()
def migrate() -> None:
    """Apply the migrations that are missing; safe to run from several machines at once."""
    for name in run_async(_migrate()) or ["The schema is up to date; nothing was changed."]:
        click.echo(name)


@db.command()
def url() -> None:
    """Keep the embedded database running and print its address, until Ctrl-C.

    For psql and other clients; with DATABASE_URL set that address is printed.
    """
    run_async(_hold())


async def _migrate() -> list[str]:
    from workbench.bootstrap import open_database
    from workbench.settings import load_settings
    from workbench.store.database import upgrade_schema

    async with open_database(load_settings()) as dsn:
        return [migration.name for migration in await upgrade_schema(dsn)]


async def _hold() -> None:
    import asyncio

    from workbench.bootstrap import open_database
    from workbench.settings import load_settings

    async with open_database(load_settings()) as dsn:
        click.echo(dsn)
        await asyncio.Event().wait()
