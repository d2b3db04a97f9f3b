"""How well the shipped notes are found: nDCG@10 over labelled questions, by words, by meaning and
by both.

A real embedding model may be named (``WORKBENCH_EMBEDDER``); without one a stand-in serves that
needs none: letters in threes, hashed into 384 dimensions. It shows what fusing does, and not what a
model that knows the language would add. With a reranker (``WORKBENCH_RERANKER``), also what that
makes of both. Prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID
from zlib import crc32

from uuid_utils.compat import uuid7

from workbench.core.knowledge import ANYTHING, Passage
from workbench.knowledge.embedder import Embedder, EmbedderChoice, open_embedder
from workbench.knowledge.library import Library
from workbench.knowledge.reranker import Reranker, RerankerChoice
from workbench.store.database import open_store
from workbench.store.embedded import embedded_postgres

QUESTIONS = Path(__file__).with_suffix(".tsv")
DEPTH = 10
DIMENSIONS = 384


class Trigrams:
    """Stands in for an embedding model: the shares of three letters in a row, hashed."""

    name = f"trigrams@{DIMENSIONS}"

    async def query(self, text: str) -> Sequence[float]:
        return trigrams(text)

    async def documents(self, texts: Sequence[str]) -> list[Sequence[float]]:
        return [trigrams(text) for text in texts]


def trigrams(text: str) -> list[float]:
    counted = [0.0] * DIMENSIONS
    for word in text.lower().split():
        padded = f" {word} "
        for at in range(len(padded) - 2):
            counted[crc32(padded[at : at + 3].encode()) % DIMENSIONS] += 1
    weighed = [math.log1p(c) for c in counted]
    length = math.sqrt(sum(w * w for w in weighed)) or 1.0
    return [w / length for w in weighed]


def ndcg(found: Sequence[str], right: Sequence[str]) -> float:
    """The first code of a question is what it asks for (2), the others are near it (1)."""
    gains = {code: 2 if code == right[0] else 1 for code in right}
    got = sum(gains.get(code, 0) / math.log2(at + 2) for at, code in enumerate(found[:DEPTH]))
    best = sorted(gains.values(), reverse=True)
    return got / sum(gain / math.log2(at + 2) for at, gain in enumerate(best))


def questions() -> list[tuple[str, list[str]]]:
    rows = (line.split("\t") for line in QUESTIONS.read_text().splitlines())
    return [(question, codes.split()) for question, codes in rows]


async def measured(library: Library, person: UUID, *, meaning_only: bool = False) -> float:
    scores = []
    for question, right in questions():
        found = (await library.search(question, person, ANYTHING, 100)).passages
        if meaning_only:
            found = tuple(sorted((p for p in found if p.by_meaning), key=lambda p: p.by_meaning))
        scores.append(ndcg([_code(p) for p in found], right))
    return sum(scores) / len(scores)


def _reranker() -> Reranker | None:
    url = os.environ.get("WORKBENCH_RERANKER", "")
    model = os.environ.get("WORKBENCH_RERANKER_MODEL", "")
    key = os.environ.get("WORKBENCH_RERANKER_KEY", "")
    return Reranker(RerankerChoice(url=url, model=model, key=key)) if url else None


def _code(passage: Passage) -> str:
    return Path(passage.source).stem.upper().replace("-", "_")


async def main() -> None:
    spec = os.environ.get("WORKBENCH_EMBEDDER", "")
    choice = EmbedderChoice(
        spec=spec,
        openai_api_key=os.environ.get("OPENAI_API_KEY", ""),
        openai_base_url=os.environ.get("OPENAI_BASE_URL", ""),
    )

    async def chosen() -> Embedder | Trigrams | None:
        return await open_embedder(choice) if spec else Trigrams()

    with tempfile.TemporaryDirectory() as folder:
        async with embedded_postgres(Path(folder)) as dsn, open_store(dsn) as store:
            person = (await store.users.ensure(uuid7(), "bench")).id
            words = Library(store.passages, uuid7)
            by_words = await measured(words, person)
            both = Library(store.passages, uuid7, chosen)
            await both.embed()
            figures: dict[str, Any] = {
                "questions": len(questions()),
                "embedder": spec or Trigrams.name,
                "ndcg_at_10": {
                    "full text": round(by_words, 3),
                    "meaning": round(await measured(both, person, meaning_only=True), 3),
                    "hybrid": round(await measured(both, person), 3),
                },
            }
            if rerank := _reranker():
                reranked = Library(store.passages, uuid7, chosen, rerank)
                figures["ndcg_at_10"]["reranked"] = round(await measured(reranked, person), 3)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
