"""Being served under a path: ``/services/workbench/`` behind a proxy that leaves it in."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "workbench.prefix"
"""Where the scope of a request says which path was taken off, "" for none."""


def prefix_of(scope: Scope) -> str:
    """The path that a request came under, without a slash at its end."""
    return str(scope.get(PREFIX, ""))


class Prefixed:
    """ASGI middleware: takes the prefix off what comes and puts it before redirects that go.

    What comes without it is served too: probes, and kernels that reach the Service directly.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = "/" + prefix.strip("/") if prefix.strip("/") else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if not self._prefix or not (path + "/").startswith(f"{self._prefix}/"):
            return await self._app(scope, receive, send)
        if path == self._prefix and scope["type"] == "http":
            return await RedirectResponse(f"{self._prefix}/")(scope, receive, send)
        inside = path.removeprefix(self._prefix)
        raw = scope.get("raw_path", b"").removeprefix(self._prefix.encode())
        below = {**scope, "path": inside, "raw_path": raw, PREFIX: self._prefix}
        return await self._app(below, receive, self._placed(send))

    def _placed(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                where = headers.get("location", "")
                if where.startswith("/") and not where.startswith((f"{self._prefix}/", "//")):
                    headers["location"] = self._prefix + where
                    message = {**message, "headers": headers.raw}
            await send(message)

        return sent
