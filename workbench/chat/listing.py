"""What a screen does with the list of one's conversations: search it and give them titles."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from workbench.chat import conversations
from workbench.chat.elements import node
from workbench.chat.screen import Said, Screen, identity, word
from workbench.chat.visitor import Visit
from workbench.core.redaction import redact_text
from workbench.errors import UsageError

LISTED = 200
"""Conversations in the list, the last used ones of those that are searched for."""


class Listing(Screen):
    """A screen beside such a list. ``open`` is the conversation it shows, None for a new one."""

    def __init__(self, visit: Visit, send: Callable[[dict[str, str]], None]) -> None:
        super().__init__(visit, send)
        self.open: UUID | None = None
        self._words = ""

    async def do_search(self, said: Said) -> None:
        """``words``: list the conversations that have them, in titles or messages."""
        self._words = word(said, "words", conversations.WORDS)
        await self.list()

    async def do_renaming(self, said: Said) -> None:
        """``id``: offer to rename that conversation."""
        self.visit.must_ask()
        known = identity(word(said, "id", 40))
        if known is None:
            raise UsageError("That is no conversation.", "Reload the page.")
        store = self.visit.workbench.store.conversations
        self.add("list", conversations.renaming(await store.get(known, await self.visit.user())))

    async def do_listing(self, said: Said) -> None:
        """As they were."""
        await self.list()

    async def do_rename(self, said: Said) -> None:
        """``id``, ``title``."""
        self.visit.must_ask()
        id, title = identity(word(said, "id", 40)), word(said, "title", 500).strip()
        if id and title:
            store = self.visit.workbench.store.conversations
            await store.rename(id, redact_text(title), await self.visit.user())
        await self.list()

    async def list(self) -> None:
        """Show them as they are now."""
        workbench, words = self.visit.workbench, self._words
        found = await workbench.store.conversations.list(
            await self.visit.user(), LISTED, words=words
        )
        if words != self._words:  # another search began meanwhile
            return
        current = str(self.open or "")
        shown = conversations.listed(found, current, workbench.cluster, workbench.clock())
        none = (node("li", "None has these words.", class_="dim"),) if words else ()
        self.put("list", *(shown or none))
