"""Results too large for their row: kept whole beside it, compressed and once per content.

The row keeps the beginning and the SHA-256 of the whole, which its hash chain covers; so a whole
that was changed, or is gone, shows.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import msgspec

from workbench.core.evidence import Ended, Intent
from workbench.errors import StoreError
from workbench.store.jsonb import storable_text, to_jsonb
from workbench.store.pool import Pool

ROW_BYTES = 2**20
"""How much of a text, and of a structured result, is kept in the row itself."""
SLICE_CHARACTERS = 2**20
PART_BYTES = 2**20
"""Of one write: a large result goes in many short ones, so that none outlasts its deadline."""
NAMED = "the whole has the SHA-256 "
STRUCTURED = "\n[structured result of "
LEVEL = 1
"""Of zlib: logs shrink to a tenth at 150 MB/s, and higher levels take far longer for little."""


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A text, ready to be stored. size: bytes in UTF-8. sha256: of it, hex."""

    kind: str
    size: int
    sha256: str
    parts: tuple[bytes, ...]


class Payloads:
    """What is kept beside the rows, over the record's pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, intent: Intent, ended: Ended) -> Ended:
        """Store what is too large for the row; the outcome as the row takes it.

        Safe to repeat. Raises StoreUnavailable when the database is away.
        """
        row, wholes = await asyncio.to_thread(_apart, ended)
        for whole in wholes:
            digest = bytes.fromhex(whole.sha256)
            if not await self._pool.fetchval("has_payload", digest):
                for number, part in enumerate(whole.parts):
                    await self._pool.execute("keep_payload_part", digest, number, part)
            await self._pool.execute(
                "use_payload", intent.id, intent.at, whole.kind, digest, whole.size,
                len(whole.parts),
            )  # fmt: skip
        return row

    async def of(self, audit: UUID) -> dict[str, bytes]:
        """The wholes of a row of the record by kind, ``text`` or ``data``; none for most rows.

        Raises StoreError when one is not what was stored.
        """
        found = {}
        for kind, digest in await self._pool.fetch("payloads_of", audit):
            parts = await self._pool.fetch("payload_parts", digest)
            raw = await asyncio.to_thread(joined, [part["body"] for part in parts], digest)
            if raw is None:
                raise StoreError(
                    "The whole of a recorded result is not what was recorded.",
                    "Run `workbench audit verify`.",
                )
            found[kind] = raw
        return found


def _apart(ended: Ended) -> tuple[Ended, tuple[Whole, ...]]:
    """The outcome with what fits a row, and the wholes of what does not."""
    text, data, wholes = storable_text(ended.text), ended.data, list[Whole]()
    if len(text) > ROW_BYTES // 4 and (size := _size(text)) > ROW_BYTES:
        wholes.append(whole := _whole("text", _slices(text)))
        kept = text[:ROW_BYTES].encode()[:ROW_BYTES].decode(errors="ignore")
        text = f"{kept}\n[{size:,} bytes in all, the first {ROW_BYTES:,} here; {_name(whole)}]"
    if data is not None:
        raw = _json(data)
        if len(raw) > ROW_BYTES:
            wholes.append(whole := _whole("data", (raw,)))
            text = f"{text}{STRUCTURED}{len(raw):,} bytes; {_name(whole)}]"
            data = None
    return msgspec.structs.replace(ended, text=text, data=data), tuple(wholes)


def squeezed(kind: str, text: str) -> Whole:
    """The text, ready to be stored."""
    return _whole(kind, _slices(text))


def _name(whole: Whole) -> str:
    return f"{NAMED}{whole.sha256}"


def _json(data: Any) -> bytes:
    try:
        return msgspec.json.encode(data, enc_hook=str)
    except UnicodeEncodeError:  # lone surrogates
        return to_jsonb(data).encode()


def _size(text: str) -> int:
    return len(text) if text.isascii() else sum(map(len, _slices(text)))


def _slices(text: str) -> Iterator[bytes]:
    """The text in UTF-8, a little at a time."""
    for start in range(0, len(text), SLICE_CHARACTERS):
        yield text[start : start + SLICE_CHARACTERS].encode()


def _whole(kind: str, slices: Iterable[bytes]) -> Whole:
    digest, squeezer, size = hashlib.sha256(), zlib.compressobj(LEVEL), 0
    parts, part = list[bytes](), bytearray()
    for one in slices:
        size += len(one)
        digest.update(one)
        part += squeezer.compress(one)
        while len(part) >= PART_BYTES:
            parts.append(bytes(part[:PART_BYTES]))
            del part[:PART_BYTES]
    part += squeezer.flush()
    return Whole(kind=kind, size=size, sha256=digest.hexdigest(), parts=(*parts, bytes(part)))


def joined(parts: Iterable[bytes], digest: bytes) -> bytes | None:
    """What was stored in those parts; None when they are not all there or not what they were."""
    expander, whole = zlib.decompressobj(), bytearray()
    try:
        for part in parts:
            whole += expander.decompress(part)
    except zlib.error:
        return None
    return bytes(whole) if hashlib.sha256(whole).digest() == digest else None
