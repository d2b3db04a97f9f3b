"""Who has a page open, and the workbench as it acts for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from workbench.core.cluster import Scope
from workbench.core.diagnosis import Diagnosis
from workbench.errors import AccessDenied, TooBusy
from workbench.investigations.live import Live
from workbench.investigations.workbench import Workbench
from workbench.runbooks.runs import Runs

T = TypeVar("T")

QUESTIONS = parse("20/minute")
"""Of one person on all their pages; each may make dozens of tool calls and model requests."""
FRESH = timedelta(seconds=60)
"""How old a look may be that nobody asked for."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was let in.

    asks: may ask, stop and rename; decides: may approve changes, and sees everybody's;
    sees_all: may open everybody's and manage tool servers, as an administrator.
    person: somebody sits there; a program says neither yes to a change nor what an incident was.
    policy: their role as policy rules name it; "" for the one the settings give.
    groups: theirs that the cluster is told.
    """

    name: str
    asks: bool = False
    decides: bool = False
    sees_all: bool = False
    person: bool = True
    policy: str = ""
    groups: tuple[str, ...] = ()


class Shared:
    """What the pages of everybody share, beside the workbench.

    runbook_dirs: folders with runbooks besides the bundled ones. commands: whether tool servers
    that are programs may be registered here. elsewhere: addresses of the servers of other clusters,
    by the clusters' names.
    """

    def __init__(
        self,
        live: Live,
        runs: Runs,
        runbook_dirs: tuple[Path, ...] = (),
        commands: bool = False,
        elsewhere: Mapping[str, str] | None = None,
    ) -> None:
        self.live = live
        self.runs = runs
        self.runbook_dirs = runbook_dirs
        self.commands = commands
        self.elsewhere = elsewhere or {}
        self._apart: set[asyncio.Task[object]] = set()

    async def apart(self, work: Coroutine[object, object, T]) -> T:
        """Do something that goes on to its end when the page that began it is closed."""
        task = asyncio.create_task(work)
        self._apart.add(task)
        task.add_done_callback(self._apart.discard)
        return await asyncio.shield(task)


class Look(msgspec.Struct, frozen=True):
    """What the analyzers said, where that is recorded (``INV-3``, ``E1``), and when."""

    diagnosis: Diagnosis
    investigation: str
    evidence: str
    at: datetime


class Desk:
    """One person's workbench, shared by the pages they have open, and the newest look from it."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self._look: Look | None = None
        self._namespaces: tuple[datetime, tuple[str, ...]] | None = None
        self._one = asyncio.Lock()
        self._questions = MovingWindowRateLimiter(MemoryStorage())

    async def look(self, *, anew: bool = False) -> Look:
        """What the analyzers say about the cluster, at most FRESH old unless ``anew``.

        Raises what ``Workbench.diagnose`` raises.
        """
        async with self._one:
            now = self.workbench.clock()
            if anew or self._look is None or now - self._look.at > FRESH:
                found, evidence = await self.workbench.diagnose(Scope())
                session = await self.workbench.load("")
                self._look = Look(found, session.label, evidence, now)
            return self._look

    async def count_question(self) -> None:
        """Raises TooBusy for more than QUESTIONS."""
        if not await self._questions.hit(QUESTIONS):
            name = self.workbench.user
            raise TooBusy(f"{name} has asked more than {QUESTIONS}.", "Wait a moment.")

    async def namespaces(self) -> tuple[str, ...]:
        """Their names, sorted. Raises what ``Workbench.call`` raises."""
        now = self.workbench.clock()
        if self._namespaces is None or now - self._namespaces[0] > FRESH:
            found = await self.workbench.call("list_resources", {"kind": "namespaces"})
            self._namespaces = (now, names(found.data))
        return self._namespaces[1]


def names(table: object) -> tuple[str, ...]:
    """The column ``name`` of a table a tool answered with; nothing for anything else."""
    if not isinstance(table, dict):
        return ()
    columns = [c.get("name") for c in table.get("columns", ())]
    if "name" not in columns:
        return ()
    place = columns.index("name")
    return tuple(sorted(str(row[place]) for row in table.get("rows", ())))


class Visit:
    """What a screen works with: everything is done as this person."""

    def __init__(self, visitor: Visitor, desk: Desk, shared: Shared) -> None:
        self.visitor = visitor
        self.desk = desk
        self.workbench = desk.workbench
        self.shared = shared
        self.live = shared.live
        self._user: UUID | None = None

    async def user(self) -> UUID:
        """Their id in the store; made at their first visit."""
        if self._user is None:
            self._user = (await self.workbench.person()).id
        return self._user

    async def sees(self) -> UUID | None:
        """Whose things they may open: None means everybody's."""
        return None if self.visitor.sees_all else await self.user()

    async def count_question(self) -> None:
        """Raises TooBusy for more than QUESTIONS."""
        await self.desk.count_question()

    @property
    def whose(self) -> str:
        """Whose runs they may open, by name: "" means everybody's."""
        return "" if self.visitor.sees_all else self.visitor.name

    def must_ask(self) -> None:
        """Raises AccessDenied for somebody who may only read."""
        if not self.visitor.asks:
            raise AccessDenied(
                f"{self.visitor.name} may read here, not ask or change.",
                "Ask an administrator of the workbench for the role operator.",
            )
