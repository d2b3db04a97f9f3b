"""How many requests one process works on at a time; the others are told no before any work is done
for them: nobody is looked up, and no body is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.api.failures import problem
from workbench.api.guard import HEADERS, OPEN
from workbench.errors import Overloaded

AT_ONCE = 64
"""Requests worked on at a time: more would only wait for the same few database connections, so that
all were slow instead of some refused."""
LASTING = 256
"""Streams, and questions whose answer is waited for, at a time; each reads a few rows a second at
most."""
LASTS = re.compile(r".*/stream|.*/api/chat")
RETRY_SECONDS = 1


class Admission:
    """Counts what is worked on. ``told``: called for each request that is refused without having
    been made a request of the application."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        lasting: int = LASTING,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self.told = told
        self._most = {False: at_once, True: lasting}
        self._open = {False: 0, True: 0}

    def full(self, path: str) -> bool:
        """Whether there is no room for a request for that path."""
        lasting = _lasts(path)
        return self._open[lasting] >= self._most[lasting]

    @contextmanager
    def working(self, path: str) -> Iterator[None]:
        """While one is worked on."""
        lasting = _lasts(path)
        self._open[lasting] += 1
        try:
            yield
        finally:
            self._open[lasting] -= 1


def _lasts(path: str) -> bool:
    return LASTS.fullmatch(path) is not None


class Admitted:
    """ASGI middleware before the door. Probes are always answered."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app = app
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (path := scope["path"]) in OPEN:
            return await self._app(scope, receive, send)
        if self._admission.full(path):
            return await problem(refusal())(scope, receive, send)
        with self._admission.working(path):
            await self._app(scope, receive, send)
        return None


def refusal() -> Overloaded:
    """What is said to whom there is no room for."""
    return Overloaded(
        "The server has as much to do as it can.", "Try again in a moment.", RETRY_SECONDS
    )


def refused(answer: Response) -> bytes:
    """Such an answer as it goes over a connection that stays open (RFC 9112)."""
    head = [*answer.raw_headers, *((k.encode(), v.encode()) for k, v in HEADERS.items())]
    lines = b"".join(b"%b: %b\r\n" % header for header in head)
    return b"HTTP/1.1 503 Service Unavailable\r\n%b\r\n%b" % (lines, bytes(answer.body))
