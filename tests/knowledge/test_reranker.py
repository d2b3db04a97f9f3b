"""Passages are ordered again by a server that scores them; what it cannot do is one sentence."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from tests.support.model_servers.loopback import Loopback
from tests.support.model_servers.reranking import RerankingServer
from tests.support.postgres import new_id
from workbench.core.knowledge import Passage, Type
from workbench.errors import RerankerUnavailable
from workbench.knowledge.library import Library
from workbench.knowledge.reranker import Reranker, RerankerChoice
from workbench.store.database import Store


def passage(text: str) -> Passage:
    return Passage(
        id=1, document=UUID(int=1), title="Till", source="till.md", type=Type.PAGE, text=text,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


FOUND = [passage("long words"), passage("short"), passage("the longest of all")]


@pytest.mark.parametrize("model", ["", "bge"], ids=["text-embeddings-inference", "cohere"])
async def test_scores_come_in_the_order_of_the_passages(model: str) -> None:
    async with RerankingServer() as server:
        choice = RerankerChoice(url=f"{server.url}/rerank", model=model, key="k")
        long, short, longest = await Reranker(choice)("why?", FOUND)
        assert await Reranker(choice)("why?", []) == ()
    assert short > long > longest
    assert server.keys == ["Bearer k"]
    (asked,) = server.asked
    assert asked.get("model", "") == model
    assert asked["query"] == "why?"
    assert asked["documents" if model else "texts"][1] == "Till\nshort"
    assert "k" not in repr(choice).split("'")


async def test_the_library_puts_the_scored_order_last(ann: UUID, store: Store) -> None:
    async with RerankingServer() as server:
        rerank = Reranker(RerankerChoice(url=f"{server.url}/rerank"))
        found = await Library(store.passages, new_id, rerank=rerank).search("pod", ann, limit=4)
        assert len(server.asked[0]["texts"]) == 16
        lengths = [len(f"{p.heading}\n{p.text}") for p in found.passages]
        assert lengths == sorted(lengths)
        assert found.how.endswith(", reranked")
        server.answer = Response("busy", 503)
        plain = await Library(store.passages, new_id).search("pod", ann, limit=4)
        left = await Library(store.passages, new_id, rerank=rerank).search("pod", ann, limit=4)
    assert left.passages == plain.passages
    assert "not reranked: 127.0.0.1" in left.how
    assert left.how.endswith("gave no scores (HTTP 503: busy)")


THREE = [{"index": n, "score": 0.5} for n in range(3)]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (HTMLResponse("<html>hi</html>"), "answered with nothing that is a score"),
        (JSONResponse({}), "gave 0 scores that do not fit 3 passages"),
        (JSONResponse(THREE[:2]), "gave 2 scores that do not fit"),
        (JSONResponse([*THREE[:2], {"index": 7, "score": 1}]), "gave 3 scores that do not fit"),
        (JSONResponse([*THREE[:2], {"index": 2}]), "gave 3 scores that do not fit"),
        (JSONResponse([*THREE[:2], {"index": 2, "score": "x"}]), "nothing that is a score"),
        (Response("[" * 100_000), "nothing that is a score"),
        (Response(b" " * 5 * 2**20), "nothing that is a score"),
        (JSONResponse({"error": "bad key"}, 401), r'HTTP 401: \{"error":"bad key"\}'),
        (RedirectResponse("http://127.0.0.1:9/", 302), "HTTP 302"),
    ],
)
async def test_what_is_no_score_is_one_sentence(answer: Response, why: str) -> None:
    async with RerankingServer() as server:
        server.answer = answer
        with pytest.raises(RerankerUnavailable, match=why) as refused:
            await Reranker(RerankerChoice(url=f"{server.url}/rerank", model="m"))("q", FOUND)
        assert "\n" not in refused.value.message
        assert "reranker_key" in refused.value.hint


async def test_an_answer_that_does_not_come_is_not_waited_for() -> None:
    async def silent(_: Request) -> Response:
        await asyncio.sleep(60)
        return Response()

    async with Loopback({"/rerank": silent}) as server:
        rerank = Reranker(RerankerChoice(url=f"{server.url}/rerank"), seconds=0.05)
        with pytest.raises(RerankerUnavailable, match=r"no scores in 0\.05 seconds"):
            await rerank("q", FOUND)


@pytest.mark.parametrize(
    ("url", "key", "why"),
    [
        ("http://127.0.0.1:9/rerank", "", "gave no scores"),
        ("http://127.0.0.1:9/rerank", "ключ", "not usable"),
    ],
)
async def test_an_address_or_key_of_no_use_is_said(url: str, key: str, why: str) -> None:
    with pytest.raises(RerankerUnavailable, match=why):
        await Reranker(RerankerChoice(url=url, key=key))("q", FOUND)
