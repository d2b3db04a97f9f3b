"""Sweeps as whoever waits for them sees them, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import aclosing
from pathlib import Path

import nbformat
import pytest

from tests.support import kernels
from tests.support.postgres import new_id
from workbench.core.runbook import Runbook
from workbench.core.sweep import ENDS, ItemStatus, Plan, Retry, Row
from workbench.errors import ParameterError, UsageError
from workbench.runbooks.catalogue import read
from workbench.runbooks.over import Over, rows_over
from workbench.runbooks.sweeping import Look, begin, planned, swept, watch
from workbench.store.database import Store


@pytest.fixture
def book(tmp_path: Path) -> Runbook:
    made = kernels.notebook("namespace: str = ''\nlimit: int = 5", "pass")
    made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, tmp_path / "light.ipynb")
    return read(tmp_path / "light.ipynb")


async def plan_of(store: Store, book: Runbook) -> tuple[Plan, list[Row]]:
    plan = await planned(store, book, "rows", person="ann", retries=1, retry_on="both", timeout=9)
    return plan, [Row(parameters={"namespace": name}) for name in ("one", "two")]


async def test_a_plan_keeps_the_runbook_and_its_terms(store: Store, book: Runbook) -> None:
    plan, _ = await plan_of(store, book)
    assert "limit: int" in await store.notebooks.read(plan.source)
    assert plan.retry == Retry(times=1, on=ENDS["both"], seconds=5.0)
    assert (plan.runbook, plan.person, plan.seconds) == ("light", "ann", 9)
    for wrong in ({"retry_on": "never"}, {"retries": -1}, {"timeout": -1.0}):
        with pytest.raises(UsageError):
            await planned(store, book, "rows", person="ann", **wrong)  # type: ignore[arg-type]


async def test_who_is_cancelled_cancels_the_sweep_and_sees_it_once_more(
    store: Store, book: Runbook
) -> None:
    plan, rows = await plan_of(store, book)
    looks: list[Look] = []
    begun = asyncio.Event()

    async def wait() -> None:
        async with aclosing(swept(store, new_id(), plan, rows)) as every:
            async for look in every:
                looks.append(look)
                begun.set()

    task = asyncio.create_task(wait())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert looks[0].sweep.counts == {ItemStatus.QUEUED: 2}
    assert looks[-1].sweep.counts == {ItemStatus.CANCELLED: 2}
    assert looks[-1].sweep.cancelled_at
    assert await store.sweeps.load("SW-1") == looks[-1].sweep


async def test_who_only_watches_leaves_it_alone_and_hears_that_no_worker_came(
    store: Store, book: Runbook
) -> None:
    plan, rows = await plan_of(store, book)
    made = await begin(store, new_id(), plan, rows)
    async with aclosing(watch(store, made, patience=0.0)) as looks:
        assert (await anext(looks)).waits
    async with aclosing(watch(store, made)) as looks:
        assert not (await anext(looks)).waits
    (first, _) = await store.sweeps.items(made.id)
    claim = new_id()
    await store.sweeps.begin(made.id, first.number, claim=claim, worker="w", job=1)
    await store.sweeps.settle(claim, ItemStatus.FAILED, error="no")
    async with aclosing(watch(store, made, patience=0.0)) as looks:
        look = await anext(looks)
    assert not look.waits
    assert [item.error for item in look.ended] == ["no"]
    assert not look.sweep.cancelled_at


async def rows(book: Runbook, over: Over, contexts: Collection[str] = ()) -> tuple[Row, ...]:
    async def namespaces(labels: str, context: str) -> Sequence[str]:
        return [f"{labels} in {context}"]

    given = {"limit": "7"}
    return await rows_over(
        book, over, given, context="prod", contexts=contexts, namespaces=namespaces
    )


async def test_rows_contexts_and_labels_become_items(book: Runbook) -> None:
    (found,) = await rows(book, [{"namespace": "shop", "limit": None, "context": "dev"}], ["dev"])
    assert (found.parameters, found.context) == ({"limit": 7, "namespace": "shop"}, "dev")
    assert [r.context for r in await rows(book, "contexts", ["a", "b"])] == ["a", "b"]
    (found,) = await rows(book, "team=shop")
    assert (found.parameters["namespace"], found.context) == ("team=shop in prod", "prod")
    assert [r.context for r in await rows(book, "")] == ["prod"]
    with pytest.raises(ParameterError, match="Row 2, column limit"):
        await rows(book, [{}, {"limit": "x"}])
    with pytest.raises(UsageError, match="selector"):
        await rows(book, "team==shop==x")
