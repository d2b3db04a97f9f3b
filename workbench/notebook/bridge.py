"""The only bridge from a notebook's main thread to the asynchronous engine.

A cell already runs inside an event loop, where ``asyncio.run`` fails, and connections belong to the
loop that made them. So there is an engine thread with one loop, which opens the workbench at first
use and keeps it; the main thread submits work and waits. Interrupting the cell cancels the work.
"""

from __future__ import annotations

import asyncio
import atexit
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from workbench.errors import SettingsError

if TYPE_CHECKING:
    from workbench.core.engine import Engine
    from workbench.investigations.workbench import Workbench

T = TypeVar("T")

Opener = Callable[[str, str], "AbstractAsyncContextManager[Engine]"]
"""Opens the workbench for a kubeconfig context and a snapshot; either may be "" for what is set."""

CANCEL_SECONDS = 2.0
"""How long interrupted work may take to write its partial record and end."""

CLOSE_SECONDS = 10.0

# Waits are cut into pieces because a wait without a timeout cannot be interrupted on Windows.
_WAIT_SECONDS = 0.25


class Job(Generic[T]):
    """A task on the engine's loop, seen from another thread.

    It is made first and started later, so that whoever starts it can be interrupted at any moment
    and still has it at hand to cancel.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> None:
        self._loop = loop
        self._work = work
        self._ended = threading.Event()
        self._task: asyncio.Task[T] | None = None

    def start(self) -> None:
        self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._work)
        self._task.add_done_callback(lambda _: self._ended.set())

    def wait(self, seconds: float) -> bool:
        """Whether it ended in time."""
        return self._ended.wait(seconds)

    def result(self) -> T:
        """Wait for it to end; what it returned, or what it raised."""
        while not self.wait(_WAIT_SECONDS):
            pass
        return cast("asyncio.Task[T]", self._task).result()

    def cancel(self) -> None:
        """Ask it to stop. It has not stopped when this returns."""
        self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is None:
            self._work.close()
            self._ended.set()
        else:
            self._task.cancel()


def stopped(words: str) -> KeyboardInterrupt:
    """What ends an interrupted cell, in one line where IPython shows it."""
    error = KeyboardInterrupt(words)
    error._render_traceback_ = lambda: [words]  # type: ignore[attr-defined]
    return error


class Feed(Generic[T]):
    """Items from an asynchronous iterator on the engine's loop, in the order they came.

    Iterating starts it and yields an item, or None when nothing came for ``tick_seconds``, and
    raises at its end what the iterator raised.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        source: Callable[[], Coroutine[Any, Any, AsyncIterator[T]]],
        tick_seconds: float,
    ) -> None:
        self._tick_seconds = tick_seconds
        self._items: queue.SimpleQueue[tuple[T] | None] = queue.SimpleQueue()
        self._job = Job(loop, self._fill(source))

    def __iter__(self) -> Iterator[T | None]:
        self._job.start()
        while True:
            try:
                item = self._items.get(timeout=self._tick_seconds)
            except queue.Empty:
                yield None
                continue
            if item is None:
                break
            yield item[0]
        self._job.result()

    def stop(self, seconds: float = CANCEL_SECONDS) -> Iterator[T]:
        """Cancel the iterator and yield what it still has to say, for ``seconds`` at most."""
        self._job.cancel()
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                item = self._items.get(timeout=left)
            except queue.Empty:
                return
            if item is None:
                return
            yield item[0]

    async def _fill(self, source: Callable[[], Coroutine[Any, Any, AsyncIterator[T]]]) -> None:
        try:
            items = cast("Any", await source())
            async with aclosing(items):
                async for item in items:
                    self._items.put((item,))
        finally:
            self._items.put(None)


async def ahead(feed: Feed[T]) -> AsyncIterator[T | None]:
    """A feed for a loop that has other work meanwhile; who is cancelled calls ``Feed.stop``."""
    items: Iterator[T | Feed[T] | None] = iter(feed)
    while (item := await asyncio.to_thread(next, items, feed)) is not feed:
        yield cast("T | None", item)


