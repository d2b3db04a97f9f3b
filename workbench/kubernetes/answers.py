"""What a tool answers: bounded text for a model to read, and the whole as data for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from workbench.core.cluster import Gap
from workbench.core.render.changes import FROM_MEMORY
from workbench.kubernetes.columns import Column, rfc3339, to_json, to_text

TEXT_ROWS = 200
TEXT_BYTES = 64 * 1024
DATA_ROWS = 10_000
"""Rows of one table that cross the wire; a larger one is cut and says so."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """``text`` is what a model reads; ``data`` (JSON types) what code and screens use."""

    text: str
    data: dict[str, Any]


def table_answer(
    title: str,
    columns: Sequence[Column],
    rows: Sequence[dict[str, Any]],
    *,
    newest: bool = False,
    narrow: str = "a namespace, a name or a selector",
    gaps: Sequence[Gap] = (),
    as_of: datetime | None = None,
) -> Answer:
    """A table under a line saying what it is: "pods in shop: 12".

    newest: rows are in order of time, so that the last ones are shown when there are too many.
    narrow: what to name to get fewer rows.
    as_of: when the cluster was last heard, of rows that come from memory.
    """
    parts = [f"{title}: {len(rows)}"]
    if as_of is not None:
        parts.append(memory_line(as_of))
    left_out = len(rows) - TEXT_ROWS
    if left_out > 0:
        which = "earlier" if newest else "more"
        parts.append(f"({left_out} {which} rows are left out of this text; name {narrow}.)")
    if rows:
        parts.append(to_text(columns, rows[-TEXT_ROWS:] if newest else rows[:TEXT_ROWS]))
    parts += gap_lines(gaps)
    kept = rows[-DATA_ROWS:] if newest else rows[:DATA_ROWS]
    data = {"title": title, "total": len(rows), **to_json(columns, kept), **_gaps(gaps)}
    return Answer(text=bounded("\n".join(parts), narrow), data=data)


def text_answer(
    text: str, data: dict[str, Any], *, narrow: str = "fewer lines", gaps: Sequence[Gap] = ()
) -> Answer:
    """Text with data beside it."""
    parts = [text, *gap_lines(gaps)]
    return Answer(text=bounded("\n".join(parts), narrow), data={**data, **_gaps(gaps)})


def bounded(text: str, narrow: str) -> str:
    """The text cut to ``TEXT_BYTES`` at a line's end, with a line saying how much is missing."""
    raw = text.encode()
    if len(raw) <= TEXT_BYTES:
        return text
    kept = raw[:TEXT_BYTES].decode("utf-8", "ignore")
    whole_lines = kept.rpartition("\n")[0] or kept
    missing = len(raw) - len(whole_lines.encode())
    return f"{whole_lines}\n… {missing} more bytes are left out of this text; ask for {narrow}."


def memory_line(as_of: datetime) -> str:
    """Says how current objects are that were not read just now."""
    return f"{FROM_MEMORY}{rfc3339(as_of)})"


def gap_lines(gaps: Sequence[Gap]) -> list[str]:
    """``Not checked: secrets in shop (forbidden …)``, one line a gap."""
    return [f"Not checked: {gap.what} ({gap.why.rstrip('.')})" for gap in gaps]


def _gaps(gaps: Sequence[Gap]) -> dict[str, Any]:
    return {"gaps": [msgspec.to_builtins(g) for g in gaps]} if gaps else {}
