"""Results too large for their row are kept whole, once, and cannot change unseen."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.store.nouns import an_intent, ended
from tests.support.postgres import connected, new_id
from workbench.errors import StoreError
from workbench.store.audit import Broken, open_audit
from workbench.store.database import Store
from workbench.store.payloads import ROW_BYTES

TEXT = "".join(f"line {n} žluť\n" for n in range(150_000))
DATA = [{"n": n, "nul": "\0"} for n in range(60_000)]
NOISE = os.urandom(2 * ROW_BYTES).hex()  # does not compress to one part


async def recorded(store: Store, investigation: UUID, **fields: object) -> str:
    intent = an_intent(investigation)
    label = await store.record.intend(intent)
    await store.record.finish(intent, ended(large=True, **fields))
    return label


async def broken(dsn: str) -> list[Broken]:
    async with open_audit(dsn) as audit:
        chains = await audit.chains()
        return [b async for _, some in audit.verify(chains) for b in some]


@pytest.mark.parametrize("fields", [{"text": TEXT}, {"text": NOISE, "data": DATA}, {"data": DATA}])
async def test_a_large_result_is_read_whole(
    store: Store, database: str, fields: dict[str, object]
) -> None:
    investigation = new_id()
    label = await recorded(store, investigation, **{"text": "short", **fields})
    evidence = await store.record.evidence(investigation, label)
    assert evidence.text == fields.get("text", "short")
    if "data" in fields:
        assert evidence.data == fields["data"]
    assert await store.record.evidences(investigation) == (evidence,)
    (row,) = await store.record.evidences(investigation, whole=False)
    assert len(row.text.encode()) < ROW_BYTES + 300
    assert await broken(database) == []


async def test_the_same_content_is_stored_once(store: Store, database: str) -> None:
    for _ in range(3):
        await recorded(store, new_id(), text=TEXT)
    async with connected(database) as connection:
        assert await connection.fetchval("select count(distinct sha256) from payload_parts") == 1
        assert await connection.fetchval("select count(*) from payload_uses") == 3
        size = await connection.fetchval("select sum(octet_length(body)) from payload_parts")
        assert size < len(TEXT) / 3


@pytest.mark.parametrize(
    ("tampering", "problem"),
    [
        ("delete from payload_parts where number = 0", "changed or is gone"),
        ("alter table payload_parts disable trigger user;"
         " update payload_parts set body = substr(body, 2)", "changed or is gone"),
        ("alter table payload_uses disable trigger user;"
         " update payload_uses set sha256 = sha256(sha256)", "is not kept"),
    ],
)  # fmt: skip
async def test_a_whole_that_was_tampered_with_is_found(
    store: Store, database: str, tampering: str, problem: str
) -> None:
    investigation = new_id()
    label = await recorded(store, investigation, text=NOISE)
    async with connected(database) as connection:
        await connection.execute(tampering)
    (found,) = await broken(database)
    assert (found.evidence, problem in found.problem) == (label, True)
    with pytest.raises(StoreError, match="not what was recorded"):
        await store.record.evidence(investigation, label)


async def test_a_row_whose_whole_was_taken_away_with_all_traces_is_found(
    store: Store, database: str
) -> None:
    await recorded(store, new_id(), text=NOISE)
    async with connected(database) as connection:
        await connection.execute("delete from payload_parts; delete from payload_uses")
    (found,) = await broken(database)
    assert "is not kept" in found.problem


async def test_an_export_has_the_whole(store: Store, database: str) -> None:
    await recorded(store, new_id(), text=TEXT, data=DATA)
    async with open_audit(database) as audit:
        (line,) = [json.loads(line) async for line in audit.export(None, None)]
    assert line["whole"] == {"text": TEXT, "data": DATA}
    assert TEXT.startswith(line["result"].rpartition("\n[")[0].rpartition("\n[")[0])


async def test_what_calls_of_a_dropped_month_held_goes_with_them(
    store: Store, database: str
) -> None:
    old = an_intent(new_id(), at=datetime(2024, 3, 5, tzinfo=UTC))
    await store.record.intend(old)
    await store.record.finish(old, ended(text=NOISE, large=True))
    await recorded(store, new_id(), text=TEXT)
    async with open_audit(database) as audit:
        assert await audit.retain(datetime(2024, 6, 1, tzinfo=UTC))
    assert await broken(database) == []
    async with connected(database) as connection:
        assert await connection.fetchval("select count(distinct sha256) from payload_parts") == 1
