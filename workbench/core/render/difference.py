"""What changed between two looks at a cluster, as text, Markdown and HTML."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import msgspec

from workbench.core.characters import one_line, visible
from workbench.core.counted import counted
from workbench.core.difference import Change, Comparison, Difference, Kind
from workbench.core.render import html as page
from workbench.core.render import markdown as md

SIGNS = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.CHANGED: "~"}
CLASSES = {"+": "wb-added", "-": "wb-removed"}
MOST_SHOWN = 40
"""Changes shown of one call, and lines of one text."""
VALUE_CHARACTERS = 160


def text(found: Comparison) -> str:
    """Plain text, a line a change."""
    lines = [headline(found), *_two_clusters(found)]
    for one in found.differences:
        if one.changes or one.after is None:
            lines += ["", title(one), *(f"  {line}" for line in _lines(one))]
    return "\n".join(lines)


def markdown(found: Comparison) -> str:
    parts = [f"**{md.plain(headline(found))}**", *map(md.plain, _two_clusters(found))]
    for one in found.differences:
        if one.changes or one.after is None:
            parts += [f"#### {md.plain(title(one))}", md.fence("\n".join(_lines(one)), "diff")]
    return "\n\n".join(parts)


def html(found: Comparison) -> page.Html:
    """A section without styles of its own; see ``render.html.styled``."""
    calls = (
        page.tag(
            "details",
            page.tag("summary", title(one)),
            page.tag("pre", *map(_coloured, _lines(one)), class_="wb-text wb-diff"),
            open="open",
        )
        for one in found.differences
        if one.changes or one.after is None
    )
    border = "partial" if found.changed else "quiet"
    head = page.tag("p", page.tag("b", headline(found)))
    told = (page.tag("p", line) for line in _two_clusters(found))
    return page.tag("section", head, *told, *calls, class_=f"wb wb-{border}")


def headline(found: Comparison) -> str:
    """One sentence: how many answers changed, between what, on which cluster."""
    compared = len(found.changed) + len(found.same)
    before, after = _clusters(found)
    where = f"{_on(found.before, before)} → {_on(found.after, after)}"
    words = f"{where}: {len(found.changed)} of {compared} answers changed"
    missing = len(found.unanswered)
    return f"{words}, {missing} could not be compared." if missing else f"{words}."


def _on(name: str, cluster: str) -> str:
    return f"{name} on {cluster}" if cluster and cluster not in name else name


def _clusters(found: Comparison) -> tuple[str, str]:
    """The cluster of the answers before, and of those after; "" where there are several or none."""
    before = {one.before.cluster for one in found.differences if one.after}
    after = {one.after.cluster for one in found.differences if one.after}
    left, right = (
        one_line(", ".join(names), 80) if len(names) == 1 else "" for names in (before, after)
    )
    return left, right


def _two_clusters(found: Comparison) -> Iterator[str]:
    """Which is which, where the answers are not those of one cluster at two times."""
    before, after = _clusters(found)
    if before and after and before != after:
        yield f"Two clusters: - and what is left of → is {before}, + and what is right is {after}."


def title(one: Difference) -> str:
    arguments = " ".join(f"{k}={_value(v)}" for k, v in one.arguments.items())
    after = f" → {one.after.reference}" if one.after else ""
    return one_line(f"{one.tool} {arguments}  ({one.before.reference}{after})", 300)


def _lines(one: Difference) -> list[str]:
    if one.after is None:
        return [one_line(f"not compared: {one.problem}", 400)]
    lines = [line for change in one.changes[:MOST_SHOWN] for line in _change(change)]
    more = len(one.changes) + one.more - MOST_SHOWN
    return [*lines, f"… {more:,} more"] if more > 0 else lines


def _coloured(line: str) -> page.Html:
    """A line in the colour of its sign, which is still there to be read without it."""
    return page.tag("span", f"{line}\n", class_=CLASSES.get(line.lstrip()[:1], ""))


def _change(change: Change) -> Iterator[str]:
    where = one_line(".".join(change.path), 200)
    texts = [side for side in (change.before, change.after) if isinstance(side, str)]
    if len(texts) == 2 and "\n" in "".join(texts):
        yield f"~ {where}:"
        yield from (f"    {line}" for line in _text(*texts))
        return
    before, after = _value(change.before), _value(change.after)
    match change.kind:
        case Kind.ADDED:
            yield f"+ {where}: {after}"
        case Kind.REMOVED:
            yield f"- {where}: {before}"
        case Kind.CHANGED:
            yield f"~ {where}: {before} → {after}"


def _text(before: str, after: str) -> list[str]:
    """The lines that differ, each with a line around it."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    lines = [visible(line)[:400] for line in found][2:]
    more = len(lines) - MOST_SHOWN
    return [*lines[:MOST_SHOWN], f"… {counted(more, 'more line')}"] if more > 0 else lines


def _value(value: Any) -> str:
    words = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return one_line(words, VALUE_CHARACTERS)
