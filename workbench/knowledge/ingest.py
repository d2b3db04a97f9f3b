"""Documents taken in: only what is new or has changed, a batch at a time, each of them whole."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from uuid import UUID

import msgspec

from workbench.core.counted import counted
from workbench.core.knowledge import Document, Piece, Type
from workbench.core.redaction import redact_text
from workbench.errors import DocumentUnreadable
from workbench.knowledge.places import Place
from workbench.knowledge.reading import Read, read
from workbench.store.passages import Passages

FORMAT = "1"
"""Changes when the same bytes would be cut differently, so that they are taken in again."""
BATCH = 64
"""Documents that are kept at a time: what is lost when it is stopped."""


class Refused(msgspec.Struct, frozen=True):
    source: str
    why: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the documents. ``skipped``: files of a folder that are no documents."""

    added: int = 0
    unchanged: int = 0
    passages: int = 0
    skipped: int = 0
    refused: tuple[Refused, ...] = ()

    def told(self) -> str:
        """``3 documents in 41 passages taken in, 2 unchanged``; what was refused is for others."""
        told = [
            f"{counted(self.added, 'document')} in {counted(self.passages, 'passage')} taken in"
        ]
        told += [f"{self.unchanged:,} unchanged"] if self.unchanged else []
        told += [f"{counted(self.skipped, 'other file')} skipped"] if self.skipped else []
        return ", ".join(told)


class Loaded(msgspec.Struct, frozen=True):
    place: Place
    data: bytes
    sha256: str


async def ingest(
    shelf: Passages,
    found: Iterable[Place],
    *,
    owner: UUID | None,
    new_id: Callable[[], UUID],
    type: Type | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> Report:
    """Take the documents in for an owner (None: for everybody). Secrets are taken out first.

    type: what they are, instead of what they look like.
    done: told how many more documents were seen to.
    Stopped in the middle, the next run goes on where it stopped: what is kept is not read again.
    While a batch is kept by the database, the next one is read.
    """
    places, total = iter(found), Report()
    keeping: asyncio.Task[int] | None = None
    try:
        while batch := list(islice(places, BATCH)):
            made, so_far = await _read(shelf, batch, owner, type, new_id)
            if keeping:
                total = _sum(total, Report(passages=await keeping))
            keeping = asyncio.create_task(_keep(shelf, made, owner, partial(done, len(batch))))
            total = _sum(total, so_far)
    finally:
        if keeping:
            total = _sum(total, Report(passages=await keeping))
    if total.added:
        await shelf.settle(total.passages)
    return total


async def _read(
    shelf: Passages,
    batch: Sequence[Place],
    owner: UUID | None,
    type: Type | None,
    new_id: Callable[[], UUID],
) -> tuple[list[Document], Report]:
    """The documents of a batch that are new or have changed, and what became of the others."""
    loaded, refused = await asyncio.to_thread(_load, batch, type)
    known = await shelf.known([one.place.source for one in loaded], owner)
    fresh = [one for one in loaded if known.get(one.place.source) != one.sha256]
    made, damaged, foreign = await asyncio.to_thread(_documents, fresh, owner, type, new_id)
    return made, Report(
        added=len(made),
        unchanged=len(loaded) - len(fresh),
        skipped=foreign,
        refused=(*refused, *damaged),
    )


async def _keep(
    shelf: Passages, made: Sequence[Document], owner: UUID | None, kept: Callable[[], None]
) -> int:
    passages = await shelf.put(made, owner) if made else 0
    kept()
    return passages


def _sum(one: Report, other: Report) -> Report:
    return Report(
        added=one.added + other.added,
        unchanged=one.unchanged + other.unchanged,
        passages=one.passages + other.passages,
        skipped=one.skipped + other.skipped,
        refused=(*one.refused, *other.refused),
    )


def _load(batch: Sequence[Place], type: Type | None) -> tuple[list[Loaded], list[Refused]]:
    loaded: dict[str, Loaded] = {}
    refused = list[Refused]()
    for place in batch:
        try:
            data = place.load()
        except DocumentUnreadable as error:
            refused.append(Refused(place.source, str(error)))
            continue
        salt = f"{FORMAT} {type.value if type else ''} "
        sha256 = hashlib.sha256(salt.encode() + data).hexdigest()
        loaded[place.source] = Loaded(place, data, sha256)
    return list(loaded.values()), refused


def _documents(
    fresh: Sequence[Loaded], owner: UUID | None, type: Type | None, new_id: Callable[[], UUID]
) -> tuple[list[Document], list[Refused], int]:
    made, damaged, foreign = list[Document](), list[Refused](), 0
    for one in fresh:
        try:
            made.append(document(one, read(one.place.name, one.data), owner, type, new_id()))
        except DocumentUnreadable as error:
            if not one.place.named and one.place.name.endswith((".yaml", ".yml")):
                foreign += 1  # a folder of manifests: nobody meant them as alert rules
            else:
                damaged.append(Refused(one.place.source, str(error)))
    return made, damaged, foreign


def document(one: Loaded, said: Read, owner: UUID | None, type: Type | None, id: UUID) -> Document:
    """The document as it is kept: without secrets."""
    return Document(
        id=id,
        source=one.place.source,
        title=redact_text(said.title),
        type=type or said.type,
        pieces=tuple(
            Piece(text=redact_text(p.text), anchor=p.anchor, heading=redact_text(p.heading))
            for p in said.pieces
        ),
        sha256=one.sha256,
        at=one.place.at,
        owner=owner,
        namespace=said.namespace,
        codes=said.codes,
    )
