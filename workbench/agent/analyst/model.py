"""The analyst as a pydantic-ai model: no key, no network, no tokens."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from pydantic_ai import RunContext
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    ModelResponsePart,
    ModelResponseStreamEvent,
    TextPart,
    ToolCallPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.settings import ModelSettings

from workbench.agent.analyst.conclude import conclude
from workbench.agent.analyst.history import offers, read
from workbench.agent.analyst.plan import intention, next_calls
from workbench.agent.analyst.proposals import proposals
from workbench.agent.choice import ANALYST
from workbench.core.investigation import Conclusion

_SYSTEM = "workbench"


class Analyst(Model):
    """Plans from the diagnosis, reads what it asked for, and concludes with citations."""

    @property
    def model_name(self) -> str:
        return ANALYST

    @property
    def system(self) -> str:
        return _SYSTEM

    @property
    def provider(self) -> None:
        return None

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        return ModelResponse(
            parts=respond(messages, parameters),
            model_name=self.model_name,
            provider_name=self.system,
        )

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        yield _Stream(parameters, respond(messages, parameters))


@dataclass
class _Stream(StreamedResponse):
    _response: list[ModelResponsePart]
    _at: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        for index, part in enumerate(self._response):
            yield self._parts_manager.handle_part(vendor_part_id=index, part=part)

    async def close_stream(self) -> None:
        """Nothing is open."""

    @property
    def model_name(self) -> str:
        return ANALYST

    @property
    def provider_name(self) -> str:
        return _SYSTEM

    @property
    def provider_url(self) -> None:
        return None

    @property
    def timestamp(self) -> datetime:
        return self._at


def respond(
    messages: list[ModelMessage], parameters: ModelRequestParameters
) -> list[ModelResponsePart]:
    """Words and calls, or the conclusion. The same messages give the same parts."""
    tools = parameters.function_tools
    reading = read(messages, tools)
    calls = next_calls(reading.question, offers(tools), reading.answers)
    calls = calls or proposals(reading.question, offers(tools), reading.answers)
    if not calls:
        return [_concluding(conclude(reading.question, reading.answers), parameters)]
    count = len(reading.answers)
    return [
        TextPart(intention(reading.question, calls)),
        *(
            ToolCallPart(c.tool, c.arguments, tool_call_id=f"analyst_{count}_{i}")
            for i, c in enumerate(calls)
        ),
    ]


def _concluding(conclusion: Conclusion, parameters: ModelRequestParameters) -> ModelResponsePart:
    """The conclusion as the output tool wants it, or its verdict where none is offered."""
    tool = next(iter(parameters.output_tools), None)
    if tool is None:
        return TextPart(conclusion.verdict)
    form = msgspec.to_builtins(conclusion)
    for claim in form["claims"]:
        claim.pop("hypothesis")
    return ToolCallPart(tool.name, form, tool_call_id="analyst_conclusion")
