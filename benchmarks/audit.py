"""A large record: how long the rows of one investigation take, and how fast chains are verified.

Seeds real chains over a year, 1,000,000 calls unless ``CALLS`` says otherwise. Prints JSON: reading
one investigation beside what is promised, and rows verified a second beside the floor, which is
hashing the same texts without the chain.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from workbench.store.audit import open_audit
from workbench.store.database import open_store
from workbench.store.embedded import embedded_postgres
from workbench.store.pool import Connection, open_pool

CALLS = int(os.environ.get("CALLS", "1000000"))
EACH = 20  # calls of one investigation
READS = 400
VERIFIED = 4000  # investigations
MOST_MS, LEAST_A_SECOND = 50.0, 20_000

SEED = """
create function seed(investigations integer, each integer, first integer) returns void
language plpgsql as $$
declare
    entry audit_logs;
    last bytea;
begin
    for i in first .. first + investigations - 1 loop
        entry := null;
        last := '';
        entry.investigation_id := gen_random_uuid();
        for n in 1 .. each loop
            entry.id := gen_random_uuid();
            entry.created_at := '2025-01-01'::timestamptz
                + make_interval(mins => i * 10, secs => n);
            entry.seq := n;
            entry.user_name := 'ann@example.com';
            entry.action_type := 'tool_call';
            entry.surface := 'notebook';
            entry.server := 'kubernetes';
            entry.tool_name := 'kube_list_resources';
            entry.parameters := '{"kind": "pods", "namespace": "shop"}';
            entry.cluster := 'production';
            entry.owner := 0;
            entry.intent_event := 2 * n - 1;
            entry.intent_hash := audit_link(last, audit_intent(entry));
            entry.outcome := 'done';
            entry.success := true;
            entry.result := repeat('pod web-1 is Running ', 24);
            entry.result_sha256 := encode(sha256(convert_to(entry.result, 'UTF8')), 'hex');
            entry.error := '';
            entry.duration_ms := 12.5;
            entry.finished_at := entry.created_at + interval '12.5 ms';
            entry.outcome_event := 2 * n;
            entry.outcome_hash := audit_link(entry.intent_hash, audit_outcome(entry));
            last := entry.outcome_hash;
            insert into audit_logs select entry.*;
        end loop;
        insert into audit_heads values (entry.investigation_id, each, 2 * each, last);
    end loop;
end
$$
"""
FLOOR = """
select count(sha256(convert_to(result, 'UTF8'))) from audit_logs
where investigation_id = any($1)
"""


async def seed(connection: Connection) -> None:
    await connection.execute(SEED)
    for month in range(1, 14):
        at = f"{2025 + (month - 1) // 12}-{(month - 1) % 12 + 1:02}-01"
        await connection.execute(f"select audit_ensure_partition('{at}')")
    batch = 500
    # What is seeded has ended already; rows that are recorded begin as running.
    trigger = "trigger audit_logs_begin_and_complete_once"
    await connection.execute(f"alter table audit_logs disable {trigger}")
    for first in range(0, CALLS // EACH, batch):
        await connection.execute("select seed($1, $2, $3)", batch, EACH, first)
        print(f"\rseeded {(first + batch) * EACH:,}", end="", file=sys.stderr)
    await connection.execute(f"alter table audit_logs enable {trigger}")
    await connection.execute("analyze audit_logs")


async def main(folder: Path) -> None:
    async with (
        embedded_postgres(folder) as dsn,
        open_store(dsn) as store,
        open_audit(dsn) as audit,
        open_pool(dsn, size=1, seconds=3600, query_seconds=3600) as pool,
    ):
        began = time.perf_counter()
        await pool.run(seed)
        print(f" in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        chains = await audit.chains()
        times = []
        for chain in random.Random(1).choices(chains, k=READS):
            began = time.perf_counter()
            rows = await store.record.evidences(chain.id)
            times.append((time.perf_counter() - began) * 1000)
            assert len(rows) == EACH
        some = random.Random(2).sample(chains, min(VERIFIED, len(chains)))
        began = time.perf_counter()
        broken = [one async for _, found in audit.verify(some) for one in found]
        verified = len(some) * EACH / (time.perf_counter() - began)
        began = time.perf_counter()
        await pool.run(lambda c: c.fetchval(FLOOR, [chain.id for chain in some]))
        floor = len(some) * EACH / (time.perf_counter() - began)
        began, lines = time.perf_counter(), 0
        async for _ in audit.export(None, None):
            lines += 1
            if lines == 50_000:
                break
        exported = lines / (time.perf_counter() - began)
    figures = {
        "calls": len(chains) * EACH,
        "rows of one investigation, p95 ms": round(statistics.quantiles(times, n=20)[18], 2),
        "promised at most, ms": MOST_MS,
        "verified, rows a second": round(verified),
        "promised at least, rows a second": LEAST_A_SECOND,
        "floor: the same texts hashed, rows a second": round(floor),
        "exported, rows a second": round(exported),
        "broken": len(broken),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # root's server runs as another account
        asyncio.run(main(Path(name)))
