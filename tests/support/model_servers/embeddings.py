"""An embeddings endpoint as OpenAI's: letters counted, so that alike texts are near each other."""

from __future__ import annotations

import asyncio
import base64
import socket
import struct
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.knowledge.embedder import EmbedderChoice

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def vector(text: str, dimensions: int) -> list[float]:
    counts = [float(text.lower().count(letter)) for letter in LETTERS] + [0.1]
    return (counts * (dimensions // len(counts) + 1))[:dimensions]


class EmbeddingsServer:
    """``texts``: those it was given, in order. ``status``: what it answers with, ``fail_after`` so
    many requests. ``dimensions`` may change while it runs; ``short``: leaves an embedding out."""

    def __init__(self, dimensions: int = 27) -> None:
        self.dimensions = dimensions
        self.texts: list[str] = []
        self.requests = 0
        self.status = 200
        self.fail_after = 1_000_000
        self.short = False
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        routes = [Route("/v1/embeddings", self._answer, methods=["POST"])]
        config = uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off")
        self._server = uvicorn.Server(config)

    @property
    def choice(self) -> EmbedderChoice:
        url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        return EmbedderChoice(spec="openai:letters", openai_base_url=url)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        await self._task

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
