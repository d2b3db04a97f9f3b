"""Durations as kubectl prints them, and the columns that every kind has."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from workbench.kubernetes.snapshots.serve.columns import Column
from workbench.kubernetes.snapshots.trees import at, text

UNKNOWN = "<unknown>"
"""Printed for a time that the object does not have."""


def duration(span: timedelta) -> str:
    """A span with two units at most (k8s.io/apimachinery, duration.HumanDuration)."""
    seconds = int(span.total_seconds())
    if seconds < -1:
        return "<invalid>"
    seconds = max(seconds, 0)
    minutes, hours = seconds // 60, seconds // 3600
    days = hours // 24
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return _two(days // 365, "y", days % 365 if days < 2920 else 0, "d")


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}" + (f"{small}{small_unit}" if small else "")


def moment(value: Any) -> datetime | None:
    """An RFC 3339 time of the API, or None."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def since(value: Any, now: datetime) -> str:
    """How long ago a time of the API was."""
    then = moment(value)
    return duration(now - then) if then else UNKNOWN


NAME = Column("Name", lambda t, _: text(t, "metadata", "name"), format="name")
AGE = Column("Age", lambda t, now: since(at(t, "metadata", "creationTimestamp"), now))
CREATED_AT = Column(
    "Created At", lambda t, _: text(t, "metadata", "creationTimestamp") or None, type="date"
)
