"""Runs of runbooks in the background of servers."""

from __future__ import annotations

from uuid import UUID

import msgspec

from workbench.core.runbook import Run
from workbench.errors import NotRecorded
from workbench.store.jsonb import to_jsonb
from workbench.store.pool import Pool

GONE = "The process that ran it is gone."
NOBODY = "The process that ran it is gone, and no other came to begin it again."
WAIT_SECONDS = 3600.0
"""How long a run waits for another server: whoever began it may not expect it any more."""


class KeptRuns:
    """Runs over a pool, of every replica. ``user`` is a name, "" for everybody's."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def save(self, run: Run, notebook: str = "", *, claim: UUID | None = None) -> None:
        """Keep it as it is now; one that has ended, or was begun again under another claim, stays
        as it is. Safe to repeat.

        notebook: name of the executed notebook (see ``notebooks``), once it has ended.
        """
        digest = bytes.fromhex(notebook) or None
        values = (run.id, run.user, run.runbook, run.status.value, to_jsonb(run), digest, claim)
        await self._pool.execute("save_run", *values)

    async def list(
        self, user: str = "", *, runbook: str = "", after: UUID | None = None, limit: int = 50
    ) -> tuple[Run, ...]:
        """The newest first; of one runbook, and those that follow ``after``, where given."""
        rows = await self._pool.fetch("runbook_runs", user, runbook, after, limit)
        return tuple(msgspec.json.decode(row["body"], type=Run) for row in rows)

    async def get(self, id: UUID, user: str = "") -> Run:
        """Raises NotRecorded when there is none (of that user's)."""
        return (await self._kept(id, user))[0]

    async def notebook(self, id: UUID) -> str:
        """The name of its executed notebook, "" before it has ended. Raises NotRecorded."""
        return (await self._kept(id, ""))[1]

    async def interrupt(self, id: UUID, why: str = GONE, *, waits: bool = False) -> bool:
        """End one whose process is gone; False when it had ended, or there is none.

        waits: only when it waits for another server.
        """
        return await self._pool.fetchval("interrupt_run", id, why, waits) is not None

    async def hand_over(self, id: UUID, claim: UUID | None = None) -> bool:
        """Have it wait for another server; False when it has ended, was begun as often as it may
        be, or is not (any more) under this claim."""
        return await self._pool.fetchval("hand_over_run", id, claim) is not None

    async def waiting(self, cluster: str, limit: int) -> tuple[Run, ...]:
        """Those that wait for a server of that cluster, the one that waits longest first."""
        rows = await self._pool.fetch("waiting_runs", cluster, limit)
        return tuple(msgspec.json.decode(row["body"], type=Run) for row in rows)

    async def begin_again(self, run: Run, claim: UUID) -> bool:
        """Begin one that waits, as this run now, under a claim; False when it waits no more."""
        begun = await self._pool.fetchval("begin_run_again", run.id, to_jsonb(run), claim)
        return begun is not None

    async def give_up(self, seconds: float = WAIT_SECONDS) -> None:
        """End those that have waited that long."""
        await self._pool.execute("give_up_runs", NOBODY, seconds)

    async def _kept(self, id: UUID, user: str) -> tuple[Run, str]:
        row = await self._pool.fetchrow("runbook_run", id, user)
        if row is None:
            raise NotRecorded(f"There is no run {id}.", "See the list of runs.")
        return msgspec.json.decode(row["body"], type=Run), row["notebook"]
