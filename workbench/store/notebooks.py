"""Notebooks by content: runbooks that workers run, and what they leave."""

from __future__ import annotations

import asyncio

from workbench.errors import NotRecorded, StoreError
from workbench.store.payloads import joined, squeezed
from workbench.store.pool import Pool


class Notebooks:
    """Notebooks over a pool, named by the SHA-256 (hex) of their text. Their parts lie with the
    other large things (``payloads``)."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, text: str) -> str:
        """Store it, once per content; its name. Safe to repeat."""
        whole = await asyncio.to_thread(squeezed, "notebook", text)
        digest = bytes.fromhex(whole.sha256)
        if not await self._pool.fetchval("touch_notebook", digest):
            for number, part in enumerate(whole.parts):
                await self._pool.execute("keep_payload_part", digest, number, part)
            await self._pool.execute("keep_notebook", digest, whole.size, len(whole.parts))
        return whole.sha256

    async def read(self, sha256: str) -> str:
        """Raises NotRecorded when there is none of that name, StoreError when it is not what was
        stored."""
        digest = bytes.fromhex(sha256)
        if not await self._pool.fetchval("has_notebook", digest):
            raise NotRecorded(f"There is no notebook {sha256}.")
        parts = await self._pool.fetch("payload_parts", digest)
        raw = await asyncio.to_thread(joined, [part["body"] for part in parts], digest)
        if raw is None:
            raise StoreError(f"Notebook {sha256} is not what was stored.")
        return raw.decode()
