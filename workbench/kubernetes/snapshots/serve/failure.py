"""Refusals in the API server's own words: ``Status`` objects (Kubernetes API reference, Status)."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from workbench.kubernetes.snapshots.resources import Resource


class StatusFailure(Exception):
    """An answer other than the one asked for; carries the Status body to send."""

    def __init__(
        self, code: int, reason: str, message: str, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        """The Status object."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


def bad_request(message: str) -> StatusFailure:
    return StatusFailure(400, "BadRequest", message)


def not_found(resource: Resource, name: str) -> StatusFailure:
    """No object of that name."""
    details = {"name": name, "kind": resource.plural}
    if resource.group:
        details = {"name": name, "group": resource.group, "kind": resource.plural}
    return StatusFailure(404, "NotFound", f'{resource.qualified} "{name}" not found', details)


def no_such_resource() -> StatusFailure:
    """No resource is served at that path."""
    return StatusFailure(
        404, "NotFound", "the server could not find the requested resource", details={}
    )


def unauthorized() -> StatusFailure:
    return StatusFailure(401, "Unauthorized", "Unauthorized")


def expired(message: str) -> StatusFailure:
    return StatusFailure(410, "Expired", message)


def not_acceptable(offered: str) -> StatusFailure:
    return StatusFailure(
        406, "NotAcceptable", f"only the following media types are accepted: {offered}"
    )


def invalid(kind: str, name: str, field: str, problem: str) -> StatusFailure:
    """A value that is of the right type but not allowed."""
    cause = {"reason": "FieldValueInvalid", "message": problem, "field": field}
    return StatusFailure(
        422,
        "Invalid",
        f'{kind} "{name}" is invalid: {field}: {problem}',
        {"name": name, "kind": kind, "causes": [cause]},
    )


def json_response(body: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """``body`` as one line of JSON, the way the API server ends it."""
    return Response(
        msgspec.json.encode(body) + b"\n",
        status,
        {"Cache-Control": "no-cache, private"},
        media_type=media_type,
    )


def page_not_found() -> Response:
    """What the API server says about a path that is no API at all."""
    return Response("404 page not found\n", 404, media_type="text/plain")


async def failed(request: Request, error: Exception) -> Response:
    """The response for a StatusFailure."""
    if not isinstance(error, StatusFailure):  # Starlette's handler type knows only Exception
        raise error
    return json_response(error.body(), error.code)
