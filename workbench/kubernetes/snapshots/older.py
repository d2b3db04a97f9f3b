"""Objects of API versions that are gone, told in the words of the version that is read today."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.kubernetes.snapshots.raw import Tree, group_of
from workbench.kubernetes.snapshots.trees import mapping

_EVENT_FIELDS = {
    "regarding": "involvedObject",
    "note": "message",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "reportingController": "reportingComponent",
}
"""events.k8s.io/v1 Event to v1 Event (Kubernetes API reference, Event)."""

MOVED_GROUPS = frozenset(
    {
        ("extensions", k)
        for k in ("Ingress", "Deployment", "DaemonSet", "ReplicaSet", "NetworkPolicy")
    }
    | {("events.k8s.io", "Event")}
)
"""(group, kind) served under another group today, with the same meaning."""


def modern(tree: Tree) -> Tree:
    """The object as today's version of its kind would show it; itself when nothing differs."""
    change = _CHANGES.get((group_of(tree["apiVersion"]), tree["kind"]))
    return change(tree) if change else tree


def _event(tree: Tree) -> Tree:
    return {_EVENT_FIELDS.get(k, k): v for k, v in tree.items()}


def _ingress(tree: Tree) -> Tree:
    """serviceName/servicePort became service.name and service.port in networking.k8s.io/v1."""
    spec = dict(mapping(tree.get("spec")))
    if "backend" in spec:
        spec["defaultBackend"] = _backend(spec.pop("backend"))
    rules = spec.get("rules")
    if isinstance(rules, list):
        spec["rules"] = [_rule(r) for r in rules]
    return tree | {"spec": spec}


def _rule(rule: Any) -> Any:
    paths = mapping(mapping(rule).get("http")).get("paths")
    if not isinstance(paths, list):
        return rule
    changed = [p | {"backend": _backend(p.get("backend"))} for p in paths if isinstance(p, dict)]
    return rule | {"http": rule["http"] | {"paths": changed}}


def _backend(backend: Any) -> Any:
    old = mapping(backend)
    if "serviceName" not in old:
        return backend
    port = old.get("servicePort")
    named = {"name": port} if isinstance(port, str) else {"number": port}
    return {"service": {"name": old["serviceName"], "port": named}}


def _autoscaler(tree: Tree) -> Tree:
    """autoscaling/v1 knows one metric, the CPU utilization."""
    spec, status = dict(mapping(tree.get("spec"))), dict(mapping(tree.get("status")))
    target = spec.pop("targetCPUUtilizationPercentage", None)
    current = status.pop("currentCPUUtilizationPercentage", None)
    if target is not None:
        spec.setdefault("metrics", [_cpu("target", target, type="Utilization")])
    if current is not None:
        status.setdefault("currentMetrics", [_cpu("current", current)])
    return tree | {"spec": spec, "status": status}


def _cpu(side: str, utilization: Any, **more: str) -> dict[str, Any]:
    value = more | {"averageUtilization": utilization}
    return {"type": "Resource", "resource": {"name": "cpu", side: value}}


_CHANGES: dict[tuple[str, str], Callable[[Tree], Tree]] = {
    ("events.k8s.io", "Event"): _event,
    ("extensions", "Ingress"): _ingress,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
}

CHANGED = frozenset(_CHANGES)
"""(group, kind) whose older versions read differently."""
