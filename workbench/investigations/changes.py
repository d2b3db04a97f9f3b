"""The life of a change: proposed from a dry run, decided by a person, made as it was shown, and
looked at before and after."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from workbench.core.change import (
    PROPOSAL_LIFETIME,
    Applied,
    Approval,
    Preview,
    ProposedChange,
    decided,
)
from workbench.core.cluster import Scope
from workbench.core.investigation import (
    ChangeDecided,
    ChangeProposed,
    Step,
    ToolAnswered,
)
from workbench.core.redaction import redact_text, redact_value
from workbench.core.runbook import Runbook
from workbench.core.tools import ToolSpec
from workbench.errors import (
    NotRecorded,
    ToolFailed,
    ToolRefused,
    ToolUnknown,
    UsageError,
)
from workbench.investigations import ahead
from workbench.investigations.making import append_step, looked_at, made
from workbench.store.approvals import Known, undecidable, unknown

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from workbench.investigations.desk import Desk

PREVIEW = "preview_change"
HEADLESS = frozenset({"runbook", "worker", "schedule", "service"})
"""Surfaces with nobody in front of them, where only what was signed ahead approves a change."""


async def propose(
    desk: Desk, tool: str, arguments: dict[str, Any], why: str = ""
) -> ProposedChange:
    """Try a change on the server and keep it for a person to decide about.

    Raises UsageError where the change tools are off, ToolRefused for a tool of another server, and
    ToolFailed with the server's sentence when the change cannot be made.
    """
    spec = await _preview_tool(desk)
    for other in await desk.tools.list():
        if other.name == tool and other.server != spec.server:
            raise ToolRefused(
                f"{tool} cannot be proposed: {other.server} has no dry run to show a person.",
                "Run it by hand, or let a rule allow it by server and tool.",
            )
    known = _triable(spec)
    if known and tool not in known:
        near = get_close_matches(tool, known, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
        raise UsageError(f"No change is called {tool!r}.", hint)
    result = await desk.call(spec.remote_name, {"tool": tool, "arguments": arguments})
    investigation = (await desk.load("")).id
    return await _kept(desk, spec, investigation, result.data, result.evidence, why)


async def visible(desk: Desk, which: str, sees: UUID | None) -> Known:
    """A change proposed in an investigation of that user's (None: of anybody's), and the decision
    about it. Raises NotRecorded, in the same words for one that is somebody else's."""
    found = await desk.store.changes.load(which)
    try:
        await desk.store.investigations.load(found[0].investigation, user=sees)
    except NotRecorded:
        raise unknown(which) from None
    return found


async def approve(
    desk: Desk,
    which: str,
    *,
    digest: str = "",
    wait: float = 0.0,
    reason: str = "",
    attended: bool = True,
) -> Applied:
    """A person's yes: record it, make exactly that change, and look at the cluster anew.

    digest: what the person was shown began with; "" when they were shown it just now.
    wait: seconds to give controllers before the second look.
    attended: False where nobody can be asked, as on HEADLESS surfaces; what a person signed ahead
    decides then.
    Raises StoreError when it no longer waits, ToolRefused where nobody can be asked and nothing
    signed holds for it, and ToolErrors when it could not be made; the approval is used up then.
    How it ended is kept however it did, also when the look after it fails or somebody stops this.
    """
    attended = attended and desk.surface not in HEADLESS
    if not attended:
        ahead.expected(desk, which)
    change, known = await desk.store.changes.load(which)
    _check_here(desk, change, digest)
    if known:
        raise undecidable(change, known)
    scope = Scope(namespaces=(change.preview.target.namespace,)) if _space(change) else Scope()
    before = await desk.diagnose(scope)  # before the word is given: a failed look costs no approval
    if attended:
        await _decide(desk, change, approved=True, reason=reason)
    else:
        await _note_decided(desk, change, await ahead.used(desk, change))
    result = await made(desk, change, before[1])
    return await looked_at(desk, change, result, before, scope, wait)


async def sign(
    desk: Desk,
    which: str,
    key: Ed25519PrivateKey,
    approvers: Mapping[str, str],
    book: Runbook,
    *,
    digest: str = "",
    lifetime: timedelta,
    reason: str = "",
) -> tuple[str, Approval]:
    """A person's yes to the same change in a later run of that runbook; see ``ahead.sign``."""
    change, _ = await desk.store.changes.load(which)
    _check_here(desk, change, digest)
    said = redact_text(reason.strip())
    document, approval = await ahead.sign(
        desk, change, key, approvers, book, lifetime=lifetime, reason=said
    )
    await _note_decided(desk, change, approval)
    return document, approval


async def deny(desk: Desk, which: str, *, reason: str = "") -> ProposedChange:
    """A person's no, which also takes back what was signed and is not used. Raises StoreError when
    there is another decision already."""
    change, known = await desk.store.changes.load(which)
    if known and await desk.store.changes.withdraw(change.id, desk.clock()):
        taken_back = msgspec.structs.replace(
            known, approved=False, approver=desk.user, at=desk.clock(), reason="taken back"
        )
        await _note_decided(desk, change, taken_back)
    else:
        await _decide(desk, change, approved=False, reason=reason)
    return change


