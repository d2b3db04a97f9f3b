"""A question and all that belongs to it, written at once or not at all."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from workbench.core.cluster import Scope
from workbench.errors import Conflict
from workbench.store.conversations import Role
from workbench.store.investigations import unknown
from workbench.store.jsonb import storable_text, to_jsonb
from workbench.store.pool import Connection, Pool
from workbench.store.queries import sql


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """An investigation ``id`` of a ``user``'s question: the ``message`` in a ``conversation``,
    which is made where it is not there. ``holder`` works on it (see leases). All ids are made by
    the caller."""

    id: UUID
    question: str
    scope: Scope
    user: UUID
    at: datetime
    conversation: UUID
    message: UUID
    holder: UUID


class Beginnings:
    """Beginnings over a pool. ``owner``: see Leases."""

    def __init__(self, pool: Pool, owner: int = 0) -> None:
        self._pool = pool
        self._owner = owner

    async def begin(self, new: Beginning) -> None:
        """Make the investigation, with its message and its lease: of a process that ends in between
        there is nothing, and of one that ends right after it somebody says so. Safe to repeat.

        Raises Conflict when there is, or somebody makes, another one of that id, and NotRecorded
        when that is somebody else's.
        """

        async def write(connection: Connection) -> None:
            async with connection.transaction():
                await self._write(connection, new)

        await self._pool.run(write)

    async def _write(self, connection: Connection, new: Beginning) -> None:
        who = (new.id, new.holder)
        if await connection.fetchval(sql("is_begun_by"), *who):
            return  # the answer to that was lost
        taken = await connection.fetchval(sql("take_lease"), *who, self._owner)
        if not taken or await connection.fetchval(sql("investigation_exists"), new.id, new.user):
            raise Conflict(f"The question {new.id} was asked already.", "Follow it.")
        question, scope = storable_text(new.question), to_jsonb(new.scope)
        conversation = (new.conversation, new.user, question, None, to_jsonb({}))
        await connection.execute(sql("create_conversation"), *conversation)
        asked = (new.id, question, scope, new.user, new.conversation, new.at, False)
        await connection.execute(sql("create_investigation"), *asked)
        if not await connection.fetchval(sql("investigation_exists"), new.id, new.user):
            raise unknown(new.id)
        said = (Role.USER.value, question, to_jsonb(()), to_jsonb({}), new.at)
        await connection.execute(sql("add_message"), new.message, new.conversation, *said)
