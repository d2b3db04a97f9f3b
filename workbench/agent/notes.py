"""What was written down about such faults, read before the model is asked: as evidence like any
other, so that it is recorded, framed as data, and can be cited."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from workbench.agent.answers import Answer, Ledger
from workbench.agent.triage import answered_step, call_once, diagnosis_in
from workbench.core.cluster import Scope
from workbench.core.findings import Severity
from workbench.core.investigation import ToolAnswered, ToolCalled
from workbench.core.tools import CallContext, Tools

KNOWLEDGE_TOOL = "knowledge_search"
PASSAGES = 4
CODES = 3
"""Of the likeliest causes; their notes are looked for by name."""


class Note(msgspec.Struct, frozen=True):
    """A passage that an answer names. ``evidence``: of that answer."""

    title: str
    source: str
    type: str
    codes: tuple[str, ...]
    evidence: str


async def read_notes(
    question: str,
    scope: Scope,
    tools: Tools,
    context: CallContext,
    ledger: Ledger,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> AsyncGenerator[ToolCalled | ToolAnswered]:
    """Search once for the question and what the triage found, where there is something to search
    and a diagnosis to search for."""
    spec = next((s for s in await tools.list() if s.name == KNOWLEDGE_TOOL), None)
    found = _codes(ledger)
    if spec is None or not found or not ledger.open():
        return
    arguments: dict[str, Any] = {"query": " ".join([*found, question]), "limit": PASSAGES}
    if len(scope.namespaces) == 1:
        arguments["namespace"] = scope.namespaces[0]
    call_id = f"notes_{new_id().hex}"
    yield ToolCalled(at=clock(), call_id=call_id, tool=spec.name, arguments=arguments)
    answer = await call_once(tools, spec, call_id, arguments, context)
    ledger.add(answer)
    yield answered_step(answer, clock())


def _codes(ledger: Ledger) -> list[str]:
    """Of the likeliest causes; what is only untidy is not looked up."""
    for answer in ledger.answers:
        diagnosis = None if answer.failed else diagnosis_in(answer.data)
        if diagnosis:
            faults = [f for f in diagnosis.findings if f.severity >= Severity.WARNING]
            causes = [f for f in faults if f.root_cause] or faults
            return list(dict.fromkeys(f.code for f in causes))[:CODES]
    return []


def notes_in(answers: tuple[Answer, ...]) -> tuple[Note, ...]:
    """The passages that the answers name, in their order."""
    found = []
    for answer in answers:
        if answer.tool != KNOWLEDGE_TOOL or answer.failed or not isinstance(answer.data, dict):
            continue
        for row in answer.data.get("passages") or ():
            codes = tuple(row.get("codes") or ())
            found.append(Note(row["title"], row["source"], row["type"], codes, answer.evidence))
    return tuple(found)
