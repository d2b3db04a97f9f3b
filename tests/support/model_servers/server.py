"""The server: picks the protocol by path and the turn by order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.support.model_servers import anthropic, openai
from tests.support.model_servers.turns import Turn
from workbench.agent.choice import ModelChoice

SCRIPTS = Path(__file__).parent / "scripts"
MODELS = {"anthropic": "claude-sonnet-4-6", "openai": "gpt-5-mini"}


def scripts() -> dict[str, dict[str, Any]]:
    """Every script by name."""
    return {p.stem: yaml.safe_load(p.read_text()) for p in sorted(SCRIPTS.glob("*.yaml"))}


class Broken(Exception):
    """Ends a response in the middle of its stream."""


class ModelServer:
    """Serves the turns one after another on a loopback port; the last one again and again.

    ``turns`` may be a function from the body of a request to the turn that answers it.
    ``requests``: the bodies received. ``left``: how many clients went away while it hung.
    """

    def __init__(
        self, turns: list[dict[str, Any]] | Callable[[dict[str, Any]], dict[str, Any]]
    ) -> None:
        self._script = turns
        self.requests: list[dict[str, Any]] = []
        self.hanging = asyncio.Event()
        self.left = 0
        # asyncio sends at once (TCP_NODELAY) only where the socket's protocol is named
        self._socket = socket.socket(proto=socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        routes = [
            Route("/v1/messages", self._anthropic, methods=["POST"]),
            Route("/openai/v1/chat/completions", self._openai, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off")
        self._server = uvicorn.Server(config)

    def choice(self, provider: str, *others: str) -> ModelChoice:
        """A model of the provider that talks to this server, and those that take over from it."""
        url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        return ModelChoice(
            spec=_spec(provider),
            fallbacks=tuple(map(_spec, others)),
            anthropic_api_key="test",
            anthropic_base_url=url,
            openai_api_key="test",
            openai_base_url=f"{url}/openai/v1",
        )

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        await self._task

    async def _anthropic(self, request: Request) -> Response:
        return await self._answer(request, anthropic)

    async def _openai(self, request: Request) -> Response:
        return await self._answer(request, openai)

    async def _answer(self, request: Request, protocol: ModuleType) -> Response:
        body = await request.json()
        turn = self._turn(body)
        self.requests.append(body)
        if turn.hangs:
            await self._hang(request)
        await asyncio.sleep(turn.slow)
        if turn.cut:
            raise Broken
        if turn.page:
            return HTMLResponse(turn.page, turn.status)
        if turn.status != 200:
            return JSONResponse(protocol.error(turn), turn.status, turn.headers)
        if not body.get("stream"):
            return JSONResponse(protocol.whole(turn, body["model"]))
        events = _sent(protocol.stream(turn, body["model"]), turn)
        return StreamingResponse(events, media_type="text/event-stream")

    def _turn(self, body: dict[str, Any]) -> Turn:
        number = len(self.requests)
        if callable(self._script):
            return Turn(self._script(body), number)
        number = min(number, len(self._script) - 1)
        return Turn(self._script[number], number)

    async def _hang(self, request: Request) -> None:
        self.hanging.set()
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self.left += 1


def _spec(provider: str) -> str:
    return f"{provider}:{MODELS[provider]}" if provider in MODELS else provider


async def _sent(events: Iterator[str], turn: Turn) -> AsyncIterator[str]:
    for count, event in enumerate(events):
        if turn.breaks and count == 3:
            raise Broken
        yield event
