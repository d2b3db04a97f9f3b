"""Sums of what models cost are read from the steps of models, and from no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from tests.support.postgres import connected, new_id
from workbench.core.budget import Usage
from workbench.core.cluster import Scope
from workbench.core.investigation import ModelAnswered, Said
from workbench.store.database import Store
from workbench.store.queries import sql

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_the_sum_reads_the_index_of_steps_that_cost_something(
    store: Store, database: str
) -> None:
    made = await store.investigations.create(new_id(), "why?", Scope(), NOW)
    said = msgspec.json.encode(Said(at=NOW, text="looking")).decode()
    async with connected(database) as connection:
        await connection.execute(
            "insert into steps select $1, n, 'said', $2::jsonb, $3 from generate_series(1, 5000) n",
            made.id,
            said,
            NOW,
        )
        spent = ModelAnswered(at=NOW, model="m", usage=Usage(input_tokens=7, output_tokens=1))
        await store.investigations.append(made.id, 0, spent)
        await connection.execute("analyze steps")
        rows = await connection.fetch(
            f"explain {sql('cost')}", "model", None, NOW - timedelta(days=1)
        )
    plan = "\n".join(row[0] for row in rows)
    assert "steps_of_models" in plan, plan
    (only,) = await store.spending.by("model")
    assert (only.name, only.input_tokens, only.requests) == ("m", 7, 1)
