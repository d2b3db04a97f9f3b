"""Proposed changes and what people decided about them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.change import Approval, Approvals, ProposedChange, Redeemed, objection
from workbench.errors import Conflict, NotRecorded
from workbench.store.jsonb import storable_text, to_jsonb
from workbench.store.pool import Pool

Known = tuple[ProposedChange, Approval | None]


class Changes(Approvals, Protocol):
    """Where proposed changes are kept.

    propose may be repeated with the same change. load takes the id, the number or ``C-7``; it
    raises NotRecorded. recent gives the newest first, with numbers under ``before``. decide raises
    Conflict when there is a decision already or the change no longer waits; ``document`` is what
    was signed, for an approval ahead of time.
    use_signed uses that up, atomically, for another change, about which ``approval`` is then kept;
    why not, or "". withdraw takes back what was signed, unless it was used.
    """

    async def propose(self, change: ProposedChange) -> ProposedChange: ...

    async def load(self, which: UUID | int | str) -> Known: ...

    async def recent(self, limit: int = 20, *, before: int | None = None) -> tuple[Known, ...]: ...

    async def decide(self, approval: Approval, document: str = "") -> None: ...

    async def use_signed(self, signed: UUID, document: str, approval: Approval) -> str: ...

    async def withdraw(self, change: UUID, at: datetime) -> bool: ...


class PostgresChanges:
    """Changes over a pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def propose(self, change: ProposedChange) -> ProposedChange:
        values = (change.investigation, to_jsonb(change), change.digest, change.at, change.expires)
        await self._pool.fetchval("propose_change", change.id, *values)
        return (await self.load(change.id))[0]

    async def load(self, which: UUID | int | str) -> Known:
        known = await self._one(key_of(which))
        if known is None:
            raise unknown(which)
        return known

    async def recent(
        self, limit: int = 20, *, user: UUID | None = None, before: int | None = None
    ) -> tuple[Known, ...]:
        """``user``: only those proposed in investigations of theirs, where given."""
        rows = await self._pool.fetch("known_changes", limit, user, before, None, None)
        return tuple(map(_known, rows))

    async def decide(self, approval: Approval, document: str = "") -> None:
        kept = await self._pool.fetchval(
            "decide_change", approval.change, approval.approved, approval.approver,
            approval.surface, approval.digest, approval.at, approval.expires,
            storable_text(approval.reason), storable_text(approval.ahead), document or None,
        )  # fmt: skip
        if kept is None and await self._approval(approval.change) != approval:
            raise undecidable(*await self.load(approval.change))

    async def use_signed(self, signed: UUID, document: str, approval: Approval) -> str:
        why = await self._pool.fetchval(
            "use_signed_approval", signed, document, approval.change, approval.digest,
            approval.holder, approval.surface, approval.at, approval.expires,
            storable_text(approval.reason),
        )  # fmt: skip
        return str(why or "")

    async def withdraw(self, change: UUID, at: datetime) -> bool:
        return await self._pool.fetchval("withdraw_approval", change, at) is not None

    async def redeem(self, change: UUID, *, digest: str, user: str, at: datetime) -> Redeemed:
        if await self._pool.fetchval("redeem_approval", change, digest, user, at) is not None:
            return Redeemed(True)
        approval = await self._approval(change)
        why = objection(approval, digest=digest, user=user, at=at)
        return Redeemed(False, why or "its approval was used just now")

    async def _approval(self, change: UUID) -> Approval | None:
        known = await self._one(change)
        return known[1] if known else None

    async def _one(self, key: UUID | int) -> Known | None:
        id, number = (key, None) if isinstance(key, UUID) else (None, key)
        row = await self._pool.fetchrow("known_changes", 1, None, None, id, number)
        return _known(row) if row else None


