from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support import kernels
from workbench.runbooks import catalogue

FOLDER = kernels.ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.rglob("*.ipynb"))
LINES = 8


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_are_valid_thin_and_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
            assert len(cell.source.splitlines()) <= LINES


def test_every_code_a_runbook_is_for_is_in_the_catalogue() -> None:
    codes = pytest.importorskip("workbench.analyzers.catalogue").CATALOGUE
    for runbook in catalogue.catalogue().runbooks:
        assert set(runbook.codes) <= set(codes)
        source = Path(runbook.path).read_text()
        assert set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", source)) <= set(codes)


def test_the_tour_runs_to_its_end(tmp_path: Path) -> None:
    notebook = nbformat.read(FOLDER / "tour.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(env={**os.environ, **kernels.environment(tmp_path)}, cwd=str(tmp_path))
    assert (tmp_path / "INV-12.html").exists()
    assert (tmp_path / "crash-looping-workload.out.ipynb").exists()
