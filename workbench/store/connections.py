"""Connections to PostgreSQL held at hand and lent to one borrower at a time.

asyncpg's own pool resets a connection and starts a task for every borrower, which costs more than
what it is borrowed for: our queries are short and leave no session state behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

IDLE_SECONDS = 300.0
"""How long a connection that nobody needs is kept."""


class Closed(asyncpg.InterfaceError):
    """There are none any more, and never will be."""


class Connections:
    """At most ``most`` of them, made by ``connect`` when first needed. The one that came back last
    is lent first; those that ended meanwhile are not lent again.

    least: how many idle ones are kept however long nobody needs them.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        most: int,
        least: int = 0,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.most = most
        self._least = least
        self._idle_seconds = idle_seconds
        self._connect = connect
        self._room = asyncio.Semaphore(most)
        self._idle: list[tuple[asyncpg.Connection, float]] = []
        self._lent: set[asyncpg.Connection] = set()
        self._closed = False
        self._pruning: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> int:
        return len(self._lent)

    async def borrow(self) -> asyncpg.Connection:
        """A connection, once there is one. Raises what connecting raises, and Closed."""
        await self._room.acquire()
        if self._closed:
            self._room.release()
            raise Closed("its connections were closed")
        connection = self._at_hand() or await self._made()
        self._lent.add(connection)
        return connection

    async def _made(self) -> asyncpg.Connection:
        """A new one. Where nobody waits for it any more, the next one has it: to break it off would
        be to begin again, and asyncpg 0.32 leaves a future behind that nobody awaits."""
        making = asyncio.create_task(_awaited(self._connect))
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(self._keep)
            raise
        except BaseException:  # whatever connecting raises: the room is the next one's
            self._room.release()
            raise

    def _keep(self, made: asyncio.Task[asyncpg.Connection]) -> None:
        if made.cancelled() or made.exception() is not None:
            self._room.release()
        else:
            self.give_back(made.result())

    def give_back(self, connection: asyncpg.Connection) -> None:
        """Let the next one have it; one that is amid a transaction is ended."""
        self._lent.discard(connection)
        self._room.release()
        if connection.is_closed():
            return
        if self._closed or connection.is_in_transaction():
            connection.terminate()
            return
        self._idle.append((connection, _now()))
        self._prune_later()

    async def close(self) -> None:
        """End those that are idle now, and the others when they come back. Lends none any more."""
        self._closed = True
        if self._pruning:
            self._pruning.cancel()
        while self._idle:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._idle.pop()[0].close()
        for _ in range(self.most):
            await self._room.acquire()
        for _ in range(self.most):
            self._room.release()

    def terminate(self) -> None:
        """End all of them now, whatever they are doing."""
        self._closed = True
        for connection in (*self._lent, *(one for one, _ in self._idle)):
            connection.terminate()
        self._idle.clear()

    def _at_hand(self) -> asyncpg.Connection | None:
        while self._idle:
            connection, _ = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    def _prune_later(self) -> None:
        if self._pruning is None and len(self._idle) > self._least:
            loop = asyncio.get_running_loop()
            self._pruning = loop.call_later(self._idle_seconds, self._prune)

    def _prune(self) -> None:
        """End those that were idle for long; the one that came back first stands first."""
        self._pruning = None
        while len(self._idle) > self._least and _now() - self._idle[0][1] >= self._idle_seconds:
            self._idle.pop(0)[0].terminate()
        self._prune_later()


async def _awaited(connect: Callable[[], Awaitable[asyncpg.Connection]]) -> asyncpg.Connection:
    return await connect()


def _now() -> float:
    return asyncio.get_running_loop().time()
