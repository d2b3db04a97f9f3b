"""Runbooks: find one, fill in what it takes, watch it run and see what it found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from uuid import UUID

from workbench.chat import asking, runbooks
from workbench.chat.elements import narrowing, node, region
from workbench.chat.findings import gaps
from workbench.chat.frame import screen
from workbench.chat.screen import Said, Screen, identity, word
from workbench.chat.visitor import Visit
from workbench.core.render.html import Html
from workbench.core.runbook import Runbook, RunStatus
from workbench.errors import NotRecorded, RunbookUnknown, WorkbenchError
from workbench.runbooks.catalogue import catalogue, find

NAME = 100
"""Characters of a runbook's name."""
RUNS = 50


def page(visit: Visit) -> Html:
    """The screen before the notebooks are read."""
    return screen(
        "runbooks",
        visit,
        region("back"),
        region("search", class_="filters"),
        region("books"),
        region("book"),
        region("run", aria_live="polite"),
        region("runs"),
        region("namespaces", element="datalist", id="namespaces"),
    )


class Runbooks(Screen):
    """One runbooks page. ``open`` is the runbook it shows, "" for the list."""

    page = staticmethod(page)

    def __init__(self, visit: Visit, send: Callable[[dict[str, str]], None]) -> None:
        super().__init__(visit, send)
        self.open = ""
        self._following: asyncio.Task[None] | None = None

    async def do_hello(self, said: Said) -> None:
        """``name``, ``run``: what the address names, if anything."""
        self.begin(self._offer_namespaces())
        id = identity(word(said, "run", 40))
        if id is not None:
            await self._watch(id)
        elif name := word(said, "name", NAME):
            await self._show(name)
        else:
            await self.do_all(said)

    async def do_all(self, said: Said) -> None:
        """Show the list."""
        self._leave()
        self.open = ""
        self.tell("address", to="runbooks")
        found = await asyncio.to_thread(catalogue, self.visit.shared.runbook_dirs)
        self.put("search", narrowing("books", "A name, a code, what is wrong (f)"))
        self.put("books", runbooks.listed(found.runbooks), *gaps(found.gaps))
        for name in ("back", "book", "run"):
            self.put(name)
        await self._list()

    async def do_book(self, said: Said) -> None:
        """``name``: open that one."""
        await self._show(word(said, "name", NAME))

    async def do_run(self, said: Said) -> None:
        """``name`` and its parameters: run it."""
        self.visit.must_ask()
        book = await self._find(word(said, "name", NAME))
        await self.visit.count_question()
        self.put("notice")
        workbench = self.visit.workbench
        values = runbooks.given(book, said)
        begun = await self.visit.shared.runs.start(
            workbench.new_id(), book, values, self.visit.visitor.name
        )
        self._follow(begun.id)

    async def do_opened(self, said: Said) -> None:
        """``run``: show that one."""
        await self._watch(self._named(said))

    async def do_stop(self, said: Said) -> None:
        """``run``: end it; what it has found is kept in its notebook."""
        self.visit.must_ask()
        runs, id = self.visit.shared.runs, self._named(said)
        await runs.get(id, self.visit.whose)
        await runs.cancel(id)

    async def _show(self, name: str) -> None:
        self._leave()
        self.put("notice")
        book = await self._find(name)
        self.open = book.name
        self.tell("address", to=f"runbooks?name={book.name}")
        for part in ("search", "books", "run"):
            self.put(part)
        self.put("back", node("a", "← All runbooks", href="runbooks", data_do="all"))
        self.put("book", runbooks.opened(book, self.visit.visitor.asks))
        await self._list()

    async def _watch(self, id: UUID) -> None:
        """Open a run with its runbook around it, where that is still there."""
        run = await self.visit.shared.runs.get(id, self.visit.whose)
        if run.runbook != self.open:
            await self._show(run.runbook)
        self._follow(id)

    def _follow(self, id: UUID) -> None:
        self._leave()
        self.tell("address", to=f"runbooks?run={id}")
        self._following = self.begin(self._states(id))

    async def _states(self, id: UUID) -> None:
        shown = False
        try:
            async with aclosing(self.visit.shared.runs.follow(id, self.visit.whose)) as states:
                async for run in states:
                    self.put("run", runbooks.card(run))
                    if not shown:
                        self.tell("show", id="the-run")
                    shown = True
                    if run.status is not RunStatus.RUNNING or not run.begun:
                        await self._list()
        except NotRecorded:
            self.put("run")

    async def _list(self) -> None:
        """Earlier runs: of the open runbook, or of all."""
        runs = self.visit.shared.runs
        shown = await runs.list(self.visit.whose, runbook=self.open, limit=RUNS)
        self.put("runs", node("h2", "Runs"), runbooks.history(shown))

    def _leave(self) -> None:
        """Stop following; what runs goes on."""
        if self._following is not None:
            self._following.cancel()
            self._following = None

    async def _find(self, name: str) -> Runbook:
        """One of the catalogue: a name is never a path."""
        if name.endswith(".ipynb"):
            raise RunbookUnknown(f"No runbook is called {name!r}.", "Choose one of the list.")
        return await asyncio.to_thread(find, name, self.visit.shared.runbook_dirs)

    def _named(self, said: Said) -> UUID:
        id = identity(word(said, "run", 40))
        if id is None:
            raise NotRecorded("That is no run.", "Reload the page.")
        return id

    async def _offer_namespaces(self) -> None:
        try:
            self.put("namespaces", asking.options(await self.visit.desk.namespaces()))
        except WorkbenchError:
            self.put("namespaces")  # they can be written by hand
