"""Several pieces of work side by side, within a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


async def together(works: Iterable[Coroutine[Any, Any, None]], at_once: int) -> None:
    """Do all of it, at most ``at_once`` at a time. The first error stops the rest and is raised."""
    bound = asyncio.Semaphore(at_once)

    async def one(work: Coroutine[Any, Any, None]) -> None:
        async with bound:
            await work

    waiting = list(works)
    try:
        async with asyncio.TaskGroup() as group:
            for work in waiting:
                group.create_task(one(work))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        for work in waiting:  # those that never began
            work.close()