async def with_proposals(
    desk: Desk, investigation: UUID, steps: AsyncGenerator[Step]
) -> AsyncGenerator[Step]:
    """The steps of an agent, and after each change it tried a step that proposes it.

    Trying is all an agent can do: nothing here, and no tool, approves.
    """
    async with aclosing(steps):
        async for step in steps:
            yield step
            if isinstance(step, ToolAnswered) and step.tool.endswith(PREVIEW) and not step.failed:
                proposed = await _from_evidence(desk, step, investigation)
                if proposed:
                    yield proposed


async def _from_evidence(
    desk: Desk, step: ToolAnswered, investigation: UUID
) -> ChangeProposed | None:
    offered = await desk.tools.list()
    spec = next((s for s in offered if _is_preview(s) and s.name == step.tool), None)
    if spec is None or not step.evidence:
        return None
    label = step.evidence
    recorded = await desk.store.record.evidence(investigation, label)
    try:
        change = await _kept(desk, spec, investigation, recorded.data, label, "")
    except (ToolRefused, ToolFailed, ToolUnknown):
        return None  # the agent's own words say what it wanted; nobody is asked about it
    return _proposed(desk, change)


async def _kept(
    desk: Desk, spec: ToolSpec, investigation: UUID, data: Any, label: str, why: str
) -> ProposedChange:
    preview = _preview(data)
    tool = next(
        (
            s
            for s in await desk.tools.list()
            if s.server == spec.server and s.remote_name == preview.tool
        ),
        None,
    )
    if tool is None:
        raise ToolUnknown(f"No tool makes the change {preview.tool}.")
    if not preview.allowed:
        raise ToolRefused(
            f"These credentials may not do it: {preview.command} ({preview.allowed_why}).",
            "Ask for a role that allows it.",
        )
    if redact_value(preview.arguments) != preview.arguments:
        raise ToolRefused("The change holds what looks like a secret.", "Make it with kubectl.")
    at = desk.clock()
    change = ProposedChange(
        id=desk.new_id(),
        investigation=investigation,
        evidence=label,
        tool=tool.name,
        preview=preview,
        cluster=desk.cluster,
        why=why,
        by=desk.user,
        at=at,
        expires=at + PROPOSAL_LIFETIME,
    )
    return await desk.store.changes.propose(change)


def _preview(data: Any) -> Preview:
    try:
        return msgspec.convert(data["preview"], Preview)
    except (msgspec.ValidationError, KeyError, TypeError) as error:
        raise ToolFailed(f"The dry run gave no usable answer: {error}.") from error


async def _preview_tool(desk: Desk) -> ToolSpec:
    spec = next((s for s in await desk.tools.list() if _is_preview(s)), None)
    if spec is None:
        raise UsageError(
            "Changes are off here: the tool server has no change tools.",
            "Set WORKBENCH_ALLOW_CHANGES=true to have them; each change still needs a person.",
        )
    return spec


def _triable(spec: ToolSpec) -> tuple[str, ...]:
    """The changes that the dry run says it takes."""
    properties = spec.input_schema.get("properties", {})
    return tuple(properties.get("tool", {}).get("enum", ()))


def _is_preview(spec: ToolSpec) -> bool:
    """A trusted server's: trying must be vouched for as reading only."""
    return spec.remote_name == PREVIEW and spec.read_only


def _check_here(desk: Desk, change: ProposedChange, digest: str) -> None:
    if change.cluster != desk.cluster:
        raise UsageError(
            f"{change.label} is about {change.cluster}, and this is {desk.cluster}.",
            f"Name its context: -c {change.cluster}.",
        )
    if digest and not (len(digest) >= 8 and change.digest.startswith(digest)):
        raise UsageError(
            f"{change.label} is not the change with the digest {digest}.",
            "Look at it again, and approve what you see.",
        )


async def _decide(desk: Desk, change: ProposedChange, *, approved: bool, reason: str) -> None:
    at, said = desk.clock(), redact_text(reason.strip())
    decision = decided(
        change, approved=approved, approver=desk.user, surface=desk.surface, at=at, reason=said
    )
    await desk.store.changes.decide(decision)
    await _note_decided(desk, change, decision)


async def _note_decided(desk: Desk, change: ProposedChange, decision: Approval) -> None:
    said = decision.reason
    if decision.signed and decision.approved:
        until = f"{decision.expires:%Y-%m-%d %H:%M} UTC"
        said = f"{said}, ".lstrip(", ") + f"ahead, for the runbook {decision.ahead} until {until}"
    step = ChangeDecided(
        at=decision.at,
        change=change.label,
        approved=decision.approved,
        by=decision.approver,
        reason=said,
    )
    await append_step(desk, change.investigation, step)


def _proposed(desk: Desk, change: ProposedChange) -> ChangeProposed:
    return ChangeProposed(
        at=desk.clock(),
        change=change.label,
        command=change.preview.command,
        risk=change.preview.risk.value,
        evidence=change.evidence,
    )


def _space(change: ProposedChange) -> str:
    return change.preview.target.namespace
