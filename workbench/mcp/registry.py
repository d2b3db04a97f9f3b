"""Which servers there are: the built-in one or another in its place, those of an mcpServers file,
and those that were registered."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from workbench import plugins
from workbench.core.tools import McpServer, OAuthClient, Transport
from workbench.errors import SettingsError
from workbench.mcp.references import refers
from workbench.plugins import Refusal
from workbench.settings import Settings

BUILT_IN = "kube"
"""Name of the Kubernetes server, and so the prefix of its tools (``kube_events``)."""
RESERVED = (BUILT_IN, "evidence", "workbench")
"""Names no added server may have: they are the prefixes of our own tools."""
TABLE = "workbench.toml, tool_servers"
IN_CLUSTER = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")
"""How a pod finds its API server (Kubernetes documentation, accessing the API from a pod)."""

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}")


class _Entry(msgspec.Struct, rename="camel", kw_only=True):
    """One server of an mcpServers file, as MCP clients commonly write it."""

    type: str = ""
    transport: str = ""
    description: str = ""
    command: str = ""
    args: list[str] = []
    env: dict[str, str] = {}
    url: str = ""
    headers: dict[str, str] = {}
    oauth: OAuthClient | None = None
    prefix: str | None = None
    disabled: bool = False
    start_seconds: float = 60.0
    call_seconds: float = 60.0


class _File(msgspec.Struct, rename="camel", kw_only=True):
    """``mcpServers`` as most clients write it, ``servers`` as VS Code does."""

    mcp_servers: dict[str, _Entry] = {}
    servers: dict[str, _Entry] = {}


def servers(settings: Settings, registered: Iterable[McpServer] = ()) -> tuple[McpServer, ...]:
    """Every server there is, the Kubernetes one first: those of these settings and files, the
    ``registered`` ones, and those of plugins. Of two with one name, the one named first here stays.

    Raises SettingsError.
    """
    file = load_servers(settings.mcp_servers) if settings.mcp_servers else ()
    listed = parse_servers(msgspec.json.encode({"mcpServers": settings.tool_servers}), TABLE)
    named = {s.name: s for s in (*plugged(), *registered, *file, *listed)}
    named.pop(BUILT_IN, None)
    return tuple(map(usable(settings), (kubernetes_server(settings), *named.values())))


def plugged() -> tuple[McpServer, ...]:
    """The servers that other packages bring."""
    return tuple(s for _, some in plugins.added(plugins.TOOLS, _brought) for s in some)


def _brought(target: object) -> tuple[McpServer, ...]:
    made = target() if callable(target) else target
    some = (made,) if isinstance(made, McpServer) else made
    if not isinstance(some, tuple | list) or not all(isinstance(s, McpServer) for s in some):
        raise Refusal("it gives no McpServer.")
    for server in some:
        check_name(server.name, f"server {server.name!r}")
    return tuple(some)


def usable(settings: Settings) -> Callable[[McpServer], McpServer]:
    """A server as these settings let it be used: WebSocket only where it is turned on."""

    def allowed(server: McpServer) -> McpServer:
        if server.transport is not Transport.WEBSOCKET or settings.mcp_websocket:
            return server
        return msgspec.structs.replace(server, enabled=False)

    return allowed


def kubernetes_server(settings: Settings, ours: Mapping[str, str] = os.environ) -> McpServer:
    """The Kubernetes server to use: the built-in one, or ``K8S_MCP_SERVER_PATH`` in its place.

    Raises SettingsError when that path is no file.
    """
    command, args = _kubernetes_command(settings)
    env = {name: ours[name] for name in IN_CLUSTER if name in ours}
    if settings.kubeconfig:
        env["KUBECONFIG"] = settings.kubeconfig
    return McpServer(
        name=BUILT_IN,
        description="The Kubernetes cluster.",
        command=command,
        args=args,
        env=env,
    )


def trusted_servers(settings: Settings) -> frozenset[str]:
    """Servers whose read-only annotation a person accepts."""
    return frozenset(settings.trusted_servers)


def own_servers(settings: Settings) -> frozenset[str]:
    """Servers that are this product's: the built-in one, unless another runs in its place."""
    return frozenset() if settings.mcp_server_path else frozenset((BUILT_IN,))


def told_servers(settings: Settings) -> frozenset[str]:
    """Servers that are told who makes a call, and make it in the cluster as that person."""
    return own_servers(settings) if settings.impersonate else frozenset()


