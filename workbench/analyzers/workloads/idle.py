"""Workloads of which no replicas are wanted, and who needs them all the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.networking.wiring import Call, callers_of
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import Deployment, Service, StatefulSet, condition


def scaled_to_zero(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Deployments and StatefulSets of which no replicas are wanted."""
    kinds: tuple[type[Deployment | StatefulSet], ...] = (Deployment, StatefulSet)
    for kind in kinds:
        for one in snapshot.all(kind):
            if one.spec.replicas == 0 and not one.metadata.deletion_timestamp:
                needed = _needed_by(snapshot, one)
                idle = _has_nothing_to_do(snapshot, one)
                who = listed([f"{c.caller.kind} {c.caller.name}" for c in needed], 3)
                yield finding(
                    "WORKLOAD_SCALED_TO_ZERO",
                    one,
                    f"{one.kind} {one.name} is scaled to 0 replicas"
                    + (f" by ScaledObject {idle}, which sees nothing to do for it" if idle else "")
                    + (
                        f", and {who} {'is' if len(needed) == 1 else 'are'} set up to call it"
                        if needed
                        else ""
                    ),
                    [
                        seen(one, "spec.replicas", 0),
                        *(seen(c.caller, c.where, c.value) for c in needed[:3]),
                    ],
                    severity=Severity.WARNING if needed and not idle else None,
                    related=[c.caller for c in needed],
                )


def _has_nothing_to_do(snapshot: ClusterSnapshot, one: Deployment | StatefulSet) -> str:
    """The KEDA ScaledObject that works, keeps it and reports that its triggers are not active."""
    for scaler in snapshot.customs():
        spec = scaler.spec if isinstance(scaler.spec, dict) else {}
        target = spec.get("scaleTargetRef")
        if scaler.kind != "ScaledObject" or scaler.namespace != one.namespace:
            continue
        if isinstance(target, dict) and target.get("name") == one.name:
            works = condition(scaler.status.conditions, "Ready")
            active = condition(scaler.status.conditions, "Active")
            if works and active and (works.status, active.status) == ("True", "False"):
                return scaler.name
    return ""


def _needed_by(snapshot: ClusterSnapshot, one: Deployment | StatefulSet) -> list[Call]:
    """One setting for each workload that names a Service of this one's pods."""
    labels = one.spec.template.metadata.labels.items()
    found: dict[ObjectRef, Call] = {}
    for service in snapshot.all(Service, one.namespace):
        if service.spec.selector and service.spec.selector.items() <= labels:
            for call in callers_of(snapshot, service):
                if call.caller != ObjectRef.of(one):
                    found.setdefault(call.caller, call)
    return list(found.values())
