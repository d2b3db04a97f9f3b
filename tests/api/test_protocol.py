"""What a connection may send, byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from fastapi import FastAPI, Request, WebSocket
from websockets.asyncio.client import connect

from workbench.api.admission import Admission, Admitted
from workbench.api.protocol import HEAD_BYTES, Http
from workbench.api.server import Server

HEAD = b"POST /size HTTP/1.1\r\nhost: localhost\r\n"


SECONDS = 0.3
"""How long the impatient server waits for the rest of a request."""


class Idle:
    async def close(self) -> None:
        pass


class Serving:
    """A server that tells how long a body is, and answers at /slow once ``gate`` is open."""

    def __init__(self) -> None:
        self.app = FastAPI()
        self.gate = asyncio.Event()
        self.admission = Admission(at_once=1)
        self.app.state.live = self.app.state.runs = Idle()
        self.app.state.admission = self.admission
        self.app.post("/size")(self._size)
        self.app.get("/slow")(self._slow)
        self.app.get("/healthz")(lambda: "ok")
        self.app.websocket("/echo")(self._echo)
        self.ready = asyncio.Event()
        self.server = Server(Admitted(self.app, self.admission), self.app, self.ready.set)
        self.server.config.port = 0

    @property
    def port(self) -> int:
        port: int = self.server.servers[0].sockets[0].getsockname()[1]
        return port

    async def _size(self, request: Request) -> int:
        return len(await request.body())

    async def _slow(self) -> str:
        await self.gate.wait()
        return "at last"

    async def _echo(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())


@asynccontextmanager
async def serving(**how: float) -> AsyncIterator[Serving]:
    made = Serving()
    if how:
        made.server.config.http = partial(Http, admission=made.admission, **how)  # type: ignore[assignment]
    task = asyncio.create_task(made.server.serve())
    await made.ready.wait()
    yield made
    made.gate.set()
    made.server.should_exit = True
    await task


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with serving() as made:
        yield made.port


@pytest.fixture
async def full() -> AsyncIterator[Serving]:
    """A server that has as much to do as it can."""
    async with serving() as made:
        reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
        writer.write(b"GET /slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        while not made.admission.full("/slow"):  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(0)
        yield made
        made.gate.set()
        assert b"at last" in await reader.read()
        writer.close()


async def sent(port: int, *parts: bytes) -> bytes:
    """What comes back until the other side closes, when that is sent piece by piece."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.01)
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("head", [HEAD + b"x: ", b"GET /", HEAD + b"x: y\r\n"], ids=repr)
async def test_headers_have_an_end(port: int, head: bytes) -> None:
    lines = b"a" * 1000 if not head.endswith(b"\n") else b"a: b\r\n" * 200
    pieces = [lines] * (HEAD_BYTES // len(lines) + 2)
    assert b"bytes of headers" in await sent(port, head, *pieces)


async def test_a_long_body_is_no_header_and_neither_are_requests_one_after_another(
    port: int,
) -> None:
    body = b"x" * 3 * HEAD_BYTES
    first = HEAD + b"content-length: %d\r\n\r\n" % len(body)
    last = HEAD + b"connection: close\r\ncontent-length: 2\r\n\r\nok"
    answer = await sent(port, first, body[:HEAD_BYTES], body[HEAD_BYTES:] + last)
    assert answer.count(b"200 OK") == 2
    assert b"%d" % len(body) in answer
    assert answer.endswith(b"2")


@pytest.mark.parametrize(
    "request_", [b"\xff\xfe\r\n\r\n", b"GET \xc3\xa4 HTTP/1.1\r\n\r\n", b"a b c d\r\n"]
)
async def test_what_is_no_request_is_refused(port: int, request_: bytes) -> None:
    assert (await sent(port, request_)).startswith(b"HTTP/1.1 400 ")


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of the next one."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].split()[0]
    return head, await reader.readexactly(int(length))


async def test_whom_there_is_no_room_for_is_told_before_anything_is_made_of_it(
    full: Serving,
) -> None:
    refused = []
    full.admission.told = lambda: refused.append(1)
    reader, writer = await asyncio.open_connection("127.0.0.1", full.port)
    writer.write(HEAD + b"content-length: 900000\r\n\r\n" + b"x" * 70_000)
    head, body = await answer(reader)  # whatever else there is to come
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 1\r\n" in head
    assert b"\r\nx-content-type-options: nosniff\r\n" in head
    assert b"as much to do as it can" in body
    assert refused == [1]
    (connection,) = [c for c in full.server.server_state.connections if c.cycle is None]  # type: ignore[union-attr]
    assert connection.flow.read_paused  # type: ignore[union-attr]  # who asks again at once waits
    writer.write(b"x" * 830_000 + HEAD + b"content-length: 2\r\n\r\nok")
    assert (await answer(reader))[0].startswith(b"HTTP/1.1 503 ")
    full.gate.set()
    while full.admission.full("/slow"):  # noqa: ASYNC110  # nothing tells
        await asyncio.sleep(0)
    writer.write(HEAD + b"content-length: 2\r\n\r\nok")
    head, body = await answer(reader)
    assert (head.split()[1], body) == (b"200", b"2")
    writer.close()


async def test_whom_there_is_no_room_for_reads_so_on_a_page_in_a_browser(full: Serving) -> None:
    asked = b"GET /chat HTTP/1.1\r\nhost: localhost\r\nAccept: text/html,*/*;q=0.8\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", full.port)
    writer.write(asked)
    head, body = await answer(reader)
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 1\r\n" in head
    assert b"\r\ncontent-type: text/html; charset=utf-8\r\n" in head
    assert b"content-security-policy: default-src 'none'" in head
    assert b"<h1>The server has as much to do as it can.</h1>" in body
    assert b"<a " not in body  # there is no room for where it would lead
    writer.close()


