"""An approval that a person signs before a run that nobody sits in front of.

It holds for one change, as it was shown: its tool, every argument, the object (by its UID) and the
whole of it before and after but for its status, on one cluster; for one runbook by its content;
until it expires; and once. The resourceVersion is none of it, because a status changes all the
time: the run tries the change again and is bound to the one it finds then.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from workbench.core.change import ProposedChange, call_digest

RUNBOOK = "WORKBENCH_RUNBOOK"
"""Tells the kernel of a run which notebook it runs, by its path."""
APPROVALS = "WORKBENCH_APPROVALS"
"""Hands it what was signed; the setting ``approvals``."""
LIFETIME = timedelta(hours=12)
LONGEST_LIFETIME = timedelta(days=7)
SKEW = timedelta(minutes=1)
"""By how much the clock where it was signed may be ahead of the clock of the run. When it expires
is never stretched (RFC 7519, 4.1.4: some small leeway)."""
VERSION = "resource_version"


class SignedApproval(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed.

    id: of the change that was shown; change: its label. bound: see ``bound``. command: the change
    in words. runbook: the name of the one that may make it, and sha256 that of its notebook (hex).
    """

    id: UUID
    approver: str
    change: str
    bound: str
    command: str
    cluster: str
    runbook: str
    sha256: str
    at: datetime
    expires: datetime


def bound(change: ProposedChange) -> str:
    """SHA-256 (hex) of what an approval ahead of time holds for."""
    arguments = {k: v for k, v in change.arguments.items() if k != VERSION}
    return call_digest(change.tool, {**arguments, "uid": change.preview.uid}, change.cluster)


def content_hash(notebook: bytes) -> str:
    """SHA-256 (hex) of a runbook as it is on disk."""
    return hashlib.sha256(notebook).hexdigest()


def misfit(signed: SignedApproval, change: ProposedChange, sha256: str, at: datetime) -> str:
    """Why it does not hold for a change that was tried just now; "" when it does.

    sha256: of the runbook that runs, "" where nothing says which it is.
    """
    if signed.cluster != change.cluster:
        return f"it is for {signed.cluster}, and this is {change.cluster}"
    return of_time(signed, at) or of_runbook(signed, sha256) or _of_call(signed, change)


def of_time(signed: SignedApproval, at: datetime) -> str:
    """Why it does not hold now; "" when it does."""
    if at >= signed.expires:
        return f"it expired at {signed.expires:%Y-%m-%d %H:%M} UTC"
    if at < signed.at - SKEW:
        return f"it was signed in the future, at {signed.at:%Y-%m-%d %H:%M} UTC; see the clocks"
    return ""


def of_runbook(signed: SignedApproval, sha256: str) -> str:
    """Why it does not hold in a runbook with that content; "" when it does."""
    if not sha256:
        return f"it is for the runbook {signed.runbook}, and nothing says which one runs here"
    if sha256 != signed.sha256:
        return f"it is for the runbook {signed.runbook} as it was when this was signed"
    return ""


def _of_call(signed: SignedApproval, change: ProposedChange) -> str:
    if bound(change) == signed.bound:
        return ""
    return f"it is for {signed.change} ({signed.command}) on the object as it was then"
