"""A small HTTP server on loopback, for as long as a test needs one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

POLLS_SECONDS = 0.01
"""How often it looks whether it is to end."""


class Handler(BaseHTTPRequestHandler):
    """Says nothing on stderr; ``answer`` is a whole answer."""

    def answer(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        """headers: by name, with ``_`` for ``-``."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def listening(handler: type[Handler]) -> Iterator[str]:
    """The address of a server that answers with ``handler``."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLLS_SECONDS,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
