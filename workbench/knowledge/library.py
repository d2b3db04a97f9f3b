"""The library: documents taken in, embedded, and found again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Self
from uuid import UUID

import msgspec

from workbench.core.counted import counted
from workbench.core.knowledge import ANYTHING, Filters, Found, Passage, Type
from workbench.errors import EmbedderUnavailable, RerankerUnavailable, UsageError
from workbench.knowledge import bundled
from workbench.knowledge.conversations import conversations
from workbench.knowledge.embedder import BATCH, Embedder
from workbench.knowledge.ingest import Report, ingest
from workbench.knowledge.places import Place
from workbench.store.passages import Passages

Rerank = Callable[[str, Sequence[Passage]], Awaitable[Sequence[float]]]
"""Scores passages for a question, higher is better. Raises RerankerUnavailable."""
RERANKED = 4
"""Times as many passages as are wanted are given to it."""
LIMIT = 8
QUERY_MOST = 2000
"""Characters of a question; what comes after says no more about it."""

_TRIAL = "pod"  # embedded before anything is forgotten: a model that is away costs nothing

Open = Callable[[], Awaitable[Embedder | None]]


class Library:
    """Documents over a shelf, used as a context. ``open_embedder`` is called when an embedder is
    first needed; that is closed in the end."""

    def __init__(
        self,
        shelf: Passages,
        new_id: Callable[[], UUID],
        open_embedder: Open | None = None,
        rerank: Rerank | None = None,
    ) -> None:
        self.shelf = shelf
        self._new_id = new_id
        self._open = open_embedder
        self._rerank = rerank
        self._embedder: asyncio.Task[Embedder | None] | None = None
        self._ready: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._ready is not None:
            await asyncio.wait([self._ready])
        if self._embedder is None:
            return
        await asyncio.wait([self._embedder])
        if not self._embedder.exception() and (embedder := self._embedder.result()):
            await embedder.close()

    async def ready(self) -> None:
        """Take in the notes that ship with the workbench, unless they are there."""
        if self._ready is None or (self._ready.done() and self._ready.exception()):
            self._ready = asyncio.create_task(self._take_notes())
        await asyncio.shield(self._ready)

    async def _take_notes(self) -> None:
        places = list(bundled.notes())
        await ingest(self.shelf, places, owner=None, new_id=self._new_id, type=Type.NOTE)

    async def search(
        self, query: str, user: UUID, filters: Filters = ANYTHING, limit: int = LIMIT
    ) -> Found:
        """The passages that fit best, of what ``user`` may see.

        Without an embedder, or when it does not answer, words alone decide; without an answer of
        the reranker, the order they were found in. ``how`` says so.
        Raises UsageError for an empty question.
        """
        query = query.strip()[:QUERY_MOST]
        if not query:
            raise UsageError("There is nothing to search for.", "Give a few words.")
        await self.ready()
        embedding, model, how = await self._meaning(query)
        wanted = limit * RERANKED if self._rerank else limit
        found = await self.shelf.search(
            query, user, filters, wanted, embedding=embedding, model=model
        )
        if self._rerank:
            found, order = await self._ranked(query, found, self._rerank)
            how = f"{how}, {order}"
        return Found(query=query, passages=found[:limit], how=how)

    async def _meaning(self, query: str) -> tuple[Sequence[float] | None, str, str]:
        """The question's embedding, the model's name, and how the search goes."""
        try:
            embedder = await self.embedder()
            if embedder is None:
                return None, "", "full text; no embedder is set"
            kept = await self.shelf.dimensions(embedder.name)
            if kept is None:
                return None, "", f"full text; nothing is embedded by {embedder.name} yet"
            vector = await embedder.query(query)
        except EmbedderUnavailable as error:
            return None, "", f"full text; {error.message.rstrip('.')}"
        if len(vector) != kept:
            why = f"{embedder.name} now gives {len(vector)} dimensions and gave {kept}"
            return None, "", f"full text; {why}: `workbench knowledge reembed --again`"
        return vector, embedder.name, f"hybrid: full text and {embedder.name}"

    async def _ranked(
        self, query: str, found: Sequence[Passage], rerank: Rerank
    ) -> tuple[tuple[Passage, ...], str]:
        """The passages by their new scores, and that they are; as they were when there are none."""
        try:
            scores = await rerank(query, found)
        except RerankerUnavailable as error:
            return tuple(found), f"not reranked: {error.message.rstrip('.')}"
        both = sorted(zip(scores, found, strict=True), key=lambda pair: -pair[0])
        return tuple(msgspec.structs.replace(p, score=score) for score, p in both), "reranked"

    async def embedder(self) -> Embedder | None:
        """The one that is set, opened once. Raises EmbedderUnavailable."""
        if self._open is None:
            return None
        if self._embedder is None or (self._embedder.done() and self._embedder.exception()):
            self._embedder = asyncio.create_task(self._opened(self._open))
        return await asyncio.shield(self._embedder)

    @staticmethod
    async def _opened(open: Open) -> Embedder | None:
        return await open()

    async def ingest(
        self,
        found: Iterable[Place],
        owner: UUID | None,
        type: Type | None = None,
        done: Callable[[int], None] = lambda _: None,
    ) -> Report:
        """Take documents in for an owner; see ``ingest``."""
        return await ingest(
            self.shelf, found, owner=owner, new_id=self._new_id, type=type, done=done
        )

    async def remember(self, user: UUID) -> int:
        """Take in the past conversations of a person that are new or went on; how many."""
        made = await conversations(self.shelf, user, self._new_id)
        known = await self.shelf.known([d.source for d in made], user)
        fresh = [d for d in made if known.get(d.source) != d.sha256]
        if fresh:
            passages = await self.shelf.put(fresh, user)
            await self.shelf.settle(passages)
        return len(fresh)

    @property
    def embeds(self) -> bool:
        """Whether an embedder is set; it may still not answer."""
        return self._open is not None

    async def waiting(self, *, again: bool = False) -> int:
        """How many passages the set model has not seen; all of them when it is asked ``again``.
        Raises EmbedderUnavailable."""
        async with self._telling_what_waits():
            embedder = await self.embedder()
        return await self.shelf.count_unseen("" if again or not embedder else embedder.name)

    async def embed(
        self, *, again: bool = False, done: Callable[[int], None] = lambda _: None
    ) -> int:
        """Embed every passage the set model has not seen; how many. Stopped in the middle, the next
        run goes on where it stopped.

        again: forget its embeddings first, when it is not the model it was.
        Raises EmbedderUnavailable, also when its dimensions are not those of before.
        """
        async with self._telling_what_waits():
            embedder = await self.embedder()
        if embedder is None:
            raise EmbedderUnavailable(
                "No embedder is set.", "Set embedder (WORKBENCH_EMBEDDER), or search by words."
            )
        if again:
            await embedder.query(_TRIAL)
            await self.shelf.drop(embedder.name)
        kept, count = await self.shelf.dimensions(embedder.name), 0
        while batch := await self.shelf.unseen(embedder.name, BATCH):
            async with self._telling_what_waits(embedder.name):
                vectors = await embedder.documents([one.text for one in batch])
            if kept not in (None, len(vectors[0])):
                raise EmbedderUnavailable(
                    f"{embedder.name} gives {len(vectors[0])} dimensions and gave {kept} before.",
                    "Nothing of it was kept; `workbench knowledge reembed --again` starts over.",
                )
            kept = len(vectors[0])
            await self.shelf.put_embeddings(embedder.name, [one.id for one in batch], vectors)
            count += len(batch)
            done(len(batch))
        if count:
            await self.shelf.index(embedder.name)
        return count

    @asynccontextmanager
    async def _telling_what_waits(self, model: str = "") -> AsyncIterator[None]:
        """Where an embedder does not serve, the error says what is left and how to go on."""
        try:
            yield
        except EmbedderUnavailable as error:
            left = counted(await self.shelf.count_unseen(model), "passage")
            hint = (
                f"{error.hint} Not embedded yet: {left}, found by words;"
                " `workbench knowledge reembed` goes on."
            )
            raise EmbedderUnavailable(error.message, hint.lstrip()) from error
