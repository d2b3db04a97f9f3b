"""``workbench_missing_tools``: says to the model which servers' tools are missing, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.core.tools import CallContext, ToolResult, ToolSpec

NAME = "workbench_missing_tools"


class MissingTools:
    """A LocalTool that is there only while something is missing.

    absent: why, by server; the reasons may hold what a server wrote.
    """

    def __init__(self, absent: Callable[[], dict[str, str]]) -> None:
        self._absent = absent

    @property
    def spec(self) -> ToolSpec | None:
        """The description names the servers and nothing a server wrote: descriptions are read as
        ours."""
        names = sorted(self._absent())
        if not names:
            return None
        return ToolSpec(
            name=NAME,
            server="workbench",
            remote_name="missing_tools",
            description=(
                f"Tools of {', '.join(names)} are missing now. Says why; do without them, and say"
                " so in the conclusion."
            ),
            input_schema={"type": "object", "properties": {}, "additionalProperties": False},
            read_only=True,
            claims_read_only=True,
        )

    async def run(self, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        reasons = self._absent()
        lines = [f"{server} {reason}" for server, reason in sorted(reasons.items())]
        return ToolResult(text="\n".join(lines) or "Nothing is missing any more.", data=reasons)
