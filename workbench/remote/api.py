"""The API of a workbench server as its client sees it: nouns in, nouns out, errors as they were."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import Any, Literal, TypeVar

import httpx2
import msgspec

from workbench import errors
from workbench.mcp.channel import MAX_MESSAGE_BYTES, Oversized
from workbench.mcp.events import Event, read_events

T = TypeVar("T")

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 130.0
"""A call of 60 seconds made twice, as the server's own hub may."""
SILENCE_SECONDS = 45.0
"""Of a stream: three of the pings a server sends every 15 seconds."""
STRANGER = "See whether that is the address of a workbench, path included, and of this version."
SIGN_IN = "Get a new token (--token, WORKBENCH_GATEWAY_TOKEN), or start the notebook server again."


class Api:
    """One person's way to a server. An async context manager.

    url: where the server is, ``https://workbench.example`` or below a prefix.
    headers: sent with every request.
    Every method raises the WorkbenchError that the server answered with, and GatewayUnavailable
    when nothing of use came.
    """

    def __init__(self, url: str, token: str, headers: dict[str, str]) -> None:
        self._url = url.rstrip("/")
        self._http = httpx2.AsyncClient(
            base_url=f"{self._url}/api/",
            headers={"Authorization": f"Bearer {token}", **headers},
            timeout=httpx2.Timeout(CONNECT_SECONDS, read=ANSWER_SECONDS),
        )

    async def __aenter__(self) -> Api:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, noun: type[T], **query: Any) -> T:
        return await self._asked("GET", path, noun, params=query)

    async def post(self, path: str, noun: type[T], **body: Any) -> T:
        """``body`` as JSON; nouns in it are encoded as the server encodes its own."""
        return await self._asked("POST", path, noun, content=msgspec.json.encode(body))

    async def events(
        self, method: Literal["GET", "POST"], path: str, *, after: int = -1, **body: Any
    ) -> AsyncGenerator[Event]:
        """Server-sent events until the server ends them; ``after``: the last one known.

        Raises GatewayUnavailable when they break off.
        """
        headers = {"Last-Event-ID": str(after)} if after >= 0 else {}
        content = msgspec.json.encode(body) if method == "POST" else b""
        request = self._request(method, path, content=content, headers=headers)
        request.extensions["timeout"]["read"] = SILENCE_SECONDS
        try:
            response = await self._http.send(request, stream=True)
            try:
                if response.status_code != 200:
                    raise self._problem(response, await response.aread())
                async with aclosing(_events(response)) as events:
                    async for event in events:
                        yield event
            finally:
                await response.aclose()
        except httpx2.HTTPError as error:
            raise self._away(error) from error

    async def _asked(self, method: str, path: str, noun: type[T], **how: Any) -> T:
        try:
            response = await self._http.send(self._request(method, path, **how))
        except httpx2.HTTPError as error:
            raise self._away(error) from error
        if not response.is_success:
            raise self._problem(response, response.content)
        try:
            return msgspec.json.decode(response.content, type=noun)
        except msgspec.DecodeError as error:
            page = "html" in response.headers.get("content-type", "")
            what = "a page" if page else f"something else than was asked for: {error}"
            raise errors.GatewayUnavailable(
                f"{self._url} answered {method} {path} with {what}.", STRANGER
            ) from error

    def _request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **how: Any
    ) -> httpx2.Request:
        kind = {"Content-Type": "application/json"} if method == "POST" else {}
        return self._http.build_request(method, path, headers={**kind, **(headers or {})}, **how)

    def _problem(self, response: httpx2.Response, body: bytes) -> errors.WorkbenchError:
        """The error that the server answered with; where a proxy did, what that means."""
        try:
            said = msgspec.json.decode(body, type=_Problem)
        except msgspec.DecodeError:
            said = _Problem(type="", title=f"{self._url} answered HTTP {response.status_code}.")
        if response.is_redirect or response.status_code == 401:  # a proxy leads to its sign-in
            title = said.title if said.type else f"{self._url} does not know this token."
            return errors.NotSignedIn(title, SIGN_IN)
        kind = ERRORS.get(said.type)
        if kind is None:
            wrong = said.type == "invalid-request"
            kind = errors.UsageError if wrong else errors.GatewayUnavailable
        return kind(said.title, said.hint if said.type else STRANGER)

    def _away(self, error: Exception) -> errors.GatewayUnavailable:
        words = " ".join(str(error).split()) or type(error).__name__
        return errors.GatewayUnavailable(
            f"The workbench at {self._url} does not answer: {words}.",
            "See whether it runs, and whether that is its address.",
        )


class _Problem(msgspec.Struct):
    """RFC 9457, application/problem+json, as ``workbench.api.failures`` writes it."""

    type: str
    title: str
    hint: str = ""


def _tree(top: type[errors.WorkbenchError]) -> list[type[errors.WorkbenchError]]:
    return [top, *(kind for below in top.__subclasses__() for kind in _tree(below))]


ERRORS = {
    re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower(): kind
    for kind in _tree(errors.WorkbenchError)
}
"""Errors by the ``type`` of a problem: ``store-unavailable``."""


async def _events(response: httpx2.Response) -> AsyncGenerator[Event]:
    async with aclosing(read_events(response.aiter_bytes(), MAX_MESSAGE_BYTES)) as events:  # type: ignore[type-var]
        async for event in events:
            if isinstance(event.data, Oversized):
                raise errors.GatewayUnavailable(
                    f"A step of {event.data.size:,} bytes was sent.", "Open the report instead."
                )
            yield event
