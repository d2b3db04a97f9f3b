"""Proposed changes: look at them, approve or deny them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Approver, Caller, Operator, Viewer
from workbench.api.principals import Role
from workbench.core.change import Applied, KnownChange, ProposedChange, shown
from workbench.errors import ToolRefused, UsageError
from workbench.investigations.changes import visible
from workbench.store.approvals import Known

router = APIRouter(prefix="/changes", tags=["changes"])

Which = Annotated[str, Path(max_length=40, description="`C-7`, `7` or the UUID.")]
MOST_WAIT = 60.0


class Propose(BaseModel):
    """A change to try."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "tool": "scale",
                    "arguments": {"namespace": "shop", "name": "checkout", "replicas": 3},
                }
            ]
        },
    )

    tool: str = Field(min_length=1, max_length=200)
    arguments: dict[str, Any] = {}
    why: str = Field("", max_length=16_384)


class Approve(BaseModel):
    """A person's yes to what they were shown."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"digest": "0" * 64, "wait": 5}]}
    )

    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="The `digest` that was shown.")
    reason: str = Field("", max_length=2_000, description="Why, for the record.")
    wait: float = Field(0.0, ge=0, le=MOST_WAIT, description="Seconds before the look after it.")


class Deny(BaseModel):
    """A person's no to what they were shown."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"digest": "0" * 64}]}
    )

    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="The `digest` that was shown.")
    reason: str = Field("", max_length=2_000, description="Why, for the record.")


@router.get("", **answers(KnownChange, many=True))
async def listed(
    caller: Viewer,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str, Query(pattern=r"^[0-9]{0,18}$", description="`next` of before.")] = "",
) -> Json:
    """Those of your investigations (everybody's for approvers), newest first."""
    found = await caller.workbench.store.changes.recent(
        limit, user=await caller.sees(Role.APPROVER), before=int(after) if after else None
    )
    more = str(found[-1][0].number) if len(found) == limit else ""
    return Json(Page(items=tuple(_shown(caller, known) for known in found), next=more))


@router.post("", **answers(KnownChange, 201))
async def proposed(change: Propose, caller: Operator) -> Json:
    """Try a change as a dry run and keep it for a person to decide about. Nothing is changed."""
    made = await caller.workbench.propose(change.tool, change.arguments, change.why)
    return Json(shown(made, None, caller.workbench.clock()), status_code=201)


@router.get("/{id}", **answers(KnownChange))
async def opened(id: Which, caller: Viewer) -> Json:
    """One change, with its dry run."""
    return Json(_shown(caller, await _load(caller, id)))


@router.post("/{id}/approve", **answers(Applied))
async def approved(id: Which, yes: Approve, caller: Approver) -> Json:
    """Approve it and make it, exactly as it was shown, once; what the cluster says then."""
    change = await _seen(caller, id, yes.digest)
    applied = await caller.workbench.approve(
        str(change.id), digest=yes.digest, wait=yes.wait, reason=yes.reason
    )
    return Json(applied)


@router.post("/{id}/deny", **answers(KnownChange))
async def denied(id: Which, no: Deny, caller: Approver) -> Json:
    """Deny it; it can never be made."""
    change = await _seen(caller, id, no.digest)
    await caller.workbench.deny(str(change.id), reason=no.reason)
    return Json(_shown(caller, await _load(caller, id)))


async def _seen(caller: Caller, id: str, digest: str) -> ProposedChange:
    """The change, if that is what a person was shown."""
    change, _ = await _load(caller, id)
    if not caller.principal.decides:
        kind = "a kernel's" if caller.principal.kernel else "a program's"
        raise ToolRefused(
            f"These credentials of {caller.principal.name} are {kind}, and a person decides about"
            f" {change.label}.",
            "Sign in as a person, in a browser.",
        )
    if change.digest != digest:
        raise UsageError(f"{change.label} is not what was shown.", "Look at it again.")
    return change


async def _load(caller: Caller, id: str) -> Known:
    return await visible(caller.workbench, id, await caller.sees(Role.APPROVER))


def _shown(caller: Caller, known: Known) -> KnownChange:
    return shown(*known, caller.workbench.clock())
