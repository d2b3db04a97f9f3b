"""A workbench behind a gateway: asks there, calls tools there, and keeps nothing here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec

from workbench.core.change import Applied, Approval, ProposedChange
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.diagnosis import Diagnosis, from_json
from workbench.core.difference import Comparison
from workbench.core.engine import Decided
from workbench.core.evidence import Evidence
from workbench.core.investigation import Investigation, Step
from workbench.core.question import askable, short
from workbench.core.references import parse
from workbench.core.terms import AS_SET, Terms
from workbench.core.tools import (
    CallContext,
    McpServer,
    ToolResult,
    ToolSpec,
    Transport,
    find_tool,
)
from workbench.errors import (
    NotRecorded,
    ToolFailed,
    ToolRefused,
    ToolServerDown,
    ToolUnknown,
    UsageError,
)
from workbench.mcp.hub import ToolHub
from workbench.remote.api import Api
from workbench.remote.follow import Begin, followed, joined

SERVER = "gateway"
SESSION = "X-Workbench-Session"
AT_ONCE = 8
"""Investigations fetched at a time."""
MOST = 100
"""Of a page."""


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who the token is for, and what the server looks at."""

    name: str
    cluster: str
    frozen: bool
    model: str


class _Change(msgspec.Struct):
    change: ProposedChange
    approval: Approval | None


class _Changes(msgspec.Struct):
    items: tuple[_Change, ...]


class _Evidences(msgspec.Struct):
    items: tuple[Evidence, ...]


class _Summary(msgspec.Struct):
    label: str


class _Recent(msgspec.Struct):
    items: tuple[_Summary, ...]


class _Tools(msgspec.Struct):
    items: tuple[ToolSpec, ...]


class _Plan(msgspec.Struct):
    text: str


