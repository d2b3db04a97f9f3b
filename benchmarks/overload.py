"""Five times as much as a server can do: what it still serves, and how soon the rest is told no.

floor: as many readers as keep it busy. ours: five times as many readers as it works for at a time,
who ask again at once when they are answered, and when they are refused, after the seconds they are
told. worst: the same number heeds nothing and asks again at once. Then one person asks too often.

The server is a process of its own; its CPU time per request is told too, because on a busy machine
wall time is the neighbours'.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import jwt
import psutil

from workbench.api.admission import AT_ONCE
from workbench.api.app import create_app, guarded
from workbench.api.credentials import SignedToken
from workbench.api.principals import Role
from workbench.api.server import Server
from workbench.bootstrap import open_database, open_workbench
from workbench.core.cluster import Scope
from workbench.settings import load_settings

T = TypeVar("T")

PEOPLE = 60
"""Each may read 600 times a minute."""
SECONDS = 5.0
OVER = 5
READERS = 16
REFUSED_MS, SERVED_SHARE = 200, 0.8
"""What is promised: how late a refusal may be, and how much of the capacity is still served."""


ISSUER, AUDIENCE, SECRET = "https://login.example", "workbench", "s" * 32


def token(person: int) -> str:
    name = f"p{person}"
    claims = {"sub": name, "iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 600}
    return jwt.encode(claims, SECRET, algorithm="HS256")


async def serve() -> None:
    """The server as `workbench up` has it, until its input ends; prints its port and what is read.
    The readers sign in, so that what that costs is in."""
    settings = load_settings(snapshot="demo", data_dir=Path(tempfile.mkdtemp()), model="analyst")
    async with open_database(settings), open_workbench(settings) as bench:
        async for made, _ in bench.ask("Why is checkout failing?", Scope()):
            label = made.label
        signed = SignedToken(
            issuer=ISSUER, audience=AUDIENCE, secret=SECRET, roles={}, fallback=Role.ADMIN
        )
        app = create_app(bench, settings)
        ready = asyncio.Event()
        server = Server(guarded(app, [signed], settings), app, ready.set)
        server.config.port = 0
        task = asyncio.create_task(server.serve())
        await ready.wait()
        print(server.servers[0].sockets[0].getsockname()[1], label, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
        await task


class Reader:
    """A connection that stays open. ``took``: milliseconds of every answer, by its status."""

    def __init__(self, port: int, label: str, person: int) -> None:
        self._port = port
        self._request = (
            f"GET /api/investigations/{label} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {token(person)}\r\n\r\n"
        ).encode()
        self.took: dict[int, list[float]] = {}

    async def read(self, until: float, *, heeds: bool = False) -> None:
        """Again and again. heeds: waits as long as it is told."""
        coming, going = await asyncio.open_connection("127.0.0.1", self._port)
        while (began := time.perf_counter()) < until:
            going.write(self._request)
            head = (await coming.readuntil(b"\r\n\r\n")).lower()
            await coming.readexactly(_number(head, b"content-length:"))
            took = (time.perf_counter() - began) * 1000
            self.took.setdefault(int(head.split(None, 2)[1]), []).append(took)
            if heeds and (wait := _number(head, b"retry-after:")):
                await asyncio.sleep(wait)
        going.close()


def _number(head: bytes, name: bytes) -> int:
    """That header's; 0 without it."""
    return int((head.partition(name)[2] or b"0").split(None, 1)[0])


@asynccontextmanager
async def running() -> AsyncIterator[tuple[int, str, psutil.Process]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "serve",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stdin
    port, label = (await process.stdout.readline()).decode().split()
    yield int(port), label, psutil.Process(process.pid)
    process.stdin.close()
    await process.wait()


async def load(
    port: int, label: str, readers: int, *, heeds: bool = False
) -> dict[int, list[float]]:
    """How long each answer took, by status, of so many readers in SECONDS."""
    people = itertools.cycle(range(1, PEOPLE))
    made = [Reader(port, label, next(people)) for _ in range(readers)]
    until = time.perf_counter() + SECONDS
    await asyncio.gather(*(r.read(until, heeds=heeds) for r in made))
    found: dict[int, list[float]] = {}
    for reader in made:
        for status, took in reader.took.items():
            found.setdefault(status, []).extend(took)
    return found


def told(name: str, took: list[float]) -> None:
    cuts = statistics.quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
    print(
        f"{name:24} {len(took) / SECONDS:7.0f}/s  median {cuts[49]:6.1f} ms"
        f"  99 of 100 within {cuts[98]:6.1f} ms  at most {max(took, default=0):6.1f} ms"
    )


async def measured(process: psutil.Process, work: Coroutine[None, None, T]) -> tuple[T, float]:
    """What came of it, and the server's CPU seconds meanwhile."""
    before = sum(process.cpu_times()[:2])
    found = await work
    return found, sum(process.cpu_times()[:2]) - before


async def main() -> None:
    async with running() as (port, label, process):
        await load(port, label, 1)  # warm
        alone, spent = await measured(process, load(port, label, READERS))
        found, on_found = await measured(process, load(port, label, OVER * AT_ONCE, heeds=True))
        worst, on_worst = await measured(process, load(port, label, OVER * AT_ONCE))
        often = Reader(port, label, 0)
        await often.read(time.perf_counter() + SECONDS)
    told(f"floor: {READERS} readers", alone[200])
    a_read = spent / len(alone[200])
    print(f"{'':24} {a_read * 1000:.2f} ms CPU a read")
    for name, some, cpu in (("ours", found, on_found), ("worst", worst, on_worst)):
        served, refused = some.get(200, []), some.get(503, [])
        told(f"{name}: served", served)
        told(f"{name}: refused (503)", refused)
        on_refusals = max(0.0, cpu - len(served) * a_read)
        print(
            f"{'':24} {len(served) * a_read / cpu:.0%} of its CPU time for what it serves, "
            f"{on_refusals / max(1, len(refused)) * 1_000_000:.0f} us for each refusal"
        )
    told("one too often (429)", often.took.get(429, []))
    share = len(found.get(200, [])) / len(alone[200])
    late = statistics.quantiles(found.get(503, [0.0, 0.0]), n=100)[98]
    held = share >= SERVED_SHARE and late <= REFUSED_MS
    print(
        f"targets >= {SERVED_SHARE:.0%} served, refused within {REFUSED_MS} ms: "
        f"{share:.0%}, {late:.0f} ms {'held' if held else 'MISSED'}"
        f" (the machine's load: {os.getloadavg()[0]:.1f})"
    )


if __name__ == "__main__":
    asyncio.run(serve() if "serve" in sys.argv else main())
