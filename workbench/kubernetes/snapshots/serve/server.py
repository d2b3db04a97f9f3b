"""Serve a snapshot on this machine: in the running loop, or as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.raw import RawSnapshot
from workbench.kubernetes.snapshots.serve.app import snapshot_app
from workbench.kubernetes.snapshots.serve.certificate import server_context
from workbench.kubernetes.snapshots.serve.guard import Guarded
from workbench.kubernetes.snapshots.serve.kubeconfig import remove_kubeconfig, write_kubeconfig

HOST = "127.0.0.1"
_LAST_WORDS = 1
"""Seconds that open requests (watches mostly) have left when serving ends."""


@contextlib.asynccontextmanager
async def served(
    raw: RawSnapshot,
    *,
    kubeconfig: Path,
    port: int = 0,
    fd: int | None = None,
    writable: bool = False,
) -> AsyncIterator[str]:
    """Serve the snapshot while the block runs; yields the server's address.

    kubeconfig: written when requests are accepted, removed at the end.
    port: to listen on, 0 for a free one. fd: an already listening loopback socket instead.
    writable: take writes, in memory.
    Raises OSError when the port is taken.
    """
    context, certificate = server_context()
    token = secrets.token_urlsafe(32)
    with listening(port, fd) as listener:
        address = f"https://{HOST}:{listener.getsockname()[1]}"
        server = _Server(_config(Guarded(snapshot_app(raw, writable=writable), token), context))
        write_kubeconfig(kubeconfig, raw.manifest.cluster, address, token, certificate)
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield address
        finally:
            remove_kubeconfig(kubeconfig, token)
            server.should_exit = True
            await task
            await _hang_up(server)


def serve_forever(
    snapshot: Path,
    kubeconfig: Path,
    *,
    port: int = 0,
    fd: int | None = None,
    logs: Path | None = None,
    until_eof: bool = False,
    writable: bool = False,
    on_ready: Callable[[], object] = lambda: None,
) -> None:
    """Serve until SIGINT or SIGTERM, or with ``until_eof`` until standard input ends.

    ``until_eof`` lets a parent that holds the other end take this process with it, however it
    dies. ``logs``: a folder of them instead of the snapshot's own. ``writable`` takes writes, in
    memory. ``on_ready`` is called once requests are accepted.
    Raises SnapshotError when there is nothing to serve, OSError when the port is taken.
    """
    raw = load(snapshot, logs)
    asyncio.run(_serve(raw, kubeconfig, port, fd, until_eof, writable, on_ready))


@contextlib.contextmanager
def listening(port: int = 0, fd: int | None = None) -> Iterator[socket.socket]:
    """A listening socket on the loopback address, made here or inherited."""
    if fd is not None:
        listener = socket.socket(fileno=fd)
    else:
        try:
            listener = socket.create_server((HOST, port), backlog=128)
        except OSError as error:
            raise OSError(error.errno, os.strerror(error.errno or 0), f"{HOST}:{port}") from error
    with listener:
        listener.setblocking(False)
        yield listener


async def _hang_up(server: uvicorn.Server) -> None:
    """End what clients keep open: one that does not answer TLS's goodbye would outlive the loop."""
    for connection in list(server.server_state.connections):
        transport = getattr(connection, "transport", None)
        if transport is not None:
            transport.abort()
    await asyncio.sleep(0)  # sockets are closed in the loop's next rounds
    await asyncio.sleep(0)


class _Server(uvicorn.Server):
    """uvicorn's server as a guest in the loop: signals are for the program to handle."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: ASGIApp, context: ssl.SSLContext) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ssl_context_factory=lambda _config, _default: context,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_LAST_WORDS,
    )


async def _serve(
    raw: RawSnapshot,
    kubeconfig: Path,
    port: int,
    fd: int | None,
    until_eof: bool,
    writable: bool,
    on_ready: Callable[[], object],
) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if until_eof:
        _at_eof(lambda: loop.call_soon_threadsafe(ended.set))
    async with served(raw, kubeconfig=kubeconfig, port=port, fd=fd, writable=writable):
        on_ready()
        await ended.wait()


def _at_eof(act: Callable[[], object]) -> None:
    """Call ``act`` from a thread once standard input ends, whatever kind of file it is."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        with contextlib.suppress(RuntimeError):  # the loop is gone already
            act()

    threading.Thread(target=wait, daemon=True).start()
