"""Secrets taken out of what comes back, before anyone else sees it."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.redaction import Redactor
from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec
from workbench.errors import ToolError


class Redacted:
    """Tools whose results and errors hold no secrets. Arguments go through as they are: the tool
    needs them; the record redacts its own copy.

    redactor: one with a key marks equal secrets alike.
    """

    def __init__(self, inner: Tools, redactor: Redactor | None = None) -> None:
        self._inner = inner
        self._redactor = redactor or Redactor()

    async def list(self) -> tuple[ToolSpec, ...]:
        return await self._inner.list()

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        try:
            result = await self._inner.call(name, arguments, context)
        except ToolError as error:
            clean = self._redactor.text(error.message), self._redactor.text(error.hint)
            if clean == (error.message, error.hint):
                raise
            # Not chained: the original still holds the secret, and tracebacks get printed.
            raise type(error)(*clean) from None
        text = self._redactor.text(result.text)
        # A tool that answers with a string gives it as text and as data.
        data = text if result.data == result.text else self._redactor.value(result.data)
        return msgspec.structs.replace(result, text=text, data=data)