class InMemoryChanges:
    """Changes that end with the process."""

    def __init__(self) -> None:
        self._changes: dict[UUID, ProposedChange] = {}
        self._approvals: dict[UUID, Approval] = {}
        self._documents: dict[UUID, str] = {}

    async def propose(self, change: ProposedChange) -> ProposedChange:
        numbered = msgspec.structs.replace(change, number=len(self._changes) + 1)
        return self._changes.setdefault(change.id, numbered)

    async def load(self, which: UUID | int | str) -> Known:
        key = key_of(which)
        for change in self._changes.values():
            if key in (change.id, change.number):
                return change, self._approvals.get(change.id)
        raise unknown(which)

    async def recent(self, limit: int = 20, *, before: int | None = None) -> tuple[Known, ...]:
        known = reversed(self._changes.values())
        newest = [c for c in known if before is None or c.number < before][:limit]
        return tuple((change, self._approvals.get(change.id)) for change in newest)

    async def decide(self, approval: Approval, document: str = "") -> None:
        change, known = await self.load(approval.change)
        fits = approval.digest == change.digest and approval.at < change.expires
        if known != approval and (known is not None or not fits):
            raise undecidable(change, known)
        self._approvals[approval.change] = approval
        if document:
            self._documents[approval.change] = document

    async def use_signed(self, signed: UUID, document: str, approval: Approval) -> str:
        kept = self._approvals.get(signed)
        if kept is None or self._documents.get(signed) != document:
            return "it was not signed with this database"
        if kept.withdrawn is not None:
            return f"it was withdrawn at {kept.withdrawn:%Y-%m-%d %H:%M} UTC"
        if kept.used is not None:
            return f"it was used at {kept.used:%Y-%m-%d %H:%M} UTC, and each is good once"
        if approval.at >= kept.expires:
            return "it has expired"
        change, known = await self.load(approval.change)
        if known or approval.digest != change.digest or approval.at >= change.expires:
            return "the change no longer waits for a decision"
        self._approvals[approval.change] = msgspec.structs.replace(
            approval, approver=kept.approver, ahead=kept.ahead,
            expires=min(approval.expires, kept.expires),
        )  # fmt: skip
        self._approvals[signed] = msgspec.structs.replace(
            kept, used=approval.at, spent_on=change.label
        )
        return ""

    async def withdraw(self, change: UUID, at: datetime) -> bool:
        kept = self._approvals.get(change)
        if kept is None or change not in self._documents or kept.used or kept.withdrawn:
            return False
        self._approvals[change] = msgspec.structs.replace(kept, withdrawn=at)
        return True

    async def redeem(self, change: UUID, *, digest: str, user: str, at: datetime) -> Redeemed:
        approval = self._approvals.get(change)
        why = objection(approval, digest=digest, user=user, at=at)
        if approval is None or why:
            return Redeemed(False, why)
        self._approvals[change] = msgspec.structs.replace(approval, used=at)
        return Redeemed(True)


def key_of(which: UUID | int | str) -> UUID | int:
    """What is meant by an id, ``7``, ``"7"``, ``"C7"`` or ``"C-7"``. Raises NotRecorded."""
    if isinstance(which, UUID | int):
        return which
    digits = which.strip().upper().removeprefix("C").removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) < 19:  # bigint
        return int(digits)
    try:
        return UUID(which)
    except ValueError:
        raise unknown(which) from None


def unknown(which: object) -> NotRecorded:
    name = f"C-{which}" if isinstance(which, int) else str(which)
    return NotRecorded(f"There is no proposed change {name}.", "See `workbench changes`.")


def undecidable(change: ProposedChange, approval: Approval | None) -> Conflict:
    if approval is None:
        return Conflict(
            f"{change.label} no longer waits for a decision: it was proposed until "
            f"{change.expires:%H:%M:%S} UTC.",
            "Propose it again.",
        )
    word = "approved" if approval.approved else "denied"
    ended = f" It was not made: {approval.failed}" if approval.failed else ""
    if approval.doubtful:
        ended = f" Nobody knows whether it was made: {approval.failed}"
    return Conflict(
        f"{approval.approver} has {word} {change.label} already.{ended}", "Propose it again."
    )


def _known(row: asyncpg.Record) -> Known:
    kept = msgspec.json.decode(row["body"], type=ProposedChange)
    return msgspec.structs.replace(kept, number=row["number"]), _approval(row)


def _approval(row: asyncpg.Record) -> Approval | None:
    if row["change_id"] is None:
        return None
    return Approval(
        change=row["change_id"],
        approved=row["approved"],
        approver=row["approver"],
        surface=row["surface"],
        digest=row["digest"],
        at=row["decided_at"],
        expires=row["expires_at"],
        used=row["used_at"],
        reason=row["reason"],
        ahead=row["ahead"],
        holder=row["holder"] or "",
        withdrawn=row["withdrawn_at"],
        ended=row["ended_at"],
        failed=row["failed"] or "",
        spent_on=row["spent_on"] or "",
        doubtful=bool(row["doubtful"]),
    )
