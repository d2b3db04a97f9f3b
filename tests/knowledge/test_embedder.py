"""An embedder that cannot serve says so in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.support.model_servers.embeddings import EmbeddingsServer
from tests.support.model_servers.loopback import Loopback
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


async def test_a_number_of_dimensions_that_was_not_asked_for_is_refused() -> None:
    async def reply(request: Request) -> Response:
        return JSONResponse(items([1.0, 2.0, 3.0]))

    async with Loopback({"/v1/embeddings": reply}) as server:
        choice = EmbedderChoice(spec="openai:x@2", openai_base_url=f"{server.url}/v1")
        embedder = await open_embedder(choice)
        assert embedder is not None
        with pytest.raises(EmbedderUnavailable, match="gave 3 dimensions"):
            await embedder.query("a")
        await embedder.close()


def items(embedding: object) -> dict[str, object]:
    one = {"object": "embedding", "index": 0, "embedding": embedding}
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "model": "x", "data": [one], "usage": usage}


REFUSED = {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}
UNKNOWN = {"error": {"message": "There is no model x", "code": "model_not_found"}}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (HTMLResponse("<html>hi</html>"), "answered with nothing that is an embedding"),
        (JSONResponse(REFUSED, 401), r"refused the key \(HTTP 401: Incorrect API key\)"),
        (JSONResponse(UNKNOWN, 404), r"does not exist there \(HTTP 404: There is no model x\)"),
        (JSONResponse({}), "gave no embeddings"),
        (JSONResponse(items("zz")), "gave no embeddings"),
        (JSONResponse(items([])), "gave embeddings without numbers"),
        (JSONResponse(items([1.0, None])), "gave embeddings without numbers"),
        (Response(json.dumps(items([float("nan")]))), "gave embeddings without numbers"),
        (JSONResponse(items([1e9])), "gave embeddings without numbers"),
    ],
)
async def test_what_is_no_embedding_is_one_sentence(answer: Response, why: str) -> None:
    async def reply(request: Request) -> Response:
        return answer

    async with Loopback({"/v1/embeddings": reply}) as server:
        answer.headers.setdefault("content-type", "application/json")
        choice = EmbedderChoice(spec="openai:x", openai_base_url=f"{server.url}/v1")
        embedder = await open_embedder(choice)
        assert embedder is not None
        with pytest.raises(EmbedderUnavailable, match=f"openai:x {why}"):
            await embedder.query("why?")
        await embedder.close()


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
