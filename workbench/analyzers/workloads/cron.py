"""Whether a CronJob's schedule means anything, and how often it came round."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_NAMES = {
    3: ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
    4: ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_DESCRIPTORS = frozenset(
    {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
)
_EVERY = re.compile(r"@every (?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$")


def schedule_error(schedule: str) -> str:
    """What is wrong with the schedule, "" when nothing is (Kubernetes uses the standard five-field
    parser of robfig/cron v3)."""
    text = schedule.strip()
    if text.startswith(("TZ=", "CRON_TZ=")):
        return "a time zone belongs into spec.timeZone, not into the schedule"
    if text.startswith("@"):
        known = text in _DESCRIPTORS or _EVERY.match(text)
        return "" if known else f"unknown descriptor {text}"
    fields = text.split()
    if len(fields) != 5:
        return f"it has {len(fields)} field{'' if len(fields) == 1 else 's'} instead of 5"
    for place, field in enumerate(fields):
        for piece in field.split(","):
            if not _piece_ok(piece, place):
                return f"{piece!r} is not a valid {_FIELDS[place]}"
    return ""


_MEANS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip


def came_round(schedule: str, begin: datetime, end: datetime, most: int) -> int:
    """How many times the schedule came round after ``begin`` up to ``end``, ``most`` at most; 0 for
    ``@every`` and for what cannot be read. Only the last three days are counted."""
    text = _MEANS.get(schedule.strip(), schedule.strip())
    if schedule_error(text) or text.startswith("@"):
        return 0
    fields = [_numbers(field, place) for place, field in enumerate(text.split())]
    minute = begin.replace(second=0, microsecond=0) + timedelta(minutes=1)
    minute = max(minute, end.replace(second=0, microsecond=0) - timedelta(days=3))
    count = 0
    while minute <= end and count < most:
        count += _fits(minute, fields, text.split())
        minute += timedelta(minutes=1)
    return count


def _fits(minute: datetime, fields: list[frozenset[int]], texts: list[str]) -> bool:
    """Day of month and day of week are alternatives when both are restricted (crontab(5))."""
    day, weekday = minute.day in fields[2], minute.isoweekday() % 7 in fields[4]
    free = texts[2][0] in "*?" or texts[4][0] in "*?"
    return (
        minute.minute in fields[0]
        and minute.hour in fields[1]
        and minute.month in fields[3]
        and (day and weekday if free else day or weekday)
    )


def _numbers(field: str, place: int) -> frozenset[int]:
    found: set[int] = set()
    for piece in field.split(","):
        span, _, step = piece.partition("/")
        low, high = _RANGES[place]
        if span not in ("*", "?"):
            first, _, last = span.partition("-")
            low = _number(first, place) or 0
            high = (_number(last, place) or 0) if last else high if step else low
        found.update(range(low, high + 1, int(step or 1)))
    return frozenset(found)


def _piece_ok(piece: str, place: int) -> bool:
    span, slash, step = piece.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    if span in ("*", "?"):
        return True
    first, dash, last = span.partition("-")
    low = _number(first, place)
    high = _number(last, place) if dash else low
    return low is not None and high is not None and low <= high


def _number(text: str, place: int) -> int | None:
    names = _NAMES.get(place, ())
    if text.upper() in names:
        return names.index(text.upper()) + _RANGES[place][0]
    if not text.isdigit():
        return None
    number = int(text)
    low, high = _RANGES[place]
    return number if low <= number <= high else None
