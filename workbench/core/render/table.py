"""A table as HTML: text to the left, numbers to the right, no name broken in its middle."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.characters import one_line
from workbench.core.render.html import NOTHING, Html, chip, tag

CELL_CHARACTERS = 80


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: frozenset[str] = frozenset(),
    total: int = 0,
    evidence: str = "",
) -> Html:
    """``rows`` hold an index and then a text per column. ``total``: how many rows there are, when
    not all of them are shown. A cell's whole text is its tooltip where it is cut."""
    sides = ["wb-number" if c in numeric else "" for c in columns]
    head = tag(
        "tr",
        tag("th"),
        *(tag("th", one_line(c, 60), class_=s) for c, s in zip(columns, sides, strict=True)),
    )
    body = (
        tag("tr", tag("th", row[0]), *(_cell(t, s) for t, s in zip(row[1:], sides, strict=True)))
        for row in rows
    )
    grid = tag("table", tag("thead", head), tag("tbody", *body))
    count = f"{total or len(rows)} row{'' if (total or len(rows)) == 1 else 's'}"
    shown = f", the first {len(rows)} shown" if total > len(rows) else ""
    foot = tag("footer", count + shown, " " if evidence else "", chip(evidence))
    return tag("section", tag("div", grid, class_="wb-grid"), foot, class_="wb wb-quiet wb-table")


def _cell(text: str, side: str) -> Html:
    short = one_line(text, CELL_CHARACTERS)
    return tag("td", short or NOTHING, class_=side, title=text if short != text else "")
