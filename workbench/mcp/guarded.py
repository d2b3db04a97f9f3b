"""Policy between the caller and the tool."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from workbench.core.change import Approvals, call_digest
from workbench.core.policy import CLUSTER_SERVER, READ_ONLY, Decision, Judge
from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec
from workbench.errors import ToolRefused
from workbench.mcp.lookup import find_tool

Clock = Callable[[], datetime]


class Guarded:
    """Tools that run only when policy allows it, or when it asks and a person has approved this
    very call. No one to ask means no.

    approvals: where decisions are kept; without it nothing that asks ever runs.
    cluster: which one an approval must be for.
    """

    def __init__(
        self,
        inner: Tools,
        judge: Judge = READ_ONLY.judge,
        approvals: Approvals | None = None,
        *,
        cluster: str = "",
        now: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self._inner = inner
        self._judge = judge
        self._approvals = approvals
        self._cluster = cluster
        self._now = now

    async def list(self) -> tuple[ToolSpec, ...]:
        return await self._inner.list()

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        """Raises ToolRefused when policy or a missing approval stands against it, ToolUnknown when
        there is nothing to judge; nothing ran then."""
        spec = await find_tool(self._inner, name)
        verdict = self._judge(spec, arguments, context)
        if verdict.decision is Decision.REFUSE:
            raise ToolRefused(f"{name} was not run: {verdict.rule}.", _hint(spec))
        if verdict.decision is Decision.ASK:
            arguments = deepcopy(arguments)  # what is approved is what runs, whoever holds the dict
            await self._redeem(spec, arguments, context, verdict.rule)
        return await self._inner.call(name, arguments, context)

    async def _redeem(
        self, spec: ToolSpec, arguments: dict[str, Any], context: CallContext, rule: str
    ) -> None:
        name = spec.name
        if self._approvals is None or context.approval is None:
            raise ToolRefused(
                f"{name} was not run: a person has to approve it first ({rule}).",
                _way(spec),
            )
        redeemed = await self._approvals.redeem(
            context.approval,
            digest=call_digest(name, arguments, self._cluster),
            user=context.user,
            at=self._now(),
        )
        if not redeemed.good:
            raise ToolRefused(f"{name} was not run: {redeemed.why}.", "Propose the change again.")


def _way(spec: ToolSpec) -> str:
    """How a call that needs a person comes before one."""
    if spec.server == CLUSTER_SERVER:
        return "Propose it with preview_change; a person decides with `workbench approve`."
    return (
        f"It cannot be proposed: {spec.server} has no dry run to show a person. Run it by hand, or"
        f' let it run unasked by a rule with server = "{spec.server}" and'
        f' tool = "{spec.remote_name}".'
    )


def _hint(spec: ToolSpec) -> str:
    """How a person lets a tool read that is refused only because nobody vouched for it."""
    if spec.read_only or not spec.claims_read_only:
        return "Use a tool that only reads."
    return (
        "Its server says that it only reads. To accept that for this tool: workbench mcp accept"
        f" {spec.server} {spec.remote_name} --reads. For every tool the server has now, put"
        f' trusted_servers = ["{spec.server}"] into workbench.toml.'
    )
