"""Reading over the API against a bare FastAPI route with asyncpg that runs the same queries, and
the time to the first byte of a streamed answer.

Both are served by uvicorn in this process, in turn, over loopback. CPU time of the whole process:
client, server and driver are the same for both, so the machine's load flatters neither.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import msgspec
import uvicorn
from fastapi import FastAPI
from starlette.responses import Response

from workbench.api.app import create_app, guarded
from workbench.api.credentials import OwnToken
from workbench.api.principals import Principal, Role
from workbench.bootstrap import open_database, open_workbench
from workbench.core.cluster import Scope
from workbench.settings import load_settings
from workbench.store.queries import sql

READS, ROUNDS = 50, 5
QUESTIONS = 18
"""Fewer than a person may ask in a minute."""
TOKEN = "t" * 32


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listening]))
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await task


def bare(pool: asyncpg.Pool) -> FastAPI:
    """What the least of code does: the same two queries, the rows as JSON."""
    app = FastAPI()

    @app.get("/investigations/{number}", response_class=Response)
    async def opened(number: int) -> Response:
        row = await pool.fetchrow(sql("investigation_by_number"), number, False, None)
        steps = await pool.fetch(sql("steps_of"), [row["id"]])
        found = {
            "id": row["id"], "number": row["number"], "question": row["question"],
            "scope": msgspec.json.decode(row["scope"]),
            "steps": [msgspec.json.decode(step["body"]) for step in steps],
        }  # fmt: skip
        return Response(msgspec.json.encode(found), media_type="application/json")

    return app


async def cpu(client: httpx2.AsyncClient, url: str) -> float:
    """Milliseconds of CPU time a read takes."""
    began = time.process_time()
    for _ in range(READS):
        assert (await client.get(url)).status_code == 200
    return (time.process_time() - began) / READS * 1000


async def first_byte(client: httpx2.AsyncClient, url: str) -> float:
    """Milliseconds until the first event of a streamed answer is there."""
    began = time.perf_counter()
    async with client.stream("POST", url, json={"message": "Why is checkout failing?"}) as answer:
        received = answer.aiter_bytes()
        await anext(received)
        taken = time.perf_counter() - began
        async for _ in received:
            pass
    return taken * 1000


async def main() -> None:
    folder = Path(tempfile.mkdtemp())
    settings = load_settings(snapshot="demo", data_dir=folder, model="analyst")
    async with open_database(settings) as dsn, open_workbench(settings) as bench:
        async for made, _ in bench.ask("Why is checkout failing?", Scope()):
            number = made.number
        pool = await asyncpg.create_pool(dsn)
        own = OwnToken(TOKEN, Principal(name="ann", role=Role.ADMIN))
        ours = guarded(create_app(bench, settings), [own], settings)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            served(bare(pool)) as floor,
            served(ours) as address,
            httpx2.AsyncClient(headers=headers, timeout=60) as client,
        ):
            at_floor, at_ours = [], []
            for _ in range(ROUNDS):
                at_floor.append(await cpu(client, f"{floor}/investigations/{number}"))
                at_ours.append(await cpu(client, f"{address}/api/investigations/{number}"))
            firsts = [
                await first_byte(client, f"{address}/api/chat/stream") for _ in range(QUESTIONS)
            ]
        await pool.close()
    ratio = statistics.median(o / f for o, f in zip(at_ours, at_floor, strict=True))
    print(f"bare FastAPI + asyncpg   {statistics.median(at_floor):6.2f} ms CPU a read")
    print(f"GET /api/investigations  {statistics.median(at_ours):6.2f} ms CPU a read, {ratio:.2f}x")
    late = statistics.quantiles(firsts, n=20)[-1]
    print(
        f"first byte of a stream   {statistics.median(firsts):6.0f} ms, 19 of 20 within {late:.0f}"
    )


asyncio.run(main())
