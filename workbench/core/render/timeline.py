"""A timeline as text for terminals and models, and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from workbench.core.characters import one_line
from workbench.core.duration import human
from workbench.core.render.markdown import code, plain
from workbench.core.timeline.moment import LANES, Moment, Timeline

LINES_MOST = 200
"""Moments that are written out; of more, the marked ones and the newest."""

WORDS_MOST = 160


def text(timeline: Timeline, most: int = LINES_MOST, width: int = 0) -> str:
    """What is marked, then a line a moment: time in UTC, time from the first symptom, lane,
    object, what. ``>`` stands before the marked change, ``!`` before the first symptom, ``~``
    before other changes shortly before it. width: characters in a line; 0 for as many as it takes.
    """
    lines = [*headline(timeline), ""] if timeline.moments else ["No moments are on record."]
    shown = _shown(timeline, most)
    hidden = len(timeline.moments) - len(shown) + timeline.left_out
    lines += [f"({words})" for words in _missing(timeline, hidden)]
    gaps = [f"Not checked: {g.what} ({g.why})" for g in timeline.gaps]
    if not width:
        return "\n".join([*lines, *_table(timeline, shown), *gaps])
    about, after = ([_wrapped(line, width, 2) for line in some] for some in (lines, gaps))
    return "\n".join([*about, *_narrow(timeline, shown, width), *after])


def headline(timeline: Timeline) -> Iterator[str]:
    """Which change came before which symptom, a line each; plain sentences."""
    change, symptom = timeline.change, timeline.first_symptom
    if timeline.partial:
        yield "These are the times that its findings and calls tell; more may have happened."
    if symptom is None:
        if not timeline.partial:
            yield "Nothing broke in this time, as far as events, states and logs tell."
        return
    if change is not None:
        yield f"Changed before it broke: {_sentence(change)}"
        for other in timeline.also:
            yield f"Changed as well: {_sentence(other)}"
    elif not timeline.partial:
        yield "No change to what it leans on is on record in the day before the first symptom."
    words = f"First seen broken: {_sentence(symptom)}"
    gap = (symptom.at - change.at).total_seconds() if change else 0
    yield f"{words}; {human(gap)} after that change" if gap >= 1 else words


def markdown(timeline: Timeline, most: int = 60) -> str:
    """What is marked, and the moments as a table."""
    head = "  \n".join(
        f"**{plain(line)}**" if line.startswith("Changed before") else plain(line)
        for line in headline(timeline)
    )
    shown = _shown(timeline, most)
    rows = ["| time (UTC) | | lane | object | what |", "|---|---|---|---|---|"]
    for m in shown:
        subject = code(str(m.subject).replace("|", "¦"))
        cells = (stamp(m.at, timeline), sign(timeline, m), LANES[m.lane], subject, plain(_what(m)))
        rows.append("| " + " | ".join(cells) + " |")
    hidden = len(timeline.moments) - len(shown) + timeline.left_out
    tail = "".join(f"\n\n{words}" for words in _missing(timeline, hidden))
    return (f"{head}\n\n" + "\n".join(rows) if shown else head) + tail


def _missing(timeline: Timeline, hidden: int) -> Iterator[str]:
    if timeline.older:
        count = f"{timeline.older} older moment{' is' if timeline.older == 1 else 's are'} left out"
        yield f"{count}; a longer since shows them, such as 30d."
    if hidden:
        yield f"{hidden} moment{' is' if hidden == 1 else 's are'} not shown here."


def sign(timeline: Timeline, moment: Moment) -> str:
    """``>`` for the marked change, ``!`` for the first symptom, ``~`` for other changes."""
    key = identity(moment)
    if timeline.change is not None and key == identity(timeline.change):
        return ">"
    if timeline.first_symptom is not None and key == identity(timeline.first_symptom):
        return "!"
    return "~" if any(key == identity(m) for m in timeline.also) else ""


def identity(moment: Moment) -> tuple[object, ...]:
    return (moment.at, moment.subject, moment.what)


def stamp(at: datetime, timeline: Timeline) -> str:
    """The clock time; with the date where that is not the date of the timeline's end."""
    at = at.astimezone(UTC)
    same = at.date() == timeline.until.astimezone(UTC).date()
    return f"{at:%H:%M:%S}" if same else f"{at:%Y-%m-%d %H:%M:%S}"


def relative(moment: Moment, timeline: Timeline) -> str:
    """Time from the first symptom (``-2m 17s``, ``+30m``), or from the end when none is marked."""
    origin = timeline.first_symptom.at if timeline.first_symptom else timeline.until
    seconds = (moment.at - origin).total_seconds()
    if abs(seconds) < 1:
        return "0s"
    return f"{'-' if seconds < 0 else '+'}{human(abs(seconds))}"


def _sentence(moment: Moment) -> str:
    at = f"{moment.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return one_line(f"{at}, {moment.subject} {_what(moment)}".rstrip("."), 400)


def _what(moment: Moment) -> str:
    words = [moment.what]
    if moment.by and moment.by not in moment.what:
        words.append(f"by {moment.by}")
    if moment.until is not None:
        words.append(f"(x{moment.count}, until {moment.until.astimezone(UTC):%H:%M:%S})")
    elif moment.count > 1:
        words.append(f"(x{moment.count})")
    said = one_line(" ".join(words), WORDS_MOST)
    return f"{said}: {one_line(moment.detail, WORDS_MOST)}" if moment.detail else said


def _shown(timeline: Timeline, most: int) -> Sequence[Moment]:
    if len(timeline.moments) <= most:
        return timeline.moments
    marked = [m for m in timeline.moments if sign(timeline, m)]
    return sorted({identity(m): m for m in (*timeline.moments[-most:], *marked)}.values(), key=_at)


def _at(moment: Moment) -> datetime:
    return moment.at


def _narrow(timeline: Timeline, shown: Sequence[Moment], width: int) -> Iterator[str]:
    """As ``_table``, with the object and what happened to it folded together on the right."""
    for left, m in zip(_columns([_when(timeline, m) for m in shown]), shown, strict=True):
        yield _wrapped(f"{left}  {one_line(str(m.subject))}  {_what(m)}", width, len(left) + 2)


def _wrapped(line: str, width: int, indent: int) -> str:
    """The line folded, all but the first of them indented."""
    return textwrap.fill(line, width, subsequent_indent=" " * indent, break_on_hyphens=False)


def _table(timeline: Timeline, shown: Sequence[Moment]) -> Iterator[str]:
    rows = [(*_when(timeline, m), one_line(str(m.subject))) for m in shown]
    for left, m in zip(_columns(rows), shown, strict=True):
        yield f"{left}  {_what(m)}"


def _when(timeline: Timeline, m: Moment) -> tuple[str, ...]:
    return sign(timeline, m), stamp(m.at, timeline), relative(m, timeline), m.lane.value


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Each row with its cells below those of the others; the third, a number, to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = enumerate(zip(row, widths, strict=True))
        yield "  ".join(cell.rjust(w) if i == 2 else cell.ljust(w) for i, (cell, w) in cells)
