"""The one way tools are composed for use."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from workbench.core.change import Approvals
from workbench.core.digest import MODEL_TEXT_BYTES
from workbench.core.evidence import Record
from workbench.core.policy import READ_ONLY, Judge
from workbench.core.redaction import Redactor
from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec
from workbench.mcp.guarded import Guarded
from workbench.mcp.limited import Limited
from workbench.mcp.outcomes import SETTLE_SECONDS
from workbench.mcp.recorded import Recorded
from workbench.mcp.redacted import Redacted
from workbench.mcp.traced import Traced


class Governed:
    """Tools with every wrapper on, outermost first: traced, limited, recorded, guarded, redacted.

    The order is the guarantee. A refusal happens inside the record, so it is recorded. A result is
    redacted before the record sees it, and the record has it whole before it is cut for the model.
    """

    def __init__(self, recorded: Recorded, limit: int, cluster: str) -> None:
        self._outcomes = recorded.outcomes
        self._tools = Traced(Limited(recorded, limit), cluster)

    async def list(self) -> tuple[ToolSpec, ...]:
        return await self._tools.list()

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        return await self._tools.call(name, arguments, context)

    async def settled(self, seconds: float = SETTLE_SECONDS) -> None:
        """Wait until the outcome of every call so far is durable: before an answer is shown to a
        person or becomes evidence. Raises StoreUnavailable when that takes too long."""
        await self._outcomes.settled(seconds)

    async def flush(self, seconds: float = 5.0) -> int:
        """Before closing the record: wait for outcomes on their way. Returns how many were not
        written; those calls stay open in the record and count as unknown."""
        return await self._outcomes.flush(seconds)


def governed(
    hub: Tools,
    record: Record,
    *,
    cluster: str = "",
    judge: Judge = READ_ONLY.judge,
    approvals: Approvals | None = None,
    redactor: Redactor | None = None,
    limit: int = MODEL_TEXT_BYTES,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    timer: Callable[[], float] = time.perf_counter,
    new_id: Callable[[], UUID] = uuid7,
) -> Governed:
    """The hub as everybody but its tests uses it.

    cluster: which cluster the calls are about, for the record and for approvals.
    judge, approvals: the policy, and where people's decisions about changes are kept.
    redactor: what takes secrets out of results; without one, marks have no tags.
    limit: bytes of text a result may have for the model.
    """
    guarded = Guarded(Redacted(hub, redactor), judge, approvals, cluster=cluster, now=now)
    recorded = Recorded(guarded, record, cluster=cluster, now=now, timer=timer, new_id=new_id)
    return Governed(recorded, limit, cluster)
