"""What a model's answers cost, kept as steps also when their run fails."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import ModelRequestContext

from workbench.agent.meter import Meter
from workbench.core.investigation import ModelAnswered, Said


@dataclass
class Tally(AbstractCapability[object]):
    """Checks the budget before each request. ``steps``: what is to be told of the answers, which
    are those of ``agent``."""

    meter: Meter
    agent: str
    steps: list[ModelAnswered | Said] = field(default_factory=list)

    async def before_model_request(
        self, ctx: RunContext[object], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        """Raises Stopped when a limit is reached."""
        self.meter.check()
        return request_context

    async def after_model_request(
        self,
        ctx: RunContext[object],
        *,
        request_context: ModelRequestContext,
        response: ModelResponse,
    ) -> ModelResponse:
        name = request_context.model.model_name
        self.steps += self.meter.answered(response, name, self.agent)
        return response
