"""One server: started when first needed, noticed when it dies, started again on the next call."""

from __future__ import annotations

import asyncio
import importlib
import shutil
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.core.tools import McpServer, ToolResult
from workbench.errors import OutcomeUnknown, SettingsError, ToolError, ToolServerDown, ToolTimeout
from workbench.mcp.channel import MAX_MESSAGE_BYTES, Channel, Streams, open_channel
from workbench.mcp.offer import NeverAsked, OfferedTool, SessionLost

if TYPE_CHECKING:
    from types import ModuleType

    from workbench.mcp.session import Session

R = TypeVar("R")

PING_SECONDS = 2.0
"""How long a server that let a call time out may take to show that it is there at all."""
EPITAPH_SECONDS = 1.0
"""How long to wait for a lost server's exit code before reporting the loss without it."""


class State(Enum):
    """Where a connection is. ``IDLE`` was not asked for yet; ``DISABLED`` may not be."""

    DISABLED = "disabled"
    IDLE = "idle"
    STARTING = "starting"
    UP = "up"
    DOWN = "down"


class Connection:
    """Calls to one server from any task of one event loop.

    tools_known: the last tool list seen, kept while the server is down.
    implementation: what the server last called itself.
    last_seconds: how long its last answer took.
    """

    def __init__(self, server: McpServer, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self.server = server
        self.tools_known: tuple[OfferedTool, ...] = ()
        self.last_error = ""
        self.last_seconds: float | None = None
        self._max_bytes = max_bytes
        self._life: _Life | None = None
        self._tools_current = False
        self.implementation = ""
        self._closed = False
        self._listing = asyncio.Lock()

    @property
    def state(self) -> State:
        life = self._life
        if life is None:
            return State.IDLE
        if life.over:
            return State.DOWN
        return State.UP if life.ready.done() else State.STARTING

    @property
    def garbage(self) -> int:
        """Messages of the running server that were not MCP and were ignored."""
        return self._life.garbage if self._life else 0

    @property
    def tools_current(self) -> bool:
        """Whether ``tools_known`` is what the running server offers now."""
        return self._tools_current and self.state is State.UP

    async def tools(self) -> tuple[OfferedTool, ...]:
        """What the server offers, asked once per life and again when it says it changed.

        Raises ToolServerDown when it cannot be started, ToolError when it does not say.
        """
        async with self._listing:
            return await _twice(self._tools_once)

    async def call(
        self,
        name: str,
        arguments: dict[str, Any],
        *,
        read_only: bool,
        meta: dict[str, Any] | None = None,
    ) -> ToolResult:
        """Run a tool, within ``call_seconds`` after the server has started. ``meta`` goes beside
        the arguments.

        A call whose answer was lost is made once more when it only reads. Otherwise it raises
        OutcomeUnknown and is never sent again.
        """

        async def once() -> ToolResult:
            return await self._asked(f"run {name}", lambda s, t: s.call(name, arguments, t, meta))

        return await _twice(once) if read_only else await once()

    async def ping(self) -> float:
        """Seconds the server takes to answer. Raises ToolServerDown or ToolTimeout."""
        await self._asked("answer", lambda session, seconds: session.ping(seconds))
        return self.last_seconds or 0.0

    async def stop(self) -> None:
        """Stop the server and wait until it is gone; the next call starts it again."""
        if self._life is not None:
            await self._life.end()

    async def close(self) -> None:
        """Stop the server for good and wait until it is gone."""
        self._closed = True
        await self.stop()

    def forget_tools(self) -> None:
        """Ask for the tools again when they are needed next."""
        self._tools_current = False

    def _alive(self) -> _Life:
        if self._closed:
            raise ToolServerDown(f"Tool server {self.server.name} was stopped.", "Open it again.")
        if self._life is None or self._life.over:
            self._tools_current = False
            self._life = _Life(self.server, self._max_bytes, self.forget_tools)
        return self._life

    async def _session(self, life: _Life) -> Session:
        try:
            # Shielded: one caller giving up must not take the server from the others.
            session = await asyncio.shield(life.ready)
        except ToolServerDown as error:
            self.last_error = error.message
            raise ToolServerDown(error.message, error.hint) from error
        self.implementation = session.implementation
        return session

    async def _tools_once(self) -> tuple[OfferedTool, ...]:
        life = self._alive()
        session = await self._session(life)
        if not self._tools_current:
            self._tools_current = True  # before asking: a change while it answers counts
            try:
                self.tools_known = await session.tools(self.server.call_seconds)
            except (SessionLost, ToolError) as error:
                self._tools_current = False
                raise await self._down(life, "list its tools", error) from error
        return self.tools_known

    async def _asked(
        self, what: str, ask: Callable[[Session, float], Awaitable[R]], tries: int = 2
    ) -> R:
        """What it answers; tried once more when the server was gone before it was asked."""
        life = self._alive()
        session = await self._session(life)
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            return await ask(session, self.server.call_seconds)
        except NeverAsked as gone:
            if tries > 1:
                return await self._asked(what, ask, tries - 1)
            self.last_error = f"Tool server {self.server.name} is not there ({gone.why})."
            raise ToolServerDown(self.last_error, _by_hand(self.server)) from gone
        except SessionLost as lost:
            raise await self._down(life, what, lost) from lost
        except ToolTimeout as error:
            self.last_error = error.message
            life.doubt(session)
            raise
        finally:
            self.last_seconds = clock() - began

    async def _down(self, life: _Life, what: str, error: SessionLost | ToolError) -> ToolError:
        """The error to report; for a lost session with what is known about the end."""
        if isinstance(error, ToolError):
            self.last_error = error.message
            return error
        why = error.why or await life.epitaph()
        message = f"Tool server {self.server.name} went away while asked to {what} ({why})."
        self.last_error = message
        hint = "Look at the object before doing it again; the server is started on the next call."
        return OutcomeUnknown(message, hint)


async def _twice(read: Callable[[], Awaitable[R]]) -> R:
    """A read, and once more when the server went away under it: reading changes nothing."""
    try:
        return await read()
    except OutcomeUnknown:
        pass  # the server is started again below
    try:
        return await read()
    except OutcomeUnknown as error:
        raise ToolServerDown(error.message, "It failed twice; ask something else.") from error


class _Life:
    """One run of a server, from start to end, owned by one task.

    The SDK's cancel scopes must be left in the task that entered them, so the task holds the
    session open and callers only borrow it through ``ready``.
    """

    def __init__(
        self, server: McpServer, max_bytes: int, on_tools_changed: Callable[[], None]
    ) -> None:
        self.ready: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self.ready.add_done_callback(lambda f: f.cancelled() or f.exception())
        self._server = server
        self._max_bytes = max_bytes
        self._on_tools_changed = on_tools_changed
        self._stop = asyncio.Event()
        self._session: Session | None = None
        self._epitaph = ""
        self._doubts: asyncio.Task[None] | None = None
        self._task = asyncio.create_task(self._run(), name=f"mcp {server.name}")

    @property
    def over(self) -> bool:
        """Nobody will answer any more, although the process may still be on its way out."""
        lost = self._session is not None and self._session.lost.is_set()
        return lost or self._stop.is_set() or self._task.done()

    @property
    def garbage(self) -> int:
        return self._session.garbage if self._session else 0

    async def end(self) -> None:
        self._stop.set()
        if self._doubts is not None:
            self._doubts.cancel()
        await asyncio.wait({self._task})

    def doubt(self, session: Session) -> None:
        """After a call without an answer: a server that does not even answer a ping is ended."""
        if self._doubts is None or self._doubts.done():
            self._doubts = asyncio.create_task(self._prove(session))

    async def _prove(self, session: Session) -> None:
        try:
            await session.ping(PING_SECONDS)
        except (SessionLost, ToolTimeout):
            self._stop.set()

    async def epitaph(self) -> str:
        await asyncio.wait({self._task}, timeout=EPITAPH_SECONDS)
        return self._epitaph or "it closed its output"

    async def _run(self) -> None:
        channel: Channel | Streams | None = None
        try:
            async with (
                asyncio.timeout(self._server.start_seconds) as limit,
                open_channel(self._server, self._max_bytes) as channel,
            ):
                # The server boots while we import.
                protocol = await asyncio.to_thread(_protocol)
                await self._converse(protocol, channel, limit)
        except TimeoutError:
            self._fail(f"did not start within {self._server.start_seconds:g} s", channel)
        except SettingsError as error:
            self._fail(f"cannot be {_reached(self._server)}: {error.message}", channel)
        except (OSError, ValueError) as error:
            self._fail(f"cannot be {_reached(self._server)}: {_why(self._server, error)}", channel)
        except SessionLost:
            self._fail("ended before it was ready", channel)
        except ToolError as error:
            self._fail(f"cannot be used: {error.message}", channel)
        except ExceptionGroup as group:  # the SDK's task groups wrap what broke in them
            self._fail(f"cannot be used: {_innermost(group)}", channel)
        finally:
            self._epitaph = channel.epitaph() if channel else self._epitaph
            self._fail("was stopped", channel)

    async def _converse(
        self, protocol: ModuleType, channel: Channel | Streams, limit: asyncio.Timeout
    ) -> None:
        name, changed = self._server.name, self._on_tools_changed
        async with protocol.speaking(channel, name, changed) as self._session:
            problem = await self._serve(limit)
        if problem is not None:  # raised out here: the SDK's task group would wrap it in a group
            raise problem

    async def _serve(self, limit: asyncio.Timeout) -> BaseException | None:
        """Shake hands, then lend the session out until it is lost or no longer wanted."""
        assert self._session is not None  # noqa: S101 - set by the caller
        start = asyncio.create_task(self._session.handshake())
        stop = asyncio.create_task(self._stop.wait())
        lost = asyncio.create_task(self._session.lost.wait())
        try:
            await asyncio.wait({stop, start}, return_when=asyncio.FIRST_COMPLETED)
            if stop.done():
                return None
            if problem := start.exception():
                return problem
            limit.reschedule(None)
            self.ready.set_result(self._session)
            await asyncio.wait({stop, lost}, return_when=asyncio.FIRST_COMPLETED)
            return None
        finally:
            for task in (start, stop, lost):
                task.cancel()

    def _fail(self, what: str, channel: Channel | Streams | None) -> None:
        """Tell everybody who waits; without effect once the server was ready."""
        if self.ready.done():
            return
        why = channel.epitaph() if channel else ""
        self.ready.set_exception(
            ToolServerDown(
                f"Tool server {self._server.name} {what.rstrip('.')}{f' ({why})' if why else ''}.",
                _by_hand(self._server),
            )
        )


def _innermost(group: ExceptionGroup) -> str:
    inside: Exception = group
    while isinstance(inside, ExceptionGroup):
        inside = inside.exceptions[0]
    return str(inside) or type(inside).__name__


def _reached(server: McpServer) -> str:
    return "reached" if server.url else "started"


def _why(server: McpServer, error: Exception) -> str:
    """A folder in PATH that may not be read makes a missing command look forbidden."""
    if not server.url and isinstance(error, OSError) and shutil.which(server.command) is None:
        return f"command not found: {server.command}"
    return str(error)


def _by_hand(server: McpServer) -> str:
    if server.url:
        return f"See whether {server.url} answers."
    return f"Try its command by hand: {' '.join((server.command, *server.args))}"


def _protocol() -> ModuleType:
    """The module that needs the SDK, imported late and off the event loop's thread."""
    return importlib.import_module("workbench.mcp.session")
