"""HTTP as it is read from a connection: uvicorn's faster reader, with an end to what it takes."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 65_536
"""Of a request's first line and headers, as uvicorn's other reader (h11) has it; what comes at once
with their end is not counted."""


class Http(HttpToolsProtocol):
    """Refusing a request costs a third of what it does with h11 (``benchmarks/overload.py``), but
    headers without an end would be kept without an end."""

    _in_head = True
    _head = 0
    _requests = 0

    def data_received(self, data: bytes) -> None:
        before = (self._in_head, self._requests)
        super().data_received(data)
        if before != (True, self._requests) or not self._in_head:
            return
        self._head += len(data)
        if self._head > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"A request may have {HEAD_BYTES:,} bytes of headers.")

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._requests += 1
        super().on_message_complete()
