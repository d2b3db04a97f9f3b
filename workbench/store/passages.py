"""Documents, their passages and embeddings of these; and the search through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.knowledge import Document, Filters, Passage, Type, marked, searchable, spelt
from workbench.errors import StoreError
from workbench.store.jsonb import storable_text, to_jsonb
from workbench.store.pool import Connection, Pool
from workbench.store.queries import sql


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A document as a list shows it. ``shared``: everybody may read it."""

    id: UUID
    title: str
    source: str
    type: Type
    passages: int
    shared: bool
    namespace: str = ""
    codes: tuple[str, ...] = ()


class Unseen(msgspec.Struct, frozen=True):
    """A passage that a model has not seen yet."""

    id: int
    text: str


class Seen(msgspec.Struct, frozen=True):
    """A model and how many passages have an embedding by it."""

    model: str
    dimensions: int
    passages: int


class Passages:
    """Knowledge over a pool; ``slow`` is another one, for work that may take minutes.

    Whoever reads gives ``user``, and sees what is theirs and what is everybody's: PostgreSQL
    leaves the rest out.
    """

    def __init__(self, pool: Pool, slow: Pool) -> None:
        self._pool = pool
        self._slow = slow

    async def known(self, sources: Sequence[str], owner: UUID | None) -> dict[str, str]:
        """The hash of what is kept under each of the sources."""
        rows = await self._pool.fetch("known_documents", list(sources), owner)
        return {row["source"]: row["sha256"] for row in rows}

    async def put(self, documents: Sequence[Document], owner: UUID | None) -> int:
        """Keep the documents, each instead of the one with its source; all of them or none. Returns
        the number of passages."""
        if any(d.owner != owner for d in documents):
            raise StoreError("Documents of several owners cannot be kept at once.")

        async def work(connection: Connection) -> None:
            async with connection.transaction():
                await connection.execute(sql("lock_documents"))
                sources = [storable_text(d.source) for d in documents]
                await connection.execute(sql("forget_documents"), sources, owner)
                await connection.execute(sql("add_documents"), *_documents(documents, owner))
                await connection.execute(sql("add_passages"), *_pieces(documents))

        await self._slow.run(work)
        return sum(len(d.pieces) for d in documents)

    async def settle(self, passages: int) -> None:
        """After so many passages were added or removed: what ranking needs to know of them all."""
        await self._slow.execute("settle_passages", passages)

    async def search(
        self,
        query: str,
        user: UUID,
        filters: Filters,
        limit: int,
        *,
        embedding: Sequence[float] | None = None,
        model: str = "",
    ) -> tuple[Passage, ...]:
        """The passages that fit best, the best first. With the query's embedding by ``model``, by
        meaning as well as by words."""
        rows = await self._pool.fetch(
            "search_passages",
            searchable(storable_text(query)),
            None if embedding is None else list(embedding),
            model,
            user,
            filters.mine,
            [t.value for t in filters.types],
            list(filters.namespaces),
            filters.since,
            limit,
        )
        return tuple(_passage(row) for row in rows)

    async def kept(self, user: UUID, types: Sequence[Type] = ()) -> tuple[Kept, ...]:
        """By source."""
        rows = await self._pool.fetch("documents_seen_by", user, [t.value for t in types])
        return tuple(_kept(row) for row in rows)

    async def remove(self, source: str, user: UUID) -> tuple[str, ...]:
        """Remove the document, or all under that folder; the sources that went."""
        rows = await self._slow.fetch("remove_documents", source, user)
        return tuple(row["source"] for row in rows)

    async def forget(self, sources: Sequence[str], owner: UUID | None) -> int:
        """Remove exactly these of exactly that owner; how many there were."""
        gone: int = await self._slow.fetchval("forget_documents", list(sources), owner)
        return gone

    async def dimensions(self, model: str) -> int | None:
        """Of a model by which there are embeddings; None when there are none."""
        found: int | None = await self._pool.fetchval("embedding_model", model)
        return found

    async def models(self) -> tuple[Seen, ...]:
        rows = await self._slow.fetch("embedding_models")
        return tuple(Seen(row["model"], row["dimensions"], row["passages"]) for row in rows)

    async def count_unseen(self, model: str) -> int:
        count: int = await self._slow.fetchval("count_without_embedding", model)
        return count

    async def unseen(self, model: str, limit: int) -> tuple[Unseen, ...]:
        """Passages without an embedding by the model, in a steady order."""
        rows = await self._slow.fetch("passages_without_embedding", model, limit)
        return tuple(Unseen(r["id"], f"{r['heading']}\n{r['content']}".strip()) for r in rows)

    async def put_embeddings(
        self, model: str, ids: Sequence[int], vectors: Sequence[Sequence[float]]
    ) -> None:
        """Keep embeddings by the model; all have as many dimensions as those it gave before."""
        width = len(vectors[0])
        await self._slow.execute("ensure_embedding_model", model, width)
        written = [f"[{','.join(map(str, vector))}]" for vector in vectors]
        await self._slow.execute("add_embeddings", list(ids), model, width, written)

    async def index(self, model: str) -> None:
        """Make the index of a model, unless it is there: best when most embeddings are."""
        await self._slow.execute("index_embeddings", model)

    async def drop(self, model: str) -> None:
        """Forget a model and all its embeddings."""
        await self._slow.execute("drop_embedding_model", model)

    async def said(self, user: UUID) -> list[dict[str, Any]]:
        """The messages of a person's conversations: ``id``, ``title`` and ``updated_at`` of the
        conversation, ``role`` and ``content`` of the message."""
        return [dict(row) for row in await self._slow.fetch("own_messages", user)]


