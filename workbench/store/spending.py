"""What models cost, summed up from the steps."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from workbench.core.quota import Asking
from workbench.errors import UsageError
from workbench.store.pool import Pool

BY = ("user", "model", "conversation", "investigation", "agent", "day")


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent on one of them.

    dollars: of the answers whose price is known, None when that is none of them.
    unpriced: how many answers have a price that is not known.
    """

    name: str
    id: str = ""
    requests: int
    investigations: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    dollars: Decimal | None
    unpriced: int


class Spending:
    """Sums over a pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def by(
        self, what: str, *, user: UUID | None = None, since: datetime | None = None
    ) -> tuple[Sum, ...]:
        """The dearest first; of ``user`` only, and ``since`` then only, where given.

        what: one of BY. Raises UsageError for another word.
        """
        if what not in BY:
            raise UsageError(f"Cost cannot be told by {what}.", f"By {', '.join(BY)}.")
        rows = await self._pool.fetch("cost", what, user, since)
        return tuple(Sum(**dict(row)) for row in rows)

    async def asked(self, user: UUID, since: datetime) -> tuple[Asking, ...]:
        """What somebody began to investigate since then, and what each has cost so far, the oldest
        first."""
        rows = await self._pool.fetch("asked_since", user, since)
        return tuple(Asking(**dict(row)) for row in rows)
