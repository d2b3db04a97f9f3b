"""Disruption budgets that hold up evictions, or cover nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding, Severity
from workbench.core.objects import Node, Pod, PodDisruptionBudget


def budgets(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """PodDisruptionBudgets that allow no eviction or select nothing."""
    draining = any(node.spec.unschedulable for node in snapshot.all(Node))
    for one in snapshot.all(PodDisruptionBudget):
        if one.status.expected_pods and not one.status.disruptions_allowed:
            yield _blocking(one, draining)
        elif _covers_nothing(snapshot, one):
            yield finding(
                "PDB_SELECTS_NOTHING",
                one,
                f"PodDisruptionBudget {one.name} covers no pods: {one.spec.selector} matches "
                f"none in {one.namespace}",
                [seen(one, "spec.selector", one.spec.selector)],
            )


def _covers_nothing(snapshot: ClusterSnapshot, one: PodDisruptionBudget) -> bool:
    if one.status.expected_pods or one.spec.selector is None or not looked_at(snapshot, Pod):
        return False
    return not snapshot.select(Pod, one.namespace, one.spec.selector)


def _blocking(one: PodDisruptionBudget, draining: bool) -> Finding:
    status = one.status
    unhealthy = status.current_healthy < status.desired_healthy
    if unhealthy:
        why = f"only {status.current_healthy} of {status.desired_healthy} wanted pods are healthy"
    elif one.spec.max_unavailable is not None:
        why = f"maxUnavailable is {one.spec.max_unavailable}"
    else:
        why = f"minAvailable is {one.spec.min_available} and {status.expected_pods} pods exist"
    return finding(
        "PDB_BLOCKS_EVICTION",
        one,
        f"PodDisruptionBudget {one.name} allows no eviction: {why}"
        + ("; a node is cordoned, so a drain may be waiting for it" if draining else ""),
        [
            seen(one, "status.disruptionsAllowed", 0),
            seen(one, "status.currentHealthy", status.current_healthy),
            seen(one, "status.desiredHealthy", status.desired_healthy),
        ],
        severity=None if unhealthy or draining else Severity.INFO,
    )
