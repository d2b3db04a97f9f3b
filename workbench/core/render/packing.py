"""Marks and their labels in the rows of a lane, so that none covers another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from workbench.core.characters import one_line
from workbench.core.render.axis import Axis
from workbench.core.render.timeline import sign, stamp
from workbench.core.timeline.moment import Lane, Moment, Timeline

MARK = 7.0
"""Half the width of a mark with the room around it, in pixels."""

LETTER = 6.9
BOLD = 7.7
"""Widths of a letter of the 12 px labels, in pixels, as wide as the widest usual system font has
them (DejaVu Sans)."""

_MESSAGE = re.compile(r'"(?:msg|message|error)"\s*:\s*"((?:[^"\\]|\\.)+)"')

MARKS_MOST = 120
"""Marks of one lane; the rest are joined to their neighbours."""


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A mark in a row of its lane. ``before``: the label stands to the left of the mark. ``sign``
    is that of the most telling of the ``moments``."""

    moments: tuple[Moment, ...]
    x: float
    end: float
    row: int = 0
    label: str = ""
    before: bool = False
    sign: str = ""


def packed(
    timeline: Timeline, moments: Sequence[Moment], axis: Axis, rows: int, letters: int
) -> list[Placed]:
    """The marks of one lane, with labels where there is room for them.

    rows: most rows of the lane. letters: most letters of a label.
    """
    groups = _groups(timeline, moments, axis)
    order = sorted(groups, key=lambda g: (_rank(timeline, g), g[0].at))
    taken: list[list[tuple[float, float]]] = [[] for _ in range(rows)]
    spare: list[tuple[float, float]] = []  # a last row for marks that find no room for a label
    return [_place(timeline, group, axis, taken, spare, letters) for group in order]


def _groups(timeline: Timeline, moments: Sequence[Moment], axis: Axis) -> list[list[Moment]]:
    """Moments that would be drawn on top of each other, as one mark; marked ones stay alone."""
    groups: list[list[Moment]] = []
    newest: dict[object, list[Moment]] = {}
    apart = max(2 * MARK, (axis.right - axis.left) / MARKS_MOST)
    for m in sorted(moments, key=lambda m: m.order):
        alone = sign(timeline, m) in (">", "!")
        key = (m.lane, None if m.lane is Lane.ACTIVITY else (m.what, m.warning))
        last = None if alone else newest.get(key)
        if last is not None and axis.x(m.at) - axis.x(last[0].at) < apart:
            last.append(m)
            continue
        group = [m]
        groups.append(group)
        if not alone:
            newest[key] = group
    return groups


def _rank(timeline: Timeline, group: list[Moment]) -> int:
    if any(sign(timeline, m) for m in group):
        return 0
    return 1 if any(m.change or m.warning for m in group) else 2


def _place(
    timeline: Timeline,
    group: list[Moment],
    axis: Axis,
    taken: list[list[tuple[float, float]]],
    spare: list[tuple[float, float]],
    letters: int,
) -> Placed:
    x, end = axis.x(group[0].at), axis.x(max(m.ends for m in group))
    label = label_of(group, letters)
    if group[0].at < axis.start:
        label = one_line(f"{label}, since {stamp(group[0].at, timeline)}", letters)
    signs = [sign(timeline, m) for m in group]
    bold = ">" in signs or "!" in signs
    width = len(label) * (BOLD if bold else LETTER) + 4
    placed = Placed(
        moments=tuple(group), x=x, end=end, sign=next((s for s in ">!~" if s in signs), "")
    )
    after = (x - MARK, max(x + MARK + width, end + MARK))
    ahead = (x - MARK - width, max(x, end) + MARK)
    for row, held in enumerate(taken):
        for before, extent in ((False, after), (True, ahead)):
            inside = extent[0] >= axis.left - MARK and extent[1] <= axis.right + MARK
            if inside and _free(held, extent):
                held.append(extent)
                return msgspec.structs.replace(placed, row=row, label=label, before=before)
    bare = (x - MARK, end + MARK)
    row = next((r for r, held in enumerate(taken) if _free(held, bare)), len(taken))
    [*taken, spare][row].append(bare)
    return msgspec.structs.replace(placed, row=row)


def _free(held: Iterable[tuple[float, float]], extent: tuple[float, float]) -> bool:
    return all(extent[1] <= left or extent[0] >= right for left, right in held)


def label_of(group: Sequence[Moment], letters: int) -> str:
    """What a mark says: what happened, how often and to what; of a log, the line itself."""
    first = group[0]
    whats = {m.what for m in group}
    count = sum(m.count for m in group)
    if len(whats) > 1:
        return one_line(f"{first.what} and {len(group) - 1} more", letters)
    if first.lane in (Lane.AGENT, Lane.NOTE):
        return one_line(f"{first.what} {first.detail}".strip(), letters)
    if first.lane is Lane.LOG and "first error" in first.what:
        return one_line(message(first.detail) or first.what, letters)
    subjects = {m.subject for m in group}
    who = _short(first) if len(subjects) == 1 else f"in {len(subjects)} {first.subject.kind}s"
    if first.change:
        what = first.what.removesuffix(f" by {first.by}") if first.by else first.what
        words = f"{first.subject.kind} {who} {what}"
        whole = f"{words}: {first.detail}" if first.detail.startswith("image ") else words
        return one_line(whole if len(whole) <= letters else words, letters)
    times = f" ×{count}" if count > len(subjects) else ""
    return one_line(f"{first.what}{times} {who}", letters)


def message(line: str) -> str:
    """What a log line says; of a JSON line its message."""
    if line.startswith("{"):
        found = _MESSAGE.search(line)
        return found[1] if found else line
    return line


def _short(moment: Moment) -> str:
    """The object's name; a pod's by its last part, which tells it from its siblings."""
    name = moment.subject.name
    if moment.subject.kind == "Pod" and name.count("-") >= 2:
        return f"…{name.rpartition('-')[2]}"
    return name
