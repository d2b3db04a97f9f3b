"""The door: a bearer token on every request, and a Host that is this machine."""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.kubernetes.snapshots.serve.failure import (
    StatusFailure,
    json_response,
    unauthorized,
)

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""Names a client on this machine uses. A page of another site that had its name point here (DNS
rebinding) sends its own."""


class Guarded:
    """Lets a request through to ``app`` only with the token and a loopback Host."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        failure = self._failure(Headers(scope=scope))
        if failure is None:
            await self._app(scope, receive, send)
        else:
            await json_response(failure.body(), failure.code)(scope, receive, send)

    def _failure(self, headers: Headers) -> StatusFailure | None:
        host = headers.get("host", "")
        name, colon, port = host.rpartition(":")
        if (name if colon and port.isdecimal() else host) not in LOOPBACK:
            return StatusFailure(403, "Forbidden", f"this server is not {host!r}", {})
        given = headers.get("authorization", "").encode("utf-8", "replace")
        return None if hmac.compare_digest(given, self._expected) else unauthorized()
