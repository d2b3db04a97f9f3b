"""A change being made exactly as it was shown, what became of it, and the looks around it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from workbench.core.change import Applied, ProposedChange
from workbench.core.cluster import Scope
from workbench.core.counted import counted
from workbench.core.diagnosis import Diagnosis
from workbench.core.investigation import ChangeApplied, Step
from workbench.core.tools import CallContext, ToolResult
from workbench.errors import OutcomeUnknown, ToolError, ToolFailed, ToolTimeout, WorkbenchError
from workbench.investigations.ask import append

if TYPE_CHECKING:
    from workbench.investigations.desk import Desk

Look = tuple[Diagnosis, str]
"""What a look at the cluster found, and its evidence label."""


async def made(desk: Desk, change: ProposedChange, before: str) -> ToolResult:
    """Make it; why it could not be is kept."""
    try:
        return await _call(desk, change)
    except ToolError as error:
        doubtful = isinstance(error, OutcomeUnknown | ToolTimeout)
        await _note_applied(desk, change, error.message, before, failed=True, doubtful=doubtful)
        raise
    except asyncio.CancelledError:
        said = "It was stopped while it was made."
        await _note_applied(desk, change, said, before, failed=True, doubtful=True)
        raise


async def looked_at(
    desk: Desk,
    change: ProposedChange,
    result: ToolResult,
    before: Look,
    scope: Scope,
    wait: float,
) -> Applied:
    """Look at the cluster after a change, and keep how it ended also when that cannot be done."""
    doubtful = _is_doubtful(result)
    said = result.text.partition("\n")[0]

    async def note(summary: str, after: str) -> None:
        labels = (before[1], result.evidence, after)
        await _note_applied(desk, change, summary, *labels, failed=doubtful, doubtful=doubtful)

    try:
        await asyncio.sleep(wait)
        after = await desk.diagnose(scope)
    except WorkbenchError as error:
        await note(f"{said}; it could not be looked at after that: {error.message}", "")
        raise
    except asyncio.CancelledError:
        await note(f"{said}; it was not looked at after that", "")
        raise
    applied = _compared(change, result, before, after)
    await note(said if doubtful else _summary(applied), applied.after)
    return applied


async def _call(desk: Desk, change: ProposedChange) -> ToolResult:
    context = CallContext(
        investigation=change.investigation,
        user=desk.user,
        surface=desk.surface,
        role=desk.role,
        groups=desk.groups,
        approval=change.id,
    )
    result = await desk.tools.call(change.tool, change.arguments, context)
    await desk.tools.settled()
    if result.failed:
        raise ToolFailed(result.text)
    return result


def _is_doubtful(result: ToolResult) -> bool:
    """Whether the server does not know if it was made: its answer was lost."""
    return isinstance(result.data, dict) and result.data.get("sure") is False


def _compared(
    change: ProposedChange,
    result: ToolResult,
    before: Look,
    after: Look,
) -> Applied:
    old = {(f.code, f.subject): f for f in before[0].findings}
    new = {(f.code, f.subject): f for f in after[0].findings}
    return Applied(
        change=change,
        text=result.text,
        evidence=result.evidence,
        before=before[1],
        after=after[1],
        resolved=tuple(f for key, f in old.items() if key not in new),
        appeared=tuple(f for key, f in new.items() if key not in old),
        remaining=len(old.keys() & new.keys()),
    )


def _summary(applied: Applied) -> str:
    return (
        f"{applied.change.preview.command}: {counted(len(applied.resolved), 'finding')} gone, "
        f"{len(applied.appeared)} new, {applied.remaining} remain"
    )


async def _note_applied(
    desk: Desk,
    change: ProposedChange,
    summary: str,
    before: str,
    evidence: str = "",
    after: str = "",
    *,
    failed: bool = False,
    doubtful: bool = False,
) -> None:
    step = ChangeApplied(
        at=desk.clock(),
        change=change.label,
        summary=summary,
        failed=failed,
        doubtful=doubtful,
        evidence=evidence,
        before=before,
        after=after,
    )
    await append_step(desk, change.investigation, step)


async def append_step(desk: Desk, investigation: UUID, step: Step) -> None:
    kept = desk.store.investigations
    await append(await kept.load(investigation), step, kept)
