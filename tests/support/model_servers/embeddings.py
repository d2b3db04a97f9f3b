"""An embeddings endpoint as OpenAI's: letters counted, so that alike texts are near each other."""

from __future__ import annotations

import base64
import struct
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.support.model_servers.loopback import Loopback
from workbench.knowledge.embedder import EmbedderChoice

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def vector(text: str, dimensions: int) -> list[float]:
    counts = [float(text.lower().count(letter)) for letter in LETTERS] + [0.1]
    return (counts * (dimensions // len(counts) + 1))[:dimensions]


class EmbeddingsServer(Loopback):
    """``texts``: those it was given, in order. ``status``: what it answers with, ``fail_after`` so
    many requests. ``dimensions`` may change while it runs; ``short``: leaves an embedding out."""

    def __init__(self, dimensions: int = 27) -> None:
        self.dimensions = dimensions
        self.texts: list[str] = []
        self.requests = 0
        self.status = 200
        self.fail_after = 1_000_000
        self.short = False
        super().__init__({"/v1/embeddings": self._answer})

    @property
    def choice(self) -> EmbedderChoice:
        return EmbedderChoice(spec="openai:letters", openai_base_url=f"{self.url}/v1")

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        self.requests += 1
        if self.status != 200 or self.requests > self.fail_after:
            status = self.status if self.status != 200 else 400
            return JSONResponse({"error": {"message": "no embeddings today"}}, status)
        texts: list[str] = [body["input"]] if isinstance(body["input"], str) else body["input"]
        self.texts += texts
        made = [vector(text, body.get("dimensions") or self.dimensions) for text in texts]
        data = [_item(n, v, body.get("encoding_format")) for n, v in enumerate(made)]
        return JSONResponse({
            "object": "list",
            "model": body["model"],
            "data": data[: len(data) - self.short],
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        })  # fmt: skip


def _item(index: int, made: list[float], encoding: str | None) -> dict[str, Any]:
    packed = base64.b64encode(struct.pack(f"<{len(made)}f", *made)).decode()
    embedding = packed if encoding == "base64" else made
    return {"object": "embedding", "index": index, "embedding": embedding}
