"""Trouble that sits on one node: several workloads fail there and nowhere else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.analyzers.workload import is_over, ready, troubled, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Node, Pod, condition

WORKLOADS_LEAST = 3
"""Fewer workloads than this on one node are a coincidence."""

SHARE = 0.8
"""How many of all failing pods must be on the node."""


def suspects(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Ready nodes on which the pods of several workloads fail while those elsewhere are well."""
    nodes = snapshot.all(Node)
    if len(nodes) < 2:
        return
    bad = [p for p in troubled(snapshot, now) if _fails(p)]
    by_node: dict[str, list[Pod]] = defaultdict(list)
    for pod in bad:
        by_node[pod.spec.node_name].append(pod)
    for name, pods in by_node.items():
        node = snapshot.get(Node, "", name)
        who = sorted({workload(snapshot, p) for p in pods})
        if node is None or len(who) < WORKLOADS_LEAST or len(pods) < SHARE * len(bad):
            continue
        report = condition(node.status.conditions, "Ready")
        elsewhere = _well_elsewhere(snapshot, name)
        if (report and report.status != "True") or sum(w in elsewhere for w in who) * 2 < len(who):
            continue
        yield finding(
            "NODE_SUSPECT",
            node,
            f"{len(pods)} of the {len(bad)} failing pods are on node {name}, of {len(who)} "
            f"workloads ({listed([f'{w.kind} {w.name}' for w in who], 4)}), and their replicas on "
            "other nodes are well",
            [seen(p, "spec.nodeName", name) for p in pods[:6]],
            related=[ObjectRef.of(p) for p in pods[:50]],
        )


def _fails(pod: Pod) -> bool:
    return bool(pod.spec.node_name) and not is_over(pod) and not ready(pod)


def _well_elsewhere(snapshot: ClusterSnapshot, name: str) -> Counter[ObjectRef]:
    return Counter(
        workload(snapshot, pod)
        for pod in snapshot.all(Pod)
        if pod.spec.node_name and pod.spec.node_name != name and ready(pod)
    )