class Bridge:
    """One loop thread that owns one workbench.

    Work is given as a function from the workbench to a coroutine (``run``) or to an asynchronous
    generator (``iterate``). The first of them opens the workbench; when that fails the error is
    raised there, and the next one tries again.
    """

    def __init__(self, opener: Callable[[], AbstractAsyncContextManager[Engine]]) -> None:
        self._opener = opener
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._engine = _Engine(opener)

    @property
    def is_open(self) -> bool:
        return self._engine.is_open

    def run(self, work: Callable[[Engine], Coroutine[Any, Any, T]]) -> T:
        """What the coroutine returns. KeyboardInterrupt cancels it, waits for it to end (two
        seconds at most) and is raised again."""

        async def opened() -> T:
            return await work(await self._engine.workbench())

        return self.alone(opened())

    def run_here(self, work: Callable[[Workbench], Coroutine[Any, Any, T]]) -> T:
        """``run`` for what needs the database itself. Raises SettingsError behind a gateway."""

        async def opened() -> T:
            return await work(_here(await self._engine.workbench()))

        return self.alone(opened())

    def alone(self, work: Coroutine[Any, Any, T]) -> T:
        """``run`` for work that needs no workbench."""
        job = Job(self._running_loop(), work)
        try:
            job.start()
            return job.result()
        except KeyboardInterrupt:
            job.cancel()
            job.wait(CANCEL_SECONDS)
            raise stopped("Stopped by you.") from None

    def iterate(
        self, work: Callable[[Engine], AsyncIterator[T]], tick_seconds: float = 0.5
    ) -> Feed[T]:
        """What the asynchronous generator yields, as it comes. Who is interrupted while reading
        it calls ``Feed.stop``."""

        async def opened() -> AsyncIterator[T]:
            return work(await self._engine.workbench())

        return Feed(self._running_loop(), opened, tick_seconds)

    def iterate_here(self, work: Callable[[Workbench], AsyncIterator[T]]) -> Feed[T]:
        """``iterate`` for what needs the database itself; reading it raises SettingsError behind a
        gateway."""
        return self.iterate(lambda engine: work(_here(engine)))

    def close(self) -> None:
        """Close the workbench and end the thread. Safe to call twice."""
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        closing = Job(loop, self._engine.close())
        closing.start()
        closing.wait(CLOSE_SECONDS)
        self._engine = _Engine(self._opener)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(CLOSE_SECONDS)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(self._loop,), name="workbench-engine", daemon=True
                )
                self._thread.start()
            return self._loop


class _Engine:
    """The open workbench. It is entered and left by one task, because the cancel scopes inside it
    must be left by the task that entered them."""

    def __init__(self, opener: Callable[[], AbstractAsyncContextManager[Engine]]) -> None:
        self._opener = opener
        self._task: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[Engine] | None = None
        self._leave = asyncio.Event()

    @property
    def is_open(self) -> bool:
        return bool(self._opened and self._opened.done() and self._task and not self._task.done())

    async def workbench(self) -> Engine:
        if self._task is None or self._opened is None or self._task.done():
            self._opened = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._hold(self._opened), name="workbench")
        task, opened = self._task, self._opened
        either: set[asyncio.Future[Any]] = {task, opened}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            task.result()  # raises why it could not be opened
        return await opened

    async def close(self) -> None:
        self._leave.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSE_SECONDS)

    async def _hold(self, opened: asyncio.Future[Engine]) -> None:
        async with self._opener() as workbench:
            opened.set_result(workbench)
            await self._leave.wait()


def _here(engine: Engine) -> Workbench:
    if not hasattr(engine, "store"):
        raise SettingsError(
            "Incidents, knowledge and sweeps are in the database, which is not opened here.",
            "Do it where the workbench runs, or unset WORKBENCH_GATEWAY.",
        )
    return cast("Workbench", engine)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(_end_all(loop))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


async def _end_all(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what still runs, and give it a moment to end."""
    left = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=CANCEL_SECONDS)


def _from_settings(context: str, snapshot: str) -> AbstractAsyncContextManager[Engine]:
    from workbench.bootstrap import open_engine
    from workbench.settings import load_settings

    return open_engine(load_settings(context=context or None, snapshot=snapshot or None))


_opener: Opener = _from_settings
_bridges: dict[tuple[str, str], Bridge] = {}


def shared(context: str = "", snapshot: str = "") -> Bridge:
    """The process's bridge to a kubeconfig context or a snapshot ("" for what is set); made at
    first use and closed at exit."""
    if not _bridges:
        atexit.register(close)
    key = context, snapshot
    if key not in _bridges:
        _bridges[key] = Bridge(partial(_opener, context, snapshot))
    return _bridges[key]


def use(opener: Opener) -> None:
    """Have engines open what ``opener`` returns for a context and a snapshot, closing those
    that are open."""
    global _opener
    close()
    _opener = opener


def close() -> None:
    """Close every bridge of the process."""
    atexit.unregister(close)
    while _bridges:
        _bridges.popitem()[1].close()
