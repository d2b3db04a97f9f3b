"""An investigation as server-sent events, resumable by the id of the last one received."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent

from workbench.core.investigation import Concluded, Investigation
from workbench.errors import StoreError, UsageError
from workbench.investigations.live import STOP_SECONDS, Delta, Live, Watched

logger = logging.getLogger(__name__)

PING_SECONDS = 15
"""A comment now and then, so that proxies keep the connection and a dead one is noticed."""


def stream(live: Live, investigation: Investigation, after: int = -1) -> EventSourceResponse:
    """The steps that follow number ``after``: ``step`` events, then ``done`` or ``error``; also
    when this process is told to stop, and its investigations can then be resumed.

    The id of an event is the number of its step; a browser sends it back as ``Last-Event-ID``.
    Between steps come ``delta`` events with the model's words as they are said. They have no id and
    are not sent again: the next step has the whole text.
    """
    headers = {"Cache-Control": "no-store", "X-Investigation": investigation.label}
    events = _events(live, investigation, after)
    return EventSourceResponse(
        events,
        headers=headers,
        ping=PING_SECONDS,
        sep="\n",
        shutdown_grace_period=STOP_SECONDS + 1,
    )


async def _events(
    live: Live, investigation: Investigation, after: int
) -> AsyncGenerator[ServerSentEvent]:
    """Ends early, for whoever follows to come again, where the steps cannot be read any more."""
    async with aclosing(live.listen(investigation.id, after)) as heard:
        try:
            async for news in heard:
                if isinstance(news, Delta):
                    yield _delta(investigation, news)
                else:
                    yield _event(investigation, news)
        except StoreError as error:
            logger.warning("The stream of %s ended early: %s", investigation.label, error)


def _delta(investigation: Investigation, news: Delta) -> ServerSentEvent:
    body = {"investigation": investigation.label, "seq": news.seq, "text": news.text}
    return ServerSentEvent(data=msgspec.json.encode(body).decode(), event="delta", sep="\n")


def _event(investigation: Investigation, watched: Watched) -> ServerSentEvent:
    kind = "step"
    if watched.last:
        kind = "done" if isinstance(watched.step, Concluded) else "error"
    body = {
        "investigation": investigation.label,
        "seq": watched.seq,
        "step": watched.step,
    }
    return ServerSentEvent(
        data=msgspec.json.encode(body).decode(), event=kind, id=str(watched.seq), sep="\n"
    )


def after(last_event_id: str) -> int:
    """The number in a Last-Event-ID header; -1 for none. Raises UsageError."""
    if not last_event_id:
        return -1
    if last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10:
        return int(last_event_id)
    raise UsageError("Last-Event-ID is no number of a step.", "Leave it out to begin anew.")
