"""How much one person may ask for: requests per minute and bytes per request."""

from __future__ import annotations

import re
import time
from contextlib import suppress

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.failures import problem
from workbench.api.principals import Principal
from workbench.errors import TooBusy, TooLarge

MAX_BODY = 1_048_576
"""Bytes of a request body. Documents to ingest come as files, in parts."""
READS = parse("600/minute")
WRITES = parse("120/minute")
QUESTIONS = parse("20/minute")
"""Each question may make dozens of tool calls and model requests."""
CALLS = "/mcp"
ASKING = re.compile(r"/api/chat.*|.*/(rerun|resume|runs|approve)|/api/snapshots")
"""Paths where one request makes many."""


class Limited:
    """ASGI middleware behind the door: it knows who asks.

    Counts in this process alone; with N replicas a person has up to N times as much.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._counts = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal: Principal | None = scope.get("state", {}).get("principal")
        if scope["type"] != "http" or principal is None:
            return await self._app(scope, receive, send)
        try:
            await self._count(principal, _rule(scope))
            _check_length(scope)
        except (TooBusy, TooLarge) as error:
            return await problem(error)(scope, receive, send)
        await self._bounded(scope, receive, send)
        return None

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever the app makes of a body that is cut off, the answer is that it is too large."""
        body = _Body(receive)
        answered = False

        async def sent(message: Message) -> None:
            nonlocal answered
            if not body.too_large or answered:
                answered = True
                await send(message)

        with suppress(TooLarge):
            await self._app(scope, body.receive, sent)
        if body.too_large and not answered:
            await problem(too_large())(scope, receive, send)

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


class _Body:
    """What comes of a request, until that is more than is taken."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = MAX_BODY

    @property
    def too_large(self) -> bool:
        return self._left < 0

    async def receive(self) -> Message:
        """Raises TooLarge."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self.too_large:
            raise too_large()
        return message


def too_large() -> TooLarge:
    return TooLarge(f"A request may have {MAX_BODY:,} bytes.", "Send less at a time.")
