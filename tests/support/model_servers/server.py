"""The server: picks the protocol by path and the turn by order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from tests.support.model_servers import anthropic, openai
from tests.support.model_servers.loopback import Loopback
from tests.support.model_servers.turns import Turn
from workbench.agent.choice import ModelChoice

SCRIPTS = Path(__file__).parent / "scripts"
MODELS = {"anthropic": "claude-sonnet-4-6", "openai": "gpt-5-mini"}


def scripts() -> dict[str, dict[str, Any]]:
    """Every script by name."""
    return {p.stem: yaml.safe_load(p.read_text()) for p in sorted(SCRIPTS.glob("*.yaml"))}


class Broken(Exception):
    """Ends a response in the middle of its stream."""


class ModelServer(Loopback):
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
        super().__init__({
            "/v1/messages": self._anthropic,
            "/openai/v1/chat/completions": self._openai,
        })  # fmt: skip

    def choice(self, provider: str, *others: str) -> ModelChoice:
        """A model of the provider that talks to this server, and those that take over from it."""
        return ModelChoice(
            spec=_spec(provider),
            fallbacks=tuple(map(_spec, others)),
            anthropic_api_key="test",
            anthropic_base_url=self.url,
            openai_api_key="test",
            openai_base_url=f"{self.url}/openai/v1",
        )

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
