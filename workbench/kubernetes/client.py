"""Requests to one API server: bounded in time and size, with errors that say what was asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import ClusterError, ClusterUnreachable, Unauthorized
from workbench.kubernetes.clock import ServerClock
from workbench.kubernetes.credentials import Credentials, load
from workbench.kubernetes.kubeconfig import Choice, choose
from workbench.kubernetes.status import to_error

if TYPE_CHECKING:
    import httpx

JSON = "application/json"
BODY_MOST = 256 * 2**20
"""Bytes of one answer; a list page of 500 large objects stays far below."""
CONNECTIONS_MOST = 16


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: to connect, between two pieces of an answer, for one request in all, and to wait
    in all when the server says it is busy."""

    connect: float = 10.0
    read: float = 30.0
    total: float = 60.0
    busy: float = 15.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A 2xx answer. ``cut`` when the body was longer than was asked for."""

    body: bytes
    content_type: str = ""
    cut: bool = False

    def json(self) -> Any:
        """The body as a tree. Raises ``msgspec.DecodeError``."""
        return msgspec.json.decode(self.body)


class Client:
    """One context's API server. Opening it makes no request; every call may raise a ClusterError.

    The credentials are loaded again once when the server answers 401, and never on a 403.
    """

    def __init__(
        self, choice: Choice, credentials: Credentials, timeouts: Timeouts | None = None
    ) -> None:
        self.choice = choice
        self._timeouts = timeouts or Timeouts()
        self._clock = ServerClock()
        self._renewing = asyncio.Lock()
        self._take(credentials)

    @property
    def context(self) -> str:
        return self.choice.context

    @property
    def namespace(self) -> str:
        """The context's own namespace."""
        return self.choice.namespace

    @property
    def server(self) -> str:
        return self._credentials.server

    def now(self) -> datetime:
        """The time in the cluster, UTC."""
        return self._clock.now()

    async def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        asked: str = "",
        accept: str = JSON,
        most: int = BODY_MOST,
        cut: bool = False,
    ) -> Answer:
        """GET ``path``. ``asked`` says what for, in the words an error will use.

        A body longer than ``most`` bytes is cut when ``cut``, else a ClusterError.
        """
        request = _Request("GET", path, params, accept, None, asked or f"get {path}", most, cut)
        return await self._send(request)

    async def post(self, path: str, body: dict[str, Any], *, asked: str = "") -> Answer:
        """POST a review. Reviews are questions; nothing in this package posts anything else."""
        content = msgspec.json.encode(body)
        return await self._send(
            _Request("POST", path, None, JSON, content, asked or f"post {path}", BODY_MOST, False)
        )

    async def close(self) -> None:
        await self._http.aclose()

    def _take(self, credentials: Credentials) -> None:
        import httpx

        self._credentials = credentials
        headers = {"User-Agent": "k8s-workbench"}
        if credentials.token:
            headers["Authorization"] = f"Bearer {credentials.token}"
        wait = self._timeouts
        self._http = httpx.AsyncClient(
            base_url=credentials.server,
            headers=headers,
            verify=credentials.verify,
            proxy=credentials.proxy,
            timeout=httpx.Timeout(wait.read, connect=wait.connect),
            limits=httpx.Limits(max_connections=CONNECTIONS_MOST),
        )

    async def _renew(self, refused: Credentials) -> bool:
        """Load the credentials anew; False when they are the refused ones again."""
        async with self._renewing:
            if self._credentials is not refused:
                return True
            fresh = await load(self.choice)
            if fresh.token == refused.token:
                return False
            old = self._http
            self._take(fresh)
            await old.aclose()
            return True

    async def _send(self, request: _Request) -> Answer:
        try:
            async with asyncio.timeout(self._timeouts.total):
                return await self._authorized(request)
        except TimeoutError as error:
            raise _unreachable(self, request, f"no answer within {self._timeouts.total:g} s") from (
                error
            )

    async def _authorized(self, request: _Request) -> Answer:
        used = self._credentials
        try:
            return await self._patient(request)
        except Unauthorized:
            if not await self._renew(used):
                raise
        return await self._patient(request)

    async def _patient(self, request: _Request) -> Answer:
        """Wait and ask again, within bounds, when the server says it is busy."""
        left = self._timeouts.busy
        while True:
            try:
                return await self._connected(request)
            except _Busy as busy:
                if busy.pause > left:
                    raise busy.error from None
                left -= busy.pause
                await asyncio.sleep(busy.pause)

    async def _connected(self, request: _Request) -> Answer:
        import httpx

        try:
            try:
                return await self._once(request)
            except (httpx.RemoteProtocolError, httpx.ReadError):
                # An idle connection that the server had closed. Every request here only asks,
                # so it may be sent again.
                return await self._once(request)
        except (httpx.TransportError, ssl.SSLError) as error:
            raise _unreachable(self, request, _reason(error)) from error

    async def _once(self, request: _Request) -> Answer:
        async with self._http.stream(
            request.method,
            request.path,
            params=request.params,
            content=request.content,
            headers={"Accept": request.accept, "Content-Type": JSON},
            extensions=self._sni(),
        ) as response:
            self._clock.hear(response.headers)
            body, cut = await _read(response, request.most)
        if not response.is_success:
            error = to_error(response.status_code, body, request.asked, self.context)
            pause = _pause(response)
            raise error if pause is None else _Busy(pause, error)
        if cut and not request.cut:
            most = f"{request.most // 2**20} MiB"
            raise ClusterError(
                f"Asked context {self.context} to {request.asked}: more than {most} came back.",
                "Name a namespace or a selector.",
            )
        return Answer(body=body, content_type=response.headers.get("Content-Type", ""), cut=cut)

    def _sni(self) -> dict[str, Any] | None:
        name = self._credentials.tls_server_name
        return {"sni_hostname": name} if name else None


