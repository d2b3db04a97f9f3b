"""Who asks, where they look, and the session their calls by hand are recorded in."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter

from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Operator, Viewer
from workbench.core.investigation import Investigation
from workbench.core.tools import ToolSpec

router = APIRouter(tags=["me"])


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """You, as the record knows you, and what you look at.

    decides: whether you could decide about changes with these credentials.
    """

    name: str
    role: str
    decides: bool
    cluster: str
    frozen: bool
    model: str


@router.get("/me", **answers(Me))
async def me(caller: Viewer) -> Json:
    """Whom these credentials are for, and what they may."""
    who, workbench = caller.principal, caller.workbench
    found = Me(
        name=who.name,
        role=who.role.name.lower(),
        decides=who.decides,
        cluster=workbench.cluster,
        frozen=workbench.address.frozen,
        model=workbench.model_name,
    )
    return Json(found)


@router.get("/tools", **answers(ToolSpec, many=True))
async def tools(caller: Viewer) -> Json:
    """Every tool there is now, with the server it is from; `/mcp` calls them."""
    return Json(Page(items=await caller.workbench.tools.list()))


@router.post("/session", **answers(Investigation))
async def session(caller: Operator) -> Json:
    """The session named by the header `X-Workbench-Session`, made where there is none yet; a new
    one without the header."""
    made = await caller.workbench.load("")
    return Json(await caller.workbench.load(str(made.id)))
