"""Specialists: a part of the question handed to an agent that knows its field."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

from pydantic_ai import RunContext, ToolDefinition
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.models import Model
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import ToolsetTool
from pydantic_core import SchemaValidator, core_schema

from workbench.core.agents import AgentProfile
from workbench.core.investigation import Conclusion, Step
from workbench.core.tools import Tools

CONSULT = "consult"
MOST = 8
"""Specialists one investigation may ask, one after the other or at a time."""


class Specialist(NamedTuple):
    """A profile with what it works with. models: none for those of the agent that asks."""

    profile: AgentProfile
    tools: Tools
    models: tuple[Model, ...] = ()


HandOver = Callable[[Specialist, str, int], Awaitable[str]]
"""Has a specialist answer a question, as the number-th that is asked; its answer in words."""


class Consult(AbstractToolset[object]):
    """One tool, ``consult``: several calls of one turn run side by side."""

    def __init__(self, specialists: Sequence[Specialist], hand_over: HandOver) -> None:
        self._by_name = {s.profile.name: s for s in specialists}
        self._hand_over = hand_over
        self._asked = 0

    @property
    def id(self) -> str:
        return CONSULT

    async def get_tools(self, ctx: RunContext[object]) -> dict[str, ToolsetTool[object]]:
        arguments = core_schema.typed_dict_schema(
            {
                "agent": core_schema.typed_dict_field(
                    core_schema.literal_schema(list(self._by_name))
                ),
                "question": core_schema.typed_dict_field(core_schema.str_schema(min_length=1)),
            }
        )
        tool = ToolsetTool(
            toolset=self,
            tool_def=self._definition(),
            max_retries=3,
            args_validator=SchemaValidator(arguments),
        )
        return {CONSULT: tool}

    def _definition(self) -> ToolDefinition:
        known = "; ".join(f"{n}: {s.profile.description}" for n, s in self._by_name.items())
        question = "What to find out, with every name, namespace and time it needs."
        return ToolDefinition(
            name=CONSULT,
            description=f"Have a specialist look into one part of the question. {known}",
            parameters_json_schema={
                "type": "object",
                "properties": {
                    "agent": {"type": "string", "enum": list(self._by_name)},
                    "question": {"type": "string", "description": question},
                },
                "required": ["agent", "question"],
            },
            strict=False,
        )

    async def call_tool(
        self,
        name: str,
        tool_args: dict[str, Any],
        ctx: RunContext[object],
        tool: ToolsetTool[object],
    ) -> str:
        if self._asked >= MOST:
            raise ToolFailed(f"{MOST} specialists were asked already. Conclude with what you have.")
        self._asked += 1
        chosen = self._by_name[tool_args["agent"]]
        return await self._hand_over(chosen, tool_args["question"], self._asked)


def in_words(found: Conclusion) -> str:
    """A specialist's conclusion for the agent that asked, with labels it can cite."""
    claims = [
        f"- {c.text} [{', '.join(c.evidence) or 'hypothesis, no evidence'}]" for c in found.claims
    ]
    open_ends = [f"- not checked: {g.what} ({g.why})" for g in found.not_checked]
    ruled_out = [f"- ruled out: {words}" for words in found.ruled_out]
    head = f"{found.verdict} (confidence {found.confidence.value})"
    return "\n".join((head, *claims, *ruled_out, *open_ends))


async def merged(
    inner: AsyncGenerator[Step], queue: asyncio.Queue[Step | None]
) -> AsyncGenerator[Step]:
    """The steps of ``inner`` and those that others put into the queue, as they come."""
    task = asyncio.create_task(_pump(inner, queue))
    try:
        while (step := await queue.get()) is not None:
            yield step
        await task  # raises what ended it
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()


async def _pump(inner: AsyncGenerator[Step], queue: asyncio.Queue[Step | None]) -> None:
    try:
        async with aclosing(inner):
            async for step in inner:
                queue.put_nowait(step)
    finally:
        queue.put_nowait(None)
