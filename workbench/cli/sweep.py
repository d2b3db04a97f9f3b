"""``workbench sweep``: one runbook over many items, each run by whichever worker takes it."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from workbench.cli.failures import ABORTED, FAILED, FINDINGS, HEALTHY
from workbench.cli.options import run_async
from workbench.cli.over import rows_given
from workbench.cli.screen import tell_empty
from workbench.core.counted import counted
from workbench.core.render.sweep import NO_WORKER, line
from workbench.core.sweep import ENDS, Item, ItemStatus, Sweep, cancelled, outcome

if TYPE_CHECKING:
    from workbench.runbooks.sweeping import Look
    from workbench.settings import Settings
    from workbench.store.database import Store

EXIT = {
    ItemStatus.HEALTHY: HEALTHY,
    ItemStatus.FINDINGS: FINDINGS,
    ItemStatus.FAILED: FAILED,
    ItemStatus.LOST: FAILED,
    ItemStatus.CANCELLED: ABORTED,
}


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
            type=click.Choice(list(ENDS)),
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
@click.option(
    "--approval",
    "approvals",
    multiple=True,
    metavar="FILE",
    help="What somebody signed with `workbench approve --ahead`, each for one change; repeatable.",
)
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
    approvals: tuple[str, ...],
    detach: bool,
    out: Path,
    as_json: bool,
    **terms: Any,
) -> int:
    """Run RUNBOOK once for every item, and wait for the end.

    Ctrl-C cancels the sweep. Exit codes, the worst of all items: 0 healthy, 1 findings or a gate
    that is not passed, 2 a cell failed or its workers were lost, 3 cancelled, 64 usage.
    """
    from workbench.settings import load_settings

    terms["context"] = context
    settings = load_settings(approvals=approvals or None)
    return run_async(_start(settings, runbook, over, given, terms, detach, out, as_json))


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
    from workbench.bootstrap import new_id, person
    from workbench.cli.run import check_approvals
    from workbench.runbooks.catalogue import find
    from workbench.runbooks.parameters import parse
    from workbench.runbooks.sweeping import begin, planned, swept

    book = find(runbook, settings.runbook_dirs)
    terms["approvals"] = check_approvals(settings, [book])
    rows = await rows_given(settings, book, over, parse(given), terms["context"])
    async with opened_store(settings) as store:
        plan = await planned(store, book, over, person=person(), **terms)
        if detach:
            made = await begin(store, new_id(), plan, rows)
            click.echo(
                msgspec.json.encode(made.told)
                if as_json
                else f"{made.label}: {counted(made.total, 'run')}; see `workbench sweep show "
                f"{made.label}`, and have a `workbench worker`"
            )
            return HEALTHY
        return await _followed(store, swept(store, new_id(), plan, rows), out, as_json)


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
        click.echo(msgspec.json.encode([one.told for one in found]))
        return
    tell_empty(found, "There is no sweep: workbench sweep RUNBOOK --over WHAT.")
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
    """SWEEP (SW-3) with its items. Once it has ended, its summary is written.

    Exit codes as `start` has them, 0 while it goes on.
    """

    async def work() -> int:
        from workbench.runbooks.sweeping import watch

        async with opened_store() as store:
            found = await store.sweeps.load(which)
            if found.open and not wait:
                await _tell(store, found, as_json)
                return HEALTHY
            return await _followed(store, watch(store, found), out, as_json)

    return run_async(work())


@sweep.command()
@click.argument("which", metavar="SWEEP")
def cancel(which: str) -> None:
    """Begin no further item of SWEEP (SW-3), and stop those that run."""

    async def work() -> Sweep:
        from workbench.runbooks import sweeping

        async with opened_store() as store:
            return await sweeping.cancelled(store, which)

    done = run_async(work())
    click.echo(cancelled(done))


async def _followed(store: Store, looks: AsyncGenerator[Look], out: Path, as_json: bool) -> int:
    """Follow a sweep to its end, and sum it up; the worst exit code of its items."""
    from workbench.runbooks.sweeping import summed_up

    screen = _Screen(quiet=as_json)
    async with aclosing(looks) as every:
        async for look in every:
            screen.look(look)
    screen.clear()
    sweep = look.sweep
    items, path = await summed_up(store, sweep, out)
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
        click.echo(f"  {line(item)}")


def _json(sweep: Sweep, items: tuple[Item, ...], summary: str = "") -> bytes:
    tree = {**msgspec.to_builtins(sweep.told), "label": sweep.label, "summary": summary}
    return msgspec.json.encode({**tree, "items": items})


class _Screen:
    """A sweep on a terminal: what ended with more than nothing, and a line that says how far it
    is."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty() and not quiet
        self._said: set[str] = set()

    def look(self, look: Look) -> None:
        if self._quiet:
            return
        sweep = look.sweep
        self._say(f"{sweep.label}: {counted(sweep.total, 'run')} of {sweep.plan.runbook}")
        for item in look.ended:
            if item.status is not ItemStatus.HEALTHY:
                self.clear()
                click.echo(line(item))
        if look.waits:
            self._say(NO_WORKER)
        if sweep.cancelled_at:
            self._say(f"{sweep.label} is cancelled.")
        self._progress(sweep)

    def _progress(self, sweep: Sweep) -> None:
        if self._live:
            words = f"[{sweep.total - sweep.open}/{sweep.total}] {outcome(sweep.counts)}"
            click.echo(f"\r\x1b[2K{words[:78]}", nl=False, err=True)

    def _say(self, words: str) -> None:
        """Once."""
        if words not in self._said:
            self._said.add(words)
            self.clear()
            click.echo(words, err=True)

    def clear(self) -> None:
        if self._live:
            click.echo("\r\x1b[2K", nl=False, err=True)
