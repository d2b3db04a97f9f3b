"""``workbench schedule``: sweeps that begin by themselves, by the clock (UTC)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click
import msgspec

from workbench.cli import Suggesting
from workbench.cli.options import run_async
from workbench.cli.over import rows_given
from workbench.cli.screen import tell_empty
from workbench.cli.sweep import opened_store, plan_options
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.core.sweep import Schedule

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@click.group(cls=Suggesting)
def schedule() -> None:
    """Sweeps that begin by themselves; a worker must be there when they are due."""


@schedule.command()
@click.argument("name")
@click.argument("runbook")
@click.option("--cron", required=True, help="When, in UTC, like '0 6 * * 1-5'.")
@click.option("--over", default="", help="As of `sweep`; contexts and labels are looked up anew.")
@plan_options
def add(
    name: str,
    runbook: str,
    cron: str,
    over: str,
    given: tuple[str, ...],
    **terms: Any,
) -> None:
    """Begin a sweep of RUNBOOK whenever --cron says so. Without --over it is a single run."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a schedule.", "Letters, digits, dots and dashes."
        )
    run_async(_add(name, runbook, cron, over, given, terms))
    click.echo(f"{name} is scheduled.")


async def _add(
    name: str,
    runbook: str,
    cron: str,
    over: str,
    given: tuple[str, ...],
    terms: dict[str, Any],
) -> None:
    from workbench.bootstrap import now, person
    from workbench.core.sweep import Schedule
    from workbench.runbooks.catalogue import find
    from workbench.runbooks.parameters import parse
    from workbench.runbooks.rows import is_file
    from workbench.runbooks.sweeping import planned
    from workbench.settings import load_settings
    from workbench.store.queue import Queue

    settings = load_settings()
    book, common = find(runbook, settings.runbook_dirs), parse(given)
    rows = await rows_given(settings, book, over, common, terms["context"])
    async with opened_store(settings) as store:
        plan = await planned(store, book, over, person=person(), **terms)
        await Queue(store.pool).add_schedule(
            Schedule(
                name=name,
                cron=cron,
                plan=plan,
                at=now(),
                rows=rows if not over or is_file(over) else None,
                common=dict(common),
            )
        )


@schedule.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_schedules(as_json: bool) -> None:
    """Schedules, with when they began a sweep last and will again."""

    async def work() -> tuple[Schedule, ...]:
        async with opened_store() as store:
            return await store.sweeps.schedules()

    found = run_async(work())
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    tell_empty(found, "Nothing is scheduled: workbench schedule add.")
    for one in found:
        last = f"{one.last_run:%Y-%m-%d %H:%M}" if one.last_run else "never"
        due = f"{one.next_run:%Y-%m-%d %H:%M}" if one.next_run else "unknown"
        click.echo(f"{one.name:<24} {one.cron:<16} {one.plan.runbook:<28} last {last}, next {due}")


@schedule.command()
@click.argument("name")
def remove(name: str) -> None:
    """Begin no more sweeps by that schedule; those that were begun go on."""

    async def work() -> None:
        from workbench.store.queue import Queue

        async with opened_store() as store:
            await Queue(store.pool).remove_schedule(name)

    run_async(work())
    click.echo(f"{name} is removed.")
