"""How a server is doing, for people and for the model that wonders where its tools are."""

from __future__ import annotations

import msgspec

from workbench.core.tools import Transport
from workbench.mcp.breaker import Breaker, Circuit
from workbench.mcp.connection import Connection, State


class ServerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one server is doing.

    tools: how many are usable; changed: the names of those that wait to be accepted.
    last_error: the last reason, in words; "" when there was none.
    last_call_ms: None before its first call.
    circuit: the breaker; reopens_in: seconds until it lets a call through.
    garbage: messages of the running server that were not MCP and were ignored.
    """

    name: str
    transport: Transport
    state: State
    tools: int
    changed: tuple[str, ...] = ()
    implementation: str = ""
    last_error: str = ""
    last_call_ms: float | None = None
    circuit: Circuit = Circuit.CLOSED
    reopens_in: float = 0.0
    garbage: int = 0


def server_status(
    connection: Connection, breaker: Breaker, *, tools: int, changed: tuple[str, ...], off: bool
) -> ServerStatus:
    """A server's connection and breaker as they are now."""
    seconds = connection.last_seconds
    return ServerStatus(
        name=connection.server.name,
        transport=connection.server.transport,
        state=State.DISABLED if off else connection.state,
        tools=tools,
        changed=changed,
        implementation=connection.implementation,
        last_error=connection.last_error,
        last_call_ms=None if seconds is None else seconds * 1000,
        circuit=breaker.circuit,
        reopens_in=breaker.seconds_left,
        garbage=connection.garbage,
    )


def absence(status: ServerStatus) -> str:
    """Why tools of a server are missing, to follow its name; "" when all are there."""
    if status.state is State.DISABLED:
        return ""
    if status.circuit is Circuit.OPEN:
        return f"failed too often and is tried again in {status.reopens_in:.0f} s."
    if status.state is State.STARTING or status.state is State.IDLE:
        return "is still starting."
    if status.state is State.DOWN:
        return f"is not up. {status.last_error}".rstrip()
    if status.changed:
        names = ", ".join(status.changed[:5])
        return f"changed tools that wait for a person to accept them: {names}."
    return ""


def left_alone(breaker: Breaker) -> str:
    """What an open breaker means, to follow the name of its server."""
    left = breaker.seconds_left
    return f"failed too often and is tried again in {left:.0f} s. The last time: {breaker.reason}"