def _documents(documents: Sequence[Document], owner: UUID | None) -> list[Any]:
    return [
        [d.id for d in documents],
        [storable_text(d.title) for d in documents],
        [storable_text("\n\n".join(p.text for p in d.pieces)) for d in documents],
        [storable_text(d.source) for d in documents],
        [d.type.value for d in documents],
        [to_jsonb(d.metadata) for d in documents],
        owner,
        [storable_text(d.namespace) for d in documents],
        [storable_text(" ".join(d.codes)) for d in documents],
        [d.sha256 for d in documents],
        [d.at for d in documents],
    ]


def _pieces(documents: Sequence[Document]) -> list[list[Any]]:
    both = [(d, n, p) for d in documents for n, p in enumerate(d.pieces)]
    headings = [storable_text(p.heading or d.title) for d, _, p in both]
    texts = [storable_text(p.text) for _, _, p in both]
    return [
        [d.id for d, _, _ in both],
        [n for _, n, _ in both],
        [storable_text(p.anchor) for _, _, p in both],
        headings,
        texts,
        [spelt(h) for h in headings],
        [spelt(t) for t in texts],
    ]


def _passage(row: asyncpg.Record) -> Passage:
    snippet, highlights = marked(row["snippet"])
    return Passage(
        id=row["id"],
        document=row["document_id"],
        title=row["title"],
        source=row["source"],
        type=Type(row["doc_type"]),
        text=row["content"],
        anchor=row["anchor"],
        heading=row["heading"],
        namespace=row["namespace"],
        codes=tuple(row["codes"]),
        at=row["updated_at"],
        score=row["score"],
        by_words=row["by_words"] or 0,
        by_meaning=row["by_meaning"] or 0,
        snippet=snippet,
        highlights=highlights,
    )


def _kept(row: asyncpg.Record) -> Kept:
    return Kept(
        id=row["id"],
        title=row["title"],
        source=row["source"],
        type=Type(row["doc_type"]),
        passages=row["passages"],
        shared=row["owner_id"] is None,
        namespace=row["namespace"],
        codes=tuple(row["codes"]),
    )
