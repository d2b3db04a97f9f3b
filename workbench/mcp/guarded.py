"""Policy between the caller and the tool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.core.policy import Decision, Verdict, judge
from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec
from workbench.errors import ToolRefused
from workbench.mcp.lookup import find_tool

Judge = Callable[[ToolSpec], Verdict]


class Guarded:
    """Tools that run only when policy allows it. No one to ask means no: ``ask`` counts as refuse
    here, and whoever can ask does so above this wrapper."""

    def __init__(self, inner: Tools, judge: Judge = judge) -> None:
        self._inner = inner
        self._judge = judge

    async def list(self) -> tuple[ToolSpec, ...]:
        return await self._inner.list()

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        """Raises ToolRefused when policy does not allow the tool, ToolUnknown when there is
        nothing to judge; nothing ran then."""
        spec = await find_tool(self._inner, name)
        verdict = self._judge(spec)
        if verdict.decision is not Decision.ALLOW:
            raise ToolRefused(f"{name} was not run: {verdict.rule}.", _hint(spec))
        return await self._inner.call(name, arguments, context)


def _hint(spec: ToolSpec) -> str:
    """How a person lets a tool read that is refused only because nobody vouched for it."""
    if spec.read_only or not spec.claims_read_only:
        return "Use a tool that only reads."
    return (
        "Its server says that it only reads. To accept that for this tool: workbench mcp accept"
        f" {spec.server} {spec.remote_name} --reads. For every tool the server has now, put"
        f' trusted_servers = ["{spec.server}"] into workbench.toml.'
    )
