"""A person's past conversations as documents of theirs; never anybody else's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from workbench.core.knowledge import Document, Piece, Type
from workbench.store.passages import Passages


async def conversations(
    shelf: Passages, user: UUID, new_id: Callable[[], UUID]
) -> tuple[Document, ...]:
    """One document each; a piece for every question with what was answered."""
    made = []
    for id, rows in groupby(await shelf.said(user), key=itemgetter("id")):
        messages = list(rows)
        pieces, said = list[Piece](), list[str]()
        for number, message in enumerate(messages, 1):
            if message["role"] == "user" and said:
                pieces.append(Piece(text="\n\n".join(said), anchor=f"message-{number - 1}"))
                said = []
            said.append(f"{message['role']}: {message['content']}")
        pieces.append(Piece(text="\n\n".join(said), anchor=f"message-{len(messages)}"))
        text = "\0".join(p.text for p in pieces)
        made.append(
            Document(
                id=new_id(),
                source=f"conversation:{id}",
                title=messages[0]["title"] or "Conversation",
                type=Type.CONVERSATION,
                pieces=tuple(pieces),
                sha256=hashlib.sha256(text.encode()).hexdigest(),
                at=messages[0]["updated_at"],
                owner=user,
            )
        )
    return tuple(made)
