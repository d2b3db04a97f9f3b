"""Connections to PostgreSQL that give up in time, and say what is wrong in one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
import msgspec

from workbench.errors import StoreError, StoreUnavailable
from workbench.store.connections import Closed, Connections
from workbench.store.jsonb import storable_text
from workbench.store.queries import sql
from workbench.store.sight import seeing

T = TypeVar("T")
Connection = asyncpg.Connection

CONNECT_SECONDS = 3.0
CLOSE_SECONDS = 3.0
QUERY_SECONDS = 30.0
RETRY_SECONDS = 0.05

SERVER_SETTINGS = {
    "application_name": "k8s-workbench",
    "timezone": "UTC",
    "synchronous_commit": "on",  # an acknowledged row must survive a crash, whatever the server's
    "jit": "off",  # our queries are short; compiling them costs more than running them
}

RECORD_SETTINGS = SERVER_SETTINGS | {"plan_cache_mode": "force_generic_plan"}
"""Planning a query on a partitioned table costs more than running it, and how the record is written
never varies. Elsewhere lists have filters, and a plan made once for all of them goes through every
row: of 390,000 calls the newest 50 took 600 ms instead of 1."""

# The connection is gone or was never there. Running the same thing again may work.
AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
)
# It answers, and cannot do it now or ever.
UNABLE = (
    Closed,
    asyncpg.ClientConfigurationError,
    asyncpg.DiskFullError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.OutOfMemoryError,
    asyncpg.QueryCanceledError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedFunctionError,
)


class PoolUse(msgspec.Struct, frozen=True):
    """Connections that are busy, and how many there may be."""

    busy: int
    most: int


class Pool:
    """A few connections for one purpose. Every method takes the name of a query (see queries) and
    its parameters; characters in texts that PostgreSQL cannot hold are replaced.

    seconds: longest a whole request may take, waiting for a connection included.
    owner: number under which this process is known to live while it is connected; 0 for none.
    walled: PostgreSQL keeps people's rows apart, and is told with each request who asks.
    """

    walled = False

    def __init__(self, connections: Connections, seconds: float, owner: int = 0) -> None:
        self._connections = connections
        self.seconds = seconds
        self.owner = owner

    @property
    def use(self) -> PoolUse:
        return PoolUse(self._connections.busy, self._connections.most)

    async def fetch(self, name: str, *args: Any) -> list[asyncpg.Record]:
        text = sql(name)
        given = _storable(args)
        return await self.run(lambda c: c.fetch(text, *given))

    async def fetchrow(self, name: str, *args: Any) -> asyncpg.Record | None:
        text = sql(name)
        given = _storable(args)
        return await self.run(lambda c: c.fetchrow(text, *given))

    async def fetchval(self, name: str, *args: Any) -> Any:
        text = sql(name)
        given = _storable(args)
        return await self.run(lambda c: c.fetchval(text, *given))

    async def execute(self, name: str, *args: Any) -> None:
        text = sql(name)
        given = _storable(args)
        await self.run(lambda c: c.execute(text, *given))

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run ``work`` with a connection, again on a fresh one when it turns out to be dead.

        ``work`` must be safe to repeat: an answer may be lost after the server has done it.
        Raises StoreUnavailable after ``seconds``, StoreError when PostgreSQL refuses.
        """
        why = ""
        try:
            async with asyncio.timeout(self.seconds):
                while True:
                    try:
                        async with self._borrowed() as connection:
                            return await self._told(connection, work)
                    except UNABLE:
                        raise
                    except AWAY as error:
                        why = reason(error)
                    await asyncio.sleep(RETRY_SECONDS)
        except TimeoutError as error:
            raise unavailable(why or f"no answer within {self.seconds:g} s") from error
        except UNABLE as error:
            raise unavailable(reason(error)) from error
        except asyncpg.PostgresError as error:
            raise StoreError(f"PostgreSQL refused: {reason(error)}.") from error

    async def _told(self, connection: Connection, work: Callable[[Connection], Awaitable[T]]) -> T:
        if not self.walled:
            return await work(connection)
        who = seeing()
        async with connection.transaction():
            await connection.execute(sql("see_as"), who.user, who.sight.value)
            return await work(connection)

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[Connection]:
        try:
            connection = await self._connections.borrow()
        except (ValueError, OverflowError) as error:  # a port that is no number, or too large a one
            raise unavailable(f"its address is not usable: {reason(error)}") from error
        try:
            yield connection
        except asyncio.CancelledError:
            # Asking politely would wait for a server that may never answer.
            connection.terminate()
            raise
        finally:
            self._connections.give_back(connection)

    async def close(self) -> None:
        """Close after the requests that are running, and without them after ``CLOSE_SECONDS``."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connections.close()
        except TimeoutError:
            self._connections.terminate()


@asynccontextmanager
async def open_pool(
    dsn: str, *, size: int, seconds: float, query_seconds: float = QUERY_SECONDS, owner: int = 0
) -> AsyncIterator[Pool]:
    """A pool of at most ``size`` connections, made when first needed.

    owner: a number of this process's own; every connection says that it is alive, so that one of
    them stays.
    """

    async def connect() -> Connection:
        connection = await asyncpg.connect(
            dsn,
            timeout=CONNECT_SECONDS,
            command_timeout=query_seconds,
            server_settings=RECORD_SETTINGS if owner else SERVER_SETTINGS,
        )
        if owner:
            await _own(connection, owner)
        return connection

    pool = Pool(Connections(connect, size, least=bool(owner)), seconds, owner)
    try:
        yield pool
    finally:
        await pool.close()


async def _own(connection: Connection, owner: int) -> None:
    try:
        await connection.execute(sql("own_calls"), owner)
    except BaseException:  # also when cancelled: nobody else would end it
        connection.terminate()
        raise


def _storable(args: Iterable[Any]) -> list[Any]:
    """What people and programs send may hold characters that PostgreSQL has not."""
    return [_one_storable(value) for value in args]


def _one_storable(value: Any) -> Any:
    match value:
        case str():
            return storable_text(value)
        case list() | tuple():
            return _storable(value)
        case _:
            return value


def reason(error: BaseException) -> str:
    """What went wrong, in one line."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")


def unavailable(why: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"The database cannot be used: {why}.",
        "Check that PostgreSQL runs and that DATABASE_URL is right.",
    )
