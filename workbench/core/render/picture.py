"""A timeline as a picture: static SVG with lanes as rows, a time axis, and a line at the change.

Nothing in it runs or loads anything. Marks differ in shape from lane to lane, so that it can be
read without colours; what a mark stands for is in its ``<title>``. ``svg`` is a file of its own,
``figure`` a piece of a page that shows a wide or a narrow drawing as there is room.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC

from workbench.core.characters import one_line
from workbench.core.counted import counted
from workbench.core.duration import human
from workbench.core.render.axis import Axis, axis
from workbench.core.render.html import NOTHING, Html, joined, stylesheet, tag
from workbench.core.render.packing import BOLD, Placed, packed
from workbench.core.render.shapes import shape
from workbench.core.render.timeline import headline, relative, stamp
from workbench.core.timeline.moment import LANES, Lane, Moment, Timeline

WIDE = 1080
NARROW = 390
"""Widths in pixels that the drawing is made for."""

ROW = 21
PAD = 8
MARGIN = 12
TITLES_MOST = 12
"""Moments of one mark that its title names."""

SEEN_MOST = 400
"""Moments drawn of one lane; the newest and the marked ones stay."""


def svg(timeline: Timeline, width: int = WIDE) -> str:
    """A file of its own, ``width`` pixels wide, light or dark as its reader prefers."""
    style = tag("style", Html(stylesheet("timeline")))
    return str(_drawing(timeline, width, style, xmlns="http://www.w3.org/2000/svg"))


def printed(timeline: Timeline) -> Html:
    """The wide drawing in light colours that stand in it as they are, for what draws SVG and knows
    neither custom properties nor the style sheet of the page around it."""
    if not timeline.moments:
        return NOTHING
    drawing = _drawing(timeline, WIDE, tag("style", Html(_light())))
    return tag("figure", drawing, class_="wt")


def _light() -> str:
    """The style sheet ``timeline`` with what its light properties come to, and without the rim of
    words, which not everybody paints below them."""
    sheet = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", stylesheet("timeline"))
    colours = dict(re.findall(r"(--[\w-]+):[^;]*(#[0-9a-f]{6})\)*;", sheet))
    return re.sub(r"var\((--[\w-]+)\)", lambda m: colours.get(m[1], m[0]), sheet) + (
        ".wt text { stroke: none !important; }"
    )


def figure(timeline: Timeline, mark: str = "") -> Html:
    """A piece of a page that has the style sheet ``timeline``; nothing where nothing happened.
    mark: what finds it in the page."""
    if not timeline.moments:
        return NOTHING
    return tag(
        "figure",
        _drawing(timeline, WIDE, NOTHING, "wt-wide"),
        _drawing(timeline, NARROW, NOTHING, "wt-narrow"),
        class_="wt",
        **{"data-picture": mark},
    )


def styled(timeline: Timeline, mark: str = "") -> Html:
    """The figure with its style sheet, for a notebook output."""
    return joined((tag("style", Html(stylesheet("timeline"))), figure(timeline, mark)))


def _drawing(timeline: Timeline, width: int, style: Html, class_: str = "", **names: str) -> Html:
    narrow = width < 640
    left = MARGIN + 6 if narrow else 138
    scale = axis(timeline, left, width - MARGIN - 6)
    head, top = _header(timeline, width, narrow)
    lanes, bottom = _lanes(timeline, scale, top + 40, width, narrow)
    lines = _lines(timeline, scale, top + 8, bottom)
    foot, height = _footer(timeline, scale, bottom, width, narrow)
    about = "; ".join(headline(timeline))
    return tag(
        "svg",
        tag("title", f"Timeline. {about}"),
        style,
        _rect("wt-paper", 0, 0, width, height),
        *head,
        *_bands_and_grid(lanes, scale, top + 40, bottom, narrow),
        *lines,
        *(part for _, _, parts in lanes for part in parts),
        *foot,
        viewBox=f"0 0 {width} {height}",
        width=str(width),
        height=str(height),
        role="img",
        class_=f"wt {class_}".strip(),
        **names,
    )


def _header(timeline: Timeline, width: int, narrow: bool) -> tuple[list[Html], float]:
    room = width - 2 * MARGIN
    y = 6.0
    parts = []
    for line in _wrapped(heading(timeline), room / 9.3, 2):
        y += 18
        parts.append(_text(MARGIN, y, line, "wt-title"))
    for class_, words in said(timeline):
        y += 4
        for line in _wrapped(words, room / BOLD, 5 if narrow else 2):
            y += 15
            parts.append(_text(MARGIN, y, line, class_))
    return parts, y


def heading(timeline: Timeline) -> str:
    """What it is about, and its day."""
    day = timeline.first_symptom.at if timeline.first_symptom else timeline.until
    return f"{timeline.about or 'What happened'}, {day.astimezone(UTC):%Y-%m-%d} UTC"


def _wrapped(words: str, letters: float, most: int) -> list[str]:
    return textwrap.wrap(words, int(letters), max_lines=most, placeholder=" …")


def said(timeline: Timeline) -> Iterator[tuple[str, str]]:
    """What is marked, in words, with the style of each."""
    change, symptom = timeline.change, timeline.first_symptom
    if change is not None:
        what = one_line(f"{change.subject} {change.what}", 160)
        detail = f" ({one_line(change.detail, 120)})" if change.detail else ""
        yield (
            "wt-out wt-said-change",
            f"◆ Changed before it broke, {stamp(change.at, timeline)}: {what}{detail}",
        )
    if symptom is not None:
        gap = (symptom.at - change.at).total_seconds() if change else 0
        later = f", {human(gap)} later" if gap >= 1 else ""
        known = f" ({symptom.detail})" if symptom.lane is Lane.RESTART and symptom.detail else ""
        what = one_line(f"{symptom.subject} {symptom.what}{known}", 240)
        yield (
            "wt-out wt-said-symptom",
            f"▲ First seen broken, {stamp(symptom.at, timeline)}{later}: {what}",
        )
    if change is None or symptom is None:
        yield "wt-small", next(headline(timeline))


_Lane = tuple[float, float, list[Html]]


def _lanes(
    timeline: Timeline, scale: Axis, top: float, width: int, narrow: bool
) -> tuple[list[_Lane], float]:
    lanes: list[_Lane] = []
    y = top
    rows, letters = (5, 36) if narrow else (6, 70)
    for lane, name in LANES.items():
        held = [m for m in timeline.moments if m.lane is lane and scale.holds(m)]
        if not held:
            continue
        placed = packed(timeline, held[-SEEN_MOST:], scale, rows, letters)
        named = 18 if narrow else 0
        height = (max(p.row for p in placed) + 1) * ROW + PAD + named
        head = _lane_head(lane, name, y, narrow)
        marks = [_mark(timeline, p, y + named) for p in placed]
        lanes.append((y, height, [*head, *marks]))
        y += height + 3
    return lanes, y


def _lane_head(lane: Lane, title: str, y: float, narrow: bool) -> list[Html]:
    middle = y + (12 if narrow else PAD / 2 + ROW / 2)
    sample = tag("g", shape(lane, MARGIN + 8, middle), class_="wt-quiet" if _hollow(lane) else "")
    return [sample, _text(MARGIN + 22, middle + 4, title, "wt-lane")]


def _mark(timeline: Timeline, placed: Placed, top: float) -> Html:
    first = placed.moments[0]
    y = top + PAD / 2 + placed.row * ROW + ROW / 2
    parts = [tag("title", title(timeline, placed.moments))]
    if placed.end - placed.x > 3:
        parts.append(_line("wt-span", placed.x, y + 8, placed.end, y + 8))
    parts.append(shape(first.lane, placed.x, y))
    if placed.label:
        x = placed.x - 10 if placed.before else placed.x + 10
        anchor = "end" if placed.before else ""
        bold = "wt-marked" if placed.sign in (">", "!") else ""
        parts.append(_text(x, y + 4, placed.label, bold, anchor))
    return tag("g", *parts, class_=tone(first))


def tone(moment: Moment) -> str:
    """The class of a mark, which gives its colour."""
    if moment.change:
        return "wt-is-change"
    if moment.warning:
        return "wt-is-bad" if moment.lane in (Lane.RESTART, Lane.ALERT) else "wt-is-warn"
    return "wt-quiet"


def _hollow(lane: Lane) -> bool:
    return lane in (Lane.ACTIVITY, Lane.AGENT)


def title(timeline: Timeline, moments: Sequence[Moment]) -> str:
    """What a mark stands for, in full, some lines a moment."""
    lines = []
    for m in moments[:TITLES_MOST]:
        count = f" ×{m.count}" if m.count > 1 else ""
        until = f" until {stamp(m.until, timeline)}" if m.until else ""
        head = f"{stamp(m.at, timeline)} ({relative(m, timeline)}) {m.subject}: {m.what}"
        lines.append(one_line(f"{head}{count}{until}", 300))
        if m.detail:
            lines.append(one_line(m.detail, 300))
    if len(moments) > TITLES_MOST:
        lines.append(f"and {len(moments) - TITLES_MOST} more")
    return "\n".join(lines)


def _bands_and_grid(
    lanes: Sequence[_Lane], scale: Axis, top: float, bottom: float, narrow: bool
) -> Iterator[Html]:
    for y, height, _ in lanes:
        yield _rect("wt-band", MARGIN - 4, y, scale.right + 12 - MARGIN, height)
    for x, words in scale.ticks(58 if narrow else 84):
        yield _line("wt-grid", x, top, x, bottom + 3)
        yield _text(x, bottom + 16, words, "wt-tick", "middle")


def _lines(timeline: Timeline, scale: Axis, top: float, bottom: float) -> Iterator[Html]:
    """The vertical lines of what is marked, each with its time in a row of its own above."""
    marked = (
        ("change", timeline.change, "changed"),
        ("symptom", timeline.first_symptom, "broke"),
    )
    for row, (name, moment, word) in enumerate(marked):
        if moment is None or not scale.start <= moment.at <= scale.end:
            continue
        x = scale.x(moment.at)
        y = top + 10 + row * 14
        ends = x > (scale.left + scale.right) / 2
        yield _line(f"wt-line-{name}", x, y - 9, x, bottom)
        words = f"{word} {moment.at.astimezone(UTC):%H:%M:%S}"
        yield _text(
            x - 5 if ends else x + 5, y, words, f"wt-out wt-said-{name}", "end" if ends else ""
        )


def _footer(
    timeline: Timeline, scale: Axis, bottom: float, width: int, narrow: bool
) -> tuple[list[Html], float]:
    lines = _wrapped(notes(timeline, scale), (width - 2 * MARGIN) / 6.4, 4)
    y = bottom + 34
    parts = [_text(MARGIN, y + 14 * n, line, "wt-small") for n, line in enumerate(lines)]
    return parts, y + 14 * len(lines)


def notes(timeline: Timeline, scale: Axis) -> str:
    """What its times are, and what of it is not drawn."""
    before = [m for m in timeline.moments if m.ends < scale.start]
    after = [m for m in timeline.moments if m.at > scale.end]
    words = [
        f"{counted(len(before), 'moment')} before" if before else "",
        f"{len(after)} after" if after else "",
    ]
    if timeline.left_out:
        words.append(f"{timeline.left_out} left out")
    if timeline.older:
        words.append(f"{timeline.older} older left out")
    words += [f"looked at {stamp(timeline.until, timeline)}"]
    if timeline.gaps:
        count = len(timeline.gaps)
        words.append(f"{counted(count, 'thing')} could not be looked at")
    return "Times in UTC · " + " · ".join(w for w in words if w)


def _text(x: float, y: float, words: str, class_: str = "", anchor: str = "") -> Html:
    place = {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor}
    return tag("text", words, class_=class_, **place)


def _line(class_: str, x1: float, y1: float, x2: float, y2: float) -> Html:
    ends = {"x1": f"{x1:g}", "y1": f"{y1:g}", "x2": f"{x2:g}", "y2": f"{y2:g}"}
    return tag("line", class_=class_, **ends)


def _rect(class_: str, x: float, y: float, width: float, height: float) -> Html:
    box = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{width:g}", "height": f"{height:g}"}
    return tag("rect", class_=class_, rx="0" if x == 0 else "4", **box)
