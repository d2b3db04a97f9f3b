"""An exported notebook run again in plain Jupyter: over the record it came from, and elsewhere."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from uuid_utils.compat import uuid7

from tests.support import kernels, samples
from tests.support.investigating import ANALYST
from tests.support.snapshot_tools import scenario, snapshot_tools
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress, Scope
from workbench.investigations.report import export
from workbench.investigations.workbench import Workbench
from workbench.mcp.stack import governed
from workbench.store.database import Store


async def rerun(notebook: Path, database: str) -> list[Any]:
    """The code cells of the notebook, run in a kernel that knows this database and nothing else."""
    read = nbformat.read(notebook, as_version=4)
    here = {"DATABASE_URL": database, "WORKBENCH_SNAPSHOT": "demo", "PYTHONPATH": str(kernels.ROOT)}
    client = NotebookClient(read, timeout=120, kernel_name="python3")
    await client.async_execute(env={**os.environ, **here})
    return [cell for cell in read.cells if cell.cell_type == "code"]


async def test_where_it_was_recorded_every_cell_shows_the_same_again(
    store: Store, database: str, tmp_path: Path
) -> None:
    raw = scenario(kernels.ROOT / "tests" / "scenarios" / "out-of-memory")
    async with snapshot_tools(raw) as tools:
        workbench = Workbench(
            tools=governed(tools, store.record, cluster="demo"),
            store=store,
            address=ClusterAddress(name="demo"),
            model=ANALYST,
            budget=Budget(),
            user="ann",
            surface="test",
            clock=lambda: datetime.now(UTC),
            new_id=uuid7,
        )
        (*_, (asked, _)) = [each async for each in workbench.ask("why?", Scope())]
        found = await workbench.load(asked.label)
        evidence = await workbench.evidences(found.label)
    made = export(found, evidence, tmp_path, now=datetime.now(UTC))
    cells = nbformat.read(made.notebook, as_version=4).cells
    before = [cell.outputs[0].data["text/plain"] for cell in cells if cell.cell_type == "code"]
    after = [cell.outputs[0].data["text/plain"] for cell in await rerun(made.notebook, database)]
    assert len(before) == len(evidence) + 1
    for was, now in zip(before, after, strict=True):
        assert now == was


async def test_elsewhere_each_cell_says_in_a_line_that_it_is_not_recorded_there(
    database: str, tmp_path: Path
) -> None:
    made = export(samples.investigation(), samples.EVIDENCE, tmp_path, now=samples.at(100))
    cells = await rerun(made.notebook, database)
    assert len(cells) == 4
    for cell in cells:
        (output,) = cell.outputs
        assert output.output_type == "error"
        first, hint = output.traceback
        assert first == (
            f"workbench: The investigation {samples.ID} is not in the database that is open here."
        )
        assert "DATABASE_URL" in hint
