"""When a container's trouble began, which its last run alone does not tell."""

from __future__ import annotations

from datetime import datetime

from workbench.analyzers.history import events, since
from workbench.analyzers.workload import Part, lifetime
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import Pod
from workbench.core.objects.pods import Terminated

LONGEST_BACKOFF = 330
"""Seconds between two runs at most: MaxContainerBackOff (kubelet, 300 s) and a slow start."""
MANY = 3  # restarts from which runs can be told to be alike


def onset(
    snapshot: ClusterSnapshot,
    pod: Pod,
    part: Part,
    ended: Terminated | None,
    *,
    known: datetime | None,
) -> datetime | None:
    """``known``, or what tells of an earlier beginning: the pod's start when all runs were about as
    long as the last one, else the first back-off that its events hold."""
    start = pod.status.start_time or pod.metadata.creation_timestamp
    if start and ended and _alike(start, part, ended):
        return _earlier(start, known)
    return _earlier(since(events(snapshot, pod, "BackOff")), known) if part.waiting else known


def _alike(start: datetime, part: Part, ended: Terminated) -> bool:
    """The pod's life is used up by so many runs of that length and the waits between them."""
    each, runs = lifetime(ended), part.status.restart_count
    if runs < MANY or each is None or ended.finished_at is None:
        return False
    try:
        lived = (ended.finished_at - start).total_seconds()
    except TypeError:  # one of them has no time zone
        return False
    return lived <= (runs + 1) * (each + LONGEST_BACKOFF)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    both = [when for when in (one, other) if when]
    try:
        return min(both, default=None)
    except TypeError:  # one of them has no time zone
        return other
