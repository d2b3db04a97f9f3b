"""The notebook at the end of a sweep: a line an item, each with its own notebook."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import nbformat

from workbench.core.runbook import Gate
from workbench.core.sweep import Item, ItemStatus, Plan, Sweep
from workbench.runbooks.summary import write

SWEEP = Sweep(
    id=uuid4(),
    number=3,
    plan=Plan(runbook="dns", source="0" * 64, over="team=<shop>", person="ann"),
    at=datetime(2026, 3, 1, 10, tzinfo=UTC),
    counts={ItemStatus.HEALTHY: 1, ItemStatus.FAILED: 1},
)
ITEMS = (
    Item(number=1, parameters={"namespace": "shop"}, context="prod", status=ItemStatus.HEALTHY,
         gates=(Gate(name="g", passed=True), Gate(name="h", passed=False)), notebook="ab"),
    Item(number=2, parameters={"namespace": "a|b`"}, context="", status=ItemStatus.FAILED,
         error="NameError: x\n| y"),
)  # fmt: skip


async def test_every_item_has_a_line_and_its_notebook_a_link(tmp_path: Path) -> None:
    async def read(sha256: str) -> str:
        return f"the notebook {sha256}"

    path = await write(tmp_path, SWEEP, ITEMS, read)
    assert path == tmp_path / "SW-3.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    about, table = (cell.source for cell in notebook.cells)
    assert "1 healthy, 1 failed" in about
    assert r"team=\<shop\>" in about
    first, second = table.splitlines()[2:]
    assert first.startswith("| prod namespace=shop | healthy |  | 1 of 2 | [notebook](")
    link = first.partition("](")[2].partition(")")[0]
    assert (tmp_path / link).read_text() == "the notebook ab"
    assert r"namespace=a\|b\`" in second
    assert second.count(" | ") == 4


async def test_a_summary_that_somebody_edited_is_kept(tmp_path: Path) -> None:
    async def read(sha256: str) -> str:
        return f"the notebook {sha256}"

    path = await write(tmp_path, SWEEP, ITEMS, read)
    assert await write(tmp_path, SWEEP, ITEMS, read) == path
    path.write_text(path.read_text().replace("1 healthy", "1 healthy (I looked)"))
    assert (await write(tmp_path, SWEEP, ITEMS, read)).name == "SW-3-2.ipynb"
    assert "(I looked)" in path.read_text()
