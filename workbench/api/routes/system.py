"""Whether it lives, whether it can work, and how much it does. Outside ``/api``."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from workbench.api.answers import Json, answers
from workbench.api.caller import Viewer
from workbench.api.principals import Role
from workbench.errors import StoreError, WorkbenchError
from workbench.store.sight import for_all

router = APIRouter(tags=["system"])
METRICS = "metrics"
watched = APIRouter(tags=[METRICS])

READY_SECONDS = 2.0


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
    """Whether requests can be served: the store answers and the tool servers are there."""
    workbench = request.app.state.workbench
    parts = {
        "database": await _state(workbench.store.pool.fetchval("ping")),
        "tools": await _state(workbench.tools.list()),
    }
    bad = any(state != "ok" for state in parts.values())
    return Json(Health("unavailable" if bad else "ok", parts), status_code=503 if bad else 200)


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


async def _state(work: Any) -> str:
    try:
        async with asyncio.timeout(READY_SECONDS):
            await work
    except TimeoutError:
        return f"no answer within {READY_SECONDS:g} s"
    except WorkbenchError as error:
        return error.message
    return "ok"
