"""Passages scored for a question by a cross-encoder behind a ``/rerank`` address."""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import Sequence
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from workbench.core.characters import one_line
from workbench.core.knowledge import Passage
from workbench.errors import RerankerUnavailable

SECONDS = 10.0
"""An answer that takes longer is not waited for: the order that is there serves."""
MOST_BYTES = 4 * 2**20
_SAID = 200  # characters of the server's own words
_UNUSABLE = (
    httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, UnicodeError,
)  # fmt: skip


class RerankerChoice(msgspec.Struct, frozen=True):
    """What was set. url: the whole address, which usually ends in ``/rerank``.

    model: where the server has several. It is asked as Cohere, Jina and vLLM are, and without one
    as Text Embeddings Inference is, which has one.
    """

    url: str
    model: str = ""
    key: str = ""

    def __repr__(self) -> str:
        return f"RerankerChoice({self.url!r}, {self.model!r})"


class _Scored(msgspec.Struct, frozen=True):
    """Cohere calls it relevance_score, Text Embeddings Inference score."""

    index: int
    relevance_score: float | None = None
    score: float | None = None


class _Results(msgspec.Struct, frozen=True):
    """Cohere, Jina and vLLM call them results, Voyage data."""

    results: tuple[_Scored, ...] = ()
    data: tuple[_Scored, ...] = ()


class Reranker:
    """The server that was chosen. Nothing is kept open between questions."""

    def __init__(self, choice: RerankerChoice, seconds: float = SECONDS) -> None:
        self.name = choice.model or urlsplit(choice.url).netloc.rpartition("@")[2]
        self._choice = choice
        self._seconds = seconds

    async def __call__(self, query: str, passages: Sequence[Passage]) -> Sequence[float]:
        """A score for each passage, in order; higher is better. Raises RerankerUnavailable."""
        if not passages:
            return ()
        texts = [f"{p.heading or p.title}\n{p.text}".strip() for p in passages]
        body = await self._asked(msgspec.json.encode(self._request(query, texts)))
        return self._scores(body, len(texts))

    def _request(self, query: str, texts: list[str]) -> dict[str, Any]:
        if self._choice.model:
            return {"model": self._choice.model, "query": query, "documents": texts}
        return {"query": query, "texts": texts}

    async def _asked(self, content: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        if self._choice.key:
            headers["Authorization"] = f"Bearer {self._choice.key}"
        try:
            async with (
                asyncio.timeout(self._seconds),
                httpx2.AsyncClient(timeout=None, follow_redirects=False, verify=_trust()) as client,
                client.stream("POST", self._choice.url, content=content, headers=headers) as answer,
            ):
                body = await _read(answer)
        except _UNUSABLE as error:
            raise self._failed("has an address or key that is not usable") from error
        except TimeoutError as error:
            raise self._failed(f"gave no scores in {self._seconds:g} seconds") from error
        except (httpx2.HTTPError, OSError) as error:
            raise self._failed(f"gave no scores: {one_line(str(error), _SAID)}") from error
        if not answer.is_success:
            said = one_line(body.decode(errors="replace"), _SAID)
            raise self._failed(f"gave no scores (HTTP {answer.status_code}: {said})")
        return body

    def _scores(self, body: bytes, asked: int) -> list[float]:
        try:
            answer = msgspec.json.decode(body, type=_Results | tuple[_Scored, ...])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._failed("answered with nothing that is a score") from error
        rows = answer.results or answer.data if isinstance(answer, _Results) else answer
        scores = {row.index: _score(row) for row in rows}
        if sorted(scores) != list(range(asked)) or not all(map(isfinite, scores.values())):
            raise self._failed(f"gave {len(rows)} scores that do not fit {asked} passages")
        return [scores[index] for index in range(asked)]

    def _failed(self, what: str) -> RerankerUnavailable:
        return RerankerUnavailable(
            f"{self.name} {what.rstrip('.')}.", "Check reranker, reranker_model and reranker_key."
        )


def _score(row: _Scored) -> float:
    found = row.score if row.relevance_score is None else row.relevance_score
    return float("nan") if found is None else found


async def _read(answer: httpx2.Response) -> bytes:
    """The answer, at most ``MOST_BYTES`` of it; more is no list of scores."""
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            break
    return body


@functools.cache
def _trust() -> ssl.SSLContext:
    """Whom to trust; reading that takes a tenth of a second."""
    return httpx2.create_ssl_context()
