"""A run beside the loop of a server or a worker, whose own SIGTERM stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from workbench.core.runbook import RunbookRun

T = TypeVar("T")

STOP_SECONDS = 12.0


async def apart(
    work: Callable[[Callable[[T], None]], Any], told: Callable[[T], None]
) -> RunbookRun:
    """The run on a loop in a thread of its own: on the main one it would take SIGTERM for itself,
    which is the server's. What it reports is told on this one. Cancelling it waits until the run
    has stopped."""
    here = asyncio.get_running_loop()
    begun: asyncio.Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]]
    begun = here.create_future()

    def report(something: T) -> None:
        here.call_soon_threadsafe(told, something)

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
