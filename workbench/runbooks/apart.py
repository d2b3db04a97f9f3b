"""A run beside the loop of a server or a worker, whose own SIGTERM stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.core.runbook import RunbookRun
    from workbench.runbooks.execution import Progress

STOP_SECONDS = 12.0


async def apart(
    work: Callable[[Callable[[Progress], None]], Any], told: Callable[[Progress], None]
) -> RunbookRun:
    """The run on a loop in a thread of its own: on the main one it would take SIGTERM for itself,
    which is the server's. Cancelling it waits until the run has stopped."""
    here = asyncio.get_running_loop()
    begun: asyncio.Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]]
    begun = here.create_future()

    def report(progress: Progress) -> None:
        here.call_soon_threadsafe(told, progress)

    async def inside() -> RunbookRun:
        known = (asyncio.get_running_loop(), asyncio.current_task())
        here.call_soon_threadsafe(begun.set_result, known)
        done: RunbookRun = await work(report)
        return done

    thread = asyncio.ensure_future(asyncio.to_thread(asyncio.run, inside()))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        loop, task = await begun
        if task is not None:
            loop.call_soon_threadsafe(task.cancel)
        await asyncio.wait({thread}, timeout=STOP_SECONDS)
        raise
