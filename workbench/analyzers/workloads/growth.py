"""Workloads that were scaled up: no fault, and the reason where what they share runs out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.history import events, latest, recent
from workbench.analyzers.report import finding, said, seen
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import Deployment, HorizontalPodAutoscaler

LATELY_SECONDS = 6 * 3600
"""What was scaled longer ago is what is usual now."""

TIMES, MORE = 2, 3
"""At least so many times as many replicas as before, and so many more."""

_SCALED = re.compile(
    r"^Scaled up replica set \S+ (?:to \d+ from (?P<was>\d+)|from (?P<was2>\d+) to \d+)"
)
"""Deployment controller, in the order of words before and since Kubernetes 1.29."""


def scaled_up(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Deployments that lately got many more replicas, by whomever; no fault by itself."""
    scalers = {
        ObjectRef(
            one.spec.scale_target_ref.kind, one.namespace, one.spec.scale_target_ref.name
        ): one
        for one in snapshot.all(HorizontalPodAutoscaler)
    }
    for one in snapshot.all(Deployment):
        scaler = scalers.get(ObjectRef.of(one))
        grew = _by_event(snapshot, now, one)
        grew = grew or (_by_scaler(snapshot, now, scaler) if scaler else None)
        if grew:
            was, when, shown = grew
            yield finding(
                "WORKLOAD_SCALED_UP",
                one,
                f"Deployment {one.name} was scaled up from {was} to {one.spec.replicas} replicas"
                + (f" by HorizontalPodAutoscaler {scaler.name}" if scaler else ""),
                [shown],
                related=[ObjectRef.of(scaler)] if scaler else [],
                since=when,
            )


Grew = tuple[int, datetime | None, Pointer]
"""How many replicas there were, when that ended, and what shows it."""


def _by_event(snapshot: ClusterSnapshot, now: datetime, one: Deployment) -> Grew | None:
    """Of its controller, unless a rollout was under way, which scales one set for another."""
    told = [
        event
        for event in events(snapshot, one, "ScalingReplicaSet")
        if recent(now, event.last_seen, LATELY_SECONDS)
    ]
    if any(event.message.startswith("Scaled down") for event in told):
        return None
    for event in told:
        found = _SCALED.match(event.message)
        was = int(found["was"] or found["was2"]) if found else 0
        if was and _much(was, one.spec.replicas):
            return was, event.last_seen, said(event)
    return None


def _by_scaler(
    snapshot: ClusterSnapshot, now: datetime, scaler: HorizontalPodAutoscaler
) -> Grew | None:
    """Of its autoscaler, from the least that it keeps."""
    status, least = scaler.status, scaler.spec.min_replicas or 1
    rescale = latest(snapshot, scaler, "SuccessfulRescale")
    when = rescale.last_seen if rescale else status.last_scale_time
    lately = when is not None and recent(now, when, LATELY_SECONDS)
    if not lately or not _much(least, status.current_replicas):
        return None
    return least, when, said(rescale) if rescale else seen(scaler, "status.lastScaleTime", when)


def _much(was: int, now: int) -> bool:
    return now >= TIMES * was and now - was >= MORE
