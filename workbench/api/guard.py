"""The door: every request and every websocket is checked before anything else sees it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.caller import SAFE_METHODS
from workbench.api.cookies import keep_cookie, read_cookie
from workbench.api.credentials import COOKIE, Credential, Presented
from workbench.api.failures import problem
from workbench.api.hosts import LOOPBACK, host_of
from workbench.api.prefix import prefix_of
from workbench.api.principals import Principal, Role
from workbench.errors import AccessDenied, NotSignedIn, UsageError, WorkbenchError
from workbench.store.sight import Sight, see_as

OPEN = ("/healthz", "/readyz")
"""Paths that need no credentials. They say nothing but whether it works."""
POLICY_VIOLATION = 1008
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "SAMEORIGIN",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """ASGI middleware: Host, Origin, credentials, and the headers every answer carries.

    A browser gets in once with ``?token=``; it is sent on without it and keeps a cookie that no
    script can read and no other site can send.

    hosts: names this server is asked for by; see ``workbench.api.hosts``.
    origins: besides the host asked for, whose pages may write or open websockets.
    """

    def __init__(
        self,
        app: ASGIApp,
        credentials: Sequence[Credential],
        hosts: Sequence[str] = (),
        origins: Sequence[str] = (),
    ) -> None:
        self._app = app
        self._credentials = tuple(credentials)
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in OPEN:
            return await self._app(scope, receive, send)
        try:
            headers = Headers(scope=scope)
            _check_characters(scope)
            host = self._check_host(scope, headers)
            self._check_origin(scope, headers, host)
            principal = await self._who(scope, headers)
        except WorkbenchError as error:
            return await _refuse(scope, receive, send, error)
        if scope["type"] == "http" and (token := _query_token(scope)):
            return await _remember(scope, token)(scope, receive, send)
        scope.setdefault("state", {})["principal"] = principal
        see_as(principal.name, _sight(principal.role))
        await self._app(scope, receive, _with_headers(send))
        return None

    def _check_host(self, scope: Scope, headers: Headers) -> str:
        """A name of somebody else that leads here (DNS rebinding) makes a page of theirs one of
        ours. Returns the host asked for, with its port."""
        given = headers.getlist("host")
        named = host_of(given[0]) if len(given) == 1 else ""
        if named and (named in LOOPBACK or named in self._hosts or named == _own_address(scope)):
            return given[0].lower()
        raise AccessDenied(
            f"This is not {', '.join(given)[:200] or 'a request for any host'}.",
            "If it is, put the name into the setting allowed_hosts.",
        )

    def _check_origin(self, scope: Scope, headers: Headers, host: str) -> None:
        """A page of another site must not write with this browser's cookie. Programs send no
        Origin; a websocket from a browser always does."""
        given = headers.getlist("origin")
        if not given or (scope["type"] == "http" and scope["method"] in SAFE_METHODS):
            return
        own = {f"http://{host}", f"https://{host}"}  # the proxy in front may end the encryption
        if len(given) > 1 or not (given[0] in own or given[0] in self._origins):
            raise AccessDenied(f"Pages of {', '.join(given)[:200]} may not do this.")

    async def _who(self, scope: Scope, headers: Headers) -> Principal:
        client = scope.get("client")
        presented = Presented(_token(scope, headers), headers, client[0] if client else "")
        for credential in self._credentials:
            if principal := await credential.check(presented):
                return principal
        raise NotSignedIn(
            "Nobody is signed in.", "Send a bearer token, or open the address the server printed."
        )


def _sight(role: Role) -> Sight:
    if role >= Role.ADMIN:
        return Sight.EVERYBODY
    return Sight.CHANGES if role >= Role.APPROVER else Sight.OWN


def _check_characters(scope: Scope) -> None:
    """PostgreSQL keeps no NUL in text, so that nothing can be called like that."""
    if b"%00" in scope["query_string"] or "\0" in scope["path"]:
        raise UsageError("The address holds a NUL character.")


def _own_address(scope: Scope) -> str:
    """Which of this machine's addresses the connection came to."""
    server = scope.get("server")
    return str(server[0]).lower() if server and server[0] else ""


def _token(scope: Scope, headers: Headers) -> str:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    return _query_token(scope) or read_cookie(headers, COOKIE)


def _query_token(scope: Scope) -> str:
    if b"token" not in scope["query_string"]:
        return ""
    query: dict[str, list[str]] = parse_qs(scope["query_string"].decode("latin-1"))
    return query.get("token", [""])[0]


def _remember(scope: Scope, token: str) -> Response:
    """To the same page without the token, which a cookie holds from now on."""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    query.pop("token")
    path = scope["path"].replace("\\", "/")
    rest = f"?{urlencode(query, doseq=True)}" if query else ""
    response = RedirectResponse("/" + path.lstrip("/") + rest, status_code=303)
    keep_cookie(response, scope, COOKIE, token, f"{prefix_of(scope)}/")
    return response


async def _refuse(scope: Scope, receive: Receive, send: Send, error: WorkbenchError) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return
    await problem(error)(scope, receive, _with_headers(send))


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            known = {name for name, _ in message["headers"]}
            extra = [
                (k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in known
            ]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sent
