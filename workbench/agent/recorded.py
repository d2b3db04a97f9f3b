"""Models whose answers are recorded, and what was recorded in the place of a model."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import (
    CompletedStreamedResponse,
    Model,
    ModelRequestParameters,
    StreamedResponse,
)
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings

from workbench.agent.tape import RECORDED, REVIEWER, Answer, Tape


class Recorded(WrapperModel):
    """A model whose whole answers are kept; those that break off are not."""

    def __init__(self, wrapped: Model, tape: Tape) -> None:
        super().__init__(wrapped)
        self._tape = tape

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Only a reviewer is asked for its answer in one piece."""
        response = await super().request(messages, model_settings, model_request_parameters)
        self._keep(REVIEWER, response)
        return response

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        async with super().request_stream(
            messages, model_settings, model_request_parameters, run_context
        ) as stream:
            yield stream
        self._keep(_who(run_context), stream.get())

    def _keep(self, who: str, response: ModelResponse) -> None:
        if self._tape.keep:
            self._tape.keep(who, written(response))


class Played(Model):
    """Answers with what was recorded, whatever it is asked, for nothing. ``name``: of the model
    that was asked then."""

    def __init__(self, name: str, tape: Tape, profile: ModelProfile | None = None) -> None:
        super().__init__(profile=profile)
        self._name = name
        self._tape = tape

    @property
    def model_name(self) -> str:
        return f"{RECORDED}:{self._name}"

    @property
    def system(self) -> str:
        return "recording"

    @property
    def provider(self) -> None:
        return None

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        return read(self._tape.next(REVIEWER))

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        response = read(self._tape.next(_who(run_context)))
        yield CompletedStreamedResponse(
            response, model_request_parameters=parameters, replay_events=True
        )


def written(response: ModelResponse) -> Answer:
    """Without the address of the provider, which is nobody else's business."""
    (answer,) = ModelMessagesTypeAdapter.dump_python(
        [replace(response, provider_url=None)], mode="json"
    )
    return dict(answer)


def read(answer: Answer) -> ModelResponse:
    """It was paid for once."""
    (response,) = ModelMessagesTypeAdapter.validate_python([answer])
    assert isinstance(response, ModelResponse)  # noqa: S101 - nothing else is written
    return replace(response, usage=replace(response.usage, cost=Decimal()))


def _who(context: RunContext[Any] | None) -> str:
    return (context.agent.name if context and context.agent else None) or ""
