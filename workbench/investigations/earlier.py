"""What was found before in a conversation, for a question that follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from workbench.agent.earlier import MOST, Earlier
from workbench.core.investigation import Investigation


class Kept(Protocol):
    """Where investigations are kept: see store/investigations.py."""

    async def of_conversation(
        self, conversation: UUID, limit: int
    ) -> tuple[Investigation, ...]: ...


async def earlier(kept: Kept, conversation: UUID | None) -> Sequence[Earlier]:
    """The newest concluded investigations of the conversation, oldest first."""
    if conversation is None:
        return ()
    return [
        Earlier(label=one.label, question=one.question, conclusion=one.conclusion)
        for one in await kept.of_conversation(conversation, MOST)
        if one.conclusion
    ]