def _kubernetes_command(settings: Settings) -> tuple[str, tuple[str, ...]]:
    if not settings.mcp_server_path:
        context = ("--context", settings.context) if settings.context else ()
        changes = ("--changes",) if settings.allow_changes else ()
        persons = ("--impersonate",) if settings.impersonate else ()
        return sys.executable, ("-m", "workbench.kubernetes.server", *context, *changes, *persons)
    if settings.impersonate:
        raise SettingsError(
            "impersonate is set, and K8S_MCP_SERVER_PATH names a server that knows nothing of it.",
            "Unset one of them: only the built-in server makes calls as the person who asks.",
        )
    path = Path(settings.mcp_server_path).expanduser()
    if not path.is_file() and os.sep not in settings.mcp_server_path:
        path = Path(shutil.which(settings.mcp_server_path) or path)
    if not path.is_file():
        raise SettingsError(
            f"K8S_MCP_SERVER_PATH is {settings.mcp_server_path}, which is not a file.",
            "Give the path of a Python script or an executable that speaks MCP over stdio.",
        )
    if path.suffix == ".py":
        return sys.executable, (str(path),)
    if not os.access(path, os.X_OK):
        raise SettingsError(
            f"K8S_MCP_SERVER_PATH is {path}, which may not be executed.",
            f"Make it executable: chmod +x {path}",
        )
    return str(path.absolute()), ()


def load_servers(path: Path) -> tuple[McpServer, ...]:
    """The servers of an mcpServers JSON file. ``${NAME}`` and ``${NAME:-default}`` in its values
    are taken from the environment when the server is reached.

    Raises SettingsError that names the file, the server and what is wrong with it.
    """
    try:
        return parse_servers(path.read_bytes(), str(path))
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}.", "Give the path of an mcpServers file."
        ) from error


def parse_servers(content: bytes, source: str) -> tuple[McpServer, ...]:
    """See ``load_servers``; ``source`` is what errors call the file."""
    try:
        file = msgspec.json.decode(content, type=_File)
    except msgspec.DecodeError as error:
        raise SettingsError(
            f"{source} is not an mcpServers file: {error}.",
            'It looks like {"mcpServers": {"name": {"command": "…", "args": []}}}.',
        ) from error
    named = file.mcp_servers | file.servers
    return tuple(_server(name, entry, source) for name, entry in named.items())


def check_name(name: str, where: str) -> None:
    """Raises SettingsError for a name no added server may have."""
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise SettingsError(
            f"{where} cannot be called that.",
            "Use up to 32 letters, digits, - and _;"
            f" {' and '.join(map(repr, RESERVED))} are taken.",
        )


def _server(name: str, entry: _Entry, source: str) -> McpServer:
    where = f"{source}: server {name!r}"
    check_name(name, where)
    transport = _transport(entry, where)
    if transport is Transport.STDIO and not entry.command:
        raise SettingsError(f"{where} has no command.", "Add a command, or a url.")
    if transport is not Transport.STDIO and not entry.url:
        raise SettingsError(f"{where} has no url.", "Add a url, or a command.")
    if entry.command and entry.url:
        raise SettingsError(f"{where} has a command and a url.", "Keep one of them.")
    if "${" not in entry.url:
        check_address(entry.url, transport, where)
    return McpServer(
        name=name,
        transport=transport,
        description=entry.description,
        command=entry.command,
        args=tuple(entry.args),
        env=entry.env,
        url=entry.url,
        headers=entry.headers,
        oauth=entry.oauth,
        prefix=entry.prefix,
        enabled=not entry.disabled,
        start_seconds=entry.start_seconds,
        call_seconds=entry.call_seconds,
    )


def check_address(url: str, transport: Transport, where: str) -> None:
    """Raises SettingsError for an address that transport cannot be reached at."""
    schemes = ("ws", "wss") if transport is Transport.WEBSOCKET else ("http", "https")
    scheme, found, _ = url.partition("://")
    if url and (scheme not in schemes or not found or not _names_a_host(url)):
        shown = re.sub(r"//[^/@]*@", "//…@", url)
        raise SettingsError(
            f"{where} has the address {shown}, which {transport.value} cannot be reached at.",
            f"It begins with {schemes[1]}:// or {schemes[0]}://, and a port is at most 65535.",
        )


def _names_a_host(url: str) -> bool:
    """Whether there is one, with a port that can be, as far as variables do not name them."""
    try:
        parts = urlsplit(url)
        return refers(parts.netloc) or (bool(parts.hostname) and parts.port != 0)
    except ValueError:  # of a port, and of brackets
        return False


def transport_of(url: str) -> Transport:
    """What an address is most likely reached by; stdio where there is none."""
    if url.startswith(("ws://", "wss://")):
        return Transport.WEBSOCKET
    return Transport.STREAMABLE_HTTP if url else Transport.STDIO


def _transport(entry: _Entry, where: str) -> Transport:
    named = entry.type or entry.transport
    if not named:
        return transport_of(entry.url)
    spellings: dict[str, Transport] = {t.value: t for t in Transport}
    spellings |= {"http": Transport.STREAMABLE_HTTP, "ws": Transport.WEBSOCKET}
    if named.lower() not in spellings:
        raise SettingsError(
            f"{where} has the transport {named!r}, which is not known.",
            f"Use one of {', '.join(spellings)}.",
        )
    return spellings[named.lower()]
