"""A ``/rerank`` endpoint as Cohere's or as Text Embeddings Inference's: the shortest text first."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.support.model_servers.loopback import Loopback


class RerankingServer(Loopback):
    """``asked``: the bodies it was sent; ``keys``: the Authorization that came with each.
    ``answer``: what it says instead of scores."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.answer: Response | None = None
        super().__init__({"/rerank": self._answer})

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        self.keys.append(request.headers.get("authorization", ""))
        if self.answer:
            return self.answer
        name = "relevance_score" if "documents" in body else "score"
        texts = body["documents"] if "documents" in body else body["texts"]
        rows = [{"index": n, name: 1 / len(text)} for n, text in enumerate(texts)]
        rows.sort(key=lambda row: -float(row[name]))  # both give the best first
        return JSONResponse({"id": "1", "results": rows} if "documents" in body else rows)
