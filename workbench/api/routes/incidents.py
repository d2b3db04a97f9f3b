"""Incidents: open one, attach what was found, find those like it, close it with what it was."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Caller, Operator, Viewer
from workbench.api.principals import Role
from workbench.core.incident import Incident, Outcome, Similar
from workbench.errors import ToolRefused
from workbench.investigations.incidents import IncidentDesk

router = APIRouter(prefix="/incidents", tags=["incidents"])

Which = Annotated[str, Path(max_length=40, description="`INC-4` or `4`.")]


class NewIncident(BaseModel):
    """What happens, as a person calls it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "checkout is down"}]}
    )

    title: str = Field(min_length=1, max_length=500, pattern=r"\S")
    namespace: str = Field("", max_length=253, description="The one it is about.")
    shared: bool = Field(False, description="For everybody, and not only for you.")
    investigations: list[str] = Field([], max_length=20, description="To attach, like `INV-3`.")


class Attached(BaseModel):
    """An investigation of yours."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"investigation": "INV-3"}]}
    )

    investigation: str = Field(min_length=1, max_length=40)


class IncidentNoted(BaseModel):
    """A note."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "rolled back at 10:00"}]}
    )

    text: str = Field(min_length=1, max_length=10_000, pattern=r"\S")


class Closed(BaseModel):
    """What it was, as a person says."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"cause": "the key was renamed", "outcome": "fixed"}]},
    )

    cause: str = Field(min_length=1, max_length=10_000, pattern=r"\S")
    fix: str = Field("", max_length=10_000, description="What helped.")
    outcome: Outcome


@router.get("", **answers(Incident, many=True))
async def listed(
    caller: Viewer,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    after: Annotated[str, Query(pattern=r"^[0-9]{0,18}$", description="`next` of before.")] = "",
) -> Json:
    """Yours and the shared ones (everybody's for an administrator), newest first."""
    every = await (await desk(caller)).all()
    found = [one for one in every if not after or one.number < int(after)][:limit]
    more = bool(found) and found[-1].number != every[-1].number
    return Json(Page(items=tuple(found), next=str(found[-1].number) if more else ""))


@router.post("", **answers(Incident, 201))
async def opened(new: NewIncident, caller: Operator) -> Json:
    """Open one."""
    incidents = await desk(caller)
    made = await incidents.open(new.title, new.namespace, shared=new.shared)
    for label in new.investigations:
        made = await incidents.attach(made.label, label)
    return Json(made, status_code=201)


@router.get("/{id}", **answers(Incident))
async def shown(id: Which, caller: Viewer) -> Json:
    """One of them, whole."""
    return Json(await (await desk(caller)).load(id))


@router.get("/{id}/similar", **answers(Similar, many=True))
async def similar(id: Which, caller: Viewer) -> Json:
    """Closed incidents like it, and why they are alike."""
    return Json(Page(items=await (await desk(caller)).similar(id)))


@router.post("/{id}/attach", **answers(Incident))
async def attached(id: Which, what: Attached, caller: Operator) -> Json:
    """Attach an investigation; what it found becomes what the incident is found by."""
    return Json(await (await desk(caller)).attach(id, what.investigation))


@router.post("/{id}/notes", **answers(Incident))
async def noted(id: Which, note: IncidentNoted, caller: Operator) -> Json:
    """Write a note into it, also when it is closed."""
    return Json(await (await desk(caller)).note(id, note.text))


@router.post("/{id}/close", **answers(Incident))
async def closed(id: Which, what: Closed, caller: Operator) -> Json:
    """Close it with what it was; from then on later investigations may find it. A person's word:
    a program's token is refused."""
    incidents = await desk(caller)
    await incidents.load(id)
    if caller.principal.program:
        raise ToolRefused(
            f"{caller.principal.name} is a program, and a person says what an incident was.",
            "Sign in as a person.",
        )
    return Json(await incidents.close(id, cause=what.cause, fix=what.fix, outcome=what.outcome))


async def desk(caller: Caller) -> IncidentDesk:
    bench = caller.workbench
    everybodys = caller.principal.role >= Role.ADMIN
    return IncidentDesk(
        bench.store, await caller.user(), bench.user, bench.clock, bench.new_id,
        everybodys=everybodys,
    )  # fmt: skip
