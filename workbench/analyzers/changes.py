"""What was changed shortly before trouble began, by the times that writers left on objects."""

from __future__ import annotations

from datetime import datetime

from workbench.analyzers.wording import age, span
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import KubeObject
from workbench.core.objects.meta import ManagedFields

SHORTLY_SECONDS = 1800
"""A change this long before the first symptom is worth naming."""

SLACK_SECONDS = 60
"""Controllers write and kubelets notice at slightly different times."""


def changed_at(obj: KubeObject) -> datetime | None:
    """When somebody last wrote to the object's spec or data (metadata.managedFields), later than
    its creation; None when it was never changed or that is not recorded."""
    last, born = last_write(obj), obj.metadata.creation_timestamp
    if last is None or last.time is None:
        return None
    if born and abs(last.time.timestamp() - born.timestamp()) < 2:
        return None
    return last.time


def last_write(obj: KubeObject) -> ManagedFields | None:
    """The newest write that was not one of its status, where the kind records them."""
    writes = [m for m in obj.writes if m.time and m.subresource != "status"]
    return max(writes, key=lambda m: m.time.timestamp() if m.time else 0.0, default=None)


def change_note(snapshot: ClusterSnapshot, obj: KubeObject, since: datetime | None) -> str:
    """``; it was changed 2 min before, at 09:05:48 UTC, by external-secrets``, or "" when it was
    not changed shortly before ``since``."""
    last = changed_at(obj)
    before = age(since, last) if since and last else None
    if last is None or before is None or not -SLACK_SECONDS <= before <= SHORTLY_SECONDS:
        return ""
    write = last_write(obj)
    by = write.manager if write else ""
    return f"; it was changed {span(max(before, 0))} before that, at {last:%H:%M:%S} UTC" + (
        f", by {by}" if by else ""
    )
