"""The record of tool calls, and what was spent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Caller, Viewer
from workbench.api.principals import Role
from workbench.api.routes.investigations import Label
from workbench.core.evidence import Outcome
from workbench.errors import UsageError
from workbench.store.audit import Call
from workbench.store.calls import EVER, FOREVER, Spent, Wanted

router = APIRouter()

LONGEST = timedelta(days=366)
USUAL = timedelta(days=30)
Since = Annotated[AwareDatetime | None, Query(description="From then on (RFC 3339).")]
Until = Annotated[AwareDatetime | None, Query(description="Before then; now without it.")]
User = Annotated[str, Query(max_length=254, description="Only theirs.")]


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """Whether every event of an investigation is as it was written.

    event, problem: the first bad one and why. events, hash: the end of its chain, to hold against
    one that was kept elsewhere.
    """

    investigation: str
    holds: bool
    events: int
    hash: str
    event: int | None = None
    problem: str = ""


@router.get("/audit", tags=["audit"], **answers(Call, many=True))
async def calls(
    caller: Viewer,
    since: Since = None,
    until: Until = None,
    user: User = "",
    tool: Annotated[str, Query(max_length=200, description="Only this one.")] = "",
    outcome: Outcome | None = None,
    investigation: Annotated[str, Query(max_length=40, description="Only of `INV-3`.")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[UUID | None, Query(description="`next` of the page before.")] = None,
) -> Json:
    """Recorded calls without their results, newest first: yours, everybody's for an
    administrator."""
    store = caller.workbench.store
    made = None
    if investigation:
        made = (await store.investigations.load(investigation, user=await caller.sees())).id
    wanted = Wanted(
        since=since or EVER,
        until=until or FOREVER,
        user=_whose(caller, user),
        tool=tool,
        outcome=outcome,
        investigation=made,
    )
    found = await store.calls.page(wanted, limit, after)
    return Json(Page(items=found, next=str(found[-1].id) if len(found) == limit else ""))


@router.get("/audit/{label}/verify", tags=["audit"], **answers(Verified))
async def verified(label: Label, caller: Viewer) -> Json:
    """Hold every recorded event of an investigation against the one before it."""
    store = caller.workbench.store
    found = await store.investigations.load(label, user=await caller.sees())
    broken, root = await store.record.verify(found.id), await store.record.root(found.id)
    return Json(
        Verified(
            investigation=found.label,
            holds=broken is None,
            events=root.events,
            hash=root.hash,
            event=broken.event if broken else None,
            problem=broken.problem if broken else "",
        )
    )


@router.get("/usage", tags=["usage"], **answers(Spent, many=True))
async def usage(caller: Viewer, since: Since = None, until: Until = None, user: User = "") -> Json:
    """Tool calls, model tokens and dollars by day and person: yours, everybody's for an
    administrator. The last 30 days unless told otherwise."""
    end = until or caller.workbench.clock()
    begin = since or _before(end, USUAL)
    if not timedelta(0) <= end - begin <= LONGEST:
        raise UsageError("`until` follows `since` by a year at most.", "Ask for less at a time.")
    found = await caller.workbench.store.calls.spent(begin, end, _whose(caller, user))
    return Json(Page(items=found))


def _before(end: datetime, by: timedelta) -> datetime:
    return end - by if end - EVER > by else EVER


def _whose(caller: Caller, user: str) -> str:
    """The person asked about; nobody but oneself for all but administrators."""
    if caller.principal.role >= Role.ADMIN:
        return user
    if user and user != caller.principal.name:
        raise UsageError("Only administrators see what others did.", "Leave `user` out.")
    return caller.principal.name
