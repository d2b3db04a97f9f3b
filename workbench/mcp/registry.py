"""Which servers there are: the built-in one, another in its place, and those of an mcpServers
file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from workbench.core.tools import McpServer, Transport
from workbench.errors import SettingsError
from workbench.settings import Settings

BUILT_IN = "kube"
"""Name of the Kubernetes server, and so the prefix of its tools (``kube_events``)."""
TRUSTED = frozenset((BUILT_IN,))
IN_CLUSTER = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")
"""How a pod finds its API server (Kubernetes documentation, accessing the API from a pod)."""

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}")
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")


class _Entry(msgspec.Struct, rename="camel", kw_only=True):
    """One server of an mcpServers file, as MCP clients commonly write it."""

    type: str = ""
    transport: str = ""
    description: str = ""
    command: str = ""
    args: list[str] = []
    env: dict[str, str] = {}
    url: str = ""
    disabled: bool = False


class _File(msgspec.Struct, rename="camel", kw_only=True):
    mcp_servers: dict[str, _Entry]


def servers(settings: Settings) -> tuple[McpServer, ...]:
    """Every server these settings name, the Kubernetes one first. Raises SettingsError."""
    others = load_servers(settings.mcp_servers) if settings.mcp_servers else ()
    return (kubernetes_server(settings), *others)


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
    """Servers whose read-only annotation is believed: the built-in one, unless another runs in its
    place, and those a person accepted."""
    accepted = frozenset(settings.trusted_servers)
    return accepted if settings.mcp_server_path else accepted | TRUSTED


def _kubernetes_command(settings: Settings) -> tuple[str, tuple[str, ...]]:
    if not settings.mcp_server_path:
        context = ("--context", settings.context) if settings.context else ()
        changes = ("--changes",) if settings.allow_changes else ()
        return sys.executable, ("-m", "workbench.kubernetes.server", *context, *changes)
    path = Path(settings.mcp_server_path).expanduser()
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


def load_servers(path: Path, ours: Mapping[str, str] = os.environ) -> tuple[McpServer, ...]:
    """The servers of an mcpServers JSON file. ``${NAME}`` and ``${NAME:-default}`` in its values
    are taken from the environment.

    Raises SettingsError that names the file, the server and what is wrong with it.
    """
    try:
        return parse_servers(path.read_bytes(), str(path), ours)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}.", "Give the path of an mcpServers file."
        ) from error


def parse_servers(
    content: bytes, source: str, ours: Mapping[str, str] = os.environ
) -> tuple[McpServer, ...]:
    """See ``load_servers``; ``source`` is what errors call the file."""
    try:
        file = msgspec.json.decode(content, type=_File)
    except msgspec.DecodeError as error:
        raise SettingsError(
            f"{source} is not an mcpServers file: {error}.",
            'It looks like {"mcpServers": {"name": {"command": "…", "args": []}}}.',
        ) from error
    return tuple(_server(name, entry, source, ours) for name, entry in file.mcp_servers.items())


def _server(name: str, entry: _Entry, source: str, ours: Mapping[str, str]) -> McpServer:
    where = f"{source}: server {name!r}"
    if not _NAME.fullmatch(name) or name in TRUSTED:
        raise SettingsError(
            f"{where} cannot be called that.",
            f"Use up to 32 letters, digits, - and _; {BUILT_IN!r} is the built-in server.",
        )
    transport = _transport(entry, where)
    if transport is Transport.STDIO and not entry.command:
        raise SettingsError(f"{where} has no command.", "Add a command, or a url.")
    if transport is not Transport.STDIO and not entry.url:
        raise SettingsError(f"{where} has no url.", "Add a url, or a command.")
    if entry.command and entry.url:
        raise SettingsError(f"{where} has a command and a url.", "Keep one of them.")

    def fill(text: str) -> str:
        return _VARIABLE.sub(lambda match: _variable(match, where, ours), text)

    return McpServer(
        name=name,
        transport=transport,
        description=entry.description,
        command=fill(entry.command),
        args=tuple(fill(arg) for arg in entry.args),
        env={key: fill(value) for key, value in entry.env.items()},
        url=fill(entry.url),
        enabled=not entry.disabled,
    )


def _transport(entry: _Entry, where: str) -> Transport:
    named = entry.type or entry.transport
    if not named:
        if entry.url.startswith(("ws://", "wss://")):
            return Transport.WEBSOCKET
        return Transport.STREAMABLE_HTTP if entry.url else Transport.STDIO
    spellings: dict[str, Transport] = {t.value: t for t in Transport}
    spellings |= {"http": Transport.STREAMABLE_HTTP, "ws": Transport.WEBSOCKET}
    if named.lower() not in spellings:
        raise SettingsError(
            f"{where} has the transport {named!r}, which is not known.",
            f"Use one of {', '.join(spellings)}.",
        )
    return spellings[named.lower()]


def _variable(match: re.Match[str], where: str, ours: Mapping[str, str]) -> str:
    value = ours.get(match["name"], match["default"])
    if value is None:
        raise SettingsError(
            f"{where} needs the environment variable {match['name']}, which is not set.",
            "Set it, or write a default: ${NAME:-default}.",
        )
    return value
