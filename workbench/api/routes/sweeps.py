"""Sweeps: how far each is, what its items came to, and stopping one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query

from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Caller, Operator, Viewer
from workbench.api.principals import Role
from workbench.core.sweep import Item, ItemStatus
from workbench.core.sweep import Sweep as Kept

router = APIRouter(tags=["sweeps"])

Label = Annotated[str, Path(pattern=r"^SW-[0-9]{1,18}$", description="Like `SW-3`.")]


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """A runbook over many items. counts: items by status; open: how many have not ended."""

    label: str
    runbook: str
    over: str
    user: str
    at: datetime
    cancelled_at: datetime | None
    schedule: str
    counts: dict[ItemStatus, int]
    open: int


@router.get("/sweeps", **answers(Sweep, many=True))
async def listed(caller: Viewer, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Json:
    """Yours (everybody's for an administrator), newest first."""
    found = await caller.workbench.store.sweeps.list(limit, person=_whose(caller))
    return Json(Page(items=tuple(map(_shown, found))))


@router.get("/sweeps/{sweep}", **answers(Sweep))
async def opened(sweep: Label, caller: Viewer) -> Json:
    """How far one is."""
    return Json(_shown(await _load(caller, sweep)))


@router.get("/sweeps/{sweep}/items", **answers(Item, many=True))
async def items(
    sweep: Label,
    caller: Viewer,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="`next` of the page before.")] = 0,
) -> Json:
    """Its items in order, with what each found."""
    kept = await _load(caller, sweep)
    found = await caller.workbench.store.sweeps.items(kept.id, after, limit)
    more = str(found[-1].number) if len(found) == limit else ""
    return Json(Page(items=found, next=more))


@router.post("/sweeps/{sweep}/cancel", **answers(Sweep))
async def cancelled(sweep: Label, caller: Operator) -> Json:
    """Begin no further item, and have those that run stopped by their workers."""
    from workbench.store.queue import Queue

    kept = await _load(caller, sweep)
    await Queue(caller.workbench.store.pool).cancel(kept.id)
    return Json(_shown(await _load(caller, sweep)))


async def _load(caller: Caller, sweep: str) -> Kept:
    return await caller.workbench.store.sweeps.load(sweep, _whose(caller))


def _whose(caller: Caller) -> str | None:
    return None if caller.principal.role >= Role.ADMIN else caller.principal.name


def _shown(kept: Kept) -> Sweep:
    return Sweep(
        label=kept.label,
        runbook=kept.plan.runbook,
        over=kept.plan.over,
        user=kept.plan.person,
        at=kept.at,
        cancelled_at=kept.cancelled_at,
        schedule=kept.schedule,
        counts=kept.counts,
        open=kept.open,
    )
