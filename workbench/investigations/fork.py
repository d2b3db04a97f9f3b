"""An investigation gone on with from one of its steps, in a record of its own: with another model,
another agent or another question. The original stays as it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from workbench.agent.earlier import cited
from workbench.agent.retraced import Retraced
from workbench.agent.triage import DIAGNOSE
from workbench.core.evidence import Evidence
from workbench.core.investigation import Investigation, Step, ToolAnswered, ToolCalled
from workbench.core.question import short
from workbench.core.redaction import redact_text
from workbench.core.terms import AS_SET, Terms
from workbench.errors import UsageError
from workbench.investigations.inquiry import assemble, inquire
from workbench.mcp.knowledge import SPEC as KNOWLEDGE
from workbench.mcp.limited import Limited
from workbench.mcp.replayed import Replayed

if TYPE_CHECKING:
    from workbench.investigations.workbench import Workbench


async def fork(
    bench: Workbench,
    reference: str,
    *,
    after: str = "",
    question: str = "",
    terms: Terms = AS_SET,
    on_text: Callable[[str], None] | None = None,
) -> AsyncGenerator[tuple[Investigation, Step]]:
    """The fork so far with each new step, already recorded.

    after: a label (``E5``) or the number of a step, from 1, that is the last one kept; "" for all.
    question: instead of the original one.
    What was read until then is answered from the original's record, under labels like
    ``INV-12/E5``, and not made again; changes and what was asked of people are not repeated.
    Raises UsageError for a step that is not there or a question that is too long, NotRecorded.
    """
    question = short(question.strip())
    found = await bench.load(reference)
    kept = found.steps[: place(found, after)]
    await bench.tools.settled()
    specs = await bench.tools.list()
    reading = {spec.name for spec in specs if spec.read_only}
    answers = {s.call_id: s.evidence for s in kept if isinstance(s, ToolAnswered) and s.evidence}
    calls = [
        s for s in kept if isinstance(s, ToolCalled) and s.call_id in answers and s.tool in reading
    ]
    rows = await _rows(bench, found, [answers[call.call_id] for call in calls])
    crew = await assemble(bench, terms, Limited(Replayed(rows, specs, live=bench.tools)))
    await bench.check_quota()
    asked = redact_text(question) or found.question
    made, holder = await bench.begin(asked, found.scope)
    words = f"Forked from {found.label} after step {len(kept)} of {len(found.steps)}."
    before = Retraced(words=words, calls=tuple(c for c in calls if not _looked_up_anyway(c)))
    steps = inquire(bench, made, crew, terms, on_text=on_text, before=before, holder=holder)
    async with aclosing(steps) as every:
        async for item in every:
            yield item


async def _rows(bench: Workbench, found: Investigation, labels: Sequence[str]) -> list[Evidence]:
    """The recorded calls, under whole labels; a fork's own are those it was forked from."""
    whole = [cited(found.label, label) for label in labels]
    rows: dict[str, Evidence] = {}
    for investigation in dict.fromkeys(label.partition("/")[0] for label in whole):
        there = await bench.load(investigation)
        for row in await bench.store.record.evidences(there.id):
            label = cited(investigation, row.label)
            rows[label] = msgspec.structs.replace(row, label=label)
    return [rows[label] for label in whole if label in rows]


def place(found: Investigation, after: str) -> int:
    """How many steps are kept. Raises UsageError for one that is not there."""
    if not after:
        return len(found.steps)
    if after.isdigit() and 1 <= int(after) <= len(found.steps):
        return int(after)
    labels = {s.evidence: n for n, s in enumerate(found.steps, 1) if isinstance(s, ToolAnswered)}
    label = after.upper()
    if label in labels and label:
        return labels[label]
    raise UsageError(
        f"{found.label} has no step {after}.",
        f"It has {len(found.steps)}, and the calls {', '.join(filter(None, labels))}.",
    )


def _looked_up_anyway(call: ToolCalled) -> bool:
    """The first looks are taken by every investigation; these find their answers by themselves."""
    return call.tool.endswith(f"_{DIAGNOSE}") or call.tool == KNOWLEDGE.name
