"""A browser that nobody knows yet is sent to JupyterHub, and comes back with who it is."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs, quote, unquote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.cookies import keep_cookie, read_cookie
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
        self._path = f"{hub.service_prefix}/"  # the servers of others have other paths

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
        keep_cookie(response, scope, STATE, kept, self._path, STATE_SECONDS)
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
        page = there if there.startswith(self._path) else self._path
        response = RedirectResponse(page, status_code=303)
        keep_cookie(response, scope, COOKIE, token, self._path)
        response.delete_cookie(STATE, path=self._path)
        return response


def _kept(scope: Scope) -> tuple[str, str, str]:
    """State, verifier and the page asked for, from the cookie; empty without one."""
    state, _, rest = read_cookie(Headers(scope=scope), STATE).partition(".")
    verifier, _, there = rest.partition(".")
    return state, verifier, unquote(there)
