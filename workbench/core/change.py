"""A change to the cluster before it is made, and a person's word on it.

What is approved is what runs: an approval holds for one exact call (its digest covers the tool,
every argument, the object's resourceVersion and the dry-run's diff among them, and the cluster),
for one approver, until it expires, and once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol
from uuid import UUID

import msgspec

from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding

PROPOSAL_LIFETIME = timedelta(hours=1)
"""How long a proposed change waits for a person; what a dry run showed grows old."""
APPROVAL_LIFETIME = timedelta(minutes=10)
"""How long an approved change may wait to be made."""
MAKING_LIFETIME = timedelta(minutes=15)
"""How long making one can take, with the longest wait for controllers (10 minutes) and both looks;
what has not ended by then was cut off."""


class Risk(Enum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class BlastRadius(msgspec.Struct, frozen=True, kw_only=True):
    """What a change reaches.

    pods: how many run now and will be replaced, ended or moved; named: some of them.
    replicas: asked for before and after, where the change is about that.
    budgets, autoscalers, owners: what else has a say, each as a short sentence.
    """

    pods: int = 0
    named: tuple[str, ...] = ()
    replicas: tuple[int, int] | None = None
    budgets: tuple[str, ...] = ()
    autoscalers: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """The exact reverse. ``tool`` is "" where no tool can do it; ``note`` says what stays."""

    command: str = ""
    tool: str = ""
    arguments: dict[str, Any] = {}
    note: str = ""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a server-side dry run showed. ``arguments`` are those of the call that would do it,
    with the object's state and the diff bound in."""

    tool: str
    arguments: dict[str, Any]
    target: ObjectRef
    uid: str = ""
    resource_version: str = ""
    diff: str = ""
    diff_sha256: str = ""
    blast: BlastRadius = BlastRadius()
    allowed: bool = True
    allowed_why: str = ""
    undo: Undo = Undo()
    risk: Risk = Risk.MEDIUM
    command: str = ""


class ProposedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change that waits for a person.

    tool: with its server's prefix. evidence: the recorded call that holds the dry run.
    number: the short name, ``C-7``; 0 until it is stored.
    """

    id: UUID
    number: int = 0
    investigation: UUID
    evidence: str = ""
    tool: str
    preview: Preview
    cluster: str
    why: str = ""
    by: str = ""
    at: datetime
    expires: datetime

    @property
    def label(self) -> str:
        return f"C-{self.number}"

    @property
    def arguments(self) -> dict[str, Any]:
        return self.preview.arguments

    @property
    def digest(self) -> str:
        return call_digest(self.tool, self.arguments, self.cluster)


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decided about a proposed change, and whether it was used.

    digest: of the call that was shown. surface: where the person said so. reason: why, if they did.
    ahead: the runbook it was signed for ahead of time, "" for a decision on the spot.
    holder: who may make the change, where that is not the approver.
    withdrawn: when it was taken back.
    ended: when making it came to an end; failed: why it was not made then, or why nobody knows
        whether it was (doubtful).
    spent_on: the change of the run (``C-9``) that used up what was signed ahead, where the reader
        may see it; how that went is told there.
    """

    change: UUID
    approved: bool
    approver: str
    surface: str
    digest: str
    at: datetime
    expires: datetime
    used: datetime | None = None
    reason: str = ""
    ahead: str = ""
    holder: str = ""
    withdrawn: datetime | None = None
    ended: datetime | None = None
    failed: str = ""
    spent_on: str = ""
    doubtful: bool = False

    @property
    def signed(self) -> bool:
        """Whether it is what a person signed, which a run uses up, and no decision about a call."""
        return bool(self.ahead) and not self.holder


