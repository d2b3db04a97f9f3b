"""How much one person may ask for: requests per minute and bytes per request."""

from __future__ import annotations

import re
import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.failures import problem
from workbench.api.principals import Principal
from workbench.errors import Overloaded, TooBusy, TooLarge

MAX_BODY = 1_048_576
"""Bytes of a request body. Documents to ingest come as files, in parts."""
READS = parse("600/minute")
WRITES = parse("120/minute")
QUESTIONS = parse("20/minute")
"""Each question may make dozens of tool calls and model requests."""
CALLS = "/mcp"
ASKING = re.compile(r"/api/chat.*|.*/(rerun|resume|runs|approve)|/api/snapshots")
"""Paths where one request makes many."""
AT_ONCE = 64
"""Requests worked on at a time: more would only wait for the same few database connections, so that
all were slow instead of some refused."""
STREAMS = 256
"""Streams open at a time; each reads a few rows a second at most."""


class Limited:
    """ASGI middleware behind the door: it knows who asks.

    Counts in this process alone; with N replicas a person has up to N times as much.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._counts = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._open = {False: 0, True: 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal: Principal | None = scope.get("state", {}).get("principal")
        if scope["type"] != "http" or principal is None:
            return await self._app(scope, receive, send)
        try:
            await self._count(principal, _rule(scope))
            _check_length(scope)
            self._check_room(stream := scope["path"].endswith("/stream"))
        except (TooBusy, TooLarge) as error:
            return await problem(error)(scope, receive, send)
        self._open[stream] += 1
        try:
            await self._app(scope, _bounded(receive), send)
        finally:
            self._open[stream] -= 1
        return None

    def _check_room(self, stream: bool) -> None:
        if self._open[stream] >= (STREAMS if stream else AT_ONCE):
            raise Overloaded("The server has as much to do as it can.", "Try again in a moment.", 1)

    async def _count(self, principal: Principal, rule: RateLimitItem) -> None:
        if await self._counts.hit(rule, principal.name):
            return
        window = await self._counts.get_window_stats(rule, principal.name)
        seconds = max(1, round(window.reset_time - time.time()))
        raise TooBusy(
            f"{principal.name} has asked more than {rule}.", f"Wait {seconds} s.", seconds
        )


def _rule(scope: Scope) -> RateLimitItem:
    if scope["method"] in ("GET", "HEAD", "OPTIONS") or scope["path"] == CALLS:
        return READS  # over the gateway one makes the calls that a runbook would make
    return QUESTIONS if ASKING.fullmatch(scope["path"]) else WRITES


def _check_length(scope: Scope) -> None:
    """A length that is announced is refused before it is sent."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if not announced.isdigit() or int(announced) > MAX_BODY:
        raise too_large()


def _bounded(receive: Receive) -> Receive:
    """Ends the request when more comes than was announced, or than is taken."""
    left = MAX_BODY

    async def received() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise too_large()
        return message

    return received


def too_large() -> TooLarge:
    return TooLarge(f"A request may have {MAX_BODY:,} bytes.", "Send less at a time.")
