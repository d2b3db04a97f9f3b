"""The hub's tools as one pydantic-ai toolset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_ai import RunContext, ToolDefinition, ToolReturn
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import ToolsetTool
from pydantic_ai.usage import RunUsage
from pydantic_core import SchemaValidator, core_schema

from workbench.agent.answers import Answer, Ledger
from workbench.agent.disguise import Disguise
from workbench.agent.framing import frame, visible_value
from workbench.agent.triage import call_once
from workbench.core.characters import visible
from workbench.core.tools import CallContext, Tools, ToolSpec

_ANY_OBJECT = SchemaValidator(core_schema.dict_schema(core_schema.str_schema()))
_ARGUMENT_RETRIES = 3  # tries a model gets to write valid JSON for one tool
_WARN_AT = 0.8  # of the calls made: from here each answer says how many are left


class HubToolset(AbstractToolset[object]):
    """Every tool the hub lists now, asked again before each model request.

    Answers go into the ledger whole; the model gets them framed. What fails, by report or by
    error, is shown to the model as a failure and costs it no retry.
    """

    def __init__(
        self,
        tools: Tools,
        context: CallContext,
        ledger: Ledger,
        cluster: str,
        guard: Callable[[RunUsage], None],
        disguise: Disguise | None = None,
    ) -> None:
        """``guard`` gets what the run has spent before each call and may raise to end the run."""
        self._guard = guard
        self._disguise = disguise or Disguise()
        self._tools = tools
        self._context = context
        self._ledger = ledger
        self._cluster = cluster
        self._specs: dict[str, ToolSpec] = {}

    @property
    def id(self) -> str:
        return "hub"

    async def get_tools(self, ctx: RunContext[object]) -> dict[str, ToolsetTool[object]]:
        specs = sorted(await self._tools.list(), key=lambda s: s.name)
        self._specs = {s.name: s for s in specs}
        return {s.name: self._tool(s) for s in specs}

    def _tool(self, spec: ToolSpec) -> ToolsetTool[object]:
        return ToolsetTool(
            toolset=self,
            tool_def=definition(spec),
            max_retries=_ARGUMENT_RETRIES,
            args_validator=_ANY_OBJECT,
        )

    async def call_tool(
        self,
        name: str,
        tool_args: dict[str, Any],
        ctx: RunContext[object],
        tool: ToolsetTool[object],
    ) -> ToolReturn:
        self._guard(ctx.usage)
        if not self._ledger.open():
            raise ToolFailed(
                f"The budget of {self._ledger.limit} tool calls is used up and nothing was run. "
                "Conclude now with what you have."
            )
        call_id = ctx.tool_call_id or ""
        spec = self._specs[name]
        arguments = self._disguise.reveal_value(tool_args)
        answer = await call_once(self._tools, spec, call_id, arguments, self._context)
        self._ledger.add(answer)
        self._disguise.learn(answer)
        text = self._disguise.hide(framed(answer, self._cluster)) + self._calls_left()
        if answer.failed:
            raise ToolFailed(text)
        return ToolReturn(return_value=text, metadata=metadata(answer))

    def _calls_left(self) -> str:
        left, limit = self._ledger.left, self._ledger.limit
        if left is None or limit is None or self._ledger.calls < _WARN_AT * limit:
            return ""
        return f"\n({left} of {limit} tool calls left: sum up soon.)"


def definition(spec: ToolSpec) -> ToolDefinition:
    """The tool as models see it. Descriptions are a server's words and are made visible too."""
    schema = visible_value(spec.input_schema) or {"type": "object", "properties": {}}
    return ToolDefinition(
        name=spec.name,
        description=visible(spec.description),
        parameters_json_schema=schema,
        strict=False,
        metadata={"remote_name": spec.remote_name, "server": spec.server},
    )


def framed(answer: Answer, cluster: str) -> str:
    return frame(
        answer.text,
        evidence=answer.evidence,
        tool=answer.tool,
        cluster=cluster,
        failed=answer.failed,
    )


def metadata(answer: Answer) -> dict[str, Any]:
    """What the analyst reads beside the text; models never see it."""
    return {
        "evidence": answer.evidence,
        "remote_name": answer.remote_name,
        "text": answer.text,
        "data": answer.data,
    }
