"""What was changed shortly before trouble began, by the times that writers left on objects."""

from __future__ import annotations

from datetime import datetime

from workbench.analyzers.wording import age, span
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import KubeObject

SHORTLY_SECONDS = 1800
"""A change this long before the first symptom is worth naming."""

SLACK_SECONDS = 60
"""Controllers write and kubelets notice at slightly different times."""


def changed_at(obj: KubeObject) -> datetime | None:
    """When somebody last wrote to the object's spec or data (metadata.managedFields), later than
    its creation; None when it was never changed or that is not recorded."""
    times = [
        m.time
        for m in obj.metadata.managed_fields
        if m.time and m.subresource != "status" and m.operation != "Apply-status"
    ]
    born = obj.metadata.creation_timestamp
    last = max(times, default=None, key=lambda t: t.timestamp())
    if last and born and abs(last.timestamp() - born.timestamp()) < 2:
        return None
    return last


def changed_by(obj: KubeObject) -> str:
    """Which manager wrote last."""
    writes = [m for m in obj.metadata.managed_fields if m.time and m.subresource != "status"]
    return max(writes, key=lambda m: m.time.timestamp() if m.time else 0).manager if writes else ""


def change_note(snapshot: ClusterSnapshot, obj: KubeObject, since: datetime | None) -> str:
    """``; it was changed 2 min before, at 09:05:48 UTC, by external-secrets``, or "" when it was
    not changed shortly before ``since``."""
    last = changed_at(obj)
    before = age(since, last) if since and last else None
    if last is None or before is None or not -SLACK_SECONDS <= before <= SHORTLY_SECONDS:
        return ""
    by = changed_by(obj)
    return f"; it was changed {span(max(before, 0))} before that, at {last:%H:%M:%S} UTC" + (
        f", by {by}" if by else ""
    )
