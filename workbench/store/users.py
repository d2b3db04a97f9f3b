"""People."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from workbench.errors import NotRecorded
from workbench.store.pool import Pool


class User(msgspec.Struct, frozen=True, kw_only=True):
    """``email`` is "" for a local user, who is known by name alone."""

    id: UUID
    name: str
    email: str
    created_at: datetime


class Users:
    """Users over a pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def ensure(self, id: UUID, name: str, email: str = "") -> User:
        """The user with that email, else of that name; created under ``id`` if need be."""
        if email:
            row = await self._pool.fetchrow("ensure_user_by_email", id, email, name)
        else:
            row = await self._pool.fetchrow("ensure_local_user", id, name)
        return _user(row)

    async def get(self, id: UUID) -> User:
        """Raises NotRecorded when there is none."""
        row = await self._pool.fetchrow("user_by_id", id)
        if row is None:
            raise NotRecorded(f"There is no user {id}.")
        return _user(row)


def _user(row: asyncpg.Record | None) -> User:
    assert row is not None  # noqa: S101  # an upsert always returns its row
    return User(
        id=row["id"], name=row["name"], email=row["email"] or "", created_at=row["created_at"]
    )
