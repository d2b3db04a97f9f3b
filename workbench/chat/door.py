"""What stands around the pages: who visits, whose page it is, and what a page may load and run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from contextvars import ContextVar

from bokeh.util.token import get_session_id
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.chat.visitor import Visitor

VISITOR: ContextVar[Visitor] = ContextVar("visitor")
"""Who sent the request, or opened the websocket, that is being answered."""

POLICY_VIOLATION = 1008
NOT_UNDERSTOOD = 1003
LAST_CODE = 4999
"""Of those a websocket may be closed with (RFC 6455, 7.4); bokeh-fastapi 0.1.8 says 10000 and more
to whoever sends what is no message of Bokeh's."""
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Sessions:
    """Whose pages are open, by the id of their session."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def opened(self, session: str, visitor: Visitor) -> None:
        self._owners[session] = visitor.name

    def closed(self, session: str) -> None:
        self._owners.pop(session, None)

    def admits(self, session: str, visitor: Visitor) -> bool:
        """Whether it is this visitor's. A page that is gone is nobody's: it cannot come back."""
        return self._owners.get(session) == visitor.name


class Visiting:
    """ASGI middleware behind the door, around the pages at ``paths`` and their websockets.

    who: who was let in, from a scope; lost: called with the id of a session whose websocket ended.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        who: Callable[[Scope], Visitor],
        sessions: Sessions,
        paths: frozenset[str],
        lost: Callable[[str], None],
    ) -> None:
        self._app = app
        self._who = who
        self._sessions = sessions
        self._paths = paths
        self._lost = lost

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path in self._paths:
            VISITOR.set(self._who(scope))
            # A session is made for each visit; none is entered by naming it.
            await self._app({**scope, "query_string": b""}, receive, _with_policy(send))
        elif scope["type"] == "websocket" and path.removesuffix("/ws") in self._paths:
            await self._connect(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor = self._who(scope)
        session = _session(scope)
        if not self._sessions.admits(session, visitor):
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        VISITOR.set(visitor)
        try:
            await self._app(scope, receive, _with_known_codes(send))
        finally:
            self._lost(session)


def _with_known_codes(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "websocket.close" and message.get("code", 0) > LAST_CODE:
            message = {**message, "code": NOT_UNDERSTOOD}
        await send(message)

    return sent


def _session(scope: Scope) -> str:
    """The session that the token among the subprotocols is for; "" for no token."""
    offered = scope.get("subprotocols") or []
    try:
        return str(get_session_id(offered[1]))
    except (IndexError, ValueError, KeyError):
        return ""


def policy(page: bytes) -> str:
    """What a page may load and run: its own inline scripts by their hashes, and this server's.

    Panel compiles its view from a blob, and Bokeh sets styles on elements (W3C Content Security
    Policy Level 3).
    """
    hashes = " ".join(sorted({f"'sha256-{_digest(m[1])}'" for m in _INLINE.finditer(page)}))
    return (
        f"default-src 'none'; script-src 'self' blob: {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self' blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; object-src 'none'"
    )


def _digest(script: bytes) -> str:
    return base64.b64encode(hashlib.sha256(script).digest()).decode()


def _with_policy(send: Send) -> Send:
    """Holds the page back until it is whole, then sends it with the policy for it."""
    begun: list[Message] = []
    body: list[bytes] = []

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            begun.append(message)
            return
        body.append(message.get("body", b""))
        if message.get("more_body"):
            return
        page = b"".join(body)
        headers = [*begun[0]["headers"], (b"content-security-policy", policy(page).encode())]
        headers.append((b"cache-control", b"no-store"))
        await send({**begun[0], "headers": headers})
        await send({"type": "http.response.body", "body": page})

    return sent
