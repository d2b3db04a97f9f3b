"""Registered MCP servers, and what was last seen of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from workbench.core.tools import McpServer, OAuthClient, Transport
from workbench.errors import NotRecorded
from workbench.store.jsonb import from_jsonb, to_jsonb
from workbench.store.pool import Pool


class RegisteredServer(msgspec.Struct, frozen=True, kw_only=True):
    """``tools`` are the definitions it last offered, ``status`` how it last was."""

    id: UUID
    server: McpServer
    status: str
    tools: tuple[dict[str, Any], ...]
    created_at: datetime
    updated_at: datetime


class McpServers:
    """MCP servers over a pool, by name.

    ``env``, ``headers`` and ``oauth`` are kept as they are given: name secrets there
    (``${TOKEN}``), do not put them there.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def save(self, id: UUID, server: McpServer) -> RegisteredServer:
        """Register it under ``id``, or change the one of that name (which keeps its id)."""
        row = await self._pool.fetchrow("save_mcp_server", id, *_columns(server))
        assert row is not None  # noqa: S101  # an upsert always returns its row
        return _registered(row)

    async def get(self, name: str) -> RegisteredServer:
        """Raises NotRecorded when there is none."""
        row = await self._pool.fetchrow("mcp_server", name)
        if row is None:
            raise unknown(name)
        return _registered(row)

    async def list(self) -> tuple[RegisteredServer, ...]:
        """All of them, by name."""
        return tuple(_registered(row) for row in await self._pool.fetch("mcp_servers"))

    async def set_status(self, name: str, status: str, tools: tuple[dict[str, Any], ...]) -> None:
        """Raises NotRecorded when there is none."""
        args = (name, status, to_jsonb(tools))
        if await self._pool.fetchval("set_mcp_server_status", *args) is None:
            raise unknown(name)

    async def delete(self, name: str) -> None:
        """Raises NotRecorded when there is none."""
        if await self._pool.fetchval("delete_mcp_server", name) is None:
            raise unknown(name)


def unknown(name: str) -> NotRecorded:
    return NotRecorded(f"There is no tool server {name}.", "See `workbench mcp list`.")


def _columns(server: McpServer) -> tuple[Any, ...]:
    return (
        server.name,
        server.description,
        server.transport.value,
        server.command,
        list(server.args),
        to_jsonb(server.env),
        server.url,
        server.enabled,
        server.start_seconds,
        server.call_seconds,
        to_jsonb(server.headers),
        None if server.oauth is None else to_jsonb(server.oauth),
        server.prefix,
    )


def _registered(row: asyncpg.Record) -> RegisteredServer:
    server = McpServer(
        name=row["name"],
        transport=Transport(row["type"]),
        description=row["description"],
        command=row["command"],
        args=tuple(row["args"]),
        env=from_jsonb(row["env"]),
        url=row["url"],
        enabled=row["enabled"],
        start_seconds=row["start_seconds"],
        call_seconds=row["call_seconds"],
        headers=from_jsonb(row["headers"]),
        oauth=None if row["oauth"] is None else _oauth(row["oauth"]),
        prefix=row["prefix"],
    )
    return RegisteredServer(
        id=row["id"],
        server=server,
        status=row["status"],
        tools=tuple(from_jsonb(row["available_tools"])),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _oauth(stored: str) -> OAuthClient:
    return msgspec.convert(from_jsonb(stored), OAuthClient)
