"""Every call a row: the intent before, the outcome after, in every case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from workbench.core.evidence import Ended, Finished, Intent, Outcome, Record
from workbench.core.redaction import redact_value
from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec
from workbench.errors import (
    OutcomeUnknown,
    StoreError,
    ToolError,
    ToolRefused,
    ToolTimeout,
    ToolUnknown,
)
from workbench.mcp.lookup import find_tool
from workbench.mcp.outcomes import Outcomes

LARGE_BYTES = 256 * 1024
"""An outcome with more of text or data is written by itself, and not along with the next intent."""
STORED_BYTES = 64 * 2**20
"""How much of one result is recorded; of a longer one its beginning, and a note that says so."""


class Recorded:
    """Tools that run only once their intent is durable. What is written is redacted: arguments
    here, results by the wrapper below.

    now, timer: wall clock for the row, monotonic seconds for its duration.
    """

    def __init__(
        self,
        inner: Tools,
        record: Record,
        *,
        cluster: str,
        now: Callable[[], datetime],
        timer: Callable[[], float],
        new_id: Callable[[], UUID],
    ) -> None:
        self._inner = inner
        self._cluster = cluster
        self._now = now
        self._timer = timer
        self._new_id = new_id
        self.outcomes = Outcomes(record)

    async def list(self) -> tuple[ToolSpec, ...]:
        return await self._inner.list()

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        """Raises StoreUnavailable when the intent cannot be written: nothing ran then."""
        self.outcomes.check_room()
        intent = Intent(
            id=self._new_id(),
            investigation=context.investigation,
            user=context.user,
            surface=context.surface,
            server=await self._server_of(name),
            tool=name,
            arguments=redact_value(arguments),
            cluster=self._cluster,
            at=self._now(),
        )
        label = await self._intend(intent)
        result = await self._run(intent, name, arguments, context)
        return msgspec.structs.replace(result, evidence=label)

    async def _server_of(self, name: str) -> str:
        try:
            return (await find_tool(self._inner, name)).server
        except ToolUnknown:
            return ""  # recorded all the same: it was asked for

    async def _intend(self, intent: Intent) -> str:
        try:
            return await self.outcomes.intend(intent)
        except asyncio.CancelledError:
            self.outcomes.spawn(self._withdraw(intent))
            raise

    async def _withdraw(self, intent: Intent) -> None:
        """Close an intent whose caller left while it was being written: it may be there already, so
        it is written to its end. Where that cannot be, it counts as unknown if it is there."""
        with suppress(StoreError):
            await self.outcomes.intend(intent)
            ended = Ended(outcome=Outcome.CANCELLED, duration_ms=0.0, error="stopped before it ran")
            self.outcomes.add(Finished(intent, ended))

    async def _run(
        self, intent: Intent, name: str, arguments: dict[str, Any], context: CallContext
    ) -> ToolResult:
        began = self._timer()
        ended = Ended(outcome=Outcome.UNKNOWN, duration_ms=0.0, error="it broke off")
        try:
            result = await self._inner.call(name, arguments, context)
            ended = _answered(result)
        except ToolError as error:
            ended = Ended(outcome=_outcome(error), duration_ms=0.0, error=str(error))
            raise
        except asyncio.CancelledError:
            ended = Ended(outcome=Outcome.CANCELLED, duration_ms=0.0, error="stopped by its caller")
            raise
        finally:
            milliseconds = (self._timer() - began) * 1000
            ended = msgspec.structs.replace(ended, duration_ms=milliseconds)
            self.outcomes.add(Finished(intent, ended))
        return result


def _outcome(error: ToolError) -> Outcome:
    match error:
        case ToolRefused():
            return Outcome.REFUSED
        case OutcomeUnknown() | ToolTimeout():
            return Outcome.UNKNOWN
        case _:
            return Outcome.FAILED


def _answered(result: ToolResult) -> Ended:
    ended = _storable(result)
    if result.failed:
        return msgspec.structs.replace(ended, outcome=Outcome.FAILED, error=_first(ended.text))
    return ended


def _first(text: str) -> str:
    """As much of an error's text as goes into a row that also has it as its result."""
    return text if len(text) <= LARGE_BYTES else f"{text[:LARGE_BYTES]} …"


def _storable(result: ToolResult) -> Ended:
    """Text and data as they are recorded: whole up to STORED_BYTES each."""
    text, data = result.text, result.data
    if (
        len(text) > STORED_BYTES // 4
        and len(encoded := text.encode(errors="replace")) > STORED_BYTES
    ):
        kept = encoded[:STORED_BYTES].decode(errors="ignore")
        text = f"{kept}\n[{len(encoded):,} bytes in all, only the first {STORED_BYTES:,} kept]"
    size = 0 if data is None else _json_bytes(data)
    if size > STORED_BYTES:
        text, data = f"{text}\n[structured answer of {size:,} bytes not kept]", None
    large = max(len(text), size) > LARGE_BYTES
    return Ended(outcome=Outcome.DONE, duration_ms=0.0, text=text, data=data, large=large)


def _json_bytes(data: Any) -> int:
    try:
        return len(msgspec.json.encode(data, enc_hook=str))
    except UnicodeEncodeError:  # lone surrogates, which the store replaces
        return LARGE_BYTES + 1
