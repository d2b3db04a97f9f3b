"""``workbench sweep``: one runbook over many items, each run by whichever worker takes it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from workbench.cli.failures import ABORTED, FAILED, FINDINGS, HEALTHY
from workbench.cli.options import run_async
from workbench.cli.over import rows_over
from workbench.core.characters import visible
from workbench.core.sweep import End, Item, ItemStatus, Retry, Sweep, outcome

if TYPE_CHECKING:
    from workbench.core.sweep import Plan
    from workbench.settings import Settings
    from workbench.store.database import Store

EXIT = {
    ItemStatus.HEALTHY: HEALTHY,
    ItemStatus.FINDINGS: FINDINGS,
    ItemStatus.FAILED: FAILED,
    ItemStatus.LOST: FAILED,
    ItemStatus.CANCELLED: ABORTED,
}
POLL_SECONDS = 0.5
ALONE_SECONDS = 5.0
"""After that long without a worker, the screen says how to get one."""


class _Sweeps(click.Group):
    """``workbench sweep NAME`` is ``workbench sweep start NAME``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["start", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            args = ["start", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Sweeps)
def sweep() -> None:
    """A runbook over many items: workbench sweep RUNBOOK --over namespaces.csv."""


def plan_options(command: Any) -> Any:
    """What a sweep and a schedule have in common."""
    for option in (
        click.option(
            "--cell-timeout",
            default=600.0,
            type=click.FloatRange(min=1),
            help="Seconds for a cell.",
        ),
        click.option("--timeout", type=click.FloatRange(min=1), help="Seconds for a run."),
        click.option(
            "--retry-after",
            default=5.0,
            type=click.FloatRange(min=0),
            help="Seconds until the second try; twice as long each time.",
        ),
        click.option(
            "--retry-on",
            default="lost",
            type=click.Choice(["lost", "failed", "both"]),
            help="Which ends are tried again.",
        ),
        click.option(
            "--retries", default=2, type=click.IntRange(0, 20), help="Further tries of an item."
        ),
        click.option("-c", "--context", default="", help="Cluster of items that name none."),
        click.option(
            "-p", "--parameter", "given", multiple=True, metavar="NAME=VALUE",
            help="A parameter that every item gets.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@sweep.command()
@click.argument("runbook")
@click.option(
    "--over", required=True, help="A CSV, YAML or JSON file, `contexts`, or labels of namespaces."
)
@plan_options
@click.option("--detach", is_flag=True, help="Queue it and return.")
@click.option(
    "--out", default="out/sweeps", type=click.Path(path_type=Path), help="Folder of the summary."
)
@click.option("--json", "as_json", is_flag=True, help="Print the sweep as JSON.")
def start(
    runbook: str,
    over: str,
    given: tuple[str, ...],
    context: str,
    detach: bool,
    out: Path,
    as_json: bool,
    **terms: Any,
) -> int:
    """Run RUNBOOK once for every item, and wait for the end; Ctrl-C cancels the sweep.

    Exit codes, the worst of all items: 0 healthy, 1 findings or a gate that is not passed, 2 a cell
    failed or its workers were lost, 3 cancelled, 64 usage.
    """
    from workbench.settings import load_settings

    terms["context"] = context
    return run_async(_start(load_settings(), runbook, over, given, terms, detach, out, as_json))


async def _start(
    settings: Settings,
    runbook: str,
    over: str,
    given: tuple[str, ...],
    terms: dict[str, Any],
    detach: bool,
    out: Path,
    as_json: bool,
) -> int:
    from workbench.bootstrap import new_id
    from workbench.runbooks.catalogue import find
    from workbench.runbooks.parameters import parse
    from workbench.store.queue import Queue

    book = find(runbook, settings.runbook_dirs)
    rows = await rows_over(settings, book, over, parse(given), terms["context"])
    async with opened_store(settings) as store:
        plan = await planned(store, Path(book.path), book.name, over, terms)
        made = await Queue(store.pool).create(new_id(), plan, rows)
        assert made is not None  # only a schedule may have begun its own before  # noqa: S101
        if detach:
            click.echo(msgspec.json.encode(made) if as_json else f"{made.label}: {made.total} runs")
            return HEALTHY
        if not as_json:
            click.echo(f"{made.label}: {made.total} runs of {book.name}", err=True)
        try:
            return await _watch(store, made, out, as_json)
        except asyncio.CancelledError:
            await Queue(store.pool).cancel(made.id)
            click.echo(f"{made.label} is cancelled.", err=True)
            raise


async def planned(store: Store, path: Path, name: str, over: str, terms: dict[str, Any]) -> Plan:
    """The plan those options make, with the runbook kept in the database."""
    from workbench.bootstrap import person
    from workbench.core.sweep import Plan

    on = terms["retry_on"]
    ends = (End.LOST, End.FAILED) if on == "both" else (End(on),)
    return Plan(
        runbook=name,
        source=await store.notebooks.keep(path.read_text(encoding="utf-8")),
        over=over,
        person=person(),
        context=terms["context"],
        retry=Retry(times=terms["retries"], on=ends, seconds=terms["retry_after"]),
        cell_seconds=terms["cell_timeout"],
        seconds=terms["timeout"],
    )


@asynccontextmanager
async def opened_store(settings: Settings | None = None) -> AsyncIterator[Store]:
    """The store for the length of a command."""
    from workbench.bootstrap import open_database
    from workbench.settings import load_settings
    from workbench.store.database import open_store

    async with open_database(settings or load_settings()) as dsn, open_store(dsn) as store:
        yield store


@sweep.command(name="list")
@click.option("--limit", default=20, type=click.IntRange(1, 1000), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_sweeps(limit: int, as_json: bool) -> None:
    """Sweeps, newest first."""

    async def work() -> tuple[Sweep, ...]:
        async with opened_store() as store:
            return await store.sweeps.list(limit)

    found = run_async(work())
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for one in found:
        words = f"{one.label:<8} {one.at:%Y-%m-%d %H:%M} {one.plan.runbook:<28}"
        click.echo(f"{words} {outcome(one.counts)}" + (" (cancelled)" if one.cancelled_at else ""))


@sweep.command()
@click.argument("which", metavar="SWEEP")
@click.option("--wait", is_flag=True, help="Follow it to its end; Ctrl-C leaves it alone.")
@click.option(
    "--out", default="out/sweeps", type=click.Path(path_type=Path), help="Folder of the summary."
)
@click.option("--json", "as_json", is_flag=True, help="Print it with its items as JSON.")
def show(which: str, wait: bool, out: Path, as_json: bool) -> int:
    """SWEEP (SW-3) with its items; once it has ended, its summary is written. Exit codes as
    `start` has them, 0 while it goes on."""

    async def work() -> int:
        async with opened_store() as store:
            found = await store.sweeps.load(which)
            if found.open and not wait:
                await _tell(store, found, as_json)
                return HEALTHY
            return await _watch(store, found, out, as_json)

    return run_async(work())


@sweep.command()
@click.argument("which", metavar="SWEEP")
def cancel(which: str) -> None:
    """Begin no further item of SWEEP (SW-3), and stop those that run."""

    async def work() -> Sweep:
        from workbench.store.queue import Queue

        async with opened_store() as store:
            found = await store.sweeps.load(which)
            await Queue(store.pool).cancel(found.id)
            return await store.sweeps.load(found.id)

    done = run_async(work())
    click.echo(f"{done.label} is cancelled: {outcome(done.counts)}")


async def _watch(store: Store, sweep: Sweep, out: Path, as_json: bool) -> int:
    """Follow it to its end; the worst exit code of its items."""
    screen = _Screen(quiet=as_json)
    since, shown = sweep.at, set[int]()
    while True:
        now = await store.sweeps.load(sweep.id)
        for item in await store.sweeps.ended(sweep.id, since):
            if item.number not in shown and item.ended_at:
                shown.add(item.number)
                screen.ended(item)
                since = max(since, item.ended_at - timedelta(seconds=SLACK_SECONDS))
        screen.progress(now)
        if not now.open:
            break
        await asyncio.sleep(POLL_SECONDS)
    screen.clear()
    return await _summed_up(store, now, out, as_json)


SLACK_SECONDS = 10.0
"""Items are told in the order in which they ended; a transaction may become visible later."""


async def _summed_up(store: Store, sweep: Sweep, out: Path, as_json: bool) -> int:
    from workbench.runbooks.summary import write

    items = await store.sweeps.items(sweep.id)
    path = await write(out, sweep, items, store.notebooks.read)
    if as_json:
        click.echo(_json(sweep, items, str(path)))
    else:
        click.echo(f"{sweep.label}: {outcome(sweep.counts)}, {path}")
    return max((EXIT.get(item.status, FAILED) for item in items), default=HEALTHY)


async def _tell(store: Store, sweep: Sweep, as_json: bool) -> None:
    items = await store.sweeps.items(sweep.id)
    if as_json:
        click.echo(_json(sweep, items))
        return
    click.echo(f"{sweep.label} {sweep.plan.runbook}: {outcome(sweep.counts)}")
    for item in items:
        click.echo(f"  {_line(item)}")


def _json(sweep: Sweep, items: tuple[Item, ...], summary: str = "") -> bytes:
    tree = {**msgspec.to_builtins(sweep), "label": sweep.label, "summary": summary}
    return msgspec.json.encode({**tree, "items": items})


def _line(item: Item) -> str:
    found = f", {len(item.findings)} findings" if item.findings else ""
    error = f": {item.error}" if item.error else ""
    line = f"{item.status.value:<9} {item.number} {item.title}{found}{error}"
    return visible(" ".join(line.splitlines()))


class _Screen:
    """A sweep on a terminal: what ended with more than nothing, and a line that says how far it
    is."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty() and not quiet
        self._looks = 0

    def ended(self, item: Item) -> None:
        if not self._quiet and item.status is not ItemStatus.HEALTHY:
            self.clear()
            click.echo(_line(item))

    def progress(self, sweep: Sweep) -> None:
        self._looks += 1
        taken = sweep.total > sweep.counts.get(ItemStatus.QUEUED, 0)
        if self._live:
            done = sweep.total - sweep.open
            line = f"[{done}/{sweep.total}] {outcome(sweep.counts)}"
            click.echo(f"\r\x1b[2K{line[:78]}", nl=False, err=True)
        if not (taken or self._quiet) and self._looks == int(ALONE_SECONDS / POLL_SECONDS):
            self.clear()
            click.echo("No worker has taken a run yet; `workbench worker` starts one.", err=True)

    def clear(self) -> None:
        if self._live:
            click.echo("\r\x1b[2K", nl=False, err=True)
