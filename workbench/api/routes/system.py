"""Whether it lives, whether it can work, and how much it does. Outside ``/api``."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from workbench.api.answers import Json, answers
from workbench.api.caller import Viewer
from workbench.api.principals import Role
from workbench.api.readiness import OK, Part, states
from workbench.errors import StoreError
from workbench.store.sight import for_all

router = APIRouter(tags=["system"])
METRICS = "metrics"
watched = APIRouter(tags=[METRICS])


class Health(msgspec.Struct, frozen=True):
    """``ok``, or what is wrong, by part."""

    status: str
    parts: dict[str, str]


@router.get("/healthz", **answers(Health))
async def healthz() -> Json:
    """The process answers."""
    return Json(Health("ok", {}))


@router.get("/readyz", **answers(Health))
async def readyz(request: Request) -> Json:
    """Whether requests can be served: `unavailable` (503) where the database or the tool servers
    are not there, `degraded` (200) where something else that questions need is not."""
    parts: tuple[Part, ...] = request.app.state.parts
    found = await states(parts)
    if any(found[part.name] != OK for part in parts if part.needed):
        return Json(Health("unavailable", found), status_code=503)
    degraded = any(state != OK for state in found.values())
    return Json(Health("degraded" if degraded else OK, found))


@watched.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "What was counted."}},
)
async def metrics(caller: Viewer, request: Request) -> Response:
    """Counters and histograms in the Prometheus text format, for administrators and for tokens with
    the scope `metrics`."""
    if METRICS not in caller.principal.scopes:
        caller.principal.must_be(Role.ADMIN)
    with suppress(StoreError), for_all():  # or the last that was known stands
        store = caller.workbench.store
        request.app.state.metrics.queue(await store.sweeps.depth())
        request.app.state.metrics.told(await store.alerts.messages())
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
