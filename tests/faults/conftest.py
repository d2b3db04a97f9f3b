"""A ledger behind the whole stack, and what must hold of it after every fault."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import psutil

from tests.support.postgres import (
    database,
    empty_database,
    new_id,
    open_folder,
    postgres_server,
    store,
)
from workbench.core.evidence import Evidence, Outcome
from workbench.core.policy import Decision, Verdict
from workbench.core.tools import CallContext, McpServer, ToolResult
from workbench.mcp.hub import ToolHub
from workbench.mcp.stack import Governed, governed
from workbench.store.audit import open_audit
from workbench.store.database import Store

__all__ = ["database", "empty_database", "open_folder", "postgres_server", "store"]

SERVER = Path(__file__).with_name("ledger_server.py")
CLOCKS_SECONDS = 0.05  # two processes of one machine read the same clock, rounded differently


class Effect(msgspec.Struct, frozen=True):
    entry: str
    at: float


class Ledger:
    """The ledger's file, the tools that write to it, and what they said was done."""

    def __init__(self, path: Path, tools: Governed) -> None:
        self.path = path
        self.tools = tools
        self.acknowledged: dict[str, tuple[UUID, str]] = {}

    async def append(self, investigation: UUID, fault: str = "none", padding: str = "") -> str:
        """One mutating call; its entry. Acknowledged once its outcome is on disk."""
        entry = new_id().hex
        result = await self._call(
            "append", investigation, {"entry": entry, "fault": fault, "padding": padding}
        )
        await self.tools.settled(120)
        self.acknowledged[entry] = investigation, result.evidence
        return entry

    async def look(self, investigation: UUID, entry: str) -> int:
        """How often the entry is in the ledger, by a call that reads."""
        return int((await self._call("look", investigation, {"entry": entry})).text)

    async def _call(self, tool: str, investigation: UUID, arguments: dict[str, str]) -> ToolResult:
        context = CallContext(investigation=investigation, user="ann", surface="faults")
        return await self.tools.call(f"ledger_{tool}", arguments, context)

    def effects(self) -> list[Effect]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [Effect(entry, float(at)) for entry, at in map(str.split, lines)]


@asynccontextmanager
async def a_ledger(store: Store, path: Path, call_seconds: float = 30.0) -> AsyncIterator[Ledger]:
    """A ledger server of this test's own behind every wrapper, with changes allowed."""
    server = McpServer(
        name="ledger",
        command=sys.executable,
        args=("-S", str(SERVER)),
        env={"LEDGER": str(path)},
        call_seconds=call_seconds,
    )
    async with ToolHub([server], trusted=frozenset(("ledger",))) as hub:
        await hub.list()
        allowed = Verdict(Decision.ALLOW, "a test")
        tools = governed(hub, store.record, judge=lambda *_: allowed)
        yield Ledger(path, tools)
        assert await tools.flush(60) == 0
    assert servers() == []


def servers() -> list[int]:
    """Ledger servers that are still there."""
    return [
        process.pid
        for process in psutil.Process().children(recursive=True)
        if process.status() != psutil.STATUS_ZOMBIE and str(SERVER) in process.cmdline()
    ]


class Tally(msgspec.Struct, frozen=True):
    """What the record says about the calls of a run."""

    intents: int
    effects: int
    outcomes: dict[str, int]


async def holds(store: Store, dsn: str, ledger: Ledger) -> Tally:
    """The five things that hold after every fault; fails when one does not.

    Each effect has an earlier intent, each acknowledged row is there, no effect happened twice,
    every intent has ended, and (where the ledger is closed) no process is left.
    """
    await store.record.sweep(datetime.now(UTC) + timedelta(seconds=1), timedelta(0))
    async with open_audit(dsn) as audit:
        chains = await audit.chains()
        assert [b async for _, some in audit.verify(chains) for b in some] == []
    rows = [row for chain in chains for row in await store.record.evidences(chain.id)]
    appended = {row.arguments["entry"]: row for row in rows if row.tool == "ledger_append"}
    effects = ledger.effects()
    for effect in effects:
        assert effect.entry in appended, "an effect without an intent"
        assert appended[effect.entry].at.timestamp() <= effect.at + CLOCKS_SECONDS
    assert len(effects) == len({effect.entry for effect in effects}), "an effect happened twice"
    _acknowledged_are_there(ledger, appended)
    assert not [row for row in rows if row.outcome is Outcome.RUNNING], "an intent did not end"
    outcomes = [row.outcome.value for row in rows]
    return Tally(len(rows), len(effects), {o: outcomes.count(o) for o in sorted(set(outcomes))})


def _acknowledged_are_there(ledger: Ledger, appended: dict[str, Evidence]) -> None:
    happened = {effect.entry for effect in ledger.effects()}
    for entry, (investigation, label) in ledger.acknowledged.items():
        row = appended[entry]
        assert (row.investigation, row.label, row.outcome) == (investigation, label, Outcome.DONE)
        assert entry in happened


async def soon(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
