"""A web server that is told things: Slack's, GitHub's, GitLab's and anybody's webhooks in one."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.support.http_server import Handler, listening


class Asked(NamedTuple):
    """One request. headers: names in small letters."""

    path: str
    headers: dict[str, str]
    body: Any


class Webhook:
    """``answers``: (status, headers, body) of the next requests; 200 without a word after them."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: deque[tuple[int, dict[str, str], bytes]] = deque()
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[Webhook]:
        with listening(self._handler()) as self.url:
            yield self

    def _handler(self) -> type[Handler]:
        told = self

        class Told(Handler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                told.asked.append(Asked(self.path, headers, json.loads(body)))
                status, more, words = told.answers.popleft() if told.answers else (200, {}, b"")
                self.answer(words, status, **more)

        return Told
