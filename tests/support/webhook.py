"""A web server that is told things: Slack's, GitHub's, GitLab's and anybody's webhooks in one."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


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
        with ThreadingHTTPServer(("127.0.0.1", 0), self._handler()) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join(10)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                told.asked.append(Asked(self.path, headers, json.loads(body)))
                status, more, words = told.answers.popleft() if told.answers else (200, {}, b"")
                self.send_response(status)
                for name, value in {**more, "Content-Length": str(len(words))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(words)

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        return Handler
