"""The library as the settings want it: by words, by meaning, with a second look."""

from __future__ import annotations

from functools import partial

from uuid_utils.compat import uuid7

from workbench.knowledge.embedder import EmbedderChoice, open_embedder
from workbench.knowledge.library import Library, Rerank
from workbench.setting_types import plain
from workbench.settings import Settings
from workbench.store.database import Store


def open_library(settings: Settings, store: Store) -> Library:
    """The library over the store; its embedder is opened when it is first needed."""
    choice = EmbedderChoice(
        spec=settings.embedder,
        openai_api_key=plain(settings.openai_api_key),
        openai_base_url=settings.openai_base_url,
    )
    embedder = partial(open_embedder, choice) if choice.spec else None
    return Library(store.passages, uuid7, embedder, _rerank(settings))


def _rerank(settings: Settings) -> Rerank | None:
    if not settings.reranker:
        return None
    from workbench.knowledge.reranker import Reranker, RerankerChoice

    key = plain(settings.reranker_key)
    return Reranker(RerankerChoice(settings.reranker, settings.reranker_model, key))
