"""Requests to one API server: bounded in time and size, with errors that say what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import ClusterError, ClusterUnreachable, Unauthorized
from workbench.kubernetes.clock import ServerClock
from workbench.kubernetes.credentials import Credentials, load
from workbench.kubernetes.kubeconfig import Choice, choose
from workbench.kubernetes.status import to_error
from workbench.kubernetes.transport import (
    CONNECTIONS_MOST,
    JSON,
    Broken,
    Request,
    Transport,
    retry_after,
)

if TYPE_CHECKING:
    import aiohttp

BODY_MOST = 256 * 2**20
"""Bytes of one answer; a list page of 500 large objects stays far below."""


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
        self,
        choice: Choice,
        credentials: Credentials,
        timeouts: Timeouts | None = None,
        *,
        impersonate: bool = False,
    ) -> None:
        self.choice = choice
        self._impersonate = impersonate
        self._timeouts = timeouts or Timeouts()
        self._clock = ServerClock()
        self._renewing = asyncio.Lock()
        self._room = asyncio.Semaphore(CONNECTIONS_MOST)
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
        request = Request(path=path, asked=asked or f"get {path}", params=params, accept=accept)
        return await self._whole(request, most, cut)

    async def post(self, path: str, body: dict[str, Any], *, asked: str = "") -> Answer:
        """POST a review, which is a question. What changes things goes through ``write``."""
        content = msgspec.json.encode(body)
        request = Request(path=path, asked=asked or f"post {path}", method="POST", content=content)
        return await self._whole(request, BODY_MOST, False)

    async def write(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | list[Any],
        *,
        asked: str,
        content_type: str = JSON,
        params: Mapping[str, str | int] | None = None,
        dry_run: bool,
    ) -> Answer:
        """Change something, or with ``dry_run`` have the server say what that would come to.

        A change is sent once. Raises ClusterUnreachable when its answer was lost: it may be done.
        """
        request = Request(
            path=path,
            asked=asked,
            method=method,
            params={**(params or {}), **({"dryRun": "All"} if dry_run else {})},
            content=msgspec.json.encode(body),
            content_type=content_type,
            once=not dry_run,
        )
        return await self._whole(request, BODY_MOST, False)

    async def lines(
        self, path: str, params: Mapping[str, str | int], *, asked: str, silence: float
    ) -> AsyncGenerator[bytes, None]:
        """An empty line once the server has agreed, then those of its answer as they come, until it
        ends it. Raises ClusterError, also after ``silence`` seconds without a word."""
        request = Request(path=path, asked=asked, params=params)
        try:
            async with self._transport.send(request, silence) as response:
                if response.status != 200:
                    body, _ = await _read(response, BODY_MOST)
                    raise to_error(response.status, body, asked, self.context)
                self._clock.hear(response.headers)
                yield b""
                async for line in _lines(response):
                    yield line
        except Broken as error:
            raise _unreachable(self, request, str(error)) from error

    async def close(self) -> None:
        await self._transport.close()

    def _take(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._transport = Transport(
            credentials,
            self._timeouts.connect,
            self._timeouts.read,
            impersonate=self._impersonate,
        )

    async def _renew(self, refused: Credentials) -> bool:
        """Load the credentials anew; False when they are the refused ones again."""
        async with self._renewing:
            if self._credentials is not refused:
                return True
            fresh = await load(self.choice)
            if fresh.token == refused.token:
                return False
            old = self._transport
            self._take(fresh)
            await old.close()
            return True

    async def _whole(self, request: Request, most: int, cut: bool) -> Answer:
        """The answer with its body, read while no more than so many others are."""
        answer = await self._send(request, most)
        if answer.cut and not cut:
            raise ClusterError(
                f"Asked context {self.context} to {request.asked}: more than "
                f"{most // 2**20} MiB came back.",
                "Name a namespace or a selector.",
            )
        return answer

    async def _send(self, request: Request, most: int) -> Answer:
        try:
            async with self._room, asyncio.timeout(self._timeouts.total):
                return await self._authorized(request, most)
        except TimeoutError as error:
            raise _unreachable(self, request, f"no answer within {self._timeouts.total:g} s") from (
                error
            )

    async def _authorized(self, request: Request, most: int) -> Answer:
        used = self._credentials
        try:
            return await self._patient(request, most)
        except Unauthorized:
            if not await self._renew(used):
                raise
        return await self._patient(request, most)

    async def _patient(self, request: Request, most: int) -> Answer:
        """Wait and ask again, within bounds, when the server says it is busy."""
        left = self._timeouts.busy
        while True:
            try:
                return await self._connected(request, most)
            except _Busy as busy:
                if busy.pause > left or request.once:
                    raise busy.error from None
                left -= busy.pause
                await asyncio.sleep(busy.pause)

    async def _connected(self, request: Request, most: int) -> Answer:
        try:
            try:
                return await self._once(request, most)
            except Broken as error:
                if not error.stale or request.once:
                    raise
                # It only asks, so it may be sent again.
                return await self._once(request, most)
        except Broken as error:
            raise _unreachable(self, request, str(error)) from error

    async def _once(self, request: Request, most: int) -> Answer:
        async with self._transport.send(request) as response:
            self._clock.hear(response.headers)
            body, cut = await _read(response, most)
        if not 200 <= response.status < 300:
            error = to_error(response.status, body, request.asked, self.context)
            pause = retry_after(response.status, response.headers)
            raise error if pause is None else _Busy(pause, error)
        return Answer(body=body, content_type=response.headers.get("Content-Type", ""), cut=cut)


class _Busy(ClusterError):
    """The server asks to come back in ``pause`` seconds; ``error`` is what it means otherwise."""

    def __init__(self, pause: float, error: ClusterError) -> None:
        super().__init__(error.message, error.hint)
        self.pause = pause
        self.error = error


async def open_client(
    kubeconfig: str = "",
    context: str = "",
    timeouts: Timeouts | None = None,
    *,
    impersonate: bool = False,
) -> Client:
    """A client for the named context, or the current one, or the pod's service account.

    kubeconfig: file names joined as in KUBECONFIG; "" for what the environment says.
    impersonate: requests are made as the person that ``impersonation.acting_as`` names.
    Raises ContextUnknown, UsageError, Unauthorized (a credential plugin failed) or ClusterError.
    Makes no request: an address nobody answers at shows with the first call.
    """
    choice = choose(kubeconfig, context)
    return Client(choice, await load(choice), timeouts, impersonate=impersonate)


async def _read(response: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > most:
            return b"".join(pieces)[:most], True
    return b"".join(pieces), False


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Whole lines of any length, in linear time."""
    begun: list[bytes] = []
    async for piece in response.content.iter_any():
        *ended, rest = piece.split(b"\n")
        for end in ended:
            yield b"".join((*begun, end))
            begun.clear()
        if rest:
            begun.append(rest)


def _unreachable(client: Client, request: Request, reason: str) -> ClusterUnreachable:
    return ClusterUnreachable(
        f"Asked {client.server} (context {client.context}) to {request.asked}: {reason}.",
        "Check certificate-authority of this cluster in the kubeconfig."
        if "CERTIFICATE" in reason
        else "Is the cluster up, and is this machine allowed to reach it (VPN, firewall)?",
    )
