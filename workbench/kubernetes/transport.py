"""HTTP to one API server: pooled connections, TLS, proxies, and what went wrong in words."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from workbench.errors import UsageError
from workbench.kubernetes import impersonation
from workbench.kubernetes.credentials import Credentials

if TYPE_CHECKING:
    import aiohttp

JSON = "application/json"
CONNECTIONS_MOST = 16
"""Requests under way at once; watches have connections of their own."""

BUFFER = 256 * 1024
"""Bytes read ahead of who is reading."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to send. ``asked`` says what for, in the words an error will use.

    once: never send it a second time, whatever became of the first.
    """

    path: str
    asked: str
    method: str = "GET"
    params: Mapping[str, str | int] | None = None
    accept: str = JSON
    content: bytes | None = None
    content_type: str = JSON
    once: bool = False


class Broken(Exception):
    """No answer, or only a part of one. ``stale``: an idle connection that the server had closed,
    so that asking again on a new one is right."""

    def __init__(self, reason: str, stale: bool = False) -> None:
        super().__init__(reason)
        self.stale = stale


class Transport:
    """Connections to the server of some credentials. Make it inside a running event loop.

    impersonate: every request is made as the person whose call it belongs to.
    """

    def __init__(
        self, credentials: Credentials, connect: float, read: float, *, impersonate: bool = False
    ) -> None:
        import aiohttp

        self._impersonate = impersonate
        self._credentials = credentials
        self._proxy = credentials.proxy or proxy_of(credentials.server)
        if self._proxy and urlsplit(self._proxy).scheme not in ("http", "https"):
            raise UsageError(
                f"The proxy {self._proxy} of {credentials.server} is not an HTTP proxy.",
                "Name an HTTP proxy in proxy-url or HTTPS_PROXY.",
            )
        self._read = read
        self._session = aiohttp.ClientSession(
            headers=_headers(credentials),
            connector=aiohttp.TCPConnector(limit=0, ssl=credentials.verify),
            timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=connect),
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=BUFFER,
        )

    @asynccontextmanager
    async def send(
        self, request: Request, silence: float | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer, its body still to be read within the block. Raises Broken, also from there,
        and Forbidden for a request of nobody's where persons are named.

        silence: seconds that may pass between two pieces of the answer.
        """
        import aiohttp

        wait = self._session.timeout
        headers = [("Accept", request.accept), ("Content-Type", request.content_type)]
        headers += impersonation.headers() if self._impersonate else []
        try:
            async with self._session.request(
                request.method,
                self._credentials.server + request.path,
                params=request.params,
                data=request.content,
                headers=headers,
                proxy=self._proxy,
                allow_redirects=False,
                server_hostname=self._credentials.tls_server_name or None,
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=wait.sock_connect, sock_read=silence or self._read
                ),
            ) as response:
                yield response
        except (aiohttp.ClientError, TimeoutError, ssl.SSLError, OSError) as error:
            raise Broken(_reason(error), _stale(error)) from error

    async def close(self) -> None:
        await self._session.close()


def _headers(credentials: Credentials) -> dict[str, str]:
    """An API server packs large answers when asked to (Kubernetes feature APIResponseCompression).
    That costs it more than a near network does, so only a far one is asked to."""
    encoding = "identity" if is_near(credentials.server) else "gzip"
    headers = {"User-Agent": "k8s-workbench", "Accept-Encoding": encoding}
    if credentials.token:
        headers["Authorization"] = f"Bearer {credentials.token}"
    return headers


def is_near(server: str) -> bool:
    """Whether the server is on this machine or is the one this pod belongs to."""
    host = urlsplit(server).hostname or ""
    if host in ("localhost", os.environ.get("KUBERNETES_SERVICE_HOST")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def proxy_of(server: str) -> str | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name for the server."""
    url = urlsplit(server)
    if proxy_bypass(url.netloc):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def _stale(error: Exception) -> bool:
    import aiohttp

    return isinstance(
        error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError | aiohttp.ClientPayloadError
    ) and not isinstance(error, aiohttp.ClientConnectorError)


def _reason(error: Exception) -> str:
    import aiohttp

    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "no connection in time"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__


def retry_after(status: int, headers: Mapping[str, Any]) -> float | None:
    """Seconds to wait before asking again; None when asking again is no use.

    A busy API server says 429 with Retry-After in whole seconds (Kubernetes API reference,
    API Priority and Fairness).
    """
    if status not in (429, 503):
        return None
    try:
        return max(0.0, float(headers["Retry-After"]))
    except (KeyError, ValueError):
        return 1.0 if status == 429 else None