class _Request(msgspec.Struct, frozen=True):
    method: str
    path: str
    params: Mapping[str, str | int] | None
    accept: str
    content: bytes | None
    asked: str
    most: int
    cut: bool


class _Busy(ClusterError):
    """The server asks to come back in ``pause`` seconds; ``error`` is what it means otherwise."""

    def __init__(self, pause: float, error: ClusterError) -> None:
        super().__init__(error.message, error.hint)
        self.pause = pause
        self.error = error


async def open_client(
    kubeconfig: str = "", context: str = "", timeouts: Timeouts | None = None
) -> Client:
    """A client for the named context, or the current one, or the pod's service account.

    kubeconfig: file names joined as in KUBECONFIG; "" for what the environment says.
    Raises ContextUnknown, UsageError, Unauthorized (a credential plugin failed) or ClusterError.
    Makes no request: an address nobody answers at shows with the first call.
    """
    choice = choose(kubeconfig, context)
    return Client(choice, await load(choice), timeouts)


async def _read(response: httpx.Response, most: int) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > most:
            return b"".join(pieces)[:most], True
    return b"".join(pieces), False


def _pause(response: httpx.Response) -> float | None:
    """Seconds to wait before asking again; None when asking again is no use.

    A busy API server says 429 with Retry-After in whole seconds (Kubernetes API reference,
    API Priority and Fairness).
    """
    if response.status_code not in (429, 503):
        return None
    try:
        return max(0.0, float(response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return 1.0 if response.status_code == 429 else None


def _reason(error: Exception) -> str:
    import httpx

    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return str(error) or type(error).__name__


def _unreachable(client: Client, request: _Request, reason: str) -> ClusterUnreachable:
    return ClusterUnreachable(
        f"Asked {client.server} (context {client.context}) to {request.asked}: {reason}.",
        "Check certificate-authority of this cluster in the kubeconfig."
        if "CERTIFICATE" in reason
        else "Is the cluster up, and is this machine allowed to reach it (VPN, firewall)?",
    )
