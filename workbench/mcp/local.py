"""Tools of our own that need no server: they run in this process, behind the same wrappers."""

from __future__ import annotations

from typing import Any, Protocol

from workbench.core.tools import CallContext, ToolResult, ToolSpec


class LocalTool(Protocol):
    """``spec`` is read each time tools are listed; None while there is nothing to offer.

    ``run`` raises a ToolError or returns the result, as a server's tool does.
    """

    @property
    def spec(self) -> ToolSpec | None: ...

    async def run(self, arguments: dict[str, Any], context: CallContext) -> ToolResult: ...
