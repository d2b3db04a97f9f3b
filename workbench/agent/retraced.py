"""Calls of an investigation this one was forked from, given to the model as made."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from uuid import UUID

import msgspec

from workbench.agent.answers import Ledger
from workbench.agent.triage import answered_step, call_once
from workbench.core.investigation import WORKBENCH, Said, ToolAnswered, ToolCalled
from workbench.core.tools import CallContext, Tools


class Retraced(msgspec.Struct, frozen=True, kw_only=True):
    """Where a fork left. ``calls`` are answered from the record and cost no budget."""

    words: str
    calls: tuple[ToolCalled, ...] = ()


NOT_FORKED = Retraced(words="")


async def retrace(
    before: Retraced,
    tools: Tools,
    context: CallContext,
    ledger: Ledger,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> AsyncGenerator[Said | ToolCalled | ToolAnswered]:
    """Put the answers to the calls into the ledger, under the labels they have there. A call of a
    tool that is not offered here is left out."""
    if before.words:
        yield Said(at=clock(), text=before.words, agent=WORKBENCH)
    specs = {spec.name: spec for spec in await tools.list()}
    for call in before.calls:
        if call.tool not in specs:
            continue
        call_id = f"before_{new_id().hex}"
        yield ToolCalled(at=clock(), call_id=call_id, tool=call.tool, arguments=call.arguments)
        answer = await call_once(tools, specs[call.tool], call_id, call.arguments, context)
        ledger.add(answer)
        yield answered_step(answer, clock())
