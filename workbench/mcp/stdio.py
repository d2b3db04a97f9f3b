"""The stdio transport: a server as a child process in a process group of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, SubprocessStreamProtocol
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from workbench.core.redaction import redact_text
from workbench.core.tools import McpServer
from workbench.mcp.channel import Oversized
from workbench.mcp.lines import CHUNK_BYTES, read_lines

PLACE = ("HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER")
TRUST = ("SSL_CERT_DIR", "SSL_CERT_FILE")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
INHERITED = frozenset(PLACE + TRUST + PROXIES)
"""Variables a server gets from us besides ``LC_*`` and its own ``env``: enough to run, to write
temporary files and to reach a cluster through a proxy. No credentials, no KUBECONFIG."""

STDERR_BYTES = 64 * 1024
EPITAPH_LINES = 5
EPITAPH_CHARACTERS = 1000
DRAIN_SECONDS = 0.5
"""After the process has ended, how long what it wrote may still be read. A grandchild that keeps
the pipes open must not keep the session alive."""
CLOSE_SECONDS = 1.0
"""Between closing stdin and SIGTERM (MCP specification 2025-11-25, lifecycle, shutdown)."""
TERM_SECONDS = 2.0
"""Between SIGTERM and SIGKILL."""


def server_environment(server: McpServer, ours: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a server process: the allow-list out of ``ours``, then its own."""
    inherited = {k: v for k, v in ours.items() if k in INHERITED or k.startswith("LC_")}
    return inherited | server.env


@asynccontextmanager
async def open_stdio(server: McpServer, max_bytes: int) -> AsyncIterator[StdioChannel]:
    """Start the server and yield its pipes; on exit it and its children are gone.

    Raises OSError when the command cannot be started.
    """
    loop = asyncio.get_running_loop()
    transport, pipes = await loop.subprocess_exec(
        lambda: _Pipes(limit=CHUNK_BYTES, loop=loop),
        server.command,
        *server.args,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
        env=server_environment(server, os.environ),
    )
    channel = StdioChannel(transport, pipes, max_bytes)
    try:
        yield channel
    finally:
        await channel.close()


class _Pipes(SubprocessStreamProtocol):
    """asyncio's own pipes, plus the moment of exit: ``Process.wait`` also waits for the pipes,
    which a grandchild may hold open."""

    process: asyncio.BaseTransport

    def __init__(self, limit: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=limit, loop=loop)
        self.loop = loop
        self.exited = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.process = transport

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()
        self.loop.call_later(DRAIN_SECONDS, self.process.close)


class StdioChannel:
    """A running server process as a Channel. ``stderr`` is the newest of what it wrote there."""

    def __init__(
        self, transport: asyncio.SubprocessTransport, pipes: _Pipes, max_bytes: int
    ) -> None:
        self._transport = transport
        self._pipes = pipes
        self._max_bytes = max_bytes
        self.stderr = bytearray()
        self._listener = asyncio.create_task(self._keep_stderr())

    @property
    def pid(self) -> int:
        return self._transport.get_pid()

    async def messages(self) -> AsyncIterator[bytes | bytearray | Oversized]:
        assert self._pipes.stdout is not None  # noqa: S101 - opened with PIPE
        with suppress(OSError):  # the pipe broke: the same as its end
            async for line in read_lines(self._pipes.stdout, self._max_bytes):
                yield line

    def post(self, message: bytes) -> bool:
        assert self._pipes.stdin is not None  # noqa: S101 - opened with PIPE
        pipe = self._pipes.stdin.transport
        if pipe.is_closing() or pipe.get_write_buffer_size():
            return False
        pipe.write(message + b"\n")
        return True

    async def send(self, message: bytes) -> None:
        assert self._pipes.stdin is not None  # noqa: S101 - opened with PIPE
        self._pipes.stdin.write(message + b"\n")
        await self._pipes.stdin.drain()

    def epitaph(self) -> str:
        lines = self.stderr.decode(errors="replace").split("\n")
        said = " | ".join([line.strip() for line in lines if line.strip()][-EPITAPH_LINES:])
        said = redact_text(said)[-EPITAPH_CHARACTERS:]
        return "; ".join(filter(None, [self._exit_words(), f"stderr: {said}" if said else ""]))

    async def close(self) -> None:
        """End the process, politely first: stdin closed, SIGTERM, SIGKILL to its whole group."""
        if self._pipes.stdin is not None:
            self._pipes.stdin.close()
        if not await self._exits_within(CLOSE_SECONDS):
            self._signal_group(signal.SIGTERM)
            if not await self._exits_within(TERM_SECONDS):
                self._signal_group(signal.SIGKILL)
                await self._exits_within(TERM_SECONDS)
        self._signal_group(signal.SIGKILL)  # children that outlived their parent
        await asyncio.wait({self._listener}, timeout=DRAIN_SECONDS)
        self._listener.cancel()
        self._transport.close()
        await asyncio.sleep(0)  # lets the transport's own callbacks run before the loop may close

    async def _exits_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._pipes.exited.wait(), seconds)
        return self._pipes.exited.is_set()

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _exit_words(self) -> str:
        code = self._transport.get_returncode()
        if code is None:
            return ""
        return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    async def _keep_stderr(self) -> None:
        assert self._pipes.stderr is not None  # noqa: S101 - opened with PIPE
        with suppress(OSError):
            while chunk := await self._pipes.stderr.read(CHUNK_BYTES):
                self.stderr += chunk
                del self.stderr[:-STDERR_BYTES]
