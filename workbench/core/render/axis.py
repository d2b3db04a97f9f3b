"""A time axis: which part of a timeline is drawn, where ticks stand, what they say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from workbench.core.timeline.moment import Lane, Moment, Timeline

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds between ticks that people can read."""

LEAD = 0.14
"""Part of the picture before the marked change, so that what was normal can be seen."""

SHORTEST = timedelta(minutes=2)
WHOLE = timedelta(hours=3)
"""An incident that is no older than that is drawn up to the time of the look."""

RECENT = 60
LOOKING = timedelta(minutes=30)
DAY = timedelta(days=1)


class Axis(msgspec.Struct, frozen=True):
    """Times from ``start`` to ``end`` on pixels from ``left`` to ``right``."""

    start: datetime
    end: datetime
    left: float
    right: float

    def x(self, at: datetime) -> float:
        """Where a time stands; times outside stand at the edge."""
        part = (at - self.start) / (self.end - self.start)
        return round(self.left + min(max(part, 0.0), 1.0) * (self.right - self.left), 1)

    def holds(self, moment: Moment) -> bool:
        return moment.ends >= self.start and moment.at <= self.end

    def ticks(self, apart: float) -> Iterator[tuple[float, str]]:
        """Round times at least ``apart`` pixels from each other, with what to write there."""
        seconds = (self.end - self.start).total_seconds()
        most = max((self.right - self.left) / apart, 1)
        step = next((s for s in STEPS if seconds / s <= most), 0)
        if not step:
            step = 86400 * (int(seconds / 86400 / most) + 1)
        first = int(self.start.timestamp() // step + 1) * step
        form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86400 else "%m-%d"
        for second in range(first, int(self.end.timestamp()) + 1, step):
            at = datetime.fromtimestamp(second, UTC)
            words = at.strftime("%m-%d" if not second % 86400 else form)
            yield self.x(at), words


def axis(timeline: Timeline, left: float, right: float) -> Axis:
    """The part of the timeline that tells: around the marked change and symptom where there are
    any, else its newest moments."""
    start, end = _window(timeline)
    end = max([end, *_looks(timeline)])
    if end - start < SHORTEST:
        start, end = end - SHORTEST, end
    lead = (end - start) * (LEAD / (1 - LEAD))
    return Axis(_before(start, lead), end, left, right)


def _window(timeline: Timeline) -> tuple[datetime, datetime]:
    symptom, change = timeline.first_symptom, timeline.change
    if symptom is None:
        recent = [m.at for m in timeline.moments[-RECENT:]]
        fresh = [at for at in recent if timeline.until - at <= DAY] or recent
        start = min(fresh, default=timeline.until - SHORTEST)
        return start, max([timeline.until, *fresh])
    start = min([m.at for m in (change, *timeline.also, symptom) if m and symptom.at - m.at <= DAY])
    if timeline.until - symptom.at <= WHOLE or symptom.at - start >= WHOLE:
        return start, max(timeline.until, symptom.at)
    return start, symptom.at + max(timedelta(minutes=30), 4 * (symptom.at - start))


def _looks(timeline: Timeline) -> Iterator[datetime]:
    """When an investigation looked, where it did so soon after what it looked at."""
    for m in timeline.moments:
        soon = timedelta() <= m.ends - timeline.until <= LOOKING
        if soon and m.lane in (Lane.AGENT, Lane.NOTE):
            yield m.ends


def _before(at: datetime, by: timedelta) -> datetime:
    try:
        return at - by
    except OverflowError:
        return at
