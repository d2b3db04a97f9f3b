"""What a person does with knowledge from a page or over the API: files they hand in, and what is
theirs to remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from workbench.core.knowledge import CHECKED, Filters, Found, Type
from workbench.errors import AccessDenied, DocumentUnreadable, NotRecorded
from workbench.knowledge.ingest import Report
from workbench.knowledge.library import LIMIT, Library
from workbench.knowledge.places import Place
from workbench.store.passages import Kept

MOST_BYTES = 700_000
"""Of a file that is handed in: in base64 it fits into a request. Larger ones are taken in with
``workbench knowledge ingest``."""


class Librarian:
    """Acts for ``user``; shares: they may take in for everybody, and remove what is everybody's."""

    def __init__(
        self, library: Library, user: UUID, clock: Callable[[], datetime], *, shares: bool = False
    ) -> None:
        self._library = library
        self._user = user
        self._clock = clock
        self._shares = shares

    async def search(
        self, query: str, types: Sequence[Type] = (), namespace: str = "", limit: int = LIMIT
    ) -> Found:
        """The passages that fit best; conversations, which nobody checked, only by their type.

        Raises UsageError for an empty question.
        """
        filters = Filters(
            types=tuple(types) or CHECKED, namespaces=(namespace,) if namespace else ()
        )
        return await self._library.search(query, self._user, filters, limit)

    async def documents(self, types: Sequence[Type] = ()) -> tuple[Kept, ...]:
        """What they can see: theirs and everybody's, by source."""
        await self._library.ready()
        return await self._library.shelf.kept(self._user, types)

    async def take_in(
        self, name: str, data: bytes, *, shared: bool = False, type: Type | None = None
    ) -> Report:
        """Take in a file, instead of the one of that name they took in before.

        Raises DocumentUnreadable for what is no document, AccessDenied for a shared one of
        somebody who may not share.
        """
        if shared:
            self._must_share("take in documents for everybody")
        if len(data) > MOST_BYTES:
            raise DocumentUnreadable(
                f"{name} has {len(data):,} bytes; {MOST_BYTES:,} are taken in here.",
                "`workbench knowledge ingest` takes in larger ones.",
            )
        place = Place(source=f"upload:{name}", name=name, load=lambda: data, at=self._clock())
        report = await self._library.ingest([place], None if shared else self._user, type)
        if report.refused:
            raise DocumentUnreadable(report.refused[0].why)
        return report

    async def remove(self, id: UUID) -> Kept:
        """Remove a document of theirs. Raises NotRecorded when they see none of that id, and
        AccessDenied for everybody's where they may not share."""
        shelf = self._library.shelf
        found = next((one for one in await shelf.kept(self._user) if one.id == id), None)
        if found is None:
            raise NotRecorded(f"There is no document {id}.", "See the list of documents.")
        if found.shared:
            self._must_share("remove what is everybody's")
        await shelf.forget([found.source], None if found.shared else self._user)
        await shelf.settle(found.passages)
        return found

    def _must_share(self, what: str) -> None:
        if not self._shares:
            raise AccessDenied(f"You may not {what}.", "It takes an administrator.")
