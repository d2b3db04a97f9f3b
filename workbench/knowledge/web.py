"""A web page, fetched from public addresses only.

A name is resolved once, every address it has must be public, and the connection goes to the address
that was checked: a name that changes its address in between leads nowhere else. Each redirect is
checked like the first address.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable
from urllib.parse import SplitResult, urljoin, urlsplit

from workbench.errors import DocumentUnreadable

SECONDS = 20.0
REDIRECTS = 5
Public = Callable[[str], bool]
_PORTS = {"http": 80, "https": 443}
_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that is given out (IANA, IPv6 address space)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_url(text: str) -> bool:
    return urlsplit(text).scheme in _PORTS


def fetch(url: str, most: int, *, public: Public | None = None) -> bytes:
    """What the address serves, at most ``most`` bytes. Raises DocumentUnreadable.

    public: says which addresses may be reached, instead of those of the internet.
    """
    asked = url
    for _ in range(REDIRECTS + 1):
        status, location, body = _get(url, most, public or is_public)
        if status in (301, 302, 303, 307, 308) and location:
            url = urljoin(url, location)
            continue
        if status != 200:
            raise DocumentUnreadable(f"{url} answered {status}.")
        return body
    raise DocumentUnreadable(f"{asked} redirects more than {REDIRECTS} times.")


def _get(url: str, most: int, public: Public) -> tuple[int, str, bytes]:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.username:
        raise DocumentUnreadable(f"{url} is not an http or https address without a password.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = _connection(parts, public)
        try:
            connection.request("GET", path, headers={"User-Agent": "k8s-workbench"})
            answer = connection.getresponse()
            body = answer.read(most + 1)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise DocumentUnreadable(f"{url} cannot be fetched: {words}.") from error
    if len(body) > most:
        raise DocumentUnreadable(f"{url} has more than {most:,} bytes.")
    return answer.status, answer.getheader("Location", ""), body


def _connection(parts: SplitResult, public: Public) -> http.client.HTTPConnection:
    """A connection to an address that was checked, made before anything is asked."""
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    address = _checked(host, port, public)
    plain = socket.create_connection((address, port), SECONDS)
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    connection.sock = (
        ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        if parts.scheme == "https"
        else plain
    )
    return connection


def _checked(host: str, port: int, public: Public) -> str:
    found = [str(a[4][0]) for a in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    hidden = [a for a in found if not public(a)]
    if hidden:
        leads = "" if host == hidden[0] else f" leads to {hidden[0]}, which"
        raise DocumentUnreadable(
            f"{host}{leads} is not a public address.",
            "Save the page as a file and take that in.",
        )
    return found[0]


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet; one wrapped in another is judged by itself."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed.is_global and not parsed.is_multicast
    inner = parsed.ipv4_mapped or parsed.sixtofour or _translated(parsed)
    return is_public(str(inner)) if inner else parsed in _UNICAST and parsed.is_global


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Where a NAT64 gateway leads from there (RFC 6052)."""
    last = int(address) & 0xFFFF_FFFF
    return ipaddress.IPv4Address(last) if address in _NAT64 else None
