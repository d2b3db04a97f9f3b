"""Text as ``kubectl describe`` words it, from the API's own tree of an object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from workbench.core.duration import age
from workbench.core.objects import Event
from workbench.kubernetes.describe import networking, nodes, pods, storage, workloads
from workbench.kubernetes.describe.generic import describe_generic
from workbench.kubernetes.describe.text import Line, render, table
from workbench.kubernetes.masking import masked

Tree = dict[str, Any]
Related = Mapping[str, list[Tree]]
Describer = Callable[[Tree, Related, datetime], list[Line]]

DESCRIBERS: dict[str, Describer] = {
    "Pod": pods.describe_pod,
    "Node": nodes.describe_node,
    "Deployment": workloads.describe_deployment,
    "ReplicaSet": workloads.describe_replica_set,
    "ReplicationController": workloads.describe_replica_set,
    "StatefulSet": workloads.describe_stateful_set,
    "DaemonSet": workloads.describe_daemon_set,
    "Job": workloads.describe_job,
    "CronJob": workloads.describe_cron_job,
    "HorizontalPodAutoscaler": workloads.describe_autoscaler,
    "Service": networking.describe_service,
    "Ingress": networking.describe_ingress,
    "PersistentVolumeClaim": storage.describe_claim,
    "ConfigMap": storage.describe_config_map,
    "Secret": storage.describe_secret,
}

NEIGHBOURS: dict[str, tuple[str, ...]] = {
    "Node": ("Pod",),
    "Deployment": ("ReplicaSet",),
    "StatefulSet": ("Pod",),
    "DaemonSet": ("Pod",),
    "ReplicaSet": ("Pod",),
    "Service": ("EndpointSlice",),
    "Ingress": ("Service",),
    "PersistentVolumeClaim": ("Pod",),
}
"""Kinds whose objects a description reads besides the object itself."""


def describe(
    tree: Tree, events: Iterable[Event], now: datetime, related: Related | None = None
) -> str:
    """The object in words, with its events. Values of Secrets and secret-looking env are hidden.

    related: trees of the kinds in ``NEIGHBOURS`` from the object's surroundings; what is not given
        is left out.
    """
    shown = masked(tree)
    describer = DESCRIBERS.get(str(tree.get("kind")), describe_generic)
    lines = describer(shown, related or {}, now)
    return render([*lines, ("Events", _events(events, now))])


def _events(events: Iterable[Event], now: datetime) -> list[str] | str:
    ordered = sorted(events, key=lambda e: e.last_seen.timestamp() if e.last_seen else 0.0)
    if not ordered:
        return "<none>"
    rows = [
        [e.type, e.reason, _ages(e, now), e.source.component or e.reporting_component, e.message]
        for e in ordered
    ]
    return table(["Type", "Reason", "Age", "From", "Message"], rows, ruler=True)


def _ages(event: Event, now: datetime) -> str:
    last = age(event.last_seen, now)
    if event.times > 1:
        return f"{last} (x{event.times} over {age(event.first_seen, now)})"
    return last
