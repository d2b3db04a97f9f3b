"""What a connection may send, byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request

from workbench.api.protocol import HEAD_BYTES
from workbench.api.server import Server

HEAD = b"POST /size HTTP/1.1\r\nhost: localhost\r\n"


class Idle:
    async def close(self) -> None:
        pass


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where a server listens that tells how long a body is."""
    app, ready = FastAPI(), asyncio.Event()
    app.state.live = app.state.runs = Idle()

    @app.post("/size")
    async def size(request: Request) -> int:
        return len(await request.body())

    server = Server(app, app, ready.set)
    server.config.port = 0
    serving = asyncio.create_task(server.serve())
    await ready.wait()
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


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
