"""Trouble that sits on one node: several workloads fail there and nowhere else."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.history import events, recent
from workbench.analyzers.logs.complaints import dated
from workbench.analyzers.logs.logbook import digest, pointer, when
from workbench.analyzers.logs.reading import Reason
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import listed
from workbench.analyzers.workload import is_over, ready, troubled, workload
from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef
from workbench.core.counted import counted
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import Node, Pod, condition

FRESH_SECONDS = 3600
"""What a log said longer ago than this is over."""

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
            f"workloads whose replicas on other nodes are well: "
            f"{listed([f'{w.kind} {w.name}' for w in who], 4)}",
            [seen(p, "spec.nodeName", name) for p in pods[:6]],
            related=[ObjectRef.of(p) for p in pods[:50]],
        )


OF_THE_MACHINE = {
    "clock": "its clock does not agree with others'",
    "conntrack": "its connection tracking table (conntrack) is full, so that new connections are "
    "dropped",
}
"""Kinds of log lines that are about the machine, and what they come to."""

_DROPS = re.compile(r"nf_conntrack: table full, dropping packet")
"""The kernel's own words (net/netfilter/nf_conntrack_core.c)."""


def machines(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Nodes whose pods complain, lately, of what is the machine's, while those elsewhere do not."""
    for kind, says in OF_THE_MACHINE.items():
        by_node: dict[str, dict[ObjectRef, Pointer]] = defaultdict(dict)
        who = set[ObjectRef]()
        for key in snapshot.logs:
            pod = snapshot.get(Pod, key.namespace, key.pod)
            found = _lately(snapshot, key, kind, now) if pod and pod.spec.node_name else None
            if pod and found:
                by_node[pod.spec.node_name][ObjectRef.of(pod)] = pointer(key, found)
                who.add(workload(snapshot, pod))
        if len(by_node) != 1:
            continue
        ((name, pods),) = by_node.items()
        node, elsewhere = snapshot.get(Node, "", name), _heard_elsewhere(snapshot, name)
        if node and elsewhere and (len(who) > 1 or who & elsewhere or kind == "conntrack"):
            yield finding(
                "NODE_MACHINE_TROUBLE",
                node,
                f"Node {name}: {says}; so say the logs of {listed([str(p) for p in pods], 3)}, and "
                "no log of another node",
                list(pods.values())[:6],
                detail=kind,
                related=pods,
            )


def kernels(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Nodes whose kernel says so itself, in an event of the node problem detector."""
    for node in snapshot.all(Node):
        for event in reversed(events(snapshot, node)):
            if _DROPS.search(event.message) and recent(now, event.last_seen, FRESH_SECONDS):
                yield finding(
                    "NODE_MACHINE_TROUBLE",
                    node,
                    f"Node {node.name}: {OF_THE_MACHINE['conntrack']}; so says its kernel "
                    f"({counted(event.times, 'time')})",
                    [said(event)],
                    detail="conntrack",
                    since=event.first_seen,
                )
                break


def _heard_elsewhere(snapshot: ClusterSnapshot, node: str) -> set[ObjectRef]:
    """The workloads of pods on other nodes whose logs were read."""
    pods = (snapshot.get(Pod, key.namespace, key.pod) for key in snapshot.logs)
    return {workload(snapshot, p) for p in pods if p and p.spec.node_name not in ("", node)}


def _lately(snapshot: ClusterSnapshot, key: LogKey, kind: str, now: datetime) -> Reason | None:
    signatures = digest(snapshot, key).signatures
    reasons = (dated(s) for s in signatures if s.reason.kind == kind)
    return next((r for r in reasons if recent(now, when(r, now.year), FRESH_SECONDS)), None)


def _fails(pod: Pod) -> bool:
    return bool(pod.spec.node_name) and not is_over(pod) and not ready(pod)


def _well_elsewhere(snapshot: ClusterSnapshot, name: str) -> Counter[ObjectRef]:
    return Counter(
        workload(snapshot, pod)
        for pod in snapshot.all(Pod)
        if pod.spec.node_name and pod.spec.node_name != name and ready(pod)
    )
