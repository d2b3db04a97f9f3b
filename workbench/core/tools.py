"""Tools as the workbench sees them: a server to reach, a tool it offers, a call and its result."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum
from typing import Any, Protocol
from uuid import UUID

import msgspec

from workbench.errors import ToolUnknown


class Transport(Enum):
    """How an MCP server is reached."""

    STDIO = "stdio"
    SSE = "sse"
    STREAMABLE_HTTP = "streamable-http"
    WEBSOCKET = "websocket"


class OAuthClient(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials for the client credentials grant (RFC 6749, section 4.4). ``issuer`` is the only
    authorization server they are sent to."""

    client_id: str
    client_secret: str
    issuer: str
    scope: str = ""


class McpServer(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach one MCP server. ``env`` names variables to set; stdio servers inherit no others
    beyond a short allow-list.

    Secrets are named and not held: ``${NAME}`` in any value is taken from the environment when the
    server is reached.

    headers: sent with every HTTP request and WebSocket handshake.
    prefix: put before the names of its tools; None for the server's name, "" for nothing (a remote
        workbench, whose tools are prefixed already).
    """

    name: str
    transport: Transport = Transport.STDIO
    description: str = ""
    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    url: str = ""
    headers: dict[str, str] = {}
    oauth: OAuthClient | None = None
    prefix: str | None = None
    enabled: bool = True
    start_seconds: float = 60.0
    call_seconds: float = 60.0


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool is called, takes and may change.

    name: with the server's prefix, as models and people use it (``kube_events``).
    remote_name: as the server knows it.
    read_only: only true when the built-in server says so or a person accepted it; a tool nobody
        vouched for is treated as changing things.
    claims_read_only: what the server itself says of it, which grants nothing.
    """

    name: str
    server: str
    remote_name: str
    description: str
    input_schema: dict[str, Any]
    read_only: bool = False
    claims_read_only: bool = False


class CallContext(msgspec.Struct, frozen=True, kw_only=True):
    """On whose behalf a call is made: the investigation it is evidence for, and the person.

    role: the person's, for policy; "" for the one the settings give.
    groups: theirs that the cluster is told, where calls are made there as the person.
    approval: the proposed change that a person approved and this call carries out.
    """

    investigation: UUID
    user: str
    surface: str = ""
    role: str = ""
    groups: tuple[str, ...] = ()
    approval: UUID | None = None


class ToolResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool answered.

    text: the answer as text, whole.
    data: the structured answer, when the tool gave one (JSON types only).
    failed: the tool ran and reported an error; ``text`` is its sentence.
    evidence: the label of the audit row (``E7``) once the call is recorded.
    """

    text: str
    data: Any = None
    failed: bool = False
    evidence: str = ""


class Tools(Protocol):
    """The hub, and every wrapper around it: list tools, call one.

    ``call`` raises a ToolError when no answer came; an answer that reports a failure is a
    ToolResult with ``failed`` set.
    """

    async def list(self) -> tuple[ToolSpec, ...]: ...

    async def call(
        self, name: str, arguments: dict[str, Any], context: CallContext
    ) -> ToolResult: ...


def find_tool(tools: Iterable[ToolSpec], name: str) -> ToolSpec:
    """The tool of that name, with or without its server's prefix; the first server's wins.

    Raises ToolUnknown with the nearest names.
    """
    offered = tuple(tools)
    for spec in offered:
        if name in (spec.name, spec.remote_name):
            return spec
    names = [n for spec in offered for n in (spec.remote_name, spec.name)]
    close = get_close_matches(name, names, n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else "See what the servers offer."
    raise ToolUnknown(f"No connected tool server offers {name!r}.", hint)
