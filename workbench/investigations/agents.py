"""Agents by name: those in the database, then those that ship."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING
from uuid import UUID

from workbench.agent.templates import templates
from workbench.agent.triage import DIAGNOSE
from workbench.core.agents import DEFAULT, AgentProfile, Colleague
from workbench.core.terms import TABLE_TOOL
from workbench.core.tools import Tools
from workbench.errors import NotRecorded, UsageError
from workbench.mcp.evidence import SPEC as EVIDENCE
from workbench.mcp.narrowed import Narrowed, names
from workbench.store.agent_configs import AgentConfig

if TYPE_CHECKING:
    from workbench.store.database import Store

ALWAYS = (DIAGNOSE, TABLE_TOOL, EVIDENCE.name)
"""Tools every agent has: the first look, what came with the question, and the record."""


async def profile(store: Store, name: str) -> AgentProfile:
    """The agent of that name; "" for the investigator. Raises UsageError."""
    if not name:
        return DEFAULT
    try:
        return await _configured(store, await store.agent_configs.get(name))
    except NotRecorded:
        pass
    if name in templates():
        return templates()[name]
    known = sorted({*templates(), *(a.name for a in await store.agent_configs.list())})
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
    raise UsageError(f"There is no agent {name!r}.", hint)


async def every(store: Store) -> tuple[AgentProfile, ...]:
    """All there are, by name; one in the database stands before one that ships."""
    own = {a.name: await _configured(store, a) for a in await store.agent_configs.list()}
    return tuple(agent for _, agent in sorted((templates() | own).items()))


def config(agent: AgentProfile, id: UUID) -> AgentConfig:
    """The agent as the database keeps it."""
    return AgentConfig(
        id=id,
        name=agent.name,
        description=agent.description,
        model=agent.model,
        system_prompt=agent.prompt,
        tools=agent.tools,
        temperature=agent.temperature,
        max_tokens=agent.max_tokens,
        metadata={"team": list(agent.team)} if agent.team else {},
    )


async def equipped(agent: AgentProfile, tools: Tools) -> Tools:
    """The tools enabled for the agent, of those there are. Raises UsageError when none is left."""
    if not agent.tools:
        return tools
    known = {name for spec in await tools.list() for name in names(spec)}
    there = [name for name in agent.tools if name.lstrip("+-") in known]
    if not there:
        raise UsageError(
            f"None of the tools enabled for agent {agent.name} is connected.",
            f"It may use {', '.join(agent.tools)}.",
        )
    return Narrowed(tools, there, always=ALWAYS)


async def team(store: Store, agent: AgentProfile, tools: Tools) -> Sequence[Colleague]:
    """The agents it may ask, each with its tools; those without any here are left out."""
    found = []
    for name in agent.team:
        other = await profile(store, name)
        try:
            found.append(Colleague(other, await equipped(other, tools)))
        except UsageError:  # its tool server is not connected
            continue
    return found


async def _configured(store: Store, config: AgentConfig) -> AgentProfile:
    servers = {s.id: s.server.name for s in await store.mcp_servers.list()}
    named = tuple(servers[id] for id in config.mcp_servers if id in servers)
    return AgentProfile(
        name=config.name,
        description=config.description,
        model=config.model,
        prompt=config.system_prompt,
        tools=(*named, *config.tools),
        team=tuple(map(str, config.metadata.get("team", ()))),
        temperature=config.temperature,
        max_tokens=config.max_tokens,
    )
