"""Investigations: list, open, follow, stop, resume, note, evidence, rerun, diff, report."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from workbench.api import events
from workbench.api.answers import Json, Page, answers, tagged
from workbench.api.caller import Caller, Operator, Viewer
from workbench.api.routes.chat import LastEventId
from workbench.core.difference import Comparison
from workbench.core.evidence import Evidence
from workbench.core.investigation import Asked, Investigation
from workbench.core.references import Reference, parse
from workbench.errors import UsageError
from workbench.investigations import report

router = APIRouter(prefix="/investigations", tags=["investigations"])

Label = Annotated[str, Path(max_length=40, description="`INV-12`, `12` or the UUID.")]
EvidenceLabel = Annotated[str, Path(pattern=r"^E[0-9]{1,9}$", description="Like `E7`.")]
Limit = Annotated[int, Query(ge=1, le=100)]
After = Annotated[str, Query(max_length=40, description="`next` of the page before.")]
MEDIA = {
    "html": "text/html; charset=utf-8",
    "ipynb": "application/x-ipynb+json",
    "md": "text/markdown; charset=utf-8",
}


class Resume(BaseModel):
    """How to go on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"model": ""}]})

    model: str = Field("", max_length=200, description="`provider:model`; empty for the default.")


class Note(BaseModel):
    """A person's own words."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "The node was drained.", "evidence": ["E3"]}]},
    )

    text: str = Field(min_length=1, max_length=16_384, pattern=r"\S")
    standing: Literal["", "open", "confirmed", "refuted"] = Field(
        "", description="Makes it a hypothesis, and says what became of it."
    )
    evidence: list[Annotated[str, Field(pattern=r"^E[0-9]{1,9}$")]] = Field([], max_length=100)


class Again(BaseModel):
    """What is asked again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"evidence": "E3"}]})

    evidence: str = Field("", pattern=r"^(E[0-9]{1,9})?$", description="One call; empty for all.")


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """An investigation in a list."""

    label: str
    question: str
    status: str
    verdict: str
    cluster: str
    asked_at: datetime | None


@router.get("", **answers(Summary, many=True))
async def listed(caller: Viewer, limit: Limit = 20, after: After = "") -> Json:
    """Yours (everybody's for an administrator), newest first."""
    found = await caller.workbench.store.investigations.recent(
        limit, user=await caller.sees(), before=_number(after)
    )
    more = str(found[-1].number) if len(found) == limit else ""
    return Json(Page(items=tuple(map(summary, found)), next=more))


@router.get("/{label}", **answers(Investigation))
async def opened(label: Label, caller: Viewer, request: Request) -> Response:
    """One investigation with all of its steps."""
    return tagged(request, await _load(caller, label))


@router.get("/{label}/stream", response_class=EventSourceResponse)
async def followed(
    label: Label, caller: Viewer, last_event_id: LastEventId = ""
) -> EventSourceResponse:
    """Its steps as server-sent events, from the start or after `Last-Event-ID`."""
    after = events.after(last_event_id)
    return events.stream(caller.live, await _load(caller, label), after)


@router.post("/{label}/cancel", **answers(Investigation))
async def cancelled(label: Label, caller: Operator) -> Json:
    """Stop it. What it found so far is kept."""
    found = await _load(caller, label)
    await caller.live.cancel(found.id)
    return Json(await _load(caller, label))


@router.post("/{label}/resume", **answers(Investigation, 202))
async def resumed(label: Label, how: Resume, caller: Operator) -> Json:
    """Take it up where it was stopped: calls that were answered are not made again. Follow it at
    its stream."""
    found = await _load(caller, label)
    made = await caller.live.resume(caller.workbench, found, model=how.model)
    return Json(made, status_code=202)


@router.post("/{label}/notes", **answers(Investigation, 201))
async def noted(label: Label, note: Note, caller: Operator) -> Json:
    """Write a note or a hypothesis into it."""
    found = await _load(caller, label)
    made = await caller.workbench.note(
        note.text, str(found.id), standing=note.standing, evidence=note.evidence
    )
    return Json(made, status_code=201)


@router.post("/{label}/rerun", **answers(Comparison))
async def reran(label: Label, again: Again, caller: Operator) -> Json:
    """Make its reading calls again, now; what changed since."""
    found = await _load(caller, label)
    named = Reference(str(found.id), again.evidence)
    return Json(await caller.workbench.rerun(str(named)))


@router.get("/{label}/diff", **answers(Comparison))
async def compared(
    label: Label,
    caller: Viewer,
    other: Annotated[str, Query(min_length=1, max_length=60, description="Like `INV-4/E3`.")],
    evidence: Annotated[
        str, Query(pattern=r"^(E[0-9]{1,9})?$", description="One call; empty for all.")
    ] = "",
) -> Json:
    """What changed from it, or from one call of it, to another. Nothing is called."""
    found = await _load(caller, label)
    named = parse(other).within(str(found.id))
    second = await _load(caller, named.investigation)
    return Json(
        await caller.workbench.diff(
            str(Reference(str(found.id), evidence)), str(Reference(str(second.id), named.label))
        )
    )


@router.get("/{label}/evidence", **answers(Evidence, many=True))
async def evidences(
    label: Label,
    caller: Viewer,
    whole: Annotated[bool, Query(description="Large results too.")] = False,
) -> Json:
    """Every recorded tool call, in the order they were made; of large results the beginning."""
    found = await _load(caller, label)
    kept = await caller.workbench.store.record.evidences(found.id, whole=whole)
    return Json(Page(items=tuple(kept)))


@router.get("/{label}/evidence/{evidence}", **answers(Evidence))
async def evidence(
    label: Label, evidence: EvidenceLabel, caller: Viewer, request: Request
) -> Response:
    """One recorded tool call with its result."""
    found = await _load(caller, label)
    return tagged(request, await caller.workbench.store.record.evidence(found.id, evidence))


@router.get("/{label}/report", response_class=Response)
async def reported(
    label: Label, caller: Viewer, format: Literal["html", "ipynb", "md"] = "html"
) -> Response:
    """The investigation as a page to read, a notebook to open, or Markdown."""
    found = await _load(caller, label)
    kept = await caller.workbench.store.record.evidences(found.id)
    now = caller.workbench.clock()
    content = await asyncio.to_thread(  # a long one takes a fifth of a second
        lambda: report.rendered(report.composed(found, kept, now=now), format)
    )
    name = f'inline; filename="{found.label}.{format}"'
    return Response(content, media_type=MEDIA[format], headers={"Content-Disposition": name})


def summary(investigation: Investigation) -> Summary:
    """The line that stands for it in a list."""
    asked = next((s for s in investigation.steps if isinstance(s, Asked)), None)
    conclusion = investigation.conclusion
    return Summary(
        label=investigation.label,
        question=investigation.question,
        status=investigation.status.value,
        verdict=conclusion.verdict if conclusion else "",
        cluster=asked.cluster if asked else "",
        asked_at=asked.at if asked else None,
    )


async def _load(caller: Caller, label: str) -> Investigation:
    """Raises NotRecorded, also for somebody else's."""
    return await caller.workbench.store.investigations.load(label, user=await caller.sees())


def _number(after: str) -> int | None:
    if not after:
        return None
    if after.isascii() and after.isdigit() and len(after) < 19:
        return int(after)
    raise UsageError("`after` is not the `next` of a page.", "Leave it out for the first page.")
