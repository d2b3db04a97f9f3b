"""Every call a span, in the trace of its investigation."""

from __future__ import annotations

from typing import Any

from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec
from workbench.telemetry import traces


class Traced:
    """Tools whose calls are spans: which tool, for whom, which evidence; nothing of arguments and
    results, which the record has."""

    def __init__(self, inner: Tools, cluster: str) -> None:
        self._inner = inner
        self._cluster = cluster

    async def list(self) -> tuple[ToolSpec, ...]:
        return await self._inner.list()

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        if not traces.active():
            return await self._inner.call(name, arguments, context)
        said = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "k8s.cluster.name": self._cluster,
            "workbench.surface": context.surface,
            "enduser.id": context.user,
        }
        with traces.span(f"execute_tool {name}", context.investigation, said) as span:
            result = await self._inner.call(name, arguments, context)
            if span:
                span.set_attribute("workbench.evidence", result.evidence)
                span.set_attribute("workbench.failed", result.failed)
            return result
