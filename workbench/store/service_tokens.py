"""Tokens that programs use the API with; only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from workbench.errors import Conflict, NotRecorded
from workbench.store.jsonb import storable_text
from workbench.store.pool import Pool

PREFIX = "wbt_"
"""What every token begins with, so that one that leaks is recognised."""


class ServiceToken(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a token. scopes: the parts of the API it may use, none for all its role may;
    used_at: by the minute."""

    id: UUID
    name: str
    role: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None


class ServiceTokens:
    """Service tokens over a pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(self, token: ServiceToken) -> str:
        """Keep it; the secret, never told again. Raises Conflict when the name is taken."""
        secret = PREFIX + secrets.token_urlsafe(32)
        kept = await self._pool.fetchval(
            "create_service_token", token.id, storable_text(token.name), token.role,
            list(token.scopes), digest(secret), storable_text(token.created_by), token.created_at,
            token.expires_at,
        )  # fmt: skip
        if kept is None:
            raise Conflict(f"There is a token {token.name} already.", "Names are used once.")
        return secret

    async def list(self) -> tuple[ServiceToken, ...]:
        """All of them, ended ones too, the newest first."""
        return tuple(_token(row) for row in await self._pool.fetch("service_tokens"))

    async def check(self, secret: str, now: datetime) -> ServiceToken | None:
        """Whose it is, or None when it is not good (any more)."""
        row = await self._pool.fetchrow("valid_service_token", digest(secret), now)
        if row is None:
            return None
        await self._pool.execute("mark_service_token", row["id"], now)
        return _token(row)

    async def revoke(self, name: str, now: datetime) -> None:
        """Raises NotRecorded when there is none that is not revoked."""
        if await self._pool.fetchval("revoke_service_token", storable_text(name), now) is None:
            raise NotRecorded(f"There is no token {name} to revoke.", "See `workbench token list`.")


def digest(secret: str) -> bytes:
    """SHA-256: a token has 256 random bits, so that nothing slower is needed."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def _token(row: asyncpg.Record) -> ServiceToken:
    return ServiceToken(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        scopes=tuple(row["scopes"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        used_at=row["used_at"],
    )
