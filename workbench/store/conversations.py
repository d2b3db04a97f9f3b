"""Conversations and their messages."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from workbench.errors import NotRecorded
from workbench.store.jsonb import from_jsonb, storable_text, to_jsonb
from workbench.store.pool import Pool

MOST_WORDS = 10
"""Of a search; each is looked for in every message."""


class Role(Enum):
    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    TOOL = "tool"


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """``clusters``: those its questions were asked of, in the order of their names."""

    id: UUID
    user: UUID | None
    agent: UUID | None
    title: str
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    clusters: tuple[str, ...] = ()


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message. ``tool_calls`` are those the assistant asked for, as JSON."""

    id: UUID
    conversation: UUID
    role: Role
    content: str
    at: datetime
    tool_calls: tuple[dict[str, Any], ...] = ()
    metadata: dict[str, Any] = {}


class Conversations:
    """Conversations over a pool. Creating or adding again under the same id changes nothing."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(
        self,
        id: UUID,
        *,
        user: UUID | None = None,
        title: str = "",
        agent: UUID | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Conversation:
        values = (user, storable_text(title), agent, to_jsonb(metadata or {}))
        await self._pool.execute("create_conversation", id, *values)
        return await self.get(id)

    async def get(self, id: UUID, user: UUID | None = None) -> Conversation:
        """With ``user``, only one of that user's. Raises NotRecorded when there is none."""
        row = await self._pool.fetchrow("conversation", id, user)
        if row is None:
            raise unknown(id)
        return _conversation(row)

    async def list(
        self,
        user: UUID | None = None,
        limit: int = 50,
        after: UUID | None = None,
        words: str = "",
    ) -> tuple[Conversation, ...]:
        """The user's conversations (everybody's for None), last used first; those that follow
        ``after`` in that order, where given, and have each of the words in their title or in a
        message, in large or small letters."""
        wanted = storable_text(words).lower().split()[:MOST_WORDS]
        rows = await self._pool.fetch("conversations_of", user, limit, after, wanted)
        return tuple(_conversation(row) for row in rows)

    async def rename(self, id: UUID, title: str, user: UUID | None = None) -> None:
        """Raises NotRecorded when there is none (of that user's)."""
        if await self._pool.fetchval("rename_conversation", id, user, storable_text(title)) is None:
            raise unknown(id)

    async def delete(self, id: UUID, user: UUID | None = None) -> None:
        """Delete it with its messages; the record of its tool calls stays. Raises NotRecorded when
        there is none (of that user's)."""
        if await self._pool.fetchval("delete_conversation", id, user) is None:
            raise unknown(id)

    async def add_message(self, message: Message) -> None:
        """Raises StoreError when there is no such conversation."""
        await self._pool.execute(
            "add_message",
            message.id,
            message.conversation,
            message.role.value,
            storable_text(message.content),
            to_jsonb(message.tool_calls),
            to_jsonb(message.metadata),
            message.at,
        )

    async def answer(self, id: UUID, investigation: UUID, content: str, at: datetime) -> None:
        """Add what an investigation came to, in the conversation it belongs to, if any."""
        await self._pool.execute("add_answer", id, investigation, storable_text(content), at)

    async def messages(self, id: UUID) -> tuple[Message, ...]:
        """Oldest first; none when there is no such conversation."""
        return tuple(_message(row) for row in await self._pool.fetch("messages_of", id))


def unknown(id: UUID) -> NotRecorded:
    return NotRecorded(f"There is no conversation {id}.")


def _conversation(row: asyncpg.Record) -> Conversation:
    return Conversation(
        id=row["id"],
        user=row["user_id"],
        agent=row["agent_config_id"],
        title=row["title"],
        metadata=from_jsonb(row["metadata"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        clusters=tuple(row["clusters"]),
    )


def _message(row: asyncpg.Record) -> Message:
    return Message(
        id=row["id"],
        conversation=row["conversation_id"],
        role=Role(row["role"]),
        content=row["content"],
        at=row["created_at"],
        tool_calls=tuple(from_jsonb(row["tool_calls"])),
        metadata=from_jsonb(row["metadata"]),
    )
