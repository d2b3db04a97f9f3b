"""Events that still say something: about this object, not about its predecessor or its past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import TypeVar

from workbench.analyzers.wording import age
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import Event, KubeObject

T = TypeVar("T")

SLACK = timedelta(seconds=5)
"""Clocks of API server, scheduler and kubelet may differ by about this much."""


def once(compute: Callable[[ClusterSnapshot], T]) -> Callable[[ClusterSnapshot], T]:
    """Work ``compute(snapshot)`` out at most once for each snapshot."""

    @wraps(compute)
    def remembered(snapshot: ClusterSnapshot) -> T:
        if compute not in snapshot.memo:
            snapshot.memo[compute] = compute(snapshot)
        found: T = snapshot.memo[compute]
        return found

    return remembered


def events(snapshot: ClusterSnapshot, obj: KubeObject, *reasons: str) -> tuple[Event, ...]:
    """Events about the object, oldest first, without those about an earlier object of the same
    name (a StatefulSet's recreated pod); only those of ``reasons`` where any are given."""
    about = snapshot.events_about(ObjectRef.of(obj))
    if not about:
        return ()
    return tuple(
        event
        for event in about
        if (not reasons or event.reason in reasons) and not _before(event, obj)
    )


def latest(snapshot: ClusterSnapshot, obj: KubeObject, *reasons: str) -> Event | None:
    """The newest such event, or None."""
    found = events(snapshot, obj, *reasons)
    return found[-1] if found else None


def since(found: tuple[Event, ...]) -> datetime | None:
    """When the first of them was first seen."""
    times = [event.first_seen for event in found if event.first_seen]
    return min(times) if times else None


def recent(now: datetime, when: datetime | None, seconds: float) -> bool:
    """Whether it was at most that long ago; an unknown time counts as recent."""
    passed = age(now, when)
    return passed is None or passed <= seconds


def _before(event: Event, obj: KubeObject) -> bool:
    born, last = obj.metadata.creation_timestamp, event.last_seen
    if born is None or last is None or (born.tzinfo is None) != (last.tzinfo is None):
        return False
    return last < born - SLACK
