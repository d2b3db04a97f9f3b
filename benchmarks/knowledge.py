"""A large library: how fast documents are taken in, and how fast and how well they are found.

100,000 passages of 384 dimensions unless ``PASSAGES`` and ``DIMENSIONS`` say otherwise, half of
them everybody's and half of them of 50 people. Vectors lie in groups, as those of texts do, and
questions lie near passages.
Prints JSON. For taking in: passages a second, and their processor time beside the floor, which is
PostgreSQL cutting the same texts into words and nothing else. For questions by words and meaning:
the time, processor time beside the floor (the vector index alone), and how many of the ten best of
an exact search are found, which differs in nothing but that it looks at every vector. Processor
time is that of this process and of PostgreSQL together; the wall clock says little on a machine
that does other things too.
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

import asyncpg
import numpy as np
import psutil
from numpy.typing import NDArray
from uuid_utils.compat import uuid7

from workbench.core.knowledge import ANYTHING, Filters, Passage
from workbench.knowledge.library import Library
from workbench.knowledge.places import Place
from workbench.store.database import Store, open_store
from workbench.store.embedded import embedded_postgres

PASSAGES = int(os.environ.get("PASSAGES", "100000"))
EACH = 10  # passages of a document
DIMENSIONS = int(os.environ.get("DIMENSIONS", "384"))
GROUPS, SPREAD = max(1, PASSAGES // 50), 0.7
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


class Clock:
    """Wall and processor time since the last look, in seconds."""

    def __init__(self, postmaster: psutil.Process) -> None:
        self._postmaster = postmaster
        self._before = (time.perf_counter(), self._spent())

    @classmethod
    async def over(cls, store: Store) -> Clock:
        backend = await store.pool.run(lambda c: c.fetchval("select pg_backend_pid()"))
        parent = psutil.Process(backend).parent()
        assert parent is not None
        return cls(parent)

    def look(self) -> tuple[float, float]:
        now = (time.perf_counter(), self._spent())
        gone = (now[0] - self._before[0], now[1] - self._before[1])
        self._before = now
        return gone

    def _spent(self) -> float:
        return sum(map(_spent, (psutil.Process(), *self._postmaster.children())))


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system


async def fill(library: Library, people: Sequence[UUID], clock: Clock) -> dict[str, float]:
    texts = Texts(1)
    documents, first, passages = PASSAGES // EACH, 0, 0
    shares = [(None, documents // 2), *((p, documents // 2 // PEOPLE) for p in people)]
    wall, spent = 0.0, 0.0
    for owner, count in shares:
        places = list(pages(texts, first, count))
        clock.look()
        passages += (await library.ingest(places, owner)).passages
        took = clock.look()
        wall, spent = wall + took[0], spent + took[1]
        first += count
    return {
        "passages": passages,
        "seconds": round(wall, 1),
        "passages_s": round(passages / wall),
        "cpu_us_each": round(spent / passages * 1e6),
    }


async def cut(dsn: str, clock: Clock) -> float:
    """Microseconds of processor time for a passage: its words and nothing else."""
    alone = "select sum(length(to_tsvector('english', content))) from passages where id <= 10000"
    connection = await asyncpg.connect(dsn)
    clock.look()
    await connection.fetchval(alone)
    spent = clock.look()[1]
    await connection.close()
    return round(spent / min(10_000, PASSAGES) * 1e6)


async def nearest(dsn: str, clock: Clock, questions: Sequence[tuple[str, list[float]]]) -> float:
    """Milliseconds of processor time for a question: the vector index and nothing else."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("set hnsw.ef_search = 120")
    clock.look()
    for _, vector in questions:
        await connection.fetch(
            "select passage_id from embeddings where model = 'bench' and dimensions ="
            f" {DIMENSIONS} order by embedding::halfvec({DIMENSIONS}) <=>"
            f" '{vector}'::halfvec({DIMENSIONS}) limit 120"
        )
    spent = clock.look()[1]
    await connection.close()
    return round(spent / len(questions) * 1000, 1)


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
            clock = await Clock.over(store)
            filling = await fill(Library(store.passages, uuid7), people, clock)
            filling["floor_cpu_us_each"] = await cut(dsn, clock)
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
            floor = await nearest(dsn, clock, questions)
            figures = {}
            async with open_store(exact_dsn) as exact:
                for name, filters in {
                    "what one may see": ANYTHING,
                    "one owner's": Filters(mine=True),
                }.items():
                    await asked(store, people[0], filters, questions[:20])
                    clock.look()
                    found, took = await asked(store, people[0], filters, questions)
                    spent = clock.look()[1] / len(questions) * 1000
                    right, slow = await asked(exact, people[0], filters, questions[:50])
                    shares = [
                        len(set(f) & set(r)) / max(1, len(r))
                        for f, r in zip(found, right, strict=False)
                    ]
                    figures[name] = {
                        "recall_at_10": round(statistics.mean(shares), 4),
                        "p50_ms": round(statistics.median(took), 1),
                        "p95_ms": round(statistics.quantiles(took, n=20)[-1], 1),
                        "cpu_ms": round(spent, 1),
                        "floor_cpu_ms": floor,
                        "exact_p50_ms": round(statistics.median(slow), 1),
                    }
    print(
        json.dumps(
            {
                "passages": PASSAGES,
                "dimensions": DIMENSIONS,
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
