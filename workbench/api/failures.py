"""From errors to HTTP: one table, and one shape (RFC 9457, application/problem+json)."""

from __future__ import annotations

import re

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from workbench import errors
from workbench.core.redaction import redact_text
from workbench.telemetry import traces

PROBLEM = "application/problem+json"
STATUS: dict[type[errors.WorkbenchError], int] = {
    errors.UsageError: 400,
    errors.NotSignedIn: 401,
    errors.IssuerUnavailable: 503,
    errors.AccessDenied: 403,
    errors.Overloaded: 503,
    errors.TooBusy: 429,
    errors.TooLarge: 413,
    errors.SettingsError: 500,
    errors.ContextUnknown: 404,
    errors.ObjectNotFound: 404,
    errors.ClusterError: 502,
    errors.SnapshotError: 422,
    errors.NotRecorded: 404,
    errors.Conflict: 409,
    errors.StoreUnavailable: 503,
    errors.StoreError: 500,
    errors.GatewayUnavailable: 502,
    errors.ToolUnknown: 404,
    errors.ToolRefused: 403,
    errors.ToolTimeout: 504,
    errors.ToolError: 502,
    errors.ModelError: 502,
    errors.RunbookUnknown: 404,
    errors.ParameterError: 422,
    errors.RunbookError: 500,
    errors.DocumentUnreadable: 422,
    errors.EmbedderUnavailable: 503,
    errors.RerankerUnavailable: 503,
    errors.KnowledgeError: 500,
}
"""The nearest class in an error's ancestry decides."""
RETRY_SECONDS = 5
"""When to ask again after 503: longer than the store takes to notice that its database is back."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong. ``type`` is the error's name; ``hint`` is what to try.

    trace: id of the request's trace, where traces are exported.
    """

    type: str
    title: str
    status: int
    hint: str = ""
    trace: str = ""


def status_of(error: errors.WorkbenchError) -> int:
    """The HTTP status for an error."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem(error: errors.WorkbenchError) -> Response:
    """The answer that says what went wrong. Secrets an error may quote are taken out."""
    status = status_of(error)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.TooBusy):
        headers["Retry-After"] = str(error.seconds)
    elif status == 503:
        headers["Retry-After"] = str(RETRY_SECONDS)
    body = Problem(
        type=_words(type(error).__name__),
        title=redact_text(error.message),
        status=status,
        hint=redact_text(error.hint),
    )
    return _answer(body, headers)


def install(app: FastAPI) -> None:
    """Have every error of ours, of validation and of routing answered in that shape."""

    async def ours(_: Request, error: Exception) -> Response:
        assert isinstance(error, errors.WorkbenchError)  # noqa: S101
        return problem(error)

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return _answer(
            Problem(type="invalid-request", title=f"{where}: {first['msg']}.", status=422)
        )

    async def routing(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        body = Problem(
            type="http", title=f"{error.detail}.", status=error.status_code, hint="See /api/docs."
        )
        return _answer(body, dict(error.headers or {}))

    app.add_exception_handler(errors.WorkbenchError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, routing)


def _answer(body: Problem, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(msgspec.structs.replace(body, trace=traces.current())),
        status_code=body.status,
        headers=headers,
        media_type=PROBLEM,
    )


def _words(name: str) -> str:
    """``store-unavailable`` for ``StoreUnavailable``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
