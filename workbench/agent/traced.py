"""What the model is asked, as spans in the trace of the investigation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from typing import TypeVar
from uuid import UUID

from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.instrumented import InstrumentationSettings

from workbench.telemetry import traces

T = TypeVar("T")


def instrumentation() -> tuple[Instrumentation, ...]:
    """Spans for model requests: which model, how many tokens, how long; no word that was said."""
    if not traces.active():
        return ()
    settings = InstrumentationSettings(include_content=False, include_binary_content=False)
    return (Instrumentation(settings=settings),)


async def in_trace(events: AsyncIterable[T], investigation: UUID) -> AsyncGenerator[T]:
    """The same events; the tasks that make them begin in the trace of that investigation."""
    iterator = aiter(events)
    while True:
        with traces.within(investigation):
            try:
                event = await anext(iterator)
            except StopAsyncIteration:
                return
        yield event
