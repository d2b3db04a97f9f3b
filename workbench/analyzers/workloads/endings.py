"""How pods that serve are ended: whether requests in flight may finish."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.report import finding, seen
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding
from workbench.core.objects import Container, Deployment, PodSpec, Service, StatefulSet

USUAL_SECONDS = 30
"""terminationGracePeriodSeconds where it is not set (core/v1 API reference)."""

LEAST_SECONDS = 5
"""Endpoints are withdrawn everywhere within some seconds; requests come until then."""

_SLEEP = re.compile(r"\bsleep +(\d+)\b")


def graces(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Workloads behind Services whose pods are killed before they can end in peace. Never above
    INFO: it shows only while pods are replaced."""
    kinds: tuple[type[Deployment | StatefulSet], ...] = (Deployment, StatefulSet)
    for kind in kinds:
        for one in snapshot.all(kind):
            why = _too_short(one.spec.template.spec)
            if why and _serves(snapshot, one):
                grace = one.spec.template.spec.termination_grace_period_seconds
                yield finding(
                    "GRACE_TOO_SHORT",
                    one,
                    f"Pods of {one.kind} {one.name} are killed {why}",
                    [seen(one, "spec.template.spec.terminationGracePeriodSeconds", grace)],
                )


def _too_short(spec: PodSpec) -> str:
    grace = spec.termination_grace_period_seconds
    seconds = USUAL_SECONDS if grace is None else grace
    waits = max((_waits(one) for one in spec.containers if one.lifecycle), default=0)
    if waits >= seconds > 0:
        return f"{seconds} s after they are told to end, and their preStop hook takes {waits} s"
    if seconds < LEAST_SECONDS:
        return f"{seconds} s after they are told to end, with requests in flight"
    return ""


def _waits(container: Container) -> int:
    """Seconds that the preStop hook takes, where it says so."""
    hook = container.lifecycle.pre_stop if container.lifecycle else None
    if hook is None:
        return 0
    command = " ".join(hook.exec_.command) if hook.exec_ else ""
    slept = [int(seconds) for seconds in _SLEEP.findall(command)]
    return max([*slept, hook.sleep.seconds if hook.sleep else 0])


def _serves(snapshot: ClusterSnapshot, one: Deployment | StatefulSet) -> bool:
    labels = one.spec.template.metadata.labels.items()
    return any(
        service.spec.selector and service.spec.selector.items() <= labels
        for service in snapshot.all(Service, one.namespace)
    )
