"""HTTP as it is read from a connection: uvicorn's faster reader, with an end to what it takes and
to how long it waits, and with a short no where there is no room."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from workbench.api.admission import Admission, refusal, refused
from workbench.api.failures import problem
from workbench.api.guard import OPEN
from workbench.api.readable import as_page, wants_page

HEAD_BYTES = 65_536
"""Of a request's first line and headers, as uvicorn's other reader (h11) has it; what comes at once
with their end is not counted."""
HEAD_SECONDS = 20.0
"""From the connection, or from a request's first byte, to the end of its headers."""
BODY_SECONDS = 60.0
"""From there to the end of its body: 1 MiB over a line of 150 kbit/s."""
PAUSE_SECONDS = 0.1
"""How long a connection that was refused is not read: whoever asks again at once would else have us
do nothing but refuse. Together with the refusal itself it stays below 200 ms."""
REFUSED = refused(problem(refusal()))
REFUSED_PAGE = refused(as_page(problem(refusal())))
TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Http(HttpToolsProtocol):
    """Refusing a request costs a third of what it does with h11 (``benchmarks/overload.py``), but
    headers without an end would be kept without an end.

    admission: where there is no room in it, the request is refused before anything is made of it.
    """

    _in_head = True
    _head = 0
    _requests = 0
    _refusing = False
    _handed_over = False
    _late: asyncio.TimerHandle | None = None

    def __init__(
        self,
        *args: Any,
        admission: Admission,
        head_seconds: float = HEAD_SECONDS,
        body_seconds: float = BODY_SECONDS,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self._admission = admission
        self._head_seconds = head_seconds
        self._body_seconds = body_seconds

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(self._head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = (self._in_head, self._requests)
        super().data_received(data)
        if self._handed_over or self.transport.is_closing():
            return
        self._expect_the_rest()
        if before != (True, self._requests) or not self._in_head:
            return
        self._head += len(data)
        if self._head > HEAD_BYTES:
            self.send_400_response(f"A request may have {HEAD_BYTES:,} bytes of headers.")

    def handle_websocket_upgrade(self) -> None:
        self._handed_over = True
        super().handle_websocket_upgrade()

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        self._wait_no_more()
        if self._no_room():
            self._refuse()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refusing:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._wait_no_more()
        self._in_head = True
        self._requests += 1
        if self._refusing:
            self._refusing = False
        else:
            super().on_message_complete()

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _no_room(self) -> bool:
        """Whether the request can and has to be refused here: in its turn, and with a body."""
        path = self.url.partition(b"?")[0].decode("ascii", "replace")
        return (
            self._admission.full(path)
            and not path.endswith(OPEN)
            and not self.parser.should_upgrade()
            and self.parser.get_method() != b"HEAD"
            and not self._answering
        )

    def _refuse(self) -> None:
        self._refusing = True
        self._admission.told()
        accept = next((value for name, value in self.headers if name == b"accept"), b"")
        page = wants_page(self.parser.get_method().decode(), accept.decode("latin-1"))
        self.transport.write(REFUSED_PAGE if page else REFUSED)
        if not self.parser.should_keep_alive():
            self.transport.close()
            return
        self.flow.pause_reading()
        self.loop.call_later(PAUSE_SECONDS, self._read_again)

    def _read_again(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _expect_the_rest(self) -> None:
        """Of what was begun; a request that is being answered may be the last one."""
        if self._late is not None:
            return
        if not self._in_head:
            self._wait(self._body_seconds)
        elif not self._answering and self.timeout_keep_alive_task is None:
            self._wait(self._head_seconds)

    def _wait(self, seconds: float) -> None:
        self._late = self.loop.call_later(seconds, self._too_late)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_late(self) -> None:
        """A connection that never said anything, or has its answer already, is told nothing."""
        if self._in_head:
            unanswered = self._head > 0
        else:
            unanswered = not (self._refusing or self.cycle.response_started)
        if unanswered and not self.transport.is_closing():
            self.transport.write(TOO_LATE)
        self.transport.close()
