"""An embedder that cannot serve says so in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.model_servers.embeddings import EmbeddingsServer
from workbench.errors import EmbedderUnavailable
from workbench.knowledge.embedder import EmbedderChoice, open_embedder


async def test_none_is_set_unless_somebody_sets_one() -> None:
    assert await open_embedder(EmbedderChoice(openai_api_key="k")) is None


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("openai:text-embedding-3-small", "no key"),
        ("cohere:x", "no embedder"),
        ("openai", "no embedder"),
        ("openai:x@many", "dimensions"),
    ],
)
async def test_what_cannot_be_used_is_said(spec: str, why: str) -> None:
    with pytest.raises(EmbedderUnavailable, match=why):
        await open_embedder(EmbedderChoice(spec=spec))


async def test_a_local_model_is_a_folder_and_never_downloaded(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with pytest.raises(EmbedderUnavailable, match="no folder"):
        await open_embedder(EmbedderChoice(spec=f"sentence-transformers:{missing}"))


async def test_embeddings_come_in_order_and_with_the_dimensions_asked_for() -> None:
    async with EmbeddingsServer() as server:
        embedder = await open_embedder(server.choice)
        assert embedder is not None
        one, two = await embedder.documents(["aaa", "bb"])
        assert (one[0], two[1]) == (3.0, 2.0)
        choice = EmbedderChoice(
            spec="openai:letters@5", openai_base_url=server.choice.openai_base_url
        )
        short = await open_embedder(choice)
        assert short is not None
        assert len(await short.query("aaa")) == 5
        await embedder.close()
        await short.close()


@pytest.mark.parametrize("fault", ["short", "status", "wide"])
async def test_answers_that_do_not_fit_are_refused(fault: str) -> None:
    async with EmbeddingsServer(dimensions=5000 if fault == "wide" else 27) as server:
        server.short = fault == "short"
        server.status = 400 if fault == "status" else 200
        embedder = await open_embedder(server.choice)
        assert embedder is not None
        with pytest.raises(EmbedderUnavailable, match="openai:letters"):
            await embedder.documents(["a", "b"])
        await embedder.close()
