"""An investigation that runs on the server, as steps that come here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any, Literal

import msgspec

from workbench.core.investigation import Investigation, Step
from workbench.errors import GatewayUnavailable, Overloaded, WorkbenchError
from workbench.mcp.events import Event
from workbench.remote.api import Api

AGAIN_SECONDS = (0.2, 1.0, 2.0, 4.0, 8.0)
"""Pauses before a stream that broke off is taken up again: about as long as a server takes to be
replaced by another."""
STOP_SECONDS = 1.5
"""How long stopping may take: an interrupted cell waits two seconds."""

Told = tuple[Investigation, Step]
Begin = tuple[Literal["GET", "POST"], str, dict[str, Any]]
"""Method, path and body of the request that begins a stream."""


class Watched(msgspec.Struct):
    """A ``step``, ``done`` or ``error`` event."""

    investigation: str
    seq: int
    step: Step


def joined(api: Api, begun: Investigation) -> AsyncGenerator[Told]:
    """``followed`` for one that has begun: what comes after the steps that ``begun`` has."""
    return followed(api, _stream(begun), len(begun.steps) - 1, begun)


async def followed(
    api: Api, begin: Begin, after: int = -1, so_far: Investigation | None = None
) -> AsyncGenerator[Told]:
    """The investigation so far with each of its steps, until it has ended.

    A stream that breaks off is taken up where it was. One that did not begin (no answer, or that of
    a server that stops or is full) is asked for again where ``begin`` names an id, under
    which a question is asked once. after: the last step that is known already.
    so_far: the investigation as it is known, of one that has begun.
    Who leaves before the end, or is cancelled, stops it on the server.
    Raises GatewayUnavailable when it cannot be followed any more; it goes on there.
    """
    ended = tries = 0
    try:
        while not ended:
            try:
                async with aclosing(_watched(api, begin, after)) as news:
                    async for event, watched in news:
                        if watched.seq <= after:
                            continue
                        so_far = so_far or await _begun(api, watched)
                        after, tries = watched.seq, 0
                        so_far = _with(so_far, watched)
                        ended = event.name in ("done", "error")
                        yield so_far, watched.step
                        if ended:
                            return
            except (GatewayUnavailable, Overloaded):
                if not (so_far or begin[2].get("id")) or tries == len(AGAIN_SECONDS):
                    raise
                await asyncio.sleep(AGAIN_SECONDS[tries])
            tries += 1
            if so_far is not None:
                begin = _stream(so_far)
            elif tries > len(AGAIN_SECONDS) or not begin[2].get("id"):
                raise GatewayUnavailable("The server began nothing.", "Ask again.")
    finally:
        if so_far is not None and not ended and tries < len(AGAIN_SECONDS):
            await asyncio.shield(_stopped(api, so_far))


async def _watched(api: Api, begin: Begin, after: int) -> AsyncGenerator[tuple[Event, Watched]]:
    method, path, body = begin
    async with aclosing(api.events(method, path, after=after, **body)) as events:
        async for event in events:
            if event.name in ("step", "done", "error"):
                yield event, msgspec.json.decode(event.data, type=Watched)  # type: ignore[arg-type]


def _stream(investigation: Investigation) -> Begin:
    return ("GET", f"investigations/{investigation.label}/stream", {})


async def _begun(api: Api, first: Watched) -> Investigation:
    """The investigation before the first step that is told of it."""
    found = await api.get(f"investigations/{first.investigation}", Investigation)
    return msgspec.structs.replace(found, steps=found.steps[: first.seq])


def _with(so_far: Investigation, watched: Watched) -> Investigation:
    return msgspec.structs.replace(so_far, steps=(*so_far.steps[: watched.seq], watched.step))


async def _stopped(api: Api, investigation: Investigation) -> None:
    with suppress(WorkbenchError, TimeoutError):  # whoever leaves cannot do more about it
        async with asyncio.timeout(STOP_SECONDS):
            await api.post(f"investigations/{investigation.label}/cancel", Investigation)
