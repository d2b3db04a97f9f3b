"""A timeline that is moved, zoomed and hovered over, where a front end has widgets.

It lies over the picture of the output, which stays what is saved, exported and read without a
kernel: the widget has no view, so no output holds one, and none is missed where it was. BokehJS is
that of the installed package and comes over the comm, to a page that has none yet; no output holds
a script, and nothing is asked of another host. Bokeh is imported when a page first asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, NamedTuple
from uuid import uuid4

from workbench.core.render.axis import Axis, axis
from workbench.core.render.packing import Placed, packed
from workbench.core.render.picture import (
    PAD,
    ROW,
    SEEN_MOST,
    WIDE,
    heading,
    notes,
    said,
    title,
    tone,
)
from workbench.core.timeline.moment import LANES, Lane, Timeline
from workbench.notebook import controls

ROWS, LETTERS = 6, 70
LEFT, RIGHT = 138, 18
ABOVE = 34
"""As in the wide picture, in pixels; a unit of the vertical axis is one of them."""

MARKERS = {
    Lane.ALERT: "hex",
    Lane.CHANGE: "diamond",
    Lane.WARNING: "triangle",
    Lane.RESTART: "x",
    Lane.NODE: "square",
    Lane.LOG: "dash",
    Lane.ACTIVITY: "circle",
    Lane.AGENT: "cross",
    Lane.NOTE: "inverted_triangle",
}
TONES = {"wt-is-change": "change", "wt-is-bad": "bad", "wt-is-warn": "warn", "wt-quiet": "muted"}

HOVERED = 4
"""Moments whose words are shown where more lie under the pointer."""

TOOLTIP = """<div style="white-space: pre-line; max-width: 34rem; margin: -5px; padding: 6px 8px;
background: {paper}; color: {ink}">@said</div>"""
"""Bokeh escapes what it puts in for a column."""

FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"

Colours = Mapping[str, str]
"""``paper``, ``ink``, ``muted``, ``line``, ``band``, ``change``, ``bad``, ``warn``."""


class Row(NamedTuple):
    """A lane as it is drawn, from ``top`` to ``bottom``."""

    title: str
    top: float
    bottom: float
    placed: list[Placed]

    def middle(self, row: int) -> float:
        return self.top + PAD / 2 + row * ROW + ROW / 2


def possible() -> bool:
    """Whether a front end may ask for one, and there is what it would ask for."""
    return controls.possible() and all(map(find_spec, ("anywidget", "bokeh")))


def offered(timeline: Timeline, evidence: str = "") -> str:
    """Wait for a page to ask; what its figure is to be marked with. evidence: the label of the
    call that told it."""
    mark = uuid4().hex
    _kind()(picture=mark).on_msg(lambda to, asked, _: _answer(to, asked, timeline, evidence))
    return mark


@cache
def _kind() -> Any:
    import anywidget
    import traitlets

    class Overlay(anywidget.AnyWidget):
        _esm = files(__package__).joinpath("interactive.js").read_text(encoding="utf-8")
        picture = traitlets.Unicode().tag(sync=True)

    return Overlay


def _answer(to: Any, asked: Mapping[str, Any], timeline: Timeline, evidence: str) -> None:
    import bokeh
    from bokeh.embed import json_item

    answer = {
        "item": json_item(figure(timeline, asked["colours"], evidence)),
        "above": [("wt-title", heading(timeline)), *said(timeline)],
        "below": [("wt-small", notes(timeline, axis(timeline, LEFT, WIDE - RIGHT)))],
        "version": bokeh.__version__,
        "look": asked["look"],
    }
    to.send(answer, [] if bokeh.__version__ in asked["have"] else [_script()])


@cache
def _script() -> bytes:
    return files("bokeh").joinpath("server/static/js/bokeh.min.js").read_bytes()


def figure(timeline: Timeline, colours: Colours, evidence: str = "") -> Any:
    """A Bokeh figure of the lanes of the wide picture, with each moment where it belongs."""
    models = _models()
    scale = axis(timeline, LEFT, WIDE - RIGHT)
    rows = list(_rows(timeline, scale))
    plot = _empty(timeline, scale, rows, colours)
    for row in rows:
        look = {"fill_color": colours["band"], "fill_alpha": 1, "level": "image"}
        plot.add_layout(
            models.BoxAnnotation(top=row.bottom, bottom=row.top, line_color=None, **look)
        )
    _lines(plot, timeline, colours)
    marks = models.ColumnDataSource(_columns(_marks(timeline, rows, colours, evidence)))
    plot.segment("at", "under", "ends", "under", source=marks, color="colour", line_width=2)
    plot.hover.renderers = [
        plot.scatter(
            "at",
            "y",
            name="marks",
            source=marks,
            marker="marker",
            size=13,
            color="colour",
            fill_alpha="filled",
            line_width=1.5,
        )
    ]
    plot.text(
        "at",
        "y",
        "text",
        source=models.ColumnDataSource(_columns(_labels(scale, rows))),
        x_offset="aside",
        text_align="align",
        text_baseline="middle",
        text_color=colours["ink"],
        text_font={"value": FONT},
        text_font_size="12px",
        text_font_style="weight",
    )
    return plot


