"""Secrets taken out of what comes back, before anyone else sees it."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.redaction import redact_text, redact_value
from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec
from workbench.errors import ToolError


class Redacted:
    """Tools whose results and errors hold no secrets. Arguments go through as they are: the tool
    needs them; the record redacts its own copy."""

    def __init__(self, inner: Tools) -> None:
        self._inner = inner

    async def list(self) -> tuple[ToolSpec, ...]:
        return await self._inner.list()

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        try:
            result = await self._inner.call(name, arguments, context)
        except ToolError as error:
            clean = redact_text(error.message), redact_text(error.hint)
            if clean == (error.message, error.hint):
                raise
            # Not chained: the original still holds the secret, and tracebacks get printed.
            raise type(error)(*clean) from None
        text = redact_text(result.text)
        # A tool that answers with a string gives it as text and as data.
        data = text if result.data == result.text else redact_value(result.data)
        return msgspec.structs.replace(result, text=text, data=data)
