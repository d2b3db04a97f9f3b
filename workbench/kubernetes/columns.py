"""What a table is: typed columns and rows, as JSON for a DataFrame and as text for reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

Type = Literal["text", "int", "float", "time", "bool"]


class Column(msgspec.Struct, frozen=True):
    """A column's name and type. Times are RFC 3339 in UTC, quantities plain numbers (bytes,
    cores), and any cell may be null."""

    name: str
    type: Type = "text"


class Field(msgspec.Struct, frozen=True):
    """A column and how an object fills it at a time ``now``."""

    column: Column
    read: Callable[[Any, datetime], Any]


def text(name: str, read: Callable[[Any], Any]) -> Field:
    return Field(Column(name, "text"), lambda o, _: read(o))


def count(name: str, read: Callable[[Any], Any]) -> Field:
    return Field(Column(name, "int"), lambda o, _: read(o))


def number(name: str, read: Callable[[Any], Any]) -> Field:
    return Field(Column(name, "float"), lambda o, _: read(o))


def flag(name: str, read: Callable[[Any], Any]) -> Field:
    return Field(Column(name, "bool"), lambda o, _: read(o))


def time(name: str, read: Callable[[Any], datetime | None]) -> Field:
    return Field(Column(name, "time"), lambda o, _: rfc3339(read(o)))


def aged(name: str, read: Callable[[Any, datetime], str]) -> Field:
    """A text that depends on the time it is read at."""
    return Field(Column(name, "text"), read)


def rfc3339(when: datetime | None) -> str | None:
    """``2026-11-22T11:03:59Z``; fractions of a second only where there are any."""
    if when is None:
        return None
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_json(columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """``{"columns": [{"name", "type"}], "rows": [[…]]}``: the form tables cross MCP in."""
    return {
        "columns": [{"name": c.name, "type": c.type} for c in columns],
        "rows": [[row.get(c.name) for c in columns] for row in rows],
    }


def to_text(columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> str:
    """Aligned text with a header; columns that are empty throughout are left out."""
    shown = [c for c in columns if any(row.get(c.name) not in (None, "") for row in rows)]
    cells = [[c.name.upper().replace("_", "-") for c in shown]]
    cells += [[_cell(row.get(c.name)) for c in shown] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(shown))]
    lines = (
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in cells
    )
    return "\n".join(line.rstrip() for line in lines)


CELL_MOST = 200
"""Characters of one cell in text; event messages rarely need more."""


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
    one_line = " ".join(str(value).split())
    return one_line if len(one_line) <= CELL_MOST else one_line[: CELL_MOST - 1] + "…"
