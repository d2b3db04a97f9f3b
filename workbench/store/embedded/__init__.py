"""A PostgreSQL 18 with pgvector that needs no installation, shared by every process of one user.

The first process that wants it starts it and the last one that leaves stops it. A process that is
killed counts as gone at once, since what makes it a user is a lock the kernel lets go of. When all
of them are killed the server runs on until the next one comes and goes.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from workbench.errors import StoreUnavailable
from workbench.store.embedded import binaries, server
from workbench.store.embedded.home import Home, settle
from workbench.store.embedded.initialise import DATABASE, ROLE
from workbench.store.embedded.locks import FileLock, exclusively, opened

log = logging.getLogger(__name__)

QUEUE_SECONDS = 150.0  # longer than a first start takes on a slow disk
WATCH_SECONDS = 0.5


@asynccontextmanager
async def embedded_postgres(data_dir: Path, account: str = "") -> AsyncIterator[str]:
    """Use the server of ``data_dir``, starting it if it does not run; yields its DSN.

    While inside, a server that dies is started again on the same port.
    account: for root only, the account to run the server as (see ``home``).
    Raises StoreUnavailable when it cannot be started here, with the reason.
    """
    user = await _join(data_dir, account)
    watch = asyncio.create_task(_keep_running(user))
    try:
        yield user.dsn
    finally:
        watch.cancel()
        await asyncio.wait([watch])
        await _leave(user)


async def _leave(user: ServerUser) -> None:
    try:
        await asyncio.shield(asyncio.to_thread(user.leave))
    except RuntimeError:  # the interpreter is ending and takes no more threads: nobody is kept up
        user.leave()


class ServerUser:
    """This process's use of the server in ``home``. Blocking."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.port = 0
        self.lock = FileLock(home.users_lock)
        self.pid = os.getpid()

    @classmethod
    def join(cls, data_dir: Path, account: str) -> ServerUser:
        """Start the server if need be and count as its user. Raises StoreUnavailable."""
        binaries.find()
        try:
            home = settle(data_dir, account)
            user = cls(home)
            try:
                user._enter()
            except BaseException:  # whatever ends it: the lock is not kept, and it goes on its way
                user.lock.close()
                raise
        except OSError as error:
            raise StoreUnavailable(
                f"The embedded database cannot be used in {data_dir}: {error}.",
                "Set another data_dir, or DATABASE_URL.",
            ) from error
        atexit.register(user.leave)
        return user

    def _enter(self) -> None:
        with exclusively(self.home.lock, QUEUE_SECONDS):
            self.lock.try_shared()  # free: whoever takes it alone holds home.lock, as we do
            self.port = server.start(self.home)

    def revive(self) -> None:
        """Start the server again if it has died. Raises StoreUnavailable."""
        with exclusively(self.home.lock, QUEUE_SECONDS):
            self.port = server.start(self.home)

    @property
    def dsn(self) -> str:
        password = self.home.password.read_text()
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    def leave(self) -> None:
        """Stop being a user; the last one stops the server."""
        atexit.unregister(self.leave)
        if os.getpid() != self.pid or self.lock.fd < 0:
            return  # a forked child, or left before
        with exclusively(self.home.lock, QUEUE_SECONDS):
            self.lock.close()
            with opened(self.home.users_lock) as everyone:
                if everyone.try_exclusive():
                    server.stop(self.home)


async def _join(data_dir: Path, account: str) -> ServerUser:
    joining = asyncio.ensure_future(asyncio.to_thread(ServerUser.join, data_dir, account))
    try:
        return await asyncio.shield(joining)
    except asyncio.CancelledError:
        with suppress(StoreUnavailable):
            user = await joining  # a thread cannot be cancelled: let it finish, then undo it
            await asyncio.to_thread(user.leave)
        raise


async def _keep_running(user: ServerUser) -> None:
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if server.running(user.home):
            continue
        try:
            await asyncio.to_thread(user.revive)
            log.warning("the embedded database had died and was started again")
        except (StoreUnavailable, OSError) as error:
            log.warning("the embedded database died and cannot be started: %s", error)
