"""Knowledge: search what was written down, take in a file, see and remove documents."""

from __future__ import annotations

import base64
import binascii
from pathlib import PurePath

from workbench.chat import library
from workbench.chat.elements import node, region
from workbench.chat.frame import screen
from workbench.chat.screen import Said, Screen, identity, word
from workbench.chat.visitor import Visit
from workbench.core.knowledge import Type
from workbench.core.render.html import NOTHING, Html
from workbench.errors import NotRecorded, UsageError
from workbench.knowledge.librarian import MOST_BYTES, Librarian

ENCODED_MOST = MOST_BYTES * 4 // 3 + 4
"""Characters of the largest file in base64 (RFC 4648)."""
NAME = 200
FOUND = 12


def page(visit: Visit) -> Html:
    """The screen before anything is read."""
    visitor = visit.visitor
    return screen(
        "knowledge",
        visit,
        library.searching(),
        region("found", aria_live="polite"),
        library.taking(visitor.sees_all) if visitor.asks else NOTHING,
        region("taken"),
        region("documents"),
    )


class Knowledge(Screen):
    """One knowledge page."""

    page = staticmethod(page)

    async def do_hello(self, said: Said) -> None:
        """What there is."""
        await self._list()

    async def do_search(self, said: Said) -> None:
        """``words``, ``type``."""
        self.put("notice")
        keeper = await self._librarian()
        kind = _type(said)
        told = await keeper.search(word(said, "words", 2_000), (kind,) if kind else (), limit=FOUND)
        self.put("found", library.found(told))

    async def do_take(self, said: Said) -> None:
        """``name`` and ``base64`` of a file, ``type``, ``shared``: take it in."""
        self.visit.must_ask()
        name = PurePath(word(said, "name", NAME).replace("\\", "/")).name
        if not name:
            raise UsageError("There is no file.", "Choose one first.")
        try:
            data = base64.b64decode(word(said, "base64", ENCODED_MOST + 4), validate=True)
        except binascii.Error as error:
            raise UsageError(f"{name} did not arrive whole: {error}.", "Try again.") from error
        self.put("notice")
        keeper = await self._librarian()
        report = await keeper.take_in(
            name, data, shared=bool(word(said, "shared", 5)), type=_type(said)
        )
        self.put("taken", library.taken(report, name))
        await self._list()

    async def do_remove(self, said: Said) -> None:
        """``id``: remove that document."""
        self.visit.must_ask()
        id = identity(word(said, "id", 40))
        if id is None:
            raise NotRecorded("That is no document.", "Reload the page.")
        await (await self._librarian()).remove(id)
        self.put("taken")
        await self._list()

    async def _list(self) -> None:
        kept = await (await self._librarian()).documents()
        visitor = self.visit.visitor
        rights = {"writes": visitor.asks, "shares": visitor.sees_all}
        own = [one for one in kept if not one.shared]
        shared = [one for one in kept if one.shared]
        words = node("summary", f"Everybody's ({len(shared)})")
        self.put(
            "documents",
            node("h2", f"Yours ({len(own)})"),
            library.listed(own, **rights),
            node("details", words, library.listed(shared, **rights), class_="fold"),
        )

    async def _librarian(self) -> Librarian:
        bench = self.visit.workbench
        if bench.knowledge is None:
            raise UsageError("This workbench keeps no knowledge.", "Use `workbench up`.")
        shares = self.visit.visitor.sees_all
        return Librarian(bench.knowledge, await self.visit.user(), bench.clock, shares=shares)


def _type(said: Said) -> Type | None:
    chosen = word(said, "type", 20).strip()
    return Type(chosen) if chosen in {t.value for t in Type} else None
