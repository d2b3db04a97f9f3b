"""Cells of an executed notebook (nbformat 4.5), and the same as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from workbench.core.investigation import Investigation
from workbench.files import SEAL

Cell = dict[str, Any]


def prose(source: str) -> Cell:
    """A Markdown cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str, output: dict[str, str]) -> Cell:
    """A code cell and what it returned, by MIME type. Run again where the record is another, it
    says so and the cells below it are run, too: that is what Jupyter does with this tag."""
    metadata = {"tags": ["raises-exception"]}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [output]}


def loads(investigation: Investigation) -> str:
    """The code of a cell that opens an investigation, and names it for the cells below. It is
    meant by its id: another database has another INV-12."""
    name = variable(investigation.label)
    return (
        "import workbench as wb\n\n"
        f'{name} = "{investigation.id}"  # what {investigation.label} is called in every database\n'
        f"wb.load({name})"
    )


def opens(investigation: str, evidence: str) -> str:
    """The code of a cell that opens one of its calls, both meant by their labels."""
    return f'wb.evidence({variable(investigation)}, "{evidence}")'


def variable(label: str) -> str:
    """``INV_12`` for INV-12."""
    return label.replace("-", "_")


def notebook(cells: Iterable[Cell], id: UUID, about: dict[str, str]) -> dict[str, Any]:
    """The document. Cells get ids that are the same for the same ``id``; ``about`` is what its
    metadata say under ``workbench``."""
    return {
        "cells": [_numbered(cell, n, id) for n, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "workbench": {**about, "seal": SEAL},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def as_json(tree: dict[str, Any]) -> str:
    """The document as Jupyter writes it."""
    return msgspec.json.format(msgspec.json.encode(tree), indent=1).decode() + "\n"


def as_markdown(tree: dict[str, Any]) -> str:
    """What the notebook says and shows, without its code."""
    return "\n\n".join(_told(cell) for cell in tree["cells"]) + "\n"


def _told(cell: Cell) -> str:
    if cell["cell_type"] == "markdown":
        return str(cell["source"])
    return "\n\n".join(str(output["data"]["text/markdown"]) for output in cell["outputs"])


def _numbered(cell: Cell, number: int, id: UUID) -> Cell:
    """The cell with its id, and its output as executed."""
    cell = {"id": uuid5(NAMESPACE_URL, f"{id}/{number}").hex[:12], **cell}
    if cell["cell_type"] == "code":
        result = {"output_type": "execute_result", "metadata": {}, "execution_count": number}
        cell["outputs"] = [{**result, "data": data} for data in cell["outputs"]]
        cell["execution_count"] = number
    return cell
