"""Times of the API, and the columns that every kind has."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from workbench.core.duration import human
from workbench.kubernetes.snapshots.serve.columns import Column
from workbench.kubernetes.snapshots.trees import at, text

UNKNOWN = "<unknown>"
"""Printed for a time that the object does not have."""


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
    return human((now - then).total_seconds()) if then else UNKNOWN


NAME = Column("Name", lambda t, _: text(t, "metadata", "name"), format="name")
AGE = Column("Age", lambda t, now: since(at(t, "metadata", "creationTimestamp"), now))
CREATED_AT = Column(
    "Created At", lambda t, _: text(t, "metadata", "creationTimestamp") or None, type="date"
)
