"""What an investigation came to, said in the conversation that it belongs to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid5

from workbench.core.investigation import Concluded, Investigation

if TYPE_CHECKING:
    from workbench.store.database import Store


async def answer(store: Store, found: Investigation) -> None:
    """Say its last verdict, once however often this is done; nothing where it has none.

    Who is cancelled meanwhile is so after it was said. Raises StoreUnavailable.
    """
    saying = asyncio.ensure_future(_say(store, found))
    try:
        await asyncio.shield(saying)
    except asyncio.CancelledError:
        await saying
        raise


async def _say(store: Store, found: Investigation) -> None:
    ends = [(seq, step) for seq, step in enumerate(found.steps) if isinstance(step, Concluded)]
    for seq, step in ends[-1:]:
        message = uuid5(found.id, str(seq))
        await store.conversations.answer(message, found.id, step.conclusion.verdict, step.at)
