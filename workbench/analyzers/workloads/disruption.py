"""Disruption budgets that hold up evictions, or cover nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.counted import counted
from workbench.core.findings import Finding, Severity
from workbench.core.objects import Node, Pod, PodDisruptionBudget


def budgets(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """PodDisruptionBudgets that allow no eviction or select nothing."""
    cordoned = [n for n in snapshot.all(Node) if n.spec.unschedulable]
    for one in snapshot.all(PodDisruptionBudget):
        if one.status.expected_pods and not one.status.disruptions_allowed:
            yield _blocking(snapshot, one, cordoned)
        elif _covers_nothing(snapshot, one):
            yield finding(
                "PDB_SELECTS_NOTHING",
                one,
                f"PodDisruptionBudget {one.name} covers no pods: {one.spec.selector} matches "
                f"none in {one.namespace}",
                [seen(one, "spec.selector", one.spec.selector)],
            )


def overlaps(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Budgets that cover the same pods: the eviction API refuses to evict a pod that more than one
    covers (Kubernetes documentation, Disruptions)."""
    covering: dict[ObjectRef, list[PodDisruptionBudget]] = {}
    for one in snapshot.all(PodDisruptionBudget):
        selector = one.spec.selector
        for pod in snapshot.select(Pod, one.namespace, selector) if selector else ():
            covering.setdefault(ObjectRef.of(pod), []).append(one)
    told = set[tuple[str, ...]]()
    for ref in sorted(covering):
        both = sorted(covering[ref], key=lambda b: b.name)
        names = tuple(b.name for b in both)
        if len(both) > 1 and names not in told:
            told.add(names)
            yield finding(
                "PDB_OVERLAPS",
                both[0],
                f"PodDisruptionBudget {both[0].name} covers the same pods as {listed(names[1:])}: "
                f"a pod that more than one covers ({ref}) cannot be evicted",
                [seen(b, "spec.selector", b.spec.selector) for b in both],
                related=[ObjectRef.of(b) for b in both[1:]],
            )


def _covers_nothing(snapshot: ClusterSnapshot, one: PodDisruptionBudget) -> bool:
    if one.status.expected_pods or one.spec.selector is None or not looked_at(snapshot, Pod):
        return False
    return not snapshot.select(Pod, one.namespace, one.spec.selector)


def _blocking(snapshot: ClusterSnapshot, one: PodDisruptionBudget, cordoned: list[Node]) -> Finding:
    homes = _homes(snapshot, one)
    held = [n for n in cordoned if n.name in homes] or ([] if homes else cordoned)
    status = one.status
    unhealthy = status.current_healthy < status.desired_healthy
    if unhealthy:
        healthy = status.current_healthy or "none"
        why = f"{healthy} of the {status.desired_healthy} wanted pods are healthy"
    elif one.spec.max_unavailable is not None:
        why = f"maxUnavailable is {one.spec.max_unavailable}"
    else:
        there = counted(status.expected_pods, "pod")
        why = f"minAvailable is {one.spec.min_available}, of {there}"
    return finding(
        "PDB_BLOCKS_EVICTION",
        one,
        f"PodDisruptionBudget {one.name} allows no eviction: {why}"
        + (f"; node {held[0].name} is cordoned, so a drain of it may be waiting" if held else ""),
        [
            seen(one, "status.disruptionsAllowed", 0),
            seen(one, "status.currentHealthy", status.current_healthy),
            seen(one, "status.desiredHealthy", status.desired_healthy),
        ],
        severity=None if unhealthy or held else Severity.INFO,
        related=map(ObjectRef.of, held),
    )


def _homes(snapshot: ClusterSnapshot, one: PodDisruptionBudget) -> set[str]:
    """The nodes that the pods it covers run on."""
    if one.spec.selector is None:
        return set()
    covered = snapshot.select(Pod, one.namespace, one.spec.selector)
    return {pod.spec.node_name for pod in covered if pod.spec.node_name}
