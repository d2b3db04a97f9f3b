"""Alerts: told by a webhook, and what the looks at them found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Operator, Viewer
from workbench.core.alert import AlertStatus
from workbench.errors import UsageError
from workbench.runbooks.alert_sources import alerts_in
from workbench.runbooks.alerts import Intake, Received, ToldAlert, shown
from workbench.store.alerts import Kept

router = APIRouter(tags=["alerts"])

EXAMPLE = {
    "version": "4",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-1"},
            "annotations": {"summary": "Pod is crash looping."},
            "startsAt": "2026-03-01T10:00:00Z",
        }
    ],
}
WORDS = {"type": "object", "additionalProperties": {"type": "string"}}
ALERT: dict[str, Any] = {
    "type": "object",
    "required": ["labels"],
    "properties": {
        "status": {"type": "string", "enum": [status.value for status in AlertStatus]},
        "labels": WORDS,
        "annotations": WORDS,
        "startsAt": {"type": "string", "format": "date-time"},
        "fingerprint": {"type": "string"},
    },
}
BODY: dict[str, Any] = {
    "description": "Alertmanager's webhook (version 4), or alerts with labels alone; "
    "with `source`, what that one sends.",
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["alerts"],
                "properties": {"alerts": {"type": "array", "items": ALERT, "maxItems": 1000}},
                "examples": [EXAMPLE],
            }
        }
    },
}


@router.post("/alerts", openapi_extra={"requestBody": BODY}, **answers(Received, 202))
async def told(
    caller: Operator,
    request: Request,
    source: Annotated[
        str,
        Query(pattern=r"^[a-z0-9-]{0,32}$", description="Whose words: that of a plugin, by name."),
    ] = "",
) -> Json:
    """Take alerts in: each gets the runbook that takes the first look, once."""
    alerts = alerts_in(await request.body(), source)
    intake: Intake = request.app.state.intake
    received = await intake.take(alerts, caller.principal.name)
    request.app.state.metrics.took(received)
    return Json(received, status_code=202)


@router.get("/alerts", **answers(ToldAlert, many=True))
async def listed(
    caller: Viewer,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str, Query(max_length=100, description="`next` of the page before.")] = "",
    run: Annotated[
        str, Query(pattern=r"^(SW-[0-9]{1,18}(/[0-9]{1,9})?)?$", description="Only of that run.")
    ] = "",
) -> Json:
    """Everybody's, the last told first."""
    store = caller.workbench.store
    found = await store.alerts.list(limit, after=_place(after), run=run)
    more = _named(found[-1]) if len(found) == limit else ""
    return Json(Page(items=tuple(map(shown, found)), next=more))


def _named(last: Kept) -> str:
    return f"{last.last_told.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}~{last.id}"


def _place(after: str) -> tuple[datetime, UUID] | None:
    if not after:
        return None
    at, _, id = after.partition("~")
    try:
        return datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC), UUID(id)
    except ValueError as error:
        raise UsageError(f"{after!r} is no place in this list.", "Pass `next`.") from error
