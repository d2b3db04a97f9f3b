"""Which names this server answers to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANY = ("0.0.0.0", "::")  # noqa: S104  # to be refused
"""What one listens on to be reached at every address; nobody is called that."""
_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*"
)
_HOST = re.compile(
    r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[^\[\]:@/\\?#\s]+))(?::(?P<port>[0-9]{1,5}))?"
)


def hosts(listens: str, allowed: Iterable[str], origins: Iterable[str]) -> tuple[str, ...]:
    """The names that are good in a Host header, besides loopback and the address that the
    connection came to.

    listens: the address or name it was told to listen on; allowed, origins: as the settings have
    them.
    """
    of_origins = (urlsplit(origin).hostname or "" for origin in origins)
    named = (listens, *allowed, *of_origins)
    return tuple(name.lower() for name in named if name not in ("", *ANY))


def host_of(header: str) -> str:
    """The name or address in a Host header, without its port; "" for what is none (RFC 9110, 7.2,
    RFC 3986, 3.2.2)."""
    found = _HOST.fullmatch(header.lower())
    if found is None or int(found["port"] or 0) > 65_535:
        return ""
    if found["six"]:
        try:
            return str(ipaddress.IPv6Address(found["six"]))
        except ValueError:
            return ""
    return found["name"] if _NAME.fullmatch(found["name"]) else ""