@asynccontextmanager
async def open_remote(
    url: str,
    token: str,
    *,
    model: str = "",
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> AsyncIterator[RemoteWorkbench]:
    """The workbench at ``url`` as the person whose token it is; calls made by hand go into a
    session of this opening.

    model: asked where nobody names another.
    Raises NotSignedIn, GatewayUnavailable.
    """
    session = new_id()
    headers = {SESSION: str(session)}
    async with Api(url, token, headers) as api:
        me = await api.get("me", Me)
        trusted = frozenset((SERVER,))  # to say what reads, so that lost answers are asked again
        async with ToolHub([_gateway(url, token, headers)], trusted) as hub:
            tools = RemoteTools(api, hub)
            yield RemoteWorkbench(api, tools, me, url, session, model, clock, new_id)


def _gateway(url: str, token: str, headers: dict[str, str]) -> McpServer:
    """The only server of this process: names of its tools stay as they are."""
    return McpServer(
        name=SERVER,
        transport=Transport.STREAMABLE_HTTP,
        url=f"{url.rstrip('/')}/mcp",
        headers={"Authorization": f"Bearer {token}", **headers},
        prefix="",
        call_seconds=120.0,
    )


class RemoteTools:
    """Tools called through the hub, whose only server is the gateway, and listed as the hub behind
    the gateway has them: by server, with their short names."""

    def __init__(self, api: Api, hub: ToolHub) -> None:
        self._api = api
        self._hub = hub
        self._known: tuple[ToolSpec, ...] = ()

    async def list(self) -> tuple[ToolSpec, ...]:
        self._known = (await self._api.get("tools", _Tools)).items
        return self._known

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        """By its name or its short name; see ToolHub.call."""
        try:
            spec = find_tool(self._known, name)
        except ToolUnknown:
            spec = find_tool(await self.list(), name)
        return await self._hub.call(spec.name, arguments, context)


class RemoteWorkbench:
    """Implements Engine over a server's API and its MCP gateway.

    Policy, budgets, approvals, redaction and the record are the server's: what is here cannot leave
    any of them out.
    """

    def __init__(
        self,
        api: Api,
        tools: RemoteTools,
        me: Me,
        url: str,
        session: UUID,
        model: str,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self.tools = tools
        self.clock = clock
        self.user = me.name
        self.database = f"kept by {url}"
        self.model_name = model or me.model
        self.address = ClusterAddress(name=me.cluster, frozen=me.frozen)
        self._api = api
        self._model = model
        self._session = session
        self._own: Investigation | None = None
        self._new_id = new_id

    @property
    def cluster(self) -> str:
        return self.address.name

    async def ask(
        self, question: str, scope: Scope, *, terms: Terms = AS_SET
    ) -> AsyncGenerator[tuple[Investigation, Step]]:
        """See ``Workbench.ask``; it runs on the server, and leaving it stops it there."""
        asked = self._question(askable(question), scope, terms)
        begin: Begin = ("POST", "chat/stream", {**asked, "id": self._new_id()})
        async with aclosing(followed(self._api, begin)) as steps:
            async for item in steps:
                yield item

    async def resume(
        self, reference: str, *, model: str = ""
    ) -> AsyncGenerator[tuple[Investigation, Step]]:
        found = await self.load(reference)
        await self._api.post(f"{_path(found)}/resume", Investigation, model=model or self._model)
        async with aclosing(joined(self._api, found)) as steps:
            async for item in steps:
                yield item

    async def fork(
        self, reference: str, *, after: str = "", question: str = "", terms: Terms = AS_SET
    ) -> AsyncGenerator[tuple[Investigation, Step]]:
        """See ``Workbench.fork``; it runs on the server, and leaving it stops it there."""
        how = {
            "after": after.upper(),
            "message": short(question),
            "model": terms.model or self._model,
            "agent": terms.agent,
            "dollars": terms.dollars,
            "tool_calls": terms.tool_calls,
        }
        found = await self.load(reference)
        made = await self._api.post(f"{_path(found)}/fork", Investigation, **how)
        begun = msgspec.structs.replace(made, steps=())
        async with aclosing(joined(self._api, begun)) as steps:
            async for item in steps:
                yield item

    async def answered(
        self, question: str, scope: Scope, terms: Terms = AS_SET, seconds: float | None = None
    ) -> Investigation | None:
        asked = self._question(question, scope, terms)
        try:
            return await self._api.post("answered", Investigation, **asked, seconds=seconds)
        except NotRecorded:
            return None

    async def plan(
        self, question: str, scope: Scope, terms: Terms = AS_SET, seconds: float | None = None
    ) -> str:
        asked = self._question(question, scope, terms)
        return (await self._api.post("plan", _Plan, **asked, seconds=seconds)).text

    async def diagnose(self, scope: Scope) -> tuple[Diagnosis, str]:
        arguments: dict[str, Any] = {"namespaces": list(scope.namespaces) or None}
        if scope.selector:
            arguments["selector"] = scope.selector
        if scope.since:
            arguments["since"] = f"{scope.since}s"
        result = await self.call("diagnose", arguments)
        return from_json(result.data), result.evidence

    async def call(self, tool: str, arguments: dict[str, Any]) -> ToolResult:
        """See ``Workbench.call``. What the server refused is a ToolFailed with its sentence."""
        try:
            context = CallContext(investigation=self._session, user=self.user)
            result = await self.tools.call(tool, arguments, context)
        except ToolServerDown:
            await self._api.get("me", Me)  # says better why: signed out, or away
            raise
        if result.failed:
            raise ToolFailed(result.text)
        return result

    async def load(self, investigation: str) -> Investigation:
        if not investigation:
            if self._own is None:
                self._own = await self._api.post("session", Investigation)
            return self._own
        return await self._api.get(_path(investigation), Investigation)

    async def recent(self, limit: int = 20) -> Sequence[Investigation]:
        listed = await self._api.get("investigations", _Recent, limit=min(limit, MOST))
        room = asyncio.Semaphore(AT_ONCE)

        async def whole(one: _Summary) -> Investigation:
            async with room:
                return await self.load(one.label)

        return await asyncio.gather(*map(whole, listed.items))

    async def note(
        self,
        text: str,
        investigation: str = "",
        *,
        standing: str = "",
        evidence: Sequence[str] = (),
    ) -> Investigation:
        found = await self.load(investigation)
        words = {"text": text, "standing": standing, "evidence": list(evidence)}
        return await self._api.post(f"{_path(found)}/notes", Investigation, **words)

    async def evidence(self, investigation: str, label: str) -> Evidence:
        found = await self.load(investigation)
        return await self._api.get(f"{_path(found)}/evidence/{quote(label, '')}", Evidence)

    async def evidences(self, investigation: str) -> Sequence[Evidence]:
        found = await self.load(investigation)
        return (await self._api.get(f"{_path(found)}/evidence", _Evidences, whole=True)).items

    async def rerun(self, reference: str) -> Comparison:
        named = parse(reference).within(str(self._session))
        path = f"{_path(named.investigation)}/rerun"
        return await self._api.post(path, Comparison, evidence=named.label)

    async def diff(self, before: str, after: str) -> Comparison:
        named = parse(before).within(str(self._session))
        path = f"{_path(named.investigation)}/diff"
        return await self._api.get(path, Comparison, other=after, evidence=named.label)

    async def propose(self, tool: str, arguments: dict[str, Any], why: str = "") -> ProposedChange:
        wanted = {"tool": tool, "arguments": arguments, "why": why}
        return (await self._api.post("changes", _Change, **wanted)).change

    async def approve(
        self,
        change: str,
        *,
        digest: str = "",
        wait: float = 0.0,
        reason: str = "",
        attended: bool = True,
    ) -> Applied:
        if not attended:
            raise ToolRefused(
                f"{change} was not approved: there is nobody to ask here.",
                "Approve it in a browser, or in a terminal.",
            )
        shown, _ = await self.change(change)
        if not shown.digest.startswith(digest):
            raise UsageError(f"{shown.label} is not what was shown.", "Look at it again.")
        yes = {"digest": shown.digest, "wait": wait, "reason": reason}
        return await self._api.post(f"changes/{shown.id}/approve", Applied, **yes)

    async def deny(self, change: str, *, reason: str = "") -> ProposedChange:
        shown, _ = await self.change(change)
        path = f"changes/{shown.id}/deny"
        denied = await self._api.post(path, _Change, digest=shown.digest, reason=reason)
        return denied.change

    async def change(self, which: str) -> Decided:
        found = await self._api.get(f"changes/{quote(which, '')}", _Change)
        return found.change, found.approval

    async def changes(self, limit: int = 20) -> Sequence[Decided]:
        found = await self._api.get("changes", _Changes, limit=min(limit, MOST))
        return [(one.change, one.approval) for one in found.items]

    def _question(self, question: str, scope: Scope, terms: Terms) -> dict[str, Any]:
        """What goes over the wire. The context is the server's; nobody here chooses one."""
        if scope.context:
            raise UsageError(
                f"The gateway looks at {self.cluster}; {scope.context} cannot be chosen here.",
                "Leave the context out.",
            )
        return {
            "message": question,
            "namespaces": scope.namespaces,
            "selector": scope.selector,
            "since": scope.since,
            "model": terms.model or self._model,
            "agent": terms.agent,
            "tools": terms.tools,
            "dollars": terms.dollars,
            "tool_calls": terms.tool_calls,
            "tables": terms.tables,
        }


def _path(which: Investigation | str) -> str:
    name = which if isinstance(which, str) else str(which.id)
    return f"investigations/{quote(name, '')}"