def _rows(timeline: Timeline, scale: Axis) -> Iterator[Row]:
    top = 0.0
    for lane, name in LANES.items():
        held = [m for m in timeline.moments if m.lane is lane and scale.holds(m)]
        if held:
            placed = packed(timeline, held[-SEEN_MOST:], scale, ROWS, LETTERS)
            bottom = top + (max(p.row for p in placed) + 1) * ROW + PAD
            yield Row(name, top, bottom, placed)
            top = bottom + 3


def _marks(
    timeline: Timeline, rows: list[Row], colours: Colours, evidence: str
) -> Iterator[dict[str, Any]]:
    recorded = f"\nrecorded as {evidence}" if evidence else ""
    for row in rows:
        for placed in row.placed:
            y = row.middle(placed.row)
            for m in placed.moments:
                yield {
                    "at": _ms(m.at),
                    "ends": _ms(m.ends),
                    "y": y,
                    "under": y + 8,
                    "marker": MARKERS[m.lane],
                    "colour": colours[TONES[tone(m)]],
                    "filled": 0 if tone(m) == "wt-quiet" else 1,
                    "said": title(timeline, [m]) + recorded,
                }


def _labels(scale: Axis, rows: list[Row]) -> Iterator[dict[str, Any]]:
    for row in rows:
        for placed in row.placed:
            yield {
                "at": _ms(max(placed.moments[0 if placed.before else -1].at, scale.start)),
                "y": row.middle(placed.row),
                "text": placed.label,
                "aside": -10 if placed.before else 10,
                "align": "right" if placed.before else "left",
                "weight": "bold" if placed.sign in (">", "!") else "normal",
            }


def _columns(rows: Iterator[dict[str, Any]]) -> dict[str, list[Any]]:
    told = list(rows)
    return {name: [one[name] for one in told] for name in (told[0] if told else ())}


def _lines(plot: Any, timeline: Timeline, colours: Colours) -> None:
    """What is marked, each with its time in a row of its own above."""
    models = _models()
    look = {"text_font": FONT, "text_font_size": "12px", "text_font_style": "bold", "x_offset": 5}
    look["background_fill_color"] = colours["paper"]
    for y, moment, word, shade, dash in (
        (14 - ABOVE, timeline.change, "changed", "change", "solid"),
        (28 - ABOVE, timeline.first_symptom, "broke", "bad", "dashed"),
    ):
        if moment is not None:
            at, colour = _ms(moment.at), colours[shade]
            span = {"dimension": "height", "line_width": 2, "line_dash": dash, "level": "underlay"}
            plot.add_layout(models.Span(location=at, line_color=colour, **span))
            words = f"{word} {moment.at:%H:%M:%S}"
            plot.add_layout(models.Label(x=at, y=y, text=words, text_color=colour, **look))


def _empty(timeline: Timeline, scale: Axis, rows: list[Row], colours: Colours) -> Any:
    """The plane that moments are drawn on: as high as its lanes, moved and zoomed along time."""
    from bokeh.plotting import figure as new

    models = _models()
    start, end = _ms(scale.start), _ms(scale.end)
    room = (end - start) / 10
    first = min([start, *(_ms(m.at) for m in timeline.moments)]) - room
    last = max([end, *(_ms(m.ends) for m in timeline.moments)]) + room
    wheel = models.WheelZoomTool(
        dimensions="width", modifiers="ctrl"
    )  # the page scrolls without it
    hover = models.HoverTool(
        tooltips=TOOLTIP.format_map(colours), limit=HOVERED, point_policy="follow_mouse"
    )
    zoom = [one(dimensions="width") for one in (models.ZoomInTool, models.ZoomOutTool)]
    bottom = rows[-1].bottom if rows else ROW
    plot: Any = new(
        x_axis_type="datetime",
        x_range=models.Range1d(start, end, bounds=(first, last), min_interval=1000),
        y_range=models.Range1d(bottom, -ABOVE),
        frame_height=int(bottom + ABOVE),
        sizing_mode="stretch_width",
        max_width=WIDE,
        tools=["xpan", wheel, *zoom, hover, "reset"],
        active_scroll=wheel,
        background_fill_color=colours["paper"],
        border_fill_color=colours["paper"],
        outline_line_color=None,
    )
    plot.toolbar.logo = None
    plot.grid.grid_line_color = colours["line"]
    plot.ygrid.visible = False
    plot.axis.axis_line_color = plot.axis.minor_tick_line_color = None
    plot.axis.major_tick_line_color = plot.yaxis.major_tick_line_color = None
    plot.xaxis.formatter = _clock()
    plot.axis.major_label_text_color = colours["muted"]
    plot.axis.major_label_text_font = FONT
    plot.yaxis.major_label_text_font_style = "bold"
    named = {row.middle(0): row.title for row in rows}
    plot.yaxis.ticker = list(named)
    plot.yaxis.major_label_overrides = named
    return plot


def _clock() -> Any:
    """Ticks as those of the picture, the day below the first of them."""
    fine = dict.fromkeys(("seconds", "minsec"), "%H:%M:%S")
    coarse = dict.fromkeys(("minutes", "hourmin", "hours"), "%H:%M")
    return _models().DatetimeTickFormatter(
        **fine, **coarse, days="%m-%d", context="%Y-%m-%d", context_which="start"
    )


def _models() -> Any:
    """Untyped, as its annotations do not know its positional arguments."""
    import bokeh.models

    return bokeh.models


def _ms(at: datetime) -> float:
    return at.timestamp() * 1000
