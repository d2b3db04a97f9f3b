"""What recording a tool call costs: the intent before it and the outcome after it, both on disk.

Beside each figure stands the floor, taken in turn with it on the same disk: one fdatasync, and one
bare insert through the same pool. Prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import uuid_utils

from workbench.core.evidence import Ended, Intent, Outcome
from workbench.store.database import RECORD_CONNECTIONS, Store, open_store
from workbench.store.embedded import embedded_postgres
from workbench.store.pool import Pool, open_pool

ROUNDS = 300
WRITERS = 16
RESULT = "x" * 1024


def new_id() -> UUID:
    return UUID(bytes=uuid_utils.uuid7().bytes)


async def a_call(store: Store, investigation: UUID) -> None:
    """An intent and its outcome."""
    intent = Intent(
        id=new_id(),
        investigation=investigation,
        user="ann@example.com",
        surface="benchmark",
        server="kubernetes",
        tool="kube_get",
        arguments={"kind": "Pod", "namespace": "shop"},
        cluster="kind-shop",
        at=datetime.now(UTC),
    )
    await store.record.intend(intent)
    await store.record.finish(intent, Ended(outcome=Outcome.DONE, duration_ms=12.5, text=RESULT))


async def bare_insert(pool: Pool) -> None:
    async def insert(connection: object) -> None:
        await connection.execute("insert into bare values ($1, $2)", new_id(), RESULT)  # type: ignore[attr-defined]

    await pool.run(insert)


async def sync_once(descriptor: int) -> None:
    os.pwrite(descriptor, RESULT.encode() * 8, 0)
    os.fdatasync(descriptor)


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


def shown(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=20)
    return {"p50_ms": round(statistics.median(times), 2), "p95_ms": round(cuts[18], 2)}


async def alone(store: Store, pool: Pool, descriptor: int) -> dict[str, object]:
    syncs, inserts, calls = [], [], []
    investigation = new_id()
    for _ in range(ROUNDS):
        syncs.append(await timed(lambda: sync_once(descriptor)))
        inserts.append(await timed(lambda: bare_insert(pool)))
        calls.append(await timed(lambda: a_call(store, investigation)))
    return {
        "fdatasync": shown(syncs),
        "bare insert": shown(inserts),
        "intent + outcome": shown(calls),
        "ratio to two bare inserts, p50": round(
            statistics.median(calls) / statistics.median(inserts) / 2, 2
        ),
        "ratio to two fdatasyncs, p50": round(
            statistics.median(calls) / statistics.median(syncs) / 2, 2
        ),
    }


async def together(store: Store, pool: Pool) -> dict[str, object]:
    """``WRITERS`` at once, each with its own investigation."""
    calls: list[float] = []
    inserts: list[float] = []

    async def write(into: list[float], work: Callable[[], Awaitable[None]]) -> None:
        for _ in range(ROUNDS // 4):
            into.append(await timed(work))

    inserts_took = await timed(
        lambda: _gather(write(inserts, lambda: bare_insert(pool)) for _ in range(WRITERS))
    )
    owners = [new_id() for _ in range(WRITERS)]
    calls_took = await timed(
        lambda: _gather(write(calls, lambda i=i: a_call(store, i)) for i in owners)
    )
    return {
        "bare insert": shown(inserts),
        "bare inserts per second": round(len(inserts) / inserts_took * 1000),
        "intent + outcome": shown(calls),
        "calls per second": round(len(calls) / calls_took * 1000),
        "ratio to two bare inserts, per row": round(
            calls_took / len(calls) / (inserts_took / len(inserts)) / 2, 2
        ),
    }


async def _gather(work: object) -> None:
    await asyncio.gather(*work)  # type: ignore[misc]


async def main(data_dir: Path) -> None:
    with tempfile.TemporaryFile(dir=data_dir) as file:
        async with (
            embedded_postgres(data_dir) as dsn,
            open_store(dsn) as store,
            open_pool(dsn, size=RECORD_CONNECTIONS, seconds=60) as pool,
        ):
            await pool.run(lambda c: c.execute("drop table if exists bare"))
            await pool.run(lambda c: c.execute("create table bare (id uuid primary key, x text)"))
            await a_call(store, new_id())
            result = {
                "alone": await alone(store, pool, file.fileno()),
                f"{WRITERS} writers": await together(store, pool),
            }
    json.dump(result, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # root's server runs as another account
        asyncio.run(main(Path(folder)))
