"""A table as HTML and as text: text to the left, numbers to the right, no name broken in its
middle, and columns left out whole, with a word, where there is no room for them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from workbench.core.characters import one_line
from workbench.core.counted import counted
from workbench.core.render.html import NOTHING, Html, chip, tag

CELL_CHARACTERS = 80

SENTENCE_CHARACTERS = 160
CHARACTERS, WORDS = 40, 4
"""What is longer than both is a sentence; HTML breaks it between words. Names are never broken."""


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: frozenset[str] = frozenset(),
    total: int = 0,
    evidence: str = "",
    shown_last: bool = False,
) -> Html:
    """``rows`` hold an index and then a text per column. ``total``: how many rows there are, when
    not all of them are shown; ``shown_last``: they are the last ones. A cell's whole text is its
    tooltip where it is cut."""
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
    count = counted(total or len(rows), "row")
    which = "last" if shown_last else "first"
    shown = f", the {which} {len(rows)} shown" if total > len(rows) else ""
    foot = tag("footer", count + shown, " " if evidence else "", chip(evidence))
    return tag("section", tag("div", grid, class_="wb-grid"), foot, class_="wb wb-quiet wb-table")


def _cell(text: str, side: str) -> Html:
    words = not side and len(text) > CHARACTERS and len(text.split()) >= WORDS
    short = one_line(text, SENTENCE_CHARACTERS if words else CELL_CHARACTERS)
    look = "wb-words" if words else side
    return tag("td", short or NOTHING, class_=look, title=text if short != text else "")


MIN_CELL = 12
"""Characters below which no column is cut."""


def text_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: frozenset[str] = frozenset(),
    total: int = 0,
    evidence: str = "",
    shown_last: bool = False,
    width: int = 100,
    first: Sequence[str] = (),
) -> str:
    """The same in plain text, at most ``width`` characters wide where that is possible.

    first: columns that are given room before all others, cut shorter where it must be. The others
        are shown whole, in their order, or left out and named below.
    """
    cells = [[one_line(row[n + 1], CELL_CHARACTERS) for row in rows] for n in range(len(columns))]
    shown = _fitting(columns, cells, first, width)
    lines = [_line([_padded(columns[n], w, columns[n] in numeric) for n, w in shown])]
    for number in range(len(rows)):
        padded = [_padded(cells[n][number], w, columns[n] in numeric) for n, w in shown]
        lines.append(_line(padded))
    there = {n for n, _ in shown}
    hidden = [c for n, c in enumerate(columns) if n not in there]
    count = total or len(rows)
    foot = [counted(count, "row")]
    foot += (
        [f"the {'last' if shown_last else 'first'} {len(rows)} shown"] if count > len(rows) else []
    )
    foot += [f"not shown: {', '.join(hidden)}"] if hidden else []
    foot += [evidence] if evidence else []
    return "\n".join([*lines, *textwrap.wrap(" · ".join(foot), max(width, 20))])


def _fitting(
    columns: Sequence[str], cells: Sequence[Sequence[str]], first: Sequence[str], width: int
) -> list[tuple[int, int]]:
    """The columns there is room for, each with its width."""
    needed = [max(map(len, (name, *cells[n]))) for n, name in enumerate(columns)]
    ahead = [n for n, name in enumerate(columns) if name in first] or [0]
    widths = {n: needed[n] for n in ahead}
    while sum(widths.values()) + 2 * len(widths) > width + 2:
        widest = max(widths, key=lambda n: widths[n])
        if widths[widest] <= MIN_CELL:
            break
        widths[widest] -= 1
    for n in range(len(columns)):
        if n not in widths and sum(widths.values()) + 2 * len(widths) + needed[n] <= width:
            widths[n] = needed[n]
    return sorted(widths.items())


def _padded(text: str, width: int, right: bool) -> str:
    short = text if len(text) <= width else text[: width - 1] + "…"
    return short.rjust(width) if right else short.ljust(width)


def _line(cells: Sequence[str]) -> str:
    return "  ".join(cells).rstrip()
