"""Tool calls, counted by how they end and how long they take."""

from __future__ import annotations

import time
from asyncio import CancelledError
from typing import Any

from workbench.api.metrics import NONE, Metrics
from workbench.core.tools import CallContext, ToolResult, ToolSpec
from workbench.errors import (
    OutcomeUnknown,
    StoreUnavailable,
    ToolRefused,
    ToolServerDown,
    ToolTimeout,
    WorkbenchError,
)
from workbench.investigations.desk import SettledTools

OUTCOMES: dict[type[BaseException], str] = {
    ToolRefused: "refused",
    ToolTimeout: "timeout",
    OutcomeUnknown: "unknown",
    ToolServerDown: "down",
    StoreUnavailable: "unrecorded",
    CancelledError: "cancelled",
}
"""The nearest class in an error's ancestry decides; ``failed`` for the others."""


class CountedTools:
    """Tools whose calls are counted and timed."""

    def __init__(self, inner: SettledTools, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics
        self._known: dict[str, ToolSpec] = {}

    async def list(self) -> tuple[ToolSpec, ...]:
        offered = await self._inner.list()
        self._known.update((spec.name, spec) for spec in offered)
        return offered

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        began, outcome = time.perf_counter(), "failed"
        try:
            result = await self._inner.call(name, arguments, context)
            outcome = "failed" if result.failed else "done"
            return result
        except (WorkbenchError, CancelledError) as error:
            outcome = next((OUTCOMES[k] for k in type(error).__mro__ if k in OUTCOMES), "failed")
            raise
        finally:
            labels = await self._labels(name)
            self._metrics.calls.labels(*labels, outcome).inc()
            self._metrics.call_seconds.labels(*labels).observe(time.perf_counter() - began)

    async def settled(self) -> None:
        await self._inner.settled()

    async def _labels(self, name: str) -> tuple[str, str]:
        """Its server and its name there."""
        if name not in self._known:
            try:
                await self.list()
            except (WorkbenchError, CancelledError):
                return NONE, NONE
        spec = self._known.get(name)
        return (spec.server, spec.remote_name) if spec else (NONE, NONE)
