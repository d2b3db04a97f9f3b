"""Options that several commands share, and the opening of a workbench from them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workbench.core.cluster import Scope
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.core.engine import Engine, Recordings
    from workbench.investigations.archive import Archive
    from workbench.investigations.workbench import Workbench
    from workbench.settings import Settings

R = TypeVar("R")
Command = Callable[..., Any]


def cluster_options(command: Command) -> Command:
    """``--context`` and ``--snapshot``: which cluster."""
    for option in (
        click.option("-c", "--context", default="", help="Kubeconfig context."),
        click.option(
            "--snapshot", default="", help="A snapshot as the cluster; `demo` is bundled."
        ),
    ):
        command = option(command)
    return command


def logs_option(command: Command) -> Command:
    """``--logs``: those of a snapshot that has none of its own."""
    help = "With --snapshot: a folder with <namespace>/<pod>/<container>.log."
    return click.option("--logs", type=click.Path(path_type=Path), help=help)(command)


def scope_options(command: Command) -> Command:
    """``-n``, ``-A``, ``-l`` and ``--since``: which part of it."""
    for option in (
        click.option("--since", default="", help="Only the last 30m, 2h, 1d of events and logs."),
        click.option("-l", "--selector", default="", help="Only objects with these labels."),
        click.option("-A", "--all-namespaces", is_flag=True, help="Every namespace (the default)."),
        click.option("-n", "--namespace", multiple=True, help="Only this namespace; repeatable."),
    ):
        command = option(command)
    return command


def force_option(command: Command) -> Command:
    """``--force``: what is there may be lost."""
    return click.option("--force", is_flag=True, help="Write over a file that is there.")(command)


def make_scope(
    namespace: tuple[str, ...], all_namespaces: bool, selector: str, since: str, context: str = ""
) -> Scope:
    """The scope those options mean. Raises UsageError when they contradict each other."""
    from workbench.core.duration import parse_duration
    from workbench.core.selectors import parse_selector

    if namespace and all_namespaces:
        raise UsageError("-n and -A exclude each other.", "Give one of them.")
    parse_selector(selector)
    return Scope(
        context=context,
        namespaces=namespace,
        selector=selector,
        since=parse_duration(since) if since else 0,
    )


@asynccontextmanager
async def opened(quiet: bool = False, /, **settings: Any) -> AsyncIterator[Engine]:
    """A workbench for the length of a command, here or behind the gateway; empty values leave the
    setting alone. Says on standard error when it is the bundled demo, unless ``quiet``."""
    from workbench.bootstrap import open_engine
    from workbench.settings import load_settings

    chosen = load_settings(**{name: value or None for name, value in settings.items()})
    if not quiet:
        tell_demo(chosen)
    async with open_engine(chosen, surface="cli") as workbench:
        yield workbench


def tell_demo(settings: Settings) -> None:
    """Say that the bundled demo is what is looked at, where nobody asked for it."""
    from workbench.clusters import bundled_snapshots, live_cluster
    from workbench.kubernetes.snapshots.process import DEMO

    if settings.gateway or settings.snapshot or live_cluster(settings):
        return
    at = bundled_snapshots()[DEMO].taken_at
    demo = f"this is the bundled demo cluster, frozen {at:%F %R} UTC"
    click.echo(f"No cluster is configured: {demo}.", err=True)


@asynccontextmanager
async def opened_here(**settings: Any) -> AsyncIterator[Workbench]:
    """The same in this process, whatever it takes. Raises SettingsError where a gateway is set."""
    from workbench.bootstrap import open_workbench
    from workbench.settings import load_settings

    chosen = load_settings(**{name: value or None for name, value in settings.items()})
    async with open_workbench(chosen, surface="cli") as workbench:
        yield workbench


@asynccontextmanager
async def opened_recordings() -> AsyncIterator[Recordings]:
    """What is recorded, here or behind the gateway, for the length of a command."""
    from workbench.bootstrap import open_recordings
    from workbench.settings import load_settings

    async with open_recordings(load_settings()) as recordings:
        yield recordings


@asynccontextmanager
async def opened_archive() -> AsyncIterator[Archive]:
    """What is recorded here, for the length of a command; no cluster is needed. Raises
    SettingsError where a gateway is set."""
    from workbench.bootstrap import open_archive
    from workbench.settings import load_settings

    async with open_archive(load_settings()) as archive:
        yield archive


def run_async(work: Coroutine[Any, Any, R]) -> R:
    """Run a command's coroutine; Ctrl-C or SIGTERM cancels it and lets it record that it was
    stopped. Raises click.Abort then."""
    try:
        return asyncio.run(_cancelled_by_sigterm(work))
    except asyncio.CancelledError as error:
        raise click.Abort from error


async def _cancelled_by_sigterm(work: Coroutine[Any, Any, R]) -> R:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task is not None:
        on_sigterm(task.cancel)
    loop.set_exception_handler(left_over)
    return await work


def on_sigterm(act: Callable[[], object]) -> None:
    """What SIGTERM does from here on, in place of what it did."""
    if os.name == "posix":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, act)


def left_over(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A loop's exception handler. A connection attempt that was given up leaves an error nobody
    asks for (asyncpg does, behind an address that does not speak its protocol, and of a server that
    refuses whoever has just stopped waiting); the command has said what was wrong."""
    from workbench.store.pool import AWAY, UNABLE

    if not isinstance(context.get("exception"), (*AWAY, *UNABLE)):
        loop.default_exception_handler(context)


def telemetry(settings: Settings) -> None:
    """What a server tells those who run it: log lines, and reports of bugs."""
    from workbench.telemetry import bugs, logs

    logs.start(settings.log_format, settings.log_level)
    if settings.sentry_dsn:
        bugs.start(settings.sentry_dsn.get_secret_value())
