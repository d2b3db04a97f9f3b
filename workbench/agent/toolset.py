"""The hub's tools as one pydantic-ai toolset."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic_ai import RunContext, ToolDefinition, ToolReturn
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import ToolsetTool
from pydantic_core import SchemaValidator, core_schema

from workbench.agent.analyst.offers import PREVIEW
from workbench.agent.answers import Answer
from workbench.agent.disguise import Disguise
from workbench.agent.framing import MODEL_CHARACTERS, frame, visible_value
from workbench.agent.meter import Meter
from workbench.agent.triage import call_once
from workbench.core.characters import visible
from workbench.core.digest import digest
from workbench.core.tools import CallContext, Tools, ToolSpec

_ANY_OBJECT = SchemaValidator(core_schema.dict_schema(core_schema.str_schema()))
_ARGUMENT_RETRIES = 3  # tries a model gets to write valid JSON for one tool


class HubToolset(AbstractToolset[object]):
    """Every tool the hub lists now, asked again before each model request.

    Answers go into the ledger whole; the model gets them framed. What fails, by report or by
    error, is shown to the model as a failure and costs it no retry.
    """

    def __init__(
        self,
        tools: Tools,
        context: CallContext,
        meter: Meter,
        cluster: str,
        disguise: Disguise | None = None,
        limit: int = MODEL_CHARACTERS,
        agent: str = "",
    ) -> None:
        """``limit``: characters that are shown of one answer. ``agent``: the specialist it is for,
        whose calls are told apart from those of others."""
        self.disguise = disguise or Disguise()
        self._tools = tools
        self._context = context
        self._meter = meter
        self.cluster = cluster
        self._limit = limit
        self._prefix = f"{agent}/" if agent else ""
        self._specs: dict[str, ToolSpec] = {}

    @property
    def id(self) -> str:
        return "hub"

    async def get_tools(self, ctx: RunContext[object]) -> dict[str, ToolsetTool[object]]:
        specs = sorted(await self._tools.list(), key=lambda s: s.name)
        self._specs = {s.name: s for s in specs}
        return {s.name: self._tool(s) for s in specs}

    def call_id(self, id: str) -> str:
        """The id of a call in steps and ledger: specialists' models number theirs alike."""
        return f"{self._prefix}{id}"

    @property
    def answers(self) -> list[Answer]:
        """Answers to this agent's own calls, by the ids its model knows."""
        own = (a for a in self._meter.ledger.answers if self._prefix or "/" not in a.call_id)
        return [
            msgspec.structs.replace(a, call_id=a.call_id.removeprefix(self._prefix))
            for a in own
            if a.call_id.startswith(self._prefix)
        ]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._specs)

    def changes(self, tool: str) -> bool:
        """Whether a result of the tool is more than something read: a change, or one proposed."""
        spec = self._specs.get(tool)
        return spec is not None and (not spec.read_only or spec.remote_name == PREVIEW)

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
        self._meter.check()
        ledger = self._meter.ledger
        if not ledger.open():
            raise ToolFailed(
                f"The budget of {ledger.limit} tool calls is used up and nothing was run.\n"
                "Conclude now with what you have."
            )
        call_id = self.call_id(ctx.tool_call_id or "")
        spec = self._specs[name]
        arguments = self.disguise.reveal_value(tool_args)
        answer = await call_once(self._tools, spec, call_id, arguments, self._context)
        ledger.add(answer)
        self.disguise.learn(answer)
        text = self.disguise.hide(framed(answer, self.cluster, self._limit))
        text = "\n".join(filter(None, (text, self._meter.warning())))
        if answer.failed:
            raise ToolFailed(text)
        return ToolReturn(return_value=text, metadata=metadata(answer))


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


def framed(answer: Answer, cluster: str, limit: int = MODEL_CHARACTERS) -> str:
    """The answer as a model sees it, in at most about ``limit`` characters."""
    return frame(
        digest(answer.text, answer.evidence, limit) if limit < MODEL_CHARACTERS else answer.text,
        evidence=answer.evidence,
        tool=answer.tool,
        cluster=cluster,
        failed=answer.failed,
        limit=limit,
    )


def metadata(answer: Answer) -> dict[str, Any]:
    """What the analyst reads beside the text; models never see it."""
    return {
        "evidence": answer.evidence,
        "remote_name": answer.remote_name,
        "text": answer.text,
        "data": answer.data,
    }
