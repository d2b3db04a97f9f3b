"""``workbench audit``: the record of tool calls listed, verified, exported and kept in bounds."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

import click
import msgspec

from workbench.cli import Suggesting
from workbench.cli.failures import FINDINGS, HEALTHY
from workbench.cli.options import force_option, run_async
from workbench.cli.progress import progress
from workbench.cli.screen import tell_empty
from workbench.core.counted import counted
from workbench.core.duration import parse_duration
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.store.audit import Audit, Broken, Call, Chain, KeptRoot
    from workbench.store.database import Store

Command = Any
MEGABYTE = 1_000_000


@click.group(cls=Suggesting)
def audit() -> None:
    """Look into the record of tool calls: nothing here reaches a cluster."""


def chosen(command: Command) -> Command:
    """``--investigation`` and ``--since``: which part of the record."""
    one = click.option("--investigation", default="", help="Only calls of INV-3 (or its UUID).")
    since = click.option("--since", default="", help="Only calls of the last 2h, 30d.")
    return one(since(command))


@audit.command("list")
@chosen
@click.option("--limit", default=50, help="Calls at most.", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print the calls as JSON.")
def list_calls(investigation: str, since: str, limit: int, as_json: bool) -> None:
    """Recorded calls, newest first."""

    async def work() -> tuple[Call, ...]:
        async with opened() as (store, record):
            found = await _which(store, investigation)
            return await record.calls(found, _moment(since), limit)

    calls = run_async(work())
    if as_json:
        click.echo(msgspec.json.encode(calls))
        return
    tell_empty(calls, "No call is on record there.")
    for call in calls:
        click.echo(_line(call))


@audit.command()
@chosen
@click.option(
    "--roots",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also hold the chains against roots kept in this file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what is broken as JSON.")
def verify(investigation: str, since: str, roots: Path | None, as_json: bool) -> int:
    """Hold every row against its hash chain.

    There is a chain for each investigation, and for each command, notebook or run that looked
    without one. Exit code 1 names the first bad row of each chain.
    """
    kept = _read_roots(roots) if roots else ()
    chains, broken = run_async(_verify(investigation, since, kept))
    if as_json:
        click.echo(msgspec.json.encode(broken))
        return FINDINGS if broken else HEALTHY
    for one in broken:
        where = f"{one.evidence}, event {one.event}" if one.evidence else f"event {one.event}"
        click.echo(f"{one.label}  {where}: {one.problem}")
    calls = sum(chain.calls for chain in chains)
    held = f"{counted(calls, 'call')} in {counted(len(chains), 'chain')} verified"
    against = f", and {counted(len(kept), 'kept root')}" if roots else ""
    click.echo(f"{held}{against}: {len(broken)} broken." if broken else f"{held}{against}.")
    return FINDINGS if broken else HEALTHY


@audit.command()
@chosen
@click.option("--out", default="-", help="File to write; standard output without.")
@force_option
def export(investigation: str, since: str, out: str, force: bool) -> None:
    """Write recorded calls whole, as JSON Lines, oldest first.

    A file appears when it is complete; stopped before that, there is none.
    """

    _refuse_taken(out, force)

    async def work() -> int:
        async with opened() as (store, record):
            found, moment = await _which(store, investigation), _moment(since)
            total = await record.count(found, moment)
            with written(out) as file, progress(total, "exporting") as done:
                async for line in record.export(found, moment):
                    file.write(f"{line}\n")
                    done(1)
            return total

    total = run_async(work())
    if out != "-":
        click.echo(f"{counted(total, 'call')} in {out}")


@audit.command()
@click.option("--out", default="-", help="File to write; standard output without.")
@force_option
def roots(out: str, force: bool) -> None:
    """Write the end of every hash chain as JSON Lines.

    They are kept in the table audit_roots, too. Stored where nobody who can write the database can
    write, they show a cut tail and a chain that was rewritten whole.
    """

    _refuse_taken(out, force)

    async def work() -> tuple[Chain, ...]:
        async with opened() as (_, record):
            chains = await record.chains()
            await record.keep_roots(chains)
            return chains

    chains = [chain for chain in run_async(work()) if chain.events]
    with written(out) as file:
        for root in _roots(chains, datetime.now(UTC)):
            file.write(f"{msgspec.json.encode(root).decode()}\n")
    if out != "-":
        click.echo(f"{counted(len(chains), 'root')} in {out}")


@audit.command()
@click.option("--keep", default="", help="Drop months that ended longer ago than this (365d).")
@click.option("--yes", is_flag=True, help="Do it; without, only say what would go.")
def retain(keep: str, yes: bool) -> None:
    """Drop whole months of the record. What is left still verifies; what went is written down."""
    before = _moment(keep)
    run_async(_retain(before, yes))


async def _retain(before: datetime | None, yes: bool) -> None:
    async with opened() as (store, record):
        months = await record.months()
        due = [m for m in months if before and m.ends_at <= before]
        for month in months if before is None else due:
            click.echo(f"{month.name}  {month.bytes / MEGABYTE:,.0f} MB")
        if before is None:
            raise UsageError("How long is the record kept?", "Like --keep 365d.")
        if not yes:
            click.echo(f"{counted(len(due), 'month')} would be dropped; --yes does it.")
            return
        await store.record.sweep(datetime.now(UTC), timedelta(days=1), abandoned_only=True)
        await record.keep_roots(await record.chains())
        for gone in await record.retain(before):
            click.echo(f"{gone.name}  {gone.rows:,} calls of {gone.investigations:,} dropped")


async def _verify(
    investigation: str, since: str, kept: Sequence[KeptRoot]
) -> tuple[tuple[Chain, ...], list[Broken]]:
    async with opened() as (store, record):
        found = await _which(store, investigation)
        chains = await record.chains(found, _moment(since))
        broken: list[Broken] = []
        with progress(len(chains), "verifying") as done:
            so_far = 0
            async for count, some in record.verify(chains):
                broken += some
                done(count - so_far)
                so_far = count
        asked = [root for root in kept if found in (None, root.investigation)]
        known = {one.investigation for one in broken}
        broken += [b for b in await record.contradicted(asked) if b.investigation not in known]
        return chains, broken


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Store, Audit]]:
    """The store and its audit; nothing else is started."""
    from workbench.bootstrap import open_database
    from workbench.settings import load_settings
    from workbench.store.audit import open_audit
    from workbench.store.database import open_store

    async with (
        open_database(load_settings()) as dsn,
        open_store(dsn) as store,
        open_audit(dsn) as record,
    ):
        yield store, record


def _refuse_taken(out: str, force: bool) -> None:
    from workbench.files import refuse_taken

    if out != "-":
        refuse_taken(Path(out), force=force)


@contextmanager
def written(out: str) -> Iterator[IO[str]]:
    """Standard output for ``-``, else a file that is there once it is whole."""
    if out == "-":
        yield sys.stdout
        return
    path = Path(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


async def _which(store: Store, investigation: str) -> UUID | None:
    return (await store.investigations.load(investigation)).id if investigation else None


def _moment(since: str) -> datetime | None:
    return datetime.now(UTC) - timedelta(seconds=parse_duration(since)) if since else None


def _roots(chains: Sequence[Chain], at: datetime) -> Iterator[KeptRoot]:
    from workbench.store.audit import KeptRoot

    for c in chains:
        yield KeptRoot(investigation=c.id, label=c.label, events=c.events, hash=c.hash, at=at)


def _read_roots(path: Path) -> tuple[KeptRoot, ...]:
    from workbench.store.audit import KeptRoot

    try:
        return tuple(
            msgspec.json.decode(line, type=KeptRoot)
            for line in path.read_bytes().splitlines()
            if line.strip()
        )
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"{path} is not a file of roots: {error}.", "`workbench audit roots` writes one."
        ) from error


def _line(call: Call) -> str:
    arguments = msgspec.json.encode(call.arguments).decode()
    took = "" if call.duration_ms is None else f"{call.duration_ms:,.0f} ms"
    return (
        f"{call.at:%Y-%m-%d %H:%M:%S}  {call.investigation:>8} {call.evidence:<5}"
        f"{call.outcome.value:<10}{took:>9}  {call.user}  {call.tool} {arguments}"
    )