class ChangeState(Enum):
    """``EXPIRED``: nobody decided in time, or what was approved was not done in time. ``FAILED``:
    it was tried, and the cluster is as it was. ``DOUBTFUL``: it may have been made. ``SPENT``:
    signed ahead, and used up by a run; whether that made its change is told by the run's own."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DENIED = "denied"
    MAKING = "making"
    USED = "applied"
    FAILED = "failed"
    SPENT = "used"
    DOUBTFUL = "unknown"
    EXPIRED = "expired"


def state(change: ProposedChange, approval: Approval | None, now: datetime) -> ChangeState:
    """How far a change has come."""
    if approval is None:
        return ChangeState.EXPIRED if now >= change.expires else ChangeState.PROPOSED
    if not approval.approved or approval.withdrawn is not None:
        return ChangeState.DENIED
    if approval.used is not None and approval.signed:
        return ChangeState.SPENT
    if approval.ended is not None:
        return _end(approval)
    if approval.used is not None:
        lost = now >= approval.used + MAKING_LIFETIME
        return ChangeState.DOUBTFUL if lost else ChangeState.MAKING
    return ChangeState.EXPIRED if now >= approval.expires else ChangeState.APPROVED


def _end(approval: Approval) -> ChangeState:
    if approval.doubtful:
        return ChangeState.DOUBTFUL
    return ChangeState.FAILED if approval.failed else ChangeState.USED


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was made, and fresh evidence from before and after it.

    evidence: label of the call that made it. resolved, appeared: findings about the same part of
    the cluster that were there only before, and only after; controllers may still be at work.
    """

    change: ProposedChange
    text: str
    evidence: str
    before: str
    after: str
    resolved: tuple[Finding, ...] = ()
    appeared: tuple[Finding, ...] = ()
    remaining: int = 0


class Redeemed(msgspec.Struct, frozen=True):
    """Whether an approval was good for a call, which used it up; ``why`` not."""

    good: bool
    why: str = ""


class Approvals(Protocol):
    """Where decisions are kept.

    redeem: uses the approval up, atomically, when it is good for this very call. Of any number of
    callers one at most is told so. Raises StoreUnavailable; nothing may run then.
    """

    async def redeem(self, change: UUID, *, digest: str, user: str, at: datetime) -> Redeemed: ...


class KnownChange(msgspec.Struct, frozen=True, kw_only=True):
    """A proposed change and the decision about it. ``digest`` stands for exactly this call; an
    approval repeats it."""

    label: str
    state: ChangeState
    digest: str
    change: ProposedChange
    approval: Approval | None


def shown(change: ProposedChange, approval: Approval | None, now: datetime) -> KnownChange:
    """The change as it stands now."""
    return KnownChange(
        label=change.label,
        state=state(change, approval, now),
        digest=change.digest,
        change=change,
        approval=approval,
    )


def call_digest(tool: str, arguments: Mapping[str, Any], cluster: str) -> str:
    """SHA-256 of one exact call on one cluster; any other argument, type or value differs."""
    exact = msgspec.json.encode([tool, arguments, cluster], order="deterministic")
    return hashlib.sha256(exact).hexdigest()


def objection(approval: Approval | None, *, digest: str, user: str, at: datetime) -> str:
    """Why the approval is not good for a call; "" when it is."""
    if approval is None:
        return "nobody has decided about it"
    if not approval.approved:
        return f"{approval.approver} denied it"
    if approval.signed:
        return "it was approved ahead, for a run"
    if approval.used is not None:
        return f"its approval was used at {approval.used:%H:%M:%S}, and each is good once"
    if digest != approval.digest:
        return "what was approved is another call"
    if user != (approval.holder or approval.approver):
        return f"{approval.approver} approved it, and only {approval.holder or 'they'} may do it"
    if at < approval.at:
        return "its approval lies in the future"
    if at >= approval.expires:
        return f"its approval expired at {approval.expires:%H:%M:%S}"
    return ""


def decided(
    change: ProposedChange,
    *,
    approved: bool,
    approver: str,
    surface: str,
    at: datetime,
    lifetime: timedelta = APPROVAL_LIFETIME,
    reason: str = "",
    ahead: str = "",
    holder: str = "",
) -> Approval:
    """A person's decision about exactly this change. ``ahead``, ``holder``: see ``Approval``."""
    return Approval(
        change=change.id,
        approved=approved,
        approver=approver,
        surface=surface,
        digest=change.digest,
        at=at,
        expires=at + lifetime,
        reason=reason,
        ahead=ahead,
        holder=holder,
    )
