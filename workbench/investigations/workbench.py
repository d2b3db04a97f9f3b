"""The workbench as every surface sees it: ask, diagnose, call a tool, open evidence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from workbench.agent.investigator import investigate
from workbench.agent.models import ModelChoice
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.diagnosis import Diagnosis, from_json
from workbench.core.evidence import Evidence
from workbench.core.investigation import Asked, Investigation, Step
from workbench.core.tools import CallContext, ToolResult, Tools, find_tool
from workbench.errors import ToolFailed, UsageError
from workbench.investigations.ask import ask

if TYPE_CHECKING:
    from workbench.store.database import Store


@dataclass
class Workbench:
    """One open workbench: a cluster, a store, connected tools and a choice of model.

    Make one with ``workbench.bootstrap.open_workbench``. ``user`` and ``surface`` go into every row
    of the record.
    """

    tools: Tools
    store: Store
    address: ClusterAddress
    model: ModelChoice
    budget: Budget
    user: str
    surface: str
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    _session: asyncio.Task[Investigation] | None = None

    @property
    def cluster(self) -> str:
        """The name of the cluster, as screens show it."""
        return self.address.name

    @property
    def model_name(self) -> str:
        """``analyst`` or ``provider:model``."""
        return self.model.name

    async def ask(
        self, question: str, scope: Scope, *, model: str = ""
    ) -> AsyncIterator[tuple[Investigation, Step]]:
        """Investigate; yields the investigation so far with each new step, already recorded.

        Raises StoreUnavailable before anything runs when nothing could be recorded.
        """
        if not question.strip():
            raise UsageError("There is no question.", 'Like: ask "why is checkout failing?"')
        chosen = self.model.named(model) if model else self.model

        def run(investigation: Investigation) -> AsyncIterator[Step]:
            return investigate(
                question,
                scope,
                tools=self.tools,
                context=self._context(investigation.id),
                model=chosen,
                budget=self.budget,
                clock=self.clock,
                cluster=self.cluster,
            )

        made = await self._begin(question, scope)
        async for so_far, step in ask(made, run, self.store.investigations, self.clock):
            yield so_far, step

    async def diagnose(self, scope: Scope) -> tuple[Diagnosis, str]:
        """What the analyzers say about the scope, and the evidence label of that look.

        Raises ToolFailed with the tool's own sentence when the cluster could not be read.
        """
        arguments: dict[str, Any] = {"namespaces": list(scope.namespaces) or None}
        if scope.selector:
            arguments["selector"] = scope.selector
        result = await self.call("diagnose", arguments)
        return from_json(result.data), result.evidence

    async def call(self, tool: str, arguments: dict[str, Any]) -> ToolResult:
        """Call a tool by its own name (``list_resources``); recorded under this session.

        Raises ToolUnknown, ToolRefused, ToolTimeout, ToolServerDown, and ToolFailed when the tool
        answers that it could not do it.
        """
        spec = find_tool(await self.tools.list(), tool)
        session = await self._session_investigation()
        result = await self.tools.call(spec.name, arguments, self._context(session.id))
        if result.failed:
            raise ToolFailed(result.text)
        return result

    async def evidence(self, investigation: str, label: str) -> Evidence:
        """One recorded call: ``evidence("INV-12", "E3")``. Raises UsageError when there is none."""
        found = await self.load(investigation)
        return await self.store.record.evidence(found.id, label)

    async def evidences(self, investigation: str) -> Sequence[Evidence]:
        """Every recorded call of an investigation, oldest first."""
        found = await self.load(investigation)
        return await self.store.record.evidences(found.id)

    async def load(self, investigation: str) -> Investigation:
        """An investigation by label (``INV-12``) or UUID. Raises UsageError when there is none."""
        return await self.store.investigations.load(_reference(investigation))

    async def _begin(self, question: str, scope: Scope) -> Investigation:
        return await self.store.investigations.create(
            id=self.new_id(), question=question, scope=scope, user=self.user, at=self.clock()
        )

    async def _session_investigation(self) -> Investigation:
        """Where calls made by hand are recorded; made at the first of them, shared by the rest."""
        if self._session is None:
            self._session = asyncio.create_task(self._open_session())
        return await asyncio.shield(self._session)

    async def _open_session(self) -> Investigation:
        session = await self._begin(f"{self.surface} session", Scope())
        asked = Asked(
            at=self.clock(), question=session.question, cluster=self.cluster, user=self.user
        )
        await self.store.investigations.append(session.id, 0, asked)
        return session

    def _context(self, investigation: UUID) -> CallContext:
        return CallContext(investigation=investigation, user=self.user, surface=self.surface)


def _reference(text: str) -> UUID | int:
    number = text.strip().upper().removeprefix("INV-")
    if number.isdecimal():
        return int(number)
    try:
        return UUID(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is not an investigation.", "Give its label, like INV-12, or its UUID."
        ) from None
