"""A page that somebody has open: it hears what they do and answers with fragments of HTML."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

from workbench.chat.elements import drop
from workbench.chat.visitor import Visit
from workbench.core.render.html import NOTHING, Html, joined, tag
from workbench.errors import Overloaded, StoreUnavailable, WorkbenchError

logger = logging.getLogger(__name__)

Said = dict[str, Any]
Handler = Callable[[Said], Awaitable[None]]
AGAIN_SECONDS = (1.0, 2.0, 4.0)
"""Waits of a page that opens while the database is away or has too much to do."""
BROKEN = WorkbenchError("Something went wrong in the server.", "Load the page again.")
LONGEST = 16_384
"""Characters of one field that a page may send: the longest question."""


class Screen:
    """One open page.

    What the browser does arrives at ``take`` as ``{"do": "ask", …}`` and runs the method
    ``do_ask``. Answers go out through ``put``, ``add`` and ``tell``: the first two only take
    ``Html``, so that text cannot become markup on the way.
    """

    page: Callable[[Visit], Html]
    """The screen as it is before anything is known."""

    def __init__(self, visit: Visit, send: Callable[[dict[str, str]], None]) -> None:
        self.visit = visit
        self._send = send
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, said: object) -> None:
        """Begin to do what the browser says; anything unknown is left alone."""
        if isinstance(said, dict) and (name := word(said, "do")).isidentifier():
            handler: Handler | None = getattr(self, f"do_{name}", None)
            if handler is not None:
                self.begin(self._handled(handler, said))

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something that ends with the page at the latest."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def close(self) -> None:
        """The page is gone. Investigations go on."""
        for task in self._tasks:
            task.cancel()

    def put(self, region: str, *parts: Html) -> None:
        """Show the parts in the region and nothing else."""
        self._send({"op": "put", "to": region, "html": str(joined(parts))})

    def add(self, region: str, part: Html) -> None:
        """Show the part at the end of the region; in place of the one with its id, where there is
        one: nothing is shown twice."""
        self._send({"op": "add", "to": region, "html": str(part)})

    def tell(self, op: str, **values: str) -> None:
        """Have the page do something else: see ``ops`` in ``view.js``."""
        self._send({"op": op, **values})

    async def do_ping(self, said: Said) -> None:
        """Whether anybody is there."""
        self.tell("pong")

    async def _handled(self, handler: Handler, said: Said) -> None:
        """Do it, or say why not. A page that could not be filled at first is tried again."""
        waits = iter(AGAIN_SECONDS if word(said, "do") == "hello" else ())
        while True:
            try:
                await handler(said)
            except WorkbenchError as error:
                self.tell("failed", did=word(said, "do"))
                self.put("notice", notice(error))
                passes = isinstance(error, StoreUnavailable | Overloaded)
                if not passes or (wait := next(waits, None)) is None:
                    return
            else:
                return
            await asyncio.sleep(wait)
            self.put("notice")

    def _done(self, task: asyncio.Task[None]) -> None:
        """Nothing that a person waits for ends without a word, a bug least of all."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            logger.error("A page broke off what it did.", exc_info=error)
            self.put("notice", notice(BROKEN))


def notice(error: WorkbenchError) -> Html:
    """What went wrong, and what to try."""
    return tag(
        "div",
        tag("strong", error.message),
        tag("span", error.hint) if error.hint else NOTHING,
        drop("notice", "Dismiss", class_="plain"),
        class_="notice",
        role="alert",
    )


def word(said: Said, name: str, limit: int = LONGEST) -> str:
    """A text field of what was said; "" for anything else."""
    value = said.get(name)
    return value[:limit] if isinstance(value, str) else ""


def number(said: Said, name: str) -> int:
    """A small whole number; 0 for anything else."""
    value = word(said, name, 9)
    return int(value) if value.isascii() and value.isdigit() else 0


def identity(text: str) -> UUID | None:
    """The id that is written there, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
