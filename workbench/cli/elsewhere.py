"""``--url`` and ``--token``: commands whose work a server does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from workbench.errors import UsageError
from workbench.settings import given, load_settings

DOCS = "/api/docs"
"""The page that a server without others names."""


@contextmanager
def there(url: str, token: str) -> Iterator[None]:
    """While this is open, commands have the server at ``url`` do their work.

    url: its address, also the one with a token that `workbench up` prints; "" for the one that is
    set. token: whose word it goes by; "" for the one in the address, or the one that is set.
    Raises UsageError for what is no address, and for a token without a server.
    """
    address, brought = _parted(url)
    with given(gateway=address or None, gateway_token=token or brought or None):
        if not load_settings().gateway:
            raise UsageError("--token is for a server.", "Name it: workbench --url https://…")
        yield


def _parted(url: str) -> tuple[str, str]:
    """The server's address, and the token behind it."""
    address, _, query = url.partition("?")
    try:
        named = urlsplit(address)
        known = not url or (named.scheme in ("http", "https") and bool(named.hostname))
        known = known and named.port != 0  # reading it is what finds ports that are none
    except ValueError:
        known = False
    if not known:
        raise UsageError(f"{address!r} is not the address of a server.", "Like https://host.")
    return address.rstrip("/").removesuffix(DOCS), parse_qs(query).get("token", [""])[0]
