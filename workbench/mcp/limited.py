"""A bounded text for the model; the data stays whole for the person."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.digest import MODEL_TEXT_BYTES, digest
from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec


class Limited:
    """Tools whose ``text`` fits a prompt. The whole text is in the record, under the evidence label
    that the digest names; ``data`` is not touched."""

    def __init__(self, inner: Tools, limit: int = MODEL_TEXT_BYTES) -> None:
        self._inner = inner
        self._limit = limit

    async def list(self) -> tuple[ToolSpec, ...]:
        return await self._inner.list()

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        result = await self._inner.call(name, arguments, context)
        short = digest(result.text, result.evidence, self._limit)
        return result if short is result.text else msgspec.structs.replace(result, text=short)
