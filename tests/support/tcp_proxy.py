"""A TCP proxy on loopback that misbehaves on demand, for PostgreSQL, HTTP or anything else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from urllib.parse import urlsplit, urlunsplit

CHUNK = 64 * 1024


class Fault(Enum):
    """What happens to bytes. All but PASS and STALL end the connection they hit."""

    PASS = "pass"
    REFUSE = "refuse"  # connections are closed as soon as they are made
    RESET = "reset"  # whatever is sent next, either way, ends the connection
    LOSE_REPLY = "lose reply"  # what is asked arrives, what is answered does not
    HALF_REPLY = "half reply"  # the answer breaks off in the middle
    STALL = "stall"  # nothing moves, and nobody is told


class TcpProxy:
    """Passes bytes between its clients and one address until ``fault`` says otherwise.

    struck: how often a fault hit a connection.
    """

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._released = asyncio.Event()
        self._released.set()
        self.fault = Fault.PASS
        self.struck = 0
        self.port = 0

    def set(self, fault: Fault) -> None:
        """From now on, for open connections too."""
        self.fault = fault
        if fault is Fault.STALL:
            self._released.clear()
        else:
            self._released.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault is Fault.REFUSE:
            self._strike(writer)
            return
        try:
            upstream_reader, upstream = await asyncio.open_connection(*self._to)
        except OSError:
            self._abort(writer)
            return
        for one in (writer, upstream):
            self._writers.add(one)
        for work in (
            self._asks(reader, upstream, writer),
            self._answers(upstream_reader, writer, upstream),
        ):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _asks(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._released.wait()
                if self.fault is Fault.RESET:
                    self._strike(to, back)
                    return
                to.write(data)
                await to.drain()
        self._abort(to)

    async def _answers(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._released.wait()
                if self.fault in (Fault.LOSE_REPLY, Fault.RESET, Fault.HALF_REPLY):
                    if self.fault is Fault.HALF_REPLY:
                        to.write(data[: len(data) // 2])
                        await to.drain()
                    self._strike(to, back)
                    return
                to.write(data)
                await to.drain()
        self._abort(to)

    def _strike(self, *writers: asyncio.StreamWriter) -> None:
        self.struck += 1
        for writer in writers:
            self._abort(writer)

    def _abort(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.close()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in tuple(self._writers):
            self._abort(writer)


@asynccontextmanager
async def proxied(address: str) -> AsyncIterator[tuple[str, TcpProxy]]:
    """The same URL (a DSN, an http address) through a proxy, and the proxy."""
    parts = urlsplit(address)
    assert parts.hostname
    assert parts.port
    proxy = TcpProxy(parts.hostname, parts.port)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = listener.sockets[0].getsockname()[1]
    credentials = parts.netloc.rpartition("@")[0]
    host = f"{credentials}@127.0.0.1:{proxy.port}" if credentials else f"127.0.0.1:{proxy.port}"
    try:
        yield urlunsplit(parts._replace(netloc=host)), proxy
    finally:
        listener.close()
        await proxy.close()
