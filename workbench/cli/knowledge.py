"""``workbench knowledge``: documents taken in, searched, listed and removed."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli import Suggesting
from workbench.cli.failures import FAILED, HEALTHY
from workbench.cli.options import run_async
from workbench.cli.progress import progress
from workbench.core.counted import counted
from workbench.core.duration import parse_duration
from workbench.core.knowledge import CHECKED, Filters, Type
from workbench.core.render.passages import passage_line
from workbench.errors import UsageError

if TYPE_CHECKING:
    from uuid import UUID

    from workbench.core.knowledge import Found
    from workbench.knowledge.ingest import Report
    from workbench.knowledge.library import Library

TYPES = click.Choice([t.value for t in Type])


@click.group(cls=Suggesting)
def knowledge() -> None:
    """Notes, runbooks, documents and alert rules that investigations can find."""


@knowledge.command()
@click.argument("paths", nargs=-1)
@click.option("--shared", is_flag=True, help="For everybody, and not only for you.")
@click.option("--type", "kind", type=TYPES, help="What they are, instead of what they look like.")
@click.option("--conversations", is_flag=True, help="Your past conversations too.")
def ingest(paths: tuple[str, ...], shared: bool, kind: str | None, conversations: bool) -> int:
    """Take in files, folders, git checkouts and web pages.

    Markdown, HTML, PDF, notebooks, text and Prometheus rules; web pages where that is on. What has
    not changed is not read again; stopped in the middle, the next run goes on.
    """
    if not paths and not conversations:
        raise UsageError("There is nothing to take in.", "Give files, folders, --conversations.")
    report = run_async(_ingest(paths, shared, kind, conversations))
    for one in report.refused:
        click.echo(f"left out: {' '.join(one.why.split())}", err=True)
    return FAILED if report.refused else HEALTHY


@knowledge.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--type", "kinds", type=TYPES, multiple=True, help="Only these types; repeatable.")
@click.option("-n", "--namespace", multiple=True, help="Leave out what is about others.")
@click.option("--since", default="", help="Only what was written in the last 30d.")
@click.option("--mine", is_flag=True, help="Only what is yours.")
@click.option("--limit", default=8, type=click.IntRange(1, 50), help="Passages at most.")
@click.option("--json", "as_json", is_flag=True, help="Print the passages as JSON.")
def search(
    query: tuple[str, ...],
    kinds: tuple[str, ...],
    namespace: tuple[str, ...],
    since: str,
    mine: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Find passages by what they say. Conversations, which nobody checked, only with --type."""
    filters = Filters(
        types=tuple(Type(k) for k in kinds) or CHECKED,
        namespaces=namespace,
        since=datetime.now(UTC) - timedelta(seconds=parse_duration(since)) if since else None,
        mine=mine,
    )

    async def work() -> Found:
        async with opened() as (library, person):
            return await library.search(" ".join(query), person, filters, limit)

    found = run_async(work())
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    mark = ("\x1b[1m", "\x1b[22m") if sys.stdout.isatty() else ("", "")
    for passage in found.passages:
        click.echo(passage_line(passage, mark))
    click.echo(f"{counted(len(found.passages), 'passage')} ({found.how})", err=True)


@knowledge.command("list")
@click.option("--type", "kinds", type=TYPES, multiple=True, help="Only these types; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print the documents as JSON.")
def list_documents(kinds: tuple[str, ...], as_json: bool) -> None:
    """Documents you can see, and what is embedded."""

    async def work() -> None:
        async with opened() as (library, person):
            await library.ready()
            kept = await library.shelf.kept(person, tuple(Type(k) for k in kinds))
            if as_json:
                click.echo(msgspec.json.encode(kept))
                return
            for one in kept:
                whose = "shared" if one.shared else "yours"
                click.echo(f"{one.type.value:<13}{whose:<7}{one.passages:>5}  {one.source}")
            for model in await library.shelf.models():
                embedded = f"{model.passages:,} passages, {model.dimensions} dimensions"
                click.echo(f"embedded by {model.model}: {embedded}", err=True)

    run_async(work())


@knowledge.command()
@click.argument("source")
def remove(source: str) -> None:
    """Remove a document, or all those of a folder.

    SOURCE is either, as `list` names it, or a path.
    """
    sources = (source, os.path.realpath(os.path.expanduser(source)))

    async def work() -> tuple[str, ...]:
        async with opened() as (library, person):
            gone: tuple[str, ...] = ()
            for named in sources:
                gone = gone or await library.shelf.remove(named, person)
            if gone:
                await library.shelf.settle(len(gone))
            return gone

    gone = run_async(work())
    if not gone:
        raise UsageError(f"There is no document {source}.", "See `workbench knowledge list`.")
    click.echo(f"{counted(len(gone), 'document')} removed")


@knowledge.command()
@click.option("--again", is_flag=True, help="Forget the model's embeddings first.")
def reembed(again: bool) -> None:
    """Embed every passage that the set embedder has not seen.

    Stopped in the middle, the next run goes on.
    """

    async def work() -> None:
        async with opened() as (library, _):
            await _embed(library, again)

    run_async(work())


async def _ingest(
    paths: tuple[str, ...], shared: bool, kind: str | None, conversations: bool
) -> Report:
    from workbench.knowledge.places import places
    from workbench.settings import load_settings

    urls, now = load_settings().knowledge_urls, datetime.now(UTC)
    found = [place for path in paths for place in places(path, now, urls=urls)]
    async with opened() as (library, person):
        await library.ready()
        owner, type = None if shared else person, Type(kind) if kind else None
        with progress(len(found), "taking in") as done:
            report = await library.ingest(found, owner, type, done)
        told = [report.told()]
        if conversations:
            told.append(counted(await library.remember(person), "conversation"))
        click.echo(", ".join(told))
        if library.embeds:
            await _embed(library)
        return report


async def _embed(library: Library, again: bool = False) -> None:
    with progress(await library.waiting(again=again), "embedding") as done:
        count = await library.embed(again=again, done=done)
    click.echo(f"{counted(count, 'passage')} embedded")


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Library, UUID]]:
    """The library and who asks; no cluster is reached."""
    from workbench.bootstrap import new_id, open_database, person
    from workbench.library import open_library
    from workbench.settings import load_settings
    from workbench.store.database import open_store

    settings = load_settings()
    async with open_database(settings) as dsn, open_store(dsn) as store:
        who = await store.users.ensure(new_id(), person())
        async with open_library(settings, store) as opened:
            yield opened, who.id
