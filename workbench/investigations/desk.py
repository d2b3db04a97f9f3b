"""Who works on which cluster, with what: all that the use cases of one open workbench share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, Self
from uuid import UUID

from msgspec.structs import replace as changed

from workbench.agent.choice import ModelChoice
from workbench.agent.triage import DIAGNOSE
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.diagnosis import Diagnosis, from_json
from workbench.core.investigation import Investigation
from workbench.core.pseudonyms import Replaced
from workbench.core.quota import WINDOW, Asking, Measure, Quota, check, measures, quota_of
from workbench.core.terms import TABLE_TOOL, Terms
from workbench.core.tools import CallContext, ToolResult, Tools, find_tool
from workbench.errors import ToolError, ToolFailed
from workbench.investigations.sessions import open_session
from workbench.mcp.narrowed import Narrowed
from workbench.mcp.tables import WithTables

if TYPE_CHECKING:
    from workbench.investigations.ahead import Ahead
    from workbench.investigations.servers import ToolServers
    from workbench.knowledge.library import Library
    from workbench.store.database import Store
    from workbench.store.users import User


class SettledTools(Tools, Protocol):
    """Tools whose calls are recorded; ``settled`` returns when every outcome so far is durable."""

    async def settled(self) -> None: ...


@dataclass
class Desk:
    """A cluster, a store, connected tools and a choice of model, and who uses them.

    ``user`` and ``surface`` go into every row of the record; ``role`` is theirs as policy rules
    name it, "" for the one the settings give; ``groups`` are told to the cluster (see CallContext),
    ``quotas`` are by role, ``ahead`` is what people signed before it began.
    """

    tools: SettledTools
    store: Store
    address: ClusterAddress
    model: ModelChoice
    budget: Budget
    user: str
    surface: str
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    tables: WithTables | None = None
    pseudonymise: tuple[Replaced, ...] = ()
    servers: ToolServers | None = None
    knowledge: Library | None = None
    role: str = ""
    groups: tuple[str, ...] = ()
    ahead: Ahead | None = None
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    _session: asyncio.Task[Investigation] | None = None
    _joined: UUID | None = None
    _identity: Identity = field(default_factory=lambda: Identity())

    @property
    def identity(self) -> str:
        """Of the cluster, "" before it was asked; the same for all who act on one workbench."""
        return self._identity.known

    @identity.setter
    def identity(self, known: str) -> None:
        self._identity.known = known

    @property
    def database(self) -> str:
        """What keeps the record, in words."""
        return self.store.description

    @property
    def cluster(self) -> str:
        """The name of the cluster, as screens show it."""
        return self.address.name

    @property
    def model_name(self) -> str:
        """``analyst`` or ``provider:model``."""
        return self.model.label

    def acting_for(
        self,
        user: str,
        surface: str,
        role: str = "",
        session: UUID | None = None,
        *,
        groups: tuple[str, ...] = (),
    ) -> Self:
        """The same workbench on behalf of somebody else. session: of theirs, to go on in; made at
        its first call where there is none of that id."""
        return replace(
            self,
            user=user,
            surface=surface,
            role=role,
            groups=groups,
            _session=None,
            _joined=session,
        )

    async def person(self) -> User:
        """Who it acts for, as the store knows them."""
        return await self.store.users.ensure(self.new_id(), self.user)

    async def tools_for(self, terms: Terms) -> Narrowed:
        """The tools those terms leave. Raises UsageError for a name nobody offers."""
        tools = Narrowed(self.tools, terms.tools, always=[DIAGNOSE, TABLE_TOOL])
        await tools.check()
        return tools

    def model_for(self, terms: Terms) -> ModelChoice:
        return changed(self.model, spec=terms.model or self.model.spec)

    def budget_for(self, terms: Terms) -> Budget:
        return changed(
            self.budget,
            dollars=self.budget.dollars if terms.dollars is None else terms.dollars,
            tool_calls=terms.tool_calls or self.budget.tool_calls,
        )

    async def check_quota(self, *, new: bool = True) -> None:
        """Raises QuotaUsed where the person has had what they may have. Questions that are asked in
        the same moment do not count each other."""
        quota = quota_of(self.quotas, self.role)
        if quota is not None:
            asked = await self._asked_lately()
            check(self.user, quota, asked, self.clock(), new=new)

    async def quota(self) -> tuple[Measure, ...]:
        """What the person has used of what they may have; nothing where there is no limit."""
        quota = quota_of(self.quotas, self.role)
        return measures(quota, await self._asked_lately()) if quota else ()

    async def _asked_lately(self) -> tuple[Asking, ...]:
        person = (await self.person()).id
        return await self.store.spending.asked(person, self.clock() - WINDOW)

    def context(self, investigation: UUID) -> CallContext:
        """On whose behalf calls of an investigation are made."""
        return CallContext(
            investigation=investigation,
            user=self.user,
            surface=self.surface,
            role=self.role,
            groups=self.groups,
        )

    async def diagnose(self, scope: Scope) -> tuple[Diagnosis, str]:
        """What the analyzers say about the scope, and the evidence label of that look.

        Raises ToolFailed with the tool's own sentence when the cluster could not be read.
        """
        arguments: dict[str, Any] = {"namespaces": list(scope.namespaces) or None}
        if scope.selector:
            arguments["selector"] = scope.selector
        if scope.since:
            arguments["since"] = f"{scope.since}s"
        result = await self.call("diagnose", arguments)
        return from_json(result.data), result.evidence

    async def call(self, tool: str, arguments: dict[str, Any]) -> ToolResult:
        """Call a tool by its own name (``list_resources``); recorded under this session.

        Raises ToolUnknown, ToolRefused, ToolTimeout, ToolServerDown, and ToolFailed when the tool
        answers that it could not do it.
        """
        spec = find_tool(await self.tools.list(), tool)
        result = await self.called(spec.name, arguments)
        if result.failed:
            raise ToolFailed(result.text)
        return result

    async def called(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        """The same for a tool by its whole name, known or not: also what is not there goes into the
        record. A failure is a result."""
        session = await self.session()
        result = await self.tools.call(name, arguments, self.context(session.id))
        await self.tools.settled()
        return result

    async def identify(self) -> None:
        """Learn the ``identity``, by which this cluster is the same under another name."""
        self.identity = self.identity or self.address.identity or await self._cluster_uid()

    async def _cluster_uid(self) -> str:
        """The UID of the ``kube-system`` namespace; the cluster's name where it cannot be read."""
        try:
            read = await self.call("get_resource", {"kind": "namespaces", "name": "kube-system"})
            uid = read.data["object"]["metadata"]["uid"]
        except (ToolError, LookupError, TypeError):
            return self.cluster
        return str(uid)

    async def load(self, investigation: str) -> Investigation:
        """An investigation by label (``INV-12``) or UUID; "" for this session's own calls.

        Raises StoreError when there is none.
        """
        if not investigation:
            return await self.session()
        return await self.store.investigations.load(investigation)

    async def session(self) -> Investigation:
        """Where calls made by hand are recorded; made at the first of them, shared by the rest."""
        if self._session is None:
            self._session = asyncio.create_task(open_session(self, self._joined))
        return await asyncio.shield(self._session)


@dataclass
class Identity:
    """Which cluster it is, once that was asked."""

    known: str = ""
