"""A sweep from its plan to its summary: planned, begun, watched while workers run it, and cancelled
when who waits for it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from workbench.core.runbook import Runbook
from workbench.core.sweep import ENDS, Item, ItemStatus, Plan, Retry, Row, Sweep
from workbench.errors import NotRecorded, UsageError
from workbench.runbooks.over import Over, words
from workbench.runbooks.summary import write
from workbench.store.queue import Queue

if TYPE_CHECKING:
    from workbench.store.database import Store

POLL_SECONDS = 0.5
ALONE_SECONDS = 5.0
"""After that long without a worker, screens say how to get one."""
SLACK_SECONDS = 10.0
"""Items are told in the order in which they ended; a transaction may become visible later."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How far a sweep is. ended: items that were not told before. waits: it has run for a while,
    and no worker has taken anything of it."""

    sweep: Sweep
    ended: tuple[Item, ...] = ()
    waits: bool = False


async def planned(
    store: Store,
    book: Runbook,
    over: Over,
    *,
    person: str,
    context: str = "",
    retries: int = 2,
    retry_on: str = "lost",
    retry_after: float = 5.0,
    cell_timeout: float = 600.0,
    timeout: float | None = None,
    approvals: Sequence[str] = (),
) -> Plan:
    """A plan, with the runbook kept in the database.

    context: the cluster of items that name none. retries: further tries of an item, after the ends
    that ``retry_on`` names (``lost``, ``failed``, ``both``), the first ``retry_after`` seconds
    later. cell_timeout, timeout: seconds for a cell and for a run. approvals: documents that were
    signed for it.
    Raises UsageError for terms that make no sense.
    """
    if retry_on not in ENDS:
        raise UsageError(f"{retry_on!r} is no end of a run.", f"One of {', '.join(ENDS)}.")
    if retries < 0 or retry_after < 0 or cell_timeout <= 0 or (timeout or 1.0) <= 0:
        raise UsageError("Tries and times cannot be negative.", "Like retries=2, timeout=600.")
    source = Path(book.path).read_bytes().decode()  # to the byte: its hash may be signed
    return Plan(
        runbook=book.name,
        source=await store.notebooks.keep(source),
        over=words(over),
        person=person,
        context=context,
        retry=Retry(times=retries, on=ENDS[retry_on], seconds=retry_after),
        cell_seconds=cell_timeout,
        seconds=timeout,
        approvals=tuple(approvals),
    )


async def begin(store: Store, id: UUID, plan: Plan, rows: Sequence[Row]) -> Sweep:
    """Queue it whole."""
    made = await Queue(store.pool).create(id, plan, rows)
    assert made is not None  # only a schedule may have begun its own before  # noqa: S101
    return made


async def swept(store: Store, id: UUID, plan: Plan, rows: Sequence[Row]) -> AsyncGenerator[Look]:
    """Begin a sweep and watch it. Being cancelled cancels the sweep, with one more look at it."""
    try:
        async with aclosing(watch(store, await begin(store, id, plan, rows))) as looks:
            async for look in looks:
                yield look
    except asyncio.CancelledError:
        await Queue(store.pool).cancel(id)
        with suppress(NotRecorded):  # it had not begun
            yield Look(sweep=await store.sweeps.load(id))
        raise


async def watch(
    store: Store, sweep: Sweep, *, patience: float = ALONE_SECONDS
) -> AsyncGenerator[Look]:
    """How far it is, twice a second, until it has ended; nothing happens to it when nobody watches
    any more. patience: seconds after which ``Look.waits`` says that no worker came."""
    since, told, looks = sweep.at, set[int](), 0
    while True:
        now = await store.sweeps.load(sweep.id)
        ended = []
        for item in await store.sweeps.ended(sweep.id, since):
            if item.number not in told and item.ended_at:
                told.add(item.number)
                ended.append(item)
                since = max(since, item.ended_at - timedelta(seconds=SLACK_SECONDS))
        looks += 1
        waits = looks * POLL_SECONDS >= patience and _untouched(now)
        yield Look(sweep=now, ended=tuple(ended), waits=waits)
        if not now.open:
            return
        await asyncio.sleep(POLL_SECONDS)


def _untouched(sweep: Sweep) -> bool:
    return sweep.counts.get(ItemStatus.QUEUED, 0) == sweep.total


async def summed_up(store: Store, sweep: Sweep, folder: Path) -> tuple[tuple[Item, ...], Path]:
    """Its items, and the summary, which is written into the folder. Raises OSError."""
    items = await store.sweeps.items(sweep.id)
    return items, await write(folder, sweep, items, store.notebooks.read)


async def cancelled(store: Store, which: str) -> Sweep:
    """Begin no further item of a sweep (``SW-3``), and have those that run stopped; one that has
    ended stays as it is. Raises NotRecorded."""
    found = await store.sweeps.load(which)
    if not found.open:
        return found
    await Queue(store.pool).cancel(found.id)
    return await store.sweeps.load(found.id)
