"""Times as the API gives them, on one axis."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(at: datetime | None) -> datetime | None:
    """The time in UTC; one without a zone is taken to be. None for none, and for a time that
    cannot be told in UTC (year 1 or 9999, which zero times with an offset come to)."""
    if at is None or at.year in (1, 9999):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
