"""The words and the code of a notebook, a section a cell; outputs are left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.errors import DocumentUnreadable
from workbench.knowledge.sections import Section, sections


def cells(name: str, tree: Any) -> Iterator[Section]:
    """Sections with anchors like ``cell-7``, from 1. Raises DocumentUnreadable."""
    found = tree.get("cells") if isinstance(tree, dict) else None
    if not isinstance(found, list):
        raise DocumentUnreadable(f"{name} is not a notebook: it has no cells.")
    path: tuple[str, ...] = ()
    for number, cell in enumerate(found, 1):
        if not isinstance(cell, dict):
            raise DocumentUnreadable(f"{name} is not a notebook: cell {number} is none.")
        anchor, source = f"cell-{number}", _source(cell)
        if cell.get("cell_type") == "markdown":
            for section in sections(source):
                path = section.path or path
                yield Section(text=section.text, anchor=anchor, path=path)
        elif cell.get("cell_type") == "code" and source.strip():
            yield Section(text=f"```python\n{source.strip()}\n```", anchor=anchor, path=path)


def workbench_metadata(tree: Any) -> dict[str, Any]:
    """What marks a notebook as a runbook of the workbench; empty for others."""
    ours = tree.get("metadata", {}).get("workbench", {})
    return ours if isinstance(ours, dict) else {}


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))
