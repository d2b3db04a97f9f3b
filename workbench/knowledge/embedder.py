"""Texts as vectors, by whichever embedding model is set. None is needed: words alone serve too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import EmbedderUnavailable

if TYPE_CHECKING:
    from pydantic_ai.embeddings import EmbeddingModel

BATCH = 64
"""Texts of one request."""
RETRIES = 3
DIMENSIONS_MOST = 4000
"""What pgvector can index, in half precision."""
_LARGEST = 65_504  # of half precision
Close = Callable[[], Awaitable[None]]
_NO_KEY = "no-key-needed"  # the SDK wants one; servers of one's own do not read it


class EmbedderChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What was set. spec: ``openai:NAME`` or ``sentence-transformers:FOLDER``, with ``@256`` at its
    end for so many dimensions; "" for none."""

    spec: str = ""
    openai_api_key: str = ""
    openai_base_url: str = ""

    def __repr__(self) -> str:
        return f"EmbedderChoice({self.spec!r})"


class Embedder:
    """One embedding model, under the name its embeddings are kept by."""

    def __init__(
        self,
        name: str,
        model: EmbeddingModel,
        dimensions: int | None = None,
        close: Close | None = None,
    ) -> None:
        self.name = name
        self._model = model
        self._dimensions = dimensions
        self._close = close

    async def close(self) -> None:
        if self._close:
            await self._close()

    async def query(self, text: str) -> Sequence[float]:
        """The embedding of a question. Raises EmbedderUnavailable."""
        return (await self._embed([text], "query"))[0]

    async def documents(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """The embeddings of passages, in their order. Raises EmbedderUnavailable."""
        return await self._embed(texts, "document")

    async def _embed(self, texts: Sequence[str], kind: str) -> list[Sequence[float]]:
        from pydantic_ai.embeddings import Embedder as Library
        from pydantic_ai.embeddings import EmbeddingSettings
        from pydantic_ai.exceptions import AgentRunError, UserError

        from workbench.knowledge.failures import failure

        wanted = EmbeddingSettings(dimensions=self._dimensions) if self._dimensions else None
        embedder = Library(self._model, settings=wanted)
        ask = embedder.embed_query if kind == "query" else embedder.embed_documents
        try:
            vectors = list((await ask(list(texts))).embeddings)
        except (
            AgentRunError, UserError, OSError, ValueError, LookupError, AttributeError, TypeError,
        ) as error:  # fmt: skip
            raise EmbedderUnavailable(*failure(error, self.name)) from error
        return self._checked(vectors, len(texts))

    def _checked(self, vectors: list[Sequence[float]], asked: int) -> list[Sequence[float]]:
        widths = sorted({len(v) for v in vectors})
        if len(vectors) != asked or len(widths) > 1:
            raise EmbedderUnavailable(
                f"{self.name} gave {len(vectors)} embeddings of {widths} dimensions for {asked}"
                " texts.",
                "It is no embedding model, or behind something that changes its answers.",
            )
        if widths == [0] or not all(map(_kept, vectors)):
            raise EmbedderUnavailable(
                f"{self.name} gave embeddings without numbers in them.",
                "It is no embedding model, or one that is broken.",
            )
        if self._dimensions and widths != [self._dimensions]:
            raise EmbedderUnavailable(
                f"{self.name} gave {widths[0]:,} dimensions.",
                "It cannot be asked for another number: leave @ and what follows out.",
            )
        if widths and widths[0] > DIMENSIONS_MOST:
            raise EmbedderUnavailable(
                f"{self.name} gives {widths[0]:,} dimensions; {DIMENSIONS_MOST:,} can be kept.",
                f"Ask for fewer: {self.name}@1024.",
            )
        return vectors


def _kept(vector: Sequence[float]) -> bool:
    """Whether all of it are numbers that PostgreSQL keeps: no NaN, which compares to nothing."""
    try:
        whole = isfinite(sum(vector))
    except TypeError:  # a null, or words
        return False
    return whole and min(vector) >= -_LARGEST and max(vector) <= _LARGEST


async def open_embedder(choice: EmbedderChoice) -> Embedder | None:
    """The model that was chosen, or None when none was. Raises EmbedderUnavailable."""
    if not choice.spec:
        return None
    spec, _, dimensions = (
        choice.spec.rpartition("@") if "@" in choice.spec else (choice.spec, "", "")
    )
    if dimensions and not (dimensions.isascii() and dimensions.isdigit()):
        raise EmbedderUnavailable(f"{choice.spec!r} asks for {dimensions!r} dimensions.")
    provider, _, name = spec.partition(":")
    make = {"openai": _openai, "sentence-transformers": _local}.get(provider)
    if make is None or not name:
        raise EmbedderUnavailable(
            f"There is no embedder {choice.spec!r}.",
            "Use openai:text-embedding-3-small, openai:NAME with OPENAI_BASE_URL for a server of"
            " your own, or sentence-transformers:FOLDER.",
        )
    model, close = await asyncio.to_thread(make, name, choice)
    return Embedder(choice.spec, model, int(dimensions) if dimensions else None, close)


Made = tuple["EmbeddingModel", Close | None]


def _openai(name: str, choice: EmbedderChoice) -> Made:
    if not choice.openai_api_key and not choice.openai_base_url:
        raise EmbedderUnavailable(
            f"There is no key for openai:{name}.",
            "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own.",
        )
    from openai import AsyncOpenAI
    from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
    from pydantic_ai.providers.openai import OpenAIProvider

    client = AsyncOpenAI(
        api_key=choice.openai_api_key or _NO_KEY,
        base_url=choice.openai_base_url or None,
        max_retries=RETRIES,
    )
    return OpenAIEmbeddingModel(name, provider=OpenAIProvider(openai_client=client)), client.close


def _local(name: str, choice: EmbedderChoice) -> Made:
    if not Path(name).is_dir():
        raise EmbedderUnavailable(
            f"There is no folder {name} with a model in it.", "Nothing is downloaded."
        )
    try:
        from pydantic_ai.embeddings.sentence_transformers import SentenceTransformerEmbeddingModel
    except ImportError as error:
        raise EmbedderUnavailable(
            "sentence-transformers is not installed.",
            "pip install 'k8s-workbench[local-embeddings]'",
        ) from error
    return SentenceTransformerEmbeddingModel(name), None
