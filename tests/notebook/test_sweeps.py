"""Sweeps from a cell, over a real record; what a worker does is done here without a kernel."""

from __future__ import annotations

import _thread
import asyncio
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import workbench as wb
from tests.notebook.test_record_magics import run, shell
from tests.support import kernels
from tests.support.postgres import new_id
from workbench.core.sweep import ItemStatus
from workbench.errors import ParameterError, UsageError
from workbench.notebook.sweeping import Wanted
from workbench.store.database import Store, open_store
from workbench.store.sweeps import Begun

__all__ = ["shell"]

COLUMNS = ["number", "title", "status", "findings", "error", "notebook"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    book = kernels.notebook("number: int = 0", "pass")
    book.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(book, tmp_path / "light.ipynb")
    (tmp_path / "rows.csv").write_text("number\n1\n2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def meanwhile(database: str, work: Any) -> Iterator[None]:
    """``work`` with the newest sweep, as soon as there is one, in a thread of its own."""

    async def waited() -> None:
        async with open_store(database) as store:
            while not (found := await store.sweeps.list(1)) or not found[0].open:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            await work(store, found[0])

    thread = threading.Thread(target=lambda: asyncio.run(waited()))
    thread.start()
    try:
        yield
    finally:
        thread.join()


async def worked(store: Store, sweep: Any) -> None:
    """The first item is healthy, the others fail."""
    kept = await store.notebooks.keep('{"executed": true}')
    for item in await store.sweeps.items(sweep.id):
        claim = new_id()
        held = {"claim": claim, "worker": "w", "job": item.number}
        assert isinstance(await store.sweeps.begin(sweep.id, item.number, **held), Begun)
        if item.number == 1:
            await store.sweeps.settle(claim, ItemStatus.HEALTHY, notebook=kept)
        else:
            await store.sweeps.settle(claim, ItemStatus.FAILED, error="it broke")


def test_a_sweep_is_a_frame_of_its_items_with_a_summary(
    shell: InteractiveShell, database: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with meanwhile(database, worked):
        found = run(shell, "kept = %k8s sweep light.ipynb --over rows.csv\nkept")
    assert list(found.columns) == COLUMNS
    assert found["status"].tolist() == ["healthy", "failed"]
    assert found["error"].tolist() == ["", "it broke"]
    assert (folder / found["notebook"][0]).read_text() == '{"executed": true}'
    assert found.attrs["sweep"] == "SW-1"
    assert "it broke" in (folder / found.attrs["summary"]).read_text()
    said = capsys.readouterr().err
    assert "failed    2 number=2: it broke" in said
    assert run(shell, "%k8s sweep sw-1")["title"].tolist() == ["number=1", "number=2"]
    assert run(shell, "%k8s sweep")["outcome"].tolist() == ["1 healthy, 1 failed"]


def test_an_interrupt_cancels_the_sweep(
    shell: InteractiveShell, database: str, folder: Path
) -> None:
    async def interrupted(store: Store, sweep: Any) -> None:
        await asyncio.sleep(0.1)
        _thread.interrupt_main()

    with meanwhile(database, interrupted):
        found = run(shell, "kept = %k8s sweep light.ipynb --over rows.csv -p number=3\nkept")
    assert found["status"].tolist() == ["cancelled", "cancelled"]
    with meanwhile(database, interrupted), pytest.raises(KeyboardInterrupt):
        wb.sweep("light.ipynb", over="rows.csv")
    assert wb.sweeps()["outcome"].tolist() == ["2 cancelled (cancelled)"] * 2
    assert not list(folder.glob("out/**/*.ipynb"))


async def test_it_can_be_awaited_over_a_frame_and_cancelled(
    shell: InteractiveShell, database: str, folder: Path
) -> None:
    rows = pd.DataFrame({"number": [1, None, 3]}).astype({"number": "Int64"})
    with meanwhile(database, worked):
        found = await wb.asweep("light.ipynb", over=rows, retries=0)
    assert found["title"].tolist() == ["number=1", "item 2", "number=3"]
    task = asyncio.create_task(wb.asweep("light.ipynb", over=[{"number": 1}]))
    while (await wb.asweeps())["id"].tolist() != ["SW-2", "SW-1"]:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await wb.aswept("SW-2"))["status"].tolist() == ["cancelled"]
    assert (await wb.acancel_sweep("SW-2")) == "SW-2 is cancelled: 1 cancelled"


def test_the_rows_of_a_frame_keep_every_digit_and_have_none_for_what_is_missing() -> None:
    rows = pd.DataFrame(
        {
            "share": [0.1 + 0.2, math.nan],
            "count": pd.array([2**62, None], dtype="Int64"),
            "since": [pd.Timestamp("2026-03-01T10:00Z"), pd.NaT],
            "names": [["a"], None],
        }
    )
    assert Wanted.of("dns", rows).over == [
        {"share": 0.1 + 0.2, "count": 2**62, "since": "2026-03-01T10:00:00+00:00", "names": ["a"]},
        {"share": None, "count": None, "since": None, "names": None},
    ]


def test_what_cannot_be_run_is_said_and_nothing_is_queued(
    shell: InteractiveShell, folder: Path
) -> None:
    (folder / "bad.csv").write_text("number\nx\n")
    with pytest.raises(ParameterError, match="Row 1"):
        run(shell, "%k8s sweep light.ipynb --over bad.csv")
    for line in ("%k8s sweep light.ipynb", "%k8s sweep a b --over rows.csv", "%k8s sweep cancel"):
        with pytest.raises(UsageError, match="what to run it over"):
            run(shell, line)
    with pytest.raises(UsageError, match="no end of a run"):
        wb.sweep("light.ipynb", over="rows.csv", retry_on="never")
    assert wb.sweeps().empty
    assert list(wb.sweeps().columns)[:3] == ["id", "begun", "runbook"]
