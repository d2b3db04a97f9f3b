"""What became of a sweep as one notebook: a table with a line an item, each with its notebook."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import nbformat

from workbench.core.characters import visible
from workbench.core.sweep import Item, Sweep, outcome
from workbench.files import SEAL, free, is_as_written, sealed, write_private

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.-]+")
TOLD = 3
"""Findings named in a line; the rest are counted."""


async def write(
    folder: Path, sweep: Sweep, items: Sequence[Item], read: Callable[[str], Awaitable[str]]
) -> Path:
    """Write ``SW-3.ipynb`` and beside it the executed notebooks of its items; its path. One that
    somebody edited is kept: then it goes to the next free name.

    read: gives a kept notebook by its SHA-256. Raises OSError.
    """
    places = notebooks(folder, sweep, items)
    for item in items:
        if item.number in places:
            write_private(places[item.number], await read(item.notebook))
    links = {number: path.relative_to(folder).as_posix() for number, path in places.items()}
    out = folder / f"{sweep.label}.ipynb"
    out = out if is_as_written(out) else free(out)
    write_private(out, sealed(nbformat.writes(summary(sweep, items, links))))
    return out


def notebooks(folder: Path, sweep: Sweep, items: Sequence[Item]) -> dict[int, Path]:
    """Where the executed notebooks go that there are, by the items' numbers."""
    return {
        item.number: folder / sweep.label / f"{item.number:05d}-{_file_name(item.title)}.ipynb"
        for item in items
        if item.notebook
    }


def summary(sweep: Sweep, items: Sequence[Item], links: Mapping[int, str]) -> nbformat.NotebookNode:
    """The notebook. links: where the items' notebooks are, by number."""
    told = f"# {sweep.label} {_text(sweep.plan.runbook)}\n\n{_about(sweep)}"
    table = "\n".join(_table(items, links))
    cells = [nbformat.v4.new_markdown_cell(text, id=name) for name, text in
             (("about", told), ("items", table))]  # fmt: skip
    made: nbformat.NotebookNode = nbformat.v4.new_notebook(
        cells=cells, metadata={"workbench": {"sweep": sweep.label, "seal": SEAL}}
    )
    return made


def _about(sweep: Sweep) -> str:
    ended = "cancelled " if sweep.cancelled_at else ""
    return (
        f"Over {_text(sweep.plan.over)}, begun {sweep.at:%Y-%m-%d %H:%M} UTC: "
        f"{ended}{outcome(sweep.counts)}."
    )


def _table(items: Sequence[Item], links: Mapping[int, str]) -> list[str]:
    head = ["| item | status | findings | gates | run |", "|---|---|---|---|---|"]
    return head + [_line(item, links.get(item.number, "")) for item in items]


def _line(item: Item, link: str) -> str:
    codes = [f"{f.code} {f.subject}" for f in item.findings[:TOLD]]
    if len(item.findings) > TOLD:
        codes.append(f"and {len(item.findings) - TOLD} more")
    passed = sum(gate.passed for gate in item.gates)
    gates = f"{passed} of {len(item.gates)}" if item.gates else ""
    status = f"{item.status.value} {item.error}".strip()
    run = f"[notebook]({quote(link)})" if link else ""
    cells = [_text(item.title), _text(status), _text("; ".join(codes)), gates, run]
    return f"| {' | '.join(cells)} |"


def _text(words: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(visible(words).split()))


def _file_name(title: str) -> str:
    return _NOT_IN_NAMES.sub("-", title).strip("-.")[:60] or "run"
