"""A large library: how fast documents are taken in, and how fast and how well they are found.

100,000 passages of 384 dimensions unless ``PASSAGES`` says otherwise, half of them everybody's and
half of them of 50 people. Vectors lie in groups, as those of texts do, and questions lie near
passages.
Prints JSON: passages a second into the database beside what is promised; and for questions by words
and meaning the time, and how many of the ten best of an exact search are found, where the exact
search differs in nothing but that it looks at every vector.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from uuid_utils.compat import uuid7

from workbench.core.knowledge import ANYTHING, Filters, Passage
from workbench.knowledge.library import Library
from workbench.knowledge.places import Place
from workbench.store.database import Store, open_store
from workbench.store.embedded import embedded_postgres

PASSAGES = int(os.environ.get("PASSAGES", "100000"))
EACH = 10  # passages of a document
DIMENSIONS, GROUPS, SPREAD = 384, 2000, 0.7
PEOPLE = 50
QUESTIONS = 200
WORDS = 30_000
MODEL = "bench"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROMISED = {"recall_at_10": 0.95, "p95_ms": 25.0, "p95_ms_of_one_owner": 35.0, "passages_s": 2000}


class Texts:
    """Texts with as many common and rare words as those of people have (Zipf)."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self._words = [
            "".join(self._random.choices(letters, k=self._random.randint(3, 10)))
            for _ in range(WORDS)
        ]
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(WORDS)))

    def some(self, count: int) -> str:
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=count))

    def page(self) -> bytes:
        parts = [f"## {self.some(4)}\n\n{self.some(120)}" for _ in range(EACH)]
        return f"# {self.some(3)}\n\n{chr(10).join(parts)}\n".encode()


def pages(texts: Texts, first: int, count: int) -> Iterator[Place]:
    for number in range(first, first + count):
        data = texts.page()
        name = f"bench/{number}.md"
        yield Place(source=name, name=name, load=lambda data=data: data, at=NOW)


def vectors(count: int, seed: int) -> NDArray[np.float32]:
    made = np.random.default_rng(seed)
    centres = made.standard_normal((GROUPS, DIMENSIONS), np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    noise = made.standard_normal((count, DIMENSIONS), np.float32) * (SPREAD / DIMENSIONS**0.5)
    return centres[made.integers(0, GROUPS, count)] + noise


async def fill(library: Library, people: Sequence[UUID]) -> dict[str, float]:
    texts, began = Texts(1), time.perf_counter()
    documents, first, passages = PASSAGES // EACH, 0, 0
    shares = [(None, documents // 2), *((p, documents // 2 // PEOPLE) for p in people)]
    made, spent = 0.0, 0.0
    for owner, count in shares:
        at = time.perf_counter()
        places = list(pages(texts, first, count))
        made += time.perf_counter() - at
        passages += (await library.ingest(places, owner)).passages
        first += count
    spent = time.perf_counter() - began - made
    return {"passages": passages, "seconds": round(spent, 1), "passages_s": round(passages / spent)}


async def embed(store: Store) -> tuple[NDArray[np.float32], float, float]:
    began, at, seen = time.perf_counter(), 0, []
    known = vectors(PASSAGES + 10_000, 2)
    while batch := await store.passages.unseen(MODEL, 2000):
        part = known[at : at + len(batch)]
        await store.passages.put_embeddings(MODEL, [b.id for b in batch], part.tolist())
        seen.append(part)
        at += len(batch)
    kept = time.perf_counter() - began
    await store.passages.index(MODEL)
    return np.concatenate(seen), kept, time.perf_counter() - began - kept


async def asked(
    store: Store, person: UUID, filters: Filters, questions: Sequence[tuple[str, list[float]]]
) -> tuple[list[list[int]], list[float]]:
    found, took = list[list[int]](), list[float]()
    for words, vector in questions:
        began = time.perf_counter()
        best: tuple[Passage, ...] = await store.passages.search(
            words, person, filters, 10, embedding=vector, model=MODEL
        )
        took.append((time.perf_counter() - began) * 1000)
        found.append([p.id for p in best])
    return found, took


async def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        async with embedded_postgres(Path(folder)) as dsn, open_store(dsn) as store:
            people = [(await store.users.ensure(uuid7(), f"p{n}")).id for n in range(PEOPLE)]
            filling = await fill(Library(store.passages, uuid7), people)
            print(f"taken in: {filling}", file=sys.stderr)
            known, kept, indexed = await embed(store)
            print(f"embeddings kept in {kept:.0f} s, index {indexed:.0f} s", file=sys.stderr)
            near = np.random.default_rng(3)
            texts = Texts(4)
            chosen = known[near.integers(0, len(known), QUESTIONS)]
            noise = near.standard_normal(chosen.shape, np.float32) * (0.4 / DIMENSIONS**0.5)
            questions = [(texts.some(6), v.tolist()) for v in chosen + noise]
            looking = "options=-c%20enable_indexscan%3Doff"
            exact_dsn = f"{dsn}{'&' if '?' in dsn else '?'}{looking}"
            figures = {}
            async with open_store(exact_dsn) as exact:
                for name, filters in {
                    "what one may see": ANYTHING,
                    "one owner's": Filters(mine=True),
                }.items():
                    await asked(store, people[0], filters, questions[:20])
                    found, took = await asked(store, people[0], filters, questions)
                    right, slow = await asked(exact, people[0], filters, questions[:50])
                    shares = [
                        len(set(f) & set(r)) / max(1, len(r))
                        for f, r in zip(found, right, strict=False)
                    ]
                    figures[name] = {
                        "recall_at_10": round(statistics.mean(shares), 4),
                        "p50_ms": round(statistics.median(took), 1),
                        "p95_ms": round(statistics.quantiles(took, n=20)[-1], 1),
                        "exact_p50_ms": round(statistics.median(slow), 1),
                    }
    print(
        json.dumps(
            {
                "passages": PASSAGES,
                "ingest": filling,
                "embeddings_s": round(len(known) / kept),
                "index_seconds": round(indexed, 1),
                "search": figures,
                "promised": PROMISED,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
