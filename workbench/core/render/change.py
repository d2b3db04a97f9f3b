"""A change as text: what it does, what it reaches, whether it is allowed, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from workbench.core.change import (
    Approval,
    BlastRadius,
    ChangeState,
    Preview,
    ProposedChange,
    state,
)
from workbench.core.characters import one_line, visible
from workbench.core.counted import counted


def preview_text(preview: Preview) -> str:
    """The whole of a preview, for a person who decides and for a model."""
    allowed = "yes" if preview.allowed else "no"
    if preview.allowed_why:
        allowed += f" ({preview.allowed_why})"
    lines = [
        f"change   {preview.command}",
        f"target   {preview.target}, resourceVersion {preview.resource_version or 'none yet'}",
        f"risk     {preview.risk.value}",
        f"allowed  {allowed}",
        *(f"reaches  {said}" for said in reach(preview.blast)),
        f"undo     {preview.undo.command or preview.undo.note}",
        "",
        preview.diff or "(the dry run was not tried)",
    ]
    return visible("\n".join(lines).rstrip("\n"))


def change_text(change: ProposedChange, approval: Approval | None, now: datetime) -> str:
    """A proposed change with everything a decision rests on."""
    lines = [f"{change.label}  {state(change, approval, now).value}  on {change.cluster}"]
    if approval:
        lines.append(f"decided  {_decision(approval)}")
        lines.extend(_end(approval))
    if change.why:
        lines.append(f"why      {visible(change.why)}")
    lines.append(preview_text(change.preview))
    lines.append(f"digest   {change.digest[:12]}")
    return "\n".join(lines)


def _end(approval: Approval) -> Iterator[str]:
    """What became of it, where that is not what was shown: ``not made at 12:00 UTC: …``."""
    if approval.ended and approval.failed:
        how = "it may have been made" if approval.doubtful else "not made"
        yield visible(f"ended    {how} at {approval.ended:%Y-%m-%d %H:%M} UTC: {approval.failed}")


def settled(approval: Approval) -> str:
    """What became of a change that somebody has decided about, as a clause."""
    ended = (said.removeprefix("ended").strip() for said in _end(approval))
    return one_line("; ".join([_decision(approval), *ended]).rstrip("."), 600)


def _decision(approval: Approval) -> str:
    """Who said what, when, and what for: ``approved by ann at 12:00 UTC for one run of …``."""
    said = f"{'approved' if approval.approved else 'denied'} by {approval.approver}"
    said += f" at {approval.at:%Y-%m-%d %H:%M} UTC"
    if approval.signed:
        said += f" for one run of {approval.ahead}, until {approval.expires:%Y-%m-%d %H:%M} UTC"
    if approval.signed and approval.used:
        what = f" for {approval.spent_on}, which tells how it went" if approval.spent_on else ""
        said += f", used up at {approval.used:%Y-%m-%d %H:%M} UTC{what}"
    if approval.withdrawn:
        said += f", taken back at {approval.withdrawn:%Y-%m-%d %H:%M} UTC"
    return visible(f"{said}: {approval.reason}" if approval.reason else said)


def change_line(change: ProposedChange, approval: Approval | None, now: datetime) -> str:
    """One line of a list: ``C-7  proposed  low  kubectl scale … (by ann)``."""
    where = state(change, approval, now)
    who = approval.approver if approval and where is not ChangeState.EXPIRED else change.by
    preview = change.preview
    command = visible(preview.command or change.tool)
    why = f": {one_line(approval.failed, 120)}" if approval and approval.failed else ""
    return f"{change.label:<6}{where.value:<10}{preview.risk.value:<8}{command}  ({who}){why}"


def reach(blast: BlastRadius) -> Iterator[str]:
    """What a change reaches, one sentence each."""
    if blast.replicas:
        yield f"replicas {blast.replicas[0]} to {blast.replicas[1]}"
    if blast.pods:
        named = ", ".join(blast.named)
        more = ", …" if blast.pods > len(blast.named) else ""
        yield f"{counted(blast.pods, 'pod')}: {named}{more}"
    yield from (*blast.budgets, *blast.autoscalers, *blast.owners, *blast.notes)
