"""What controllers warn of in events about objects that have no rule of their own here.

An Ingress that its controller cannot build, a Gateway, a Service, any custom resource: the reason
stands in an event and nowhere in the object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.history import recent
from workbench.analyzers.report import finding, said
from workbench.analyzers.wording import error_text
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Event

OTHER_RULES = frozenset(
    {
        "Pod", "Node", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob",
        "ReplicationController", "PersistentVolumeClaim", "PersistentVolume", "Namespace",
        "HorizontalPodAutoscaler", "PodDisruptionBudget", "ResourceQuota", "Lease", "Endpoints",
        "EndpointSlice",
    }
)  # fmt: skip
"""Kinds whose events are read by the rules about them."""

_ROUTINE = re.compile(r"the object has been modified|PolicyViolation")
"""Two writers met, and one tries again; a policy engine audits."""

LATELY_SECONDS = 1800
"""Controllers try again within minutes; a warning that has not come back is over."""


def warned(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """The newest warning about each such object that no later event takes back."""
    newest: dict[ObjectRef, Event] = {}
    for event in snapshot.all(Event):
        about = event.involved_object
        if about.kind and about.kind not in OTHER_RULES and about.name:
            ref = ObjectRef(about.kind, about.namespace, about.name)
            if ref not in newest or _time(event) >= _time(newest[ref]):
                newest[ref] = event
    for ref, event in newest.items():
        obj = snapshot.find(ref)
        gone = obj is None and ref.kind in snapshot.objects
        if event.type != "Warning" or gone or not recent(now, event.last_seen, LATELY_SECONDS):
            continue
        if event.times < 2 or _ROUTINE.search(f"{event.reason} {event.message}"):
            continue
        who = event.source.component or event.reporting_component or "its controller"
        yield finding(
            "CONTROLLER_WARNS",
            ref,
            f"{ref.kind} {ref.name}: {who} warns {event.reason}: {error_text(event.message, 260)}",
            [said(event)],
            detail=event.reason,
            since=event.first_seen,
        )


def _time(event: Event) -> float:
    return event.last_seen.timestamp() if event.last_seen else 0.0