async def test_probes_are_answered_by_a_server_that_is_full(full: Serving) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    assert (await sent(full.port, asked)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (b"", b""),
        (b"\r\n", b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nhost: loc", b"HTTP/1.1 408 "),
        (HEAD + b"content-length: 9\r\n\r\nhalf", b"HTTP/1.1 408 "),
    ],
)
async def test_half_a_request_is_not_waited_for_without_end(asked: bytes, said: bytes) -> None:
    async with serving(head_seconds=SECONDS, body_seconds=SECONDS) as impatient:
        assert (await sent(impatient.port, asked)).startswith(said)
        await asyncio.gather(*impatient.server.server_state.tasks)  # what began to read it ends


async def test_a_websocket_and_an_answer_take_as_long_as_they_like() -> None:
    async with serving(head_seconds=SECONDS, body_seconds=SECONDS) as impatient:
        reader, writer = await asyncio.open_connection("127.0.0.1", impatient.port)
        writer.write(b"GET /slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        async with connect(f"ws://127.0.0.1:{impatient.port}/echo") as websocket:
            await asyncio.sleep(2 * SECONDS)
            await websocket.send("still there")
            assert await websocket.recv() == "still there"
        impatient.gate.set()
        assert b"at last" in await reader.read()
        writer.close()


async def test_a_websocket_whose_other_end_is_gone_is_closed() -> None:
    async with serving() as made:
        config = made.server.config
        assert (config.ws_ping_interval, config.ws_ping_timeout) == (20, 20)
        config.ws_ping_interval = config.ws_ping_timeout = SECONDS
        reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
        writer.write(
            b"GET /echo HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n"
            b"upgrade: websocket\r\nsec-websocket-version: 13\r\n"
            b"sec-websocket-key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n"
        )
        async with asyncio.timeout(20):
            assert b"keepalive ping timeout" in await reader.read()  # pings, and then the end
        writer.close()
