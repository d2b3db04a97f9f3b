"""What went wrong as a page, for somebody who opened an address in a browser."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.failures import PROBLEM, Problem
from workbench.api.pages import reading_page
from workbench.core.characters import one_line
from workbench.core.render.html import Html, tag

STYLE = """
main { padding-top: 12vh; max-width: 40rem; }
li { margin: .4rem 0; overflow-wrap: anywhere; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
.mark { font-weight: 600; margin: 0 0 2.5rem; }
.code { color: #57606a; font-size: .875rem; margin-top: 2.5rem; }
@media (prefers-color-scheme: dark) { .code { color: #9ba5b0; } }
"""
LATER = frozenset((429, 503, 504))
"""What may be over in a moment."""


class Readable:
    """ASGI middleware around what answers: a problem (RFC 9457) becomes a page for whoever wants
    HTML, with the same status and headers. Programs get what they always get.

    prefix: the path it is served under; ways: how people sign in here, a sentence each.
    """

    def __init__(self, app: ASGIApp, prefix: str, ways: Sequence[str]) -> None:
        self._app = app
        self._home = "/" + f"{prefix.strip('/')}/".lstrip("/")
        self._ways = tuple(ways)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not wants_page(
            scope["method"], Headers(scope=scope).get("accept", "")
        ):
            return await self._app(scope, receive, send)
        return await self._app(scope, receive, self._as_page(scope, receive, send))

    def _as_page(self, scope: Scope, receive: Receive, send: Send) -> Send:
        """Holds a problem back until it is whole; lets everything else through."""
        begun: list[Message] = []
        body: list[bytes] = []

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                begun.append(message)
            elif not begun:
                await send(message)
            else:
                body.append(message.get("body", b""))
                if not message.get("more_body"):
                    problem = msgspec.json.decode(b"".join(body), type=Problem)
                    title = _title(problem, scope["path"])
                    answer = _page(problem, title, self._what_now(problem), begun[0]["headers"])
                    await answer(scope, receive, send)

        return sent

    def _what_now(self, problem: Problem) -> tuple[Html, ...]:
        if problem.status == 401 and self._ways:
            ways = tag("ul", *(tag("li", way) for way in self._ways))
            return (tag("h2", "How to sign in"), ways)
        hint = "" if _is_unknown(problem) else problem.hint
        later = "Reload the page in a moment." if problem.status in LATER and not hint else ""
        first = tag("a", "To the first page", href=self._home)
        api = tag("a", "What the API offers", href=f"{self._home}api/docs")
        said = (tag("p", words) for words in (hint, later) if words)
        return (*said, tag("p", first, " · ", api))


def as_page(answer: Response) -> Response:
    """A problem as a page without links, for when there is no room for where they would lead."""
    problem = msgspec.json.decode(bytes(answer.body), type=Problem)
    return _page(problem, problem.title, (tag("p", problem.hint),), answer.raw_headers)


def wants_page(method: str, accept: str) -> bool:
    """Whether a person in a browser asks."""
    return method == "GET" and "text/html" in accept and "json" not in accept


def _page(
    problem: Problem, title: str, what_now: Iterable[Html], given: list[tuple[bytes, bytes]]
) -> Response:
    """given: the headers of the problem itself."""
    main = tag(
        "main",
        tag("p", "Kubernetes Workbench", class_="mark"),
        tag("h1", title),
        *what_now,
        tag("p", " · ".join(filter(None, _codes(problem))), class_="code"),
    )
    answer = reading_page(problem.title, main, STYLE, problem.status)
    answer.headers.update(_kept(given))
    return answer


def _is_problem(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type") == PROBLEM


def _kept(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers that are about the answer and not about how it is written."""
    given = Headers(raw=raw).items()
    written = ("content-type", "content-length", "content-security-policy")
    return {"Cache-Control": "no-store", "Vary": "Accept"} | {
        name: value for name, value in given if name not in written
    }


def _is_unknown(problem: Problem) -> bool:
    """Whether no page has that address, as the router says it."""
    return problem.status == 404 and problem.type == "http"


def _title(problem: Problem, path: str) -> str:
    return f"There is no page {one_line(path, 80)}." if _is_unknown(problem) else problem.title


def _codes(problem: Problem) -> tuple[str, ...]:
    """For whoever is asked about it."""
    trace = f"trace {problem.trace}" if problem.trace else ""
    return (str(problem.status), "" if problem.type == "http" else problem.type, trace)
