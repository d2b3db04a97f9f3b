"""What happens around every request to a model: the purse is checked, the history made to fit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.exceptions import ContentFilterError
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import ModelRequestContext

from workbench.agent.choice import ANALYST
from workbench.agent.compaction import Sizes, compacted, fits, room, tokens
from workbench.agent.output import CONCLUDE
from workbench.agent.tally import Tally
from workbench.agent.toolset import HubToolset

_LABEL = re.compile(r"\bE\d+\b")
_DENSEST = 2.0  # what is above that is no count of this text
_AFTER_OVERFLOW = 0.6  # of what a model refused as too much is tried once more


@dataclass(kw_only=True)
class Watch(Tally):
    """A tally that also makes the history fit what the model holds.

    answers: how many answers came.
    window: tokens the model holds at once; None when nobody knows.
    """

    toolset: HubToolset
    window: int | None = None
    answers: int = 0
    _cited: set[str] = field(default_factory=set)
    _sizes: Sizes = field(default_factory=Sizes)
    _sent: int = 0
    _denser: float = 1.0  # how many tokens the provider counts for one reckoned here

    async def before_model_request(
        self, ctx: RunContext[object], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        """Raises Stopped when a limit is reached."""
        request_context = await super().before_model_request(ctx, request_context)
        if request_context.model.model_name == ANALYST:
            return request_context
        fixed = _fixed(request_context)
        messages = list(request_context.messages)
        limit = room(int(self.window / self._denser), fixed) if self.window else None
        size = self._sizes.of(messages)
        if limit is not None and not fits(size, limit):
            messages = compacted(
                messages,
                limit,
                self.toolset.answers,
                lambda back: self.toolset.changes(back.tool_name),
                self._cited,
                self.toolset.disguise.hide,
            )
            request_context.messages = messages
            ctx.messages[:] = messages
            size = self._sizes.of(messages)
        self._sent = fixed + size
        return request_context

    async def after_model_request(
        self,
        ctx: RunContext[object],
        *,
        request_context: ModelRequestContext,
        response: ModelResponse,
    ) -> ModelResponse:
        """Raises ContentFilterError for an answer that the provider broke off."""
        self.answers += 1
        self._cited |= cited(response)
        counted = response.usage.input_tokens / max(self._sent, 1)
        self._denser = min(max(self._denser, counted), _DENSEST)
        response = await super().after_model_request(
            ctx, request_context=request_context, response=response
        )
        if response.finish_reason == "content_filter":  # the library lets what was said first pass
            raise ContentFilterError("it stopped in the middle of its answer")
        return response

    def overflowed(self) -> bool:
        """The model could not hold what was sent: whether a smaller history can be sent now."""
        smaller = int(self._sent * _AFTER_OVERFLOW)
        if self.answers == 0 or (self.window is not None and self.window <= smaller):
            return False
        self.window = smaller
        return True


def cited(response: ModelResponse) -> set[str]:
    """Labels the model names in its words or in a conclusion."""
    said = [p.content for p in response.parts if isinstance(p, TextPart)]
    said += [
        p.args_as_json_str()
        for p in response.parts
        if isinstance(p, ToolCallPart) and p.tool_name == CONCLUDE
    ]
    return set(_LABEL.findall(" ".join(said)))


def _fixed(request_context: ModelRequestContext) -> int:
    """Tokens of instructions and tools, which are sent every time."""
    parameters = request_context.model_request_parameters
    tools: list[Any] = [*parameters.function_tools, *parameters.output_tools]
    described = (f"{t.name}{t.description}" for t in tools)
    words = (part.content for part in parameters.instruction_parts or ())
    schemas = sum(tokens(t.parameters_json_schema) for t in tools)
    return sum(map(tokens, described)) + sum(map(tokens, words)) + schemas
