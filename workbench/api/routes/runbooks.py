"""Runbooks: what there are, what they take, and their runs."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Body, Path, Query, Request, Response

from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Caller, Operator, Viewer
from workbench.api.principals import Role
from workbench.core.runbook import Parameter, Run, Runbook
from workbench.runbooks.catalogue import catalogue, find
from workbench.runbooks.page import POLICY, page
from workbench.runbooks.runs import Runs

router = APIRouter(tags=["runbooks"])

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
NOTEBOOK = "application/x-ipynb+json"
TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


class RunbookSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A runbook. codes: findings it is about."""

    name: str
    title: str
    summary: str
    parameters: tuple[Parameter, ...]
    codes: tuple[str, ...]


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """What a runbook takes, as a JSON Schema (2020-12)."""

    title: str
    properties: dict[str, Any]
    required: tuple[str, ...]
    type: str = "object"
    dialect: str = msgspec.field(
        name="$schema", default="https://json-schema.org/draft/2020-12/schema"
    )
    additional_properties: bool = msgspec.field(name="additionalProperties", default=False)


@router.get("/runbooks", **answers(RunbookSummary, many=True))
async def listed(caller: Viewer, request: Request) -> Json:
    """All of them, by name."""
    books = catalogue(request.app.state.settings.runbook_dirs).runbooks
    return Json(Page(items=tuple(map(_summary, books))))


@router.get("/runbooks/{name}", **answers(RunbookSummary))
async def opened(name: Name, caller: Viewer, request: Request) -> Json:
    """One of them."""
    return Json(_summary(_find(request, name)))


@router.get("/runbooks/{name}/schema", **answers(Schema))
async def schema(name: Name, caller: Viewer, request: Request) -> Json:
    """What it takes, as a JSON Schema."""
    return Json(schema_of(_find(request, name)))


@router.post("/runbooks/{name}/runs", **answers(Run, 202))
async def started(
    name: Name,
    caller: Operator,
    request: Request,
    parameters: Annotated[
        dict[str, str | int | float | bool],
        Body(description="As its schema says.", examples=[{"namespace": "shop"}], max_length=100),
    ],
) -> Json:
    """Run it in the background, on your behalf."""
    made = await _runs(request).start(
        caller.workbench.new_id(), _find(request, name), parameters, caller.principal.name
    )
    return Json(made, status_code=202)


@router.get("/runs", **answers(Run, many=True))
async def runs(
    caller: Viewer,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[UUID | None, Query(description="`next` of the page before.")] = None,
) -> Json:
    """Yours (everybody's for an administrator) of every replica, newest first."""
    found = await _runs(request).list(_whose(caller), after=after, limit=limit)
    return Json(Page(items=found, next=str(found[-1].id) if len(found) == limit else ""))


@router.get("/runs/{id}", **answers(Run))
async def run(id: UUID, caller: Viewer, request: Request) -> Json:
    """One run: how far it is, and what it found."""
    return Json(await _runs(request).get(id, _whose(caller)))


@router.post("/runs/{id}/cancel", **answers(Run))
async def cancelled(id: UUID, caller: Operator, request: Request) -> Json:
    """Stop it; the notebook says where."""
    known = _runs(request)
    await known.get(id, _whose(caller))
    await known.cancel(id)
    return Json(await known.get(id, _whose(caller)))


@router.get(
    "/runs/{id}/notebook",
    response_class=Response,
    responses={
        200: {
            "content": {NOTEBOOK: {}, "text/html": {}},
            "description": "The notebook as it is now.",
        }
    },
)
async def notebook(
    id: UUID, caller: Viewer, request: Request, format: Literal["html", "ipynb"] = "ipynb"
) -> Response:
    """The executed notebook, also while it runs (in the replica where it does): to open, or as a
    page to read."""
    known = _runs(request)
    found = await known.get(id, _whose(caller))
    text = await known.notebook(id)
    if format == "ipynb":
        name = f'attachment; filename="{found.runbook}.ipynb"'
        return Response(text, media_type=NOTEBOOK, headers={"Content-Disposition": name})
    content = await asyncio.to_thread(_page, text, found)
    headers = {"Content-Security-Policy": f"sandbox; {POLICY}"}
    return Response(content, media_type="text/html", headers=headers)


def _page(text: str, run: Run) -> str:
    about = f"{run.status.value} · {run.started_at:%Y-%m-%d %H:%M} UTC · {run.user}"
    return page(msgspec.json.decode(text), run.runbook, about)


def schema_of(book: Runbook) -> Schema:
    """Its typed parameters as a JSON Schema."""
    return Schema(
        title=book.title,
        properties={p.name: _property(p) for p in book.parameters},
        required=tuple(p.name for p in book.parameters if p.required),
    )


def _property(parameter: Parameter) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": TYPES[parameter.type]}
    if parameter.help:
        shape["description"] = parameter.help
    if parameter.choices:
        shape["enum"] = list(parameter.choices)
    if not parameter.required:
        shape["default"] = parameter.default
    return shape


def _summary(book: Runbook) -> RunbookSummary:
    return RunbookSummary(
        name=book.name,
        title=book.title,
        summary=book.summary,
        parameters=book.parameters,
        codes=book.codes,
    )


def _find(request: Request, name: str) -> Runbook:
    return find(name, request.app.state.settings.runbook_dirs)


def _runs(request: Request) -> Runs:
    found: Runs = request.app.state.runs
    return found


def _whose(caller: Caller) -> str:
    return "" if caller.principal.role >= Role.ADMIN else caller.principal.name
