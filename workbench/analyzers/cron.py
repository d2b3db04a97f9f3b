"""Whether a CronJob's schedule means anything."""

from __future__ import annotations

import re

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
