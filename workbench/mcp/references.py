"""Values that name an environment variable instead of holding a secret: ``${TOKEN}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import msgspec

from workbench.core.tools import McpServer
from workbench.errors import SettingsError, UsageError

_VARIABLE = re.compile(r"\$\{(?:env:)?(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")
"""``${NAME}`` and ``${NAME:-default}`` as MCP clients commonly write it, and ``${env:NAME}``."""

_SECRET = re.compile(r"token|secret|passw|key|authorization|cookie|credential", re.IGNORECASE)
"""Names whose values are secrets, to be named and not written down."""


def resolved(server: McpServer, ours: Mapping[str, str]) -> McpServer:
    """The server with every reference replaced, for the moment of reaching it.

    Raises SettingsError that names the server and the variable which is not set.
    """

    def fill(text: str) -> str:
        return _VARIABLE.sub(lambda match: _variable(match, server.name, ours), text)

    oauth = server.oauth
    if oauth is not None:
        values = {k: fill(v) for k, v in msgspec.structs.asdict(oauth).items()}
        oauth = msgspec.structs.replace(oauth, **values)
    return msgspec.structs.replace(
        server,
        command=fill(server.command),
        args=tuple(fill(arg) for arg in server.args),
        env={name: fill(value) for name, value in server.env.items()},
        url=fill(server.url),
        headers={name: fill(value) for name, value in server.headers.items()},
        oauth=oauth,
    )


def refuse_secret(what: str, name: str, value: str) -> None:
    """Raises UsageError for a value whose name says that it is a secret, and that holds it instead
    of naming a variable. what: what errors call it."""
    if _SECRET.search(name) and not refers(value):
        raise UsageError(
            f"{what} would write a secret into the database.",
            f"Name a variable that holds it: ${{NAME}} as the value of {name.strip()}.",
        )


def refuse_secret_in_address(what: str, url: str) -> None:
    """The same for a user, who may be a token, or a password in an address, and for what its query
    calls a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return  # nothing is reached by it
    for said in filter(None, (parts.username, parts.password)):
        refuse_secret(what, "credentials", said)
    for name, value in parse_qsl(parts.query):
        refuse_secret(what, name, value)


def refers(text: str) -> bool:
    """Whether the value names a variable."""
    return _VARIABLE.search(text) is not None


def _variable(match: re.Match[str], server: str, ours: Mapping[str, str]) -> str:
    value = ours.get(match["name"], match["default"])
    if value is None:
        raise SettingsError(
            f"{server} needs the environment variable {match['name']}, which is not set.",
            "Set it, or write a default: ${NAME:-default}.",
        )
    return value
