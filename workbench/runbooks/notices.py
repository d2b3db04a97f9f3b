"""Alerts out: what a look came to, told once to each target, again later where that fails."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import functools
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2
import msgspec

from workbench.core.characters import one_line
from workbench.core.notice import Request, Target, notice, request
from workbench.core.redaction import redact_text
from workbench.errors import ParameterError, StoreError
from workbench.runbooks.references import resolve

if TYPE_CHECKING:
    from workbench.store.alerts import Message
    from workbench.store.database import Store

SECONDS = 15.0
"""For one call, in all."""
LEASE_SECONDS = 60.0
"""Longer than a call: a message whose teller was killed is told by another after that."""
TRIES = 5
FIRST_SECONDS, LONGEST_SECONDS = 5.0, 300.0
"""Until the second try; four times as long each time."""
LOOK_SECONDS = 2.0
"""Between two looks at what is to be told."""
DRAIN_SECONDS = 30.0
ANSWER_BYTES = 400
"""Of an answer that says why not."""
LATER = (408, 425, 429)
UNUSABLE = (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError)


class Refused(Exception):
    """The target did not take it. again: whether it may later; seconds: not sooner than that."""

    def __init__(self, words: str, *, again: bool, seconds: float = 0.0) -> None:
        super().__init__(words)
        self.words, self.again, self.seconds = words, again, seconds


class Notices:
    """Tells targets of looks that have ended, beside what else its process does.

    public_url: where people reach the workbench; "" for messages without a link.
    log: told in one line of a target that could not be told.
    """

    def __init__(
        self,
        store: Store,
        targets: Sequence[Target],
        public_url: str,
        log: Callable[[str], None],
        first_seconds: float = FIRST_SECONDS,
    ) -> None:
        self._alerts = store.alerts
        self._targets = {target.title: target for target in targets}
        self._public_url = public_url
        self._log = log
        self._first_seconds = first_seconds
        self._stopping = asyncio.Event()

    async def serve(self) -> None:
        """Until ``stop``, and what is due then. A database that is away is waited for."""
        while not self._stopping.is_set():
            await self._look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._stopping.wait()
        await self._look()

    def stop(self) -> None:
        self._stopping.set()

    async def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Until everything is told or given up, for so long at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await self._alerts.waiting(list(self._targets)):
                    await self._look()
                    await asyncio.sleep(min(LOOK_SECONDS, self._first_seconds))

    async def _look(self) -> None:
        with contextlib.suppress(StoreError):  # the next look will tell
            await self.tell()

    async def tell(self) -> None:
        """What is due now. Raises StoreError."""
        names = list(self._targets)
        if not names:
            return
        await self._alerts.plan_messages(names)
        while due := await self._alerts.due(names, LEASE_SECONDS):
            await asyncio.gather(*(self._one(message) for message in due))

    async def _one(self, message: Message) -> None:
        target = self._targets[message.target]
        try:
            if message.alerts:  # else they have had another look since
                await post(self._request(message, target))
        except Refused as refused:
            await self._failed(message, refused)
        except ParameterError as error:
            await self._failed(message, Refused(error.message, again=True))
        else:
            await self._alerts.sent(message)

    def _request(self, message: Message, target: Target) -> Request:
        look = message.look
        said = notice(message.alerts, look.runbook, look.run, look.item, self._public_url)
        url = resolve(target.url) if target.url.startswith(("env:", "file:")) else target.url
        return request(target, said, url, resolve(target.token) if target.token else "")

    async def _failed(self, message: Message, refused: Refused) -> None:
        again = None
        if refused.again and message.tries < TRIES:
            delay = self._first_seconds * 4.0 ** (message.tries - 1)
            again = min(max(delay, refused.seconds), LONGEST_SECONDS)
        await self._alerts.failed(message, refused.words, again)
        if again is None:
            tries = f" {message.tries} times" if message.tries > 1 else ""
            run, target = message.look.run, message.target
            self._log(f"{target} was not told of {run}, tried{tries or ' once'}: {refused.words}")


async def post(asked: Request) -> None:
    """Raises Refused. Proxies of the environment are used; a redirect is followed nowhere, and no
    error quotes the address, which may be a secret."""
    try:
        urlsplit(asked.url).port  # noqa: B018 - raises ValueError for a port beyond all
        async with (
            asyncio.timeout(SECONDS),
            httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False, verify=trust()) as client,
            client.stream(
                "POST",
                asked.url,
                content=msgspec.json.encode(asked.body),
                headers={"Content-Type": "application/json", **asked.headers},
            ) as answer,
        ):
            if answer.is_success:
                return
            said = await _head(answer)
    except (*UNUSABLE, ValueError) as error:  # ValueError: also a token with other letters
        raise Refused("its address or token is not usable.", again=False) from error
    except (httpx2.HTTPError, TimeoutError, OSError) as error:  # OSError: no certificates
        raise Refused(f"no answer ({type(error).__name__}).", again=True) from error
    words = f"it answered {answer.status_code}" + (f": {said}" if said else "")
    if answer.is_redirect:
        words += " (a redirect; write the address it leads to)"
    again = answer.status_code >= 500 or answer.status_code in LATER
    raise Refused(f"{words}.", again=again, seconds=_later(answer))


@functools.cache
def trust() -> ssl.SSLContext:
    """Whom to trust; reading that takes a tenth of a second."""
    return httpx2.create_ssl_context()


async def _head(answer: httpx2.Response) -> str:
    """The beginning of the body, on a line."""
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) >= ANSWER_BYTES:
            break
    return one_line(redact_text(body[:ANSWER_BYTES].decode(errors="replace")), 200)


def _later(answer: httpx2.Response) -> float:
    """Seconds that ``Retry-After`` asks for (RFC 9110, 10.2.3)."""
    told = answer.headers.get("retry-after", "")
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        at = email.utils.parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return 0.0
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
