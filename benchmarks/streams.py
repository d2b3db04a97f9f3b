"""Many answers written at once: how late a word of the model is for whoever follows, and what it
costs the server, at the beginning of an answer and after 5,000 tokens.

A model server that speaks OpenAI's wire format writes the time into each token, 20 a second to each
of CHATS conversations; readers of `POST /api/chat/stream` look how old what they get is. floor: the
same readers follow the model server itself. Model, server and readers are processes of their own.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import jwt
import msgspec
import psutil

CHATS = 80
RATE, AT_ONCE = "r20", "r0"
"""Models, by their tokens a second; 0 writes as fast as it is read."""
SECONDS = 15.0
SETTLES_SECONDS = 3.0
TOKENS, ROUND = 5_000, 500
LATE_MS = 100
STAMP = re.compile(rb"(\d{13})(?=[^\d])")
ISSUER, AUDIENCE, SECRET = "https://login.example", "workbench", "s" * 32
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


async def model() -> None:
    """The model server, until its input ends; prints its port."""
    server = await asyncio.start_server(_write, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


async def _write(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0])
    rate = int(json.loads(await reader.readexactly(length))["model"][1:])
    writer.write(HEAD)
    began, count = time.monotonic(), 0
    try:
        while not writer.is_closing() and (rate or count <= TOKENS + ROUND):
            count += 1
            writer.write(_token(f"{time.time() * 1000:.0f} "))
            await writer.drain()
            if rate:
                await asyncio.sleep(began + count / rate - time.monotonic())
    except ConnectionError:
        pass  # its reader has left
    writer.close()


def _token(text: str) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    chunk = {
        "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [choice],
    }  # fmt: skip
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"


async def serve() -> None:
    """The server as `workbench up` has it, until its input ends; prints its port."""
    from workbench.api.app import create_app, guarded
    from workbench.api.credentials import SignedToken
    from workbench.api.principals import Role
    from workbench.api.server import Server
    from workbench.bootstrap import open_database, open_workbench
    from workbench.settings import load_settings

    settings = load_settings(snapshot="demo", data_dir=Path(tempfile.mkdtemp()), model="analyst")
    async with open_database(settings), open_workbench(settings) as bench:
        signed = SignedToken(
            issuer=ISSUER, audience=AUDIENCE, secret=SECRET, roles={}, fallback=Role.ADMIN
        )
        app, ready = create_app(bench, settings), asyncio.Event()
        server = Server(guarded(app, [signed], settings), app, ready.set)
        server.config.port = 0
        task = asyncio.create_task(server.serve())
        await ready.wait()
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
        await task


@asynccontextmanager
async def running(what: str, **environment: str) -> AsyncIterator[tuple[int, psutil.Process]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, what, env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stdin
    yield int(await process.stdout.readline()), psutil.Process(process.pid)
    process.stdin.close()
    await process.wait()


async def ask(port: int, person: int, model: str) -> Connection:
    """What comes of a question, as the server sends it."""
    claims = {"sub": f"p{person}", "iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 600}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    question = {"message": "Why is checkout failing?", "model": f"openai:{model}"}
    return await _posted(port, "/api/chat/stream", question, f"Authorization: Bearer {token}\r\n")


async def ask_the_model(port: int, person: int, model: str) -> Connection:
    return await _posted(port, "/chat/completions", {"model": model})


async def _posted(port: int, path: str, said: object, more: str = "") -> Connection:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    body = msgspec.json.encode(said)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"{more}Content-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    return reader, writer


Ask = Callable[[int, int, str], Awaitable[Connection]]


async def follow(
    connection: Connection, late: list[float], begun: asyncio.Event, begin: asyncio.Event
) -> None:
    """Note how many milliseconds old each token is that comes after ``begin``."""
    while data := await connection[0].read(65_536):
        now = time.time() * 1000
        if not begun.is_set() and STAMP.search(data):
            begun.set()
        if begin.is_set():
            late.extend(now - int(stamp) for stamp in STAMP.findall(data))


async def crowd(name: str, asks: Ask, port: int, process: psutil.Process) -> float:
    """How late 95 of 100 tokens are, with CHATS who follow; prints it with what one costs."""
    late: list[float] = []
    begin = asyncio.Event()
    events = [asyncio.Event() for _ in range(CHATS)]
    tasks = []
    for person, begun in enumerate(events):
        made = await asks(port, person, RATE)
        await made[0].readuntil(b"\n\n")
        tasks.append(asyncio.create_task(follow(made, late, begun, begin)))
    await asyncio.gather(*(begun.wait() for begun in events))  # each looks at the cluster before
    await asyncio.sleep(SETTLES_SECONDS)
    begin.set()
    before = _cpu(process)
    await asyncio.sleep(SECONDS)
    spent = _cpu(process) - before
    for task in tasks:
        task.cancel()
    cuts = statistics.quantiles(late, n=20)
    print(
        f"{name:6} {CHATS} at {len(late) / SECONDS / CHATS:4.1f} tokens/s each: median "
        f"{statistics.median(late):5.1f} ms late, 95 of 100 within {cuts[-1]:6.1f} ms, "
        f"{spent / len(late) * 1000:.2f} ms CPU a token, {spent / SECONDS:.0%} of a core"
    )
    return cuts[-1]


async def one(port: int, process: psutil.Process) -> None:
    """Bytes and CPU time of a token at the beginning of an answer and at its end."""
    reader, _writer = await ask(port, CHATS, AT_ONCE)
    taken, count, size = [], 0, 0
    before = _cpu(process)
    while count < TOKENS + ROUND and (data := await reader.read(65_536)):
        found = len(STAMP.findall(data))
        count, size = count + found, size + len(data)
        if count // ROUND > len(taken):
            taken.append((_cpu(process) - before, size, count))
    for first, last in ((taken[0], taken[1]), (taken[-2], taken[-1])):
        cpu, length, tokens = (b - a for a, b in zip(first, last, strict=True))
        print(
            f"tokens {first[2]}-{last[2]}: {cpu / tokens * 1000:.2f} ms CPU and "
            f"{length / tokens:.0f} bytes each"
        )


def _cpu(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


async def main() -> None:
    async with running("model") as (at, model_server):
        await crowd("floor", ask_the_model, at, model_server)
        known = {"OPENAI_BASE_URL": f"http://127.0.0.1:{at}", "OPENAI_API_KEY": "none"}
        async with running("serve", **known) as (port, server):
            await one(port, server)
            late = await crowd("ours", ask, port, server)
    print(
        f"target: 95 of 100 within {LATE_MS} ms: {'held' if late <= LATE_MS else 'MISSED'}"
        f" (the machine's load: {os.getloadavg()[0]:.1f})"
    )


if __name__ == "__main__":
    asyncio.run({"model": model, "serve": serve}.get(sys.argv[-1], main)())
