"""A browser that nobody knows yet is sent to JupyterHub, and comes back with who it is."""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, unquote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.credentials import COOKIE
from workbench.api.failures import problem
from workbench.api.hub import Hub, new_secret
from workbench.errors import NotSignedIn, WorkbenchError

STATE = "workbench_sign_in"
"""Cookie with what a browser that comes back has to know; nobody else can make it know that."""
STATE_SECONDS = 600


class SignIn:
    """ASGI middleware around the door and its prefix: where the door says 401 to somebody who opens
    a page, the answer is the way to the Hub."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self._app = app
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if scope["path"] == self._hub.callback and scope["method"] == "GET":
            return await (await self._back(scope))(scope, receive, send)
        if scope["method"] != "GET" or "text/html" not in Headers(scope=scope).get("accept", ""):
            return await self._app(scope, receive, send)
        return await self._app(scope, receive, self._or_away(scope, receive, send))

    def _or_away(self, scope: Scope, receive: Receive, send: Send) -> Send:
        turned = False

        async def sent(message: Message) -> None:
            nonlocal turned
            if message["type"] == "http.response.start" and message["status"] == 401:
                turned = True
                await self._away(scope)(scope, receive, send)
            elif not turned:
                await send(message)

        return sent

    def _away(self, scope: Scope) -> Response:
        state, verifier = new_secret(), new_secret()
        query = scope["query_string"].decode("latin-1")
        there = scope["path"] + (f"?{query}" if query else "")
        response = RedirectResponse(self._hub.authorize(state, verifier), status_code=302)
        kept = f"{state}.{verifier}.{quote(there, safe='')}"
        self._set(response, scope, STATE, kept, STATE_SECONDS)
        return response

    async def _back(self, scope: Scope) -> Response:
        """To the page that was asked for, with a cookie that says who it is."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        given, code = query.get("state", [""])[0], query.get("code", [""])[0]
        state, verifier, there = _kept(scope)
        try:
            if not state or not hmac.compare_digest(given.encode(), state.encode()):
                raise NotSignedIn("This is not the sign-in that was begun.", "Open the page again.")
            token = await self._hub.redeem(code, verifier)
        except WorkbenchError as error:
            return problem(error)
        page = there if there.startswith(f"{self._hub.service_prefix}/") else ""
        response = RedirectResponse(page or f"{self._hub.service_prefix}/", status_code=303)
        self._set(response, scope, COOKIE, token, None)
        response.delete_cookie(STATE, path=f"{self._hub.service_prefix}/")
        return response

    def _set(
        self, response: Response, scope: Scope, name: str, value: str, seconds: int | None
    ) -> None:
        encrypted = Headers(scope=scope).get("x-forwarded-proto", scope["scheme"]) == "https"
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=f"{self._hub.service_prefix}/",  # the servers of others have other paths
            httponly=True,
            samesite="lax",
            secure=encrypted,
        )


def _kept(scope: Scope) -> tuple[str, str, str]:
    """State, verifier and the page asked for, from the cookie; empty without one."""
    try:
        cookie = SimpleCookie(Headers(scope=scope).get("cookie", "")).get(STATE)
    except CookieError:
        cookie = None
    state, _, rest = (cookie.value if cookie else "").partition(".")
    verifier, _, there = rest.partition(".")
    return state, verifier, unquote(there)
