"""Configured agents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from workbench.errors import NotRecorded
from workbench.store.jsonb import from_jsonb, storable_text, to_jsonb
from workbench.store.pool import Pool


class AgentConfig(msgspec.Struct, frozen=True, kw_only=True):
    """An agent with a name.

    model: ``provider:model``, "" for the default one.
    tools: names of the tools it may use; none means all of its servers' tools.
    temperature, max_tokens: None for the model's own.
    """

    id: UUID
    name: str
    description: str = ""
    model: str = ""
    system_prompt: str = ""
    mcp_servers: tuple[UUID, ...] = ()
    tools: tuple[str, ...] = ()
    temperature: float | None = None
    max_tokens: int | None = None
    metadata: dict[str, Any] = {}


class AgentConfigs:
    """Agents over a pool, by name."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def save(self, agent: AgentConfig) -> AgentConfig:
        """Create it, or change the one of that name (which keeps its id)."""
        row = await self._pool.fetchrow("save_agent_config", *_columns(agent))
        assert row is not None  # noqa: S101  # an upsert always returns its row
        return _agent(row)

    async def get(self, name: str) -> AgentConfig:
        """Raises NotRecorded when there is none."""
        row = await self._pool.fetchrow("agent_config", name)
        if row is None:
            raise unknown(name)
        return _agent(row)

    async def list(self) -> tuple[AgentConfig, ...]:
        """All of them, by name."""
        return tuple(_agent(row) for row in await self._pool.fetch("agent_configs"))

    async def delete(self, name: str) -> None:
        """Raises NotRecorded when there is none."""
        if await self._pool.fetchval("delete_agent_config", name) is None:
            raise unknown(name)


def unknown(name: str) -> NotRecorded:
    return NotRecorded(f"There is no agent named {name}.")


def _columns(agent: AgentConfig) -> tuple[Any, ...]:
    return (
        agent.id,
        agent.name,
        agent.description,
        agent.model,
        storable_text(agent.system_prompt),
        list(agent.mcp_servers),
        list(agent.tools),
        agent.temperature,
        agent.max_tokens,
        to_jsonb(agent.metadata),
    )


def _agent(row: asyncpg.Record) -> AgentConfig:
    return AgentConfig(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        model=row["model"],
        system_prompt=row["system_prompt"],
        mcp_servers=tuple(row["mcp_server_ids"]),
        tools=tuple(row["tools_enabled"]),
        temperature=row["temperature"],
        max_tokens=row["max_tokens"],
        metadata=from_jsonb(row["metadata"]),
    )
