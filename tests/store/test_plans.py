"""How PostgreSQL looks for what a list is narrowed to: it must not read every row for one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.postgres import new_id
from workbench.store.calls import EVER, FOREVER
from workbench.store.database import Store
from workbench.store.queries import sql

ONE_CALL_OF = (EVER, FOREVER, None, None, None, new_id(), None, None, None, 50)


@pytest.mark.parametrize(
    ("name", "given", "condition"),
    [
        ("page_of_calls", ONE_CALL_OF, "(investigation_id = '"),
        ("known_changes", (1, None, None, new_id(), None), "(id = '"),
        ("known_changes", (1, None, None, None, 7), "(number = '7'"),
    ],
)
async def test_a_filter_that_is_given_leads_through_its_index(
    store: Store, name: str, given: tuple[Any, ...], condition: str
) -> None:
    values = ", ".join("null" if value is None else f"'{value}'" for value in given)

    async def explained(connection: Any) -> str:
        await connection.execute(f"prepare listed as {sql(name)}")  # as the driver has it
        async with connection.transaction():
            await connection.execute("set local enable_seqscan = off")  # the tables are empty
            lines = await connection.fetch(f"explain execute listed({values})")
        await connection.execute("deallocate listed")
        return "\n".join(line[0] for line in lines)

    plan = await store.pool.run(explained)
    assert f"Index Cond: {condition}" in plan
