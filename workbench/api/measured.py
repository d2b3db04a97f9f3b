"""Requests, counted by route, told in a line each, and spans where traces are exported."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.metrics import NONE, Metrics
from workbench.telemetry import logs, traces

if TYPE_CHECKING:
    from opentelemetry.trace import Span

logger = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
TRACED = re.compile(r"/api/|/mcp$")
"""Paths of requests that are spans; probes, metrics and the parts of pages are none."""


class Measured:
    """ASGI middleware, outermost: refused requests count too, and are spans where they are of the
    API or the gateway."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if not traces.active() or not TRACED.match(scope["path"]):
            return await self._measure(scope, receive, send)
        with (
            traces.request(_method(scope), scope["headers"]) as span,
            logs.about(trace=traces.current()),
        ):
            await self._measure(scope, receive, send, span)
        return None

    async def _measure(
        self, scope: Scope, receive: Receive, send: Send, span: Span | None = None
    ) -> None:
        began, status = time.perf_counter(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            method = _method(scope)
            route = pattern(scope)
            self._metrics.requests.labels(route, method, str(status)).inc()
            taken = time.perf_counter() - began
            self._metrics.request_seconds.labels(route, method).observe(taken)
            line = _line(scope, route, method, status, taken)
            logger.info("request", extra=line)
            if span:
                _describe(span, line)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else NONE


def _describe(span: Span, line: Mapping[str, Any]) -> None:
    """What a request's span says, by OpenTelemetry's semantic conventions for HTTP servers."""
    span.update_name(f"{line['method']} {line['route']}")
    span.set_attribute("http.route", line["route"])
    span.set_attribute("http.response.status_code", line["status"])
    span.set_attribute("enduser.id", line["user"])


def _line(scope: Scope, route: str, method: str, status: int, seconds: float) -> dict[str, Any]:
    """Who asked for what and how it went; never the address asked for, which may hold a token."""
    who = scope.get("state", {}).get("principal")
    return {
        "user": who.name if who else "",
        "method": method,
        "route": route,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
    }


def pattern(scope: Scope) -> str:
    """The whole pattern of the route that answered, ``/api/investigations/{label}``.

    What the router leaves in the scope lacks the prefix of the router around it (FastAPI 0.165).
    """
    path = getattr(scope.get("route"), "path", "")
    if not path:
        return NONE
    inside = scope["path"].startswith("/api/") and not path.startswith("/api/")
    return f"/api{path}" if inside else str(path)
