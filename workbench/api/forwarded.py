"""Whether a browser came by https, where a proxy in front ends the encryption."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.api.addresses import Addresses

ENCRYPTED = {"http": "https", "websocket": "wss"}


class Forwarded:
    """ASGI middleware around everything else: a request's scheme is the browser's, where one of
    ``proxies`` (addresses or ranges) says so in X-Forwarded-Proto. Nobody else is believed.

    Of several values the first counts, as JupyterHub reads them: each proxy adds its own behind.
    """

    def __init__(self, app: ASGIApp, proxies: Iterable[str]) -> None:
        self._app = app
        self._proxies = Addresses(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ENCRYPTED and self._says_encrypted(scope):
            scope = {**scope, "scheme": ENCRYPTED[scope["type"]]}
        await self._app(scope, receive, send)

    def _says_encrypted(self, scope: Scope) -> bool:
        said = Headers(scope=scope).get("x-forwarded-proto", "").partition(",")[0]
        client = scope.get("client")
        return said.strip().lower() == "https" and client is not None and client[0] in self._proxies
