"""Approvals ahead of time: signed over a change that was shown, used up by a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.core.ahead import (
    LONGEST_LIFETIME,
    RUNBOOK,
    SignedApproval,
    bound,
    content_hash,
    misfit,
    of_runbook,
    of_time,
)
from workbench.core.change import Approval, ProposedChange, decided
from workbench.core.runbook import Runbook
from workbench.errors import SettingsError, ToolRefused, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from workbench.investigations.desk import Desk


_BEGINS = "eyJ"
"""``{"`` in base64: the header of a JSON Web Token."""


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed to a process that nobody sits in front of.

    documents: signed approvals, by what to call each. approvers: whose word counts, each with the
    line of their public key. sha256: of the runbook that runs, "" where nothing says which.
    """

    documents: Mapping[str, str]
    approvers: Mapping[str, str]
    sha256: str = ""

    def read(
        self, change: ProposedChange, at: datetime
    ) -> Iterator[tuple[str, SignedApproval | None, str]]:
        """Each by its name, with why it does not hold for the change; "" for one that does."""
        from workbench.investigations.signing import verified

        for name, document in self.documents.items():
            try:
                approval = verified(document, self.approvers)
            except ToolRefused as error:
                yield name, None, error.message
            else:
                yield name, approval, misfit(approval, change, self.sha256, at)


def handed(given: Iterable[str], approvers: Mapping[str, str], runbook: str) -> Ahead:
    """What a process was handed. runbook: the path of the one it runs, or "". Raises SettingsError
    for what cannot be read."""
    try:
        sha256 = content_hash(Path(runbook).read_bytes()) if runbook else ""
    except OSError as error:
        raise SettingsError(f"{RUNBOOK} names no file: {runbook}, {error.strerror}.") from error
    return Ahead(documents=documents(given), approvers=approvers, sha256=sha256)


def documents(given: Iterable[str]) -> dict[str, str]:
    """Signed approvals, given as files or as they are, by what to call each.

    Raises SettingsError.
    """
    found = {}
    for number, one in enumerate((text.strip() for text in given), 1):
        if one.startswith(_BEGINS):  # also half of one: what may be signed is not told to a log
            found[f"approval {number}"] = one
            continue
        try:
            found[one] = Path(one).read_text(encoding="ascii").strip()
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or error
            raise SettingsError(
                f"The signed approval {one} cannot be read: {why}.", "Name its file."
            ) from error
    return found


def _reasons(why: Mapping[str, str]) -> str:
    if len(why) == 1:
        return next(iter(why.values())).rstrip(".")
    told = "; ".join(f"{name}: {said.rstrip('.')}" for name, said in why.items())
    return f"none of {len(why)} signed approvals is for it ({told})"


def checked(
    document: str, approvers: Mapping[str, str], hashes: Collection[str], at: datetime
) -> None:
    """See that a document is good for a runbook with one of these contents, before any is run.
    Raises ToolRefused."""
    from workbench.investigations.signing import verified

    approval = verified(document, approvers)
    fits = approval.sha256 in hashes
    why = of_time(approval, at) or of_runbook(approval, approval.sha256 if fits else "another")
    if why:
        raise ToolRefused(f"The signed approval is of no use: {why}.", "Have it signed again.")


async def sign(
    desk: Desk,
    change: ProposedChange,
    key: Ed25519PrivateKey,
    approvers: Mapping[str, str],
    book: Runbook,
    *,
    lifetime: timedelta,
    reason: str = "",
) -> tuple[str, Approval]:
    """Approve a change for one run of a runbook, and the document that says so.

    Raises UsageError for a lifetime that is too long, SettingsError where the key is nobody's who
    may approve, and Conflict when the change no longer waits.
    """
    from workbench.investigations.signing import approver_of, signed

    if not timedelta(minutes=1) <= lifetime <= LONGEST_LIFETIME:
        raise UsageError("A signed approval is good for a week at most.", "Like --expires 12h.")
    at = desk.clock().replace(microsecond=0)  # as the document has it
    approval = decided(
        change,
        approved=True,
        approver=approver_of(key, approvers),
        surface=desk.surface,
        at=at,
        lifetime=lifetime,
        reason=reason,
        ahead=book.name,
    )
    document = signed(_said(change, approval, Path(book.path)), key)
    await desk.store.changes.decide(approval, document)
    return document, approval


def _said(change: ProposedChange, approval: Approval, notebook: Path) -> SignedApproval:
    return SignedApproval(
        id=change.id,
        approver=approval.approver,
        change=change.label,
        bound=bound(change),
        command=change.preview.command,
        cluster=change.cluster,
        runbook=approval.ahead,
        sha256=content_hash(notebook.read_bytes()),
        at=approval.at,
        expires=approval.expires,
    )


def expected(desk: Desk, which: str) -> None:
    """Raises ToolRefused where nothing signed is at hand that could decide about a change."""
    if desk.ahead is None or not desk.ahead.documents:
        raise ToolRefused(
            f"{which} was not approved: there is nobody to ask here.",
            f"Approve it in a terminal: workbench approve {which}; or hand the run an "
            "approval that was signed ahead (--approval).",
        )


async def used(desk: Desk, change: ProposedChange) -> Approval:
    """Have what was signed decide about a change that a run tried, once. Raises ToolRefused."""
    if desk.ahead is None:
        raise ToolRefused(f"{change.label} was not approved: nothing was signed ahead.")
    at, refused = desk.clock(), {}
    for name, signed, why in desk.ahead.read(change, at):
        refused[name] = why
        if signed is None or why:
            continue
        approval = _for_the_run(desk, change, signed, at)
        document = desk.ahead.documents[name]
        refused[name] = await desk.store.changes.use_signed(signed.id, document, approval)
        if not refused[name]:
            return approval
    raise ToolRefused(
        f"{change.label} was not approved: {_reasons(refused)}.",
        "Look at what the run proposed, and have it signed or approve it by hand.",
    )


def _for_the_run(
    desk: Desk, change: ProposedChange, signed: SignedApproval, at: datetime
) -> Approval:
    """The signer's yes to the change as the run tried it, which only the run may use."""
    return decided(
        change,
        approved=True,
        approver=signed.approver,
        surface=desk.surface,
        at=at,
        reason=f"signed ahead as {signed.change} for the runbook {signed.runbook}",
        ahead=signed.runbook,
        holder=desk.user,
    )
