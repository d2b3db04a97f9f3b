"""Nodes that are not ready, under pressure or cordoned; namespaces that do not go away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.history import latest, recent
from workbench.analyzers.logs.logbook import digest
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import age, error_text, listed, span
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.counted import counted
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Condition, Namespace, Node, Pod

PRESSURES = {
    "MemoryPressure": "memory",
    "DiskPressure": "disk space",
    "PIDPressure": "process ids",
}

BAD_WHEN_TRUE = frozenset(
    {
        "KernelDeadlock", "ReadonlyFilesystem", "CorruptDockerOverlay2", "FrequentKubeletRestart",
        "FrequentDockerRestart", "FrequentContainerdRestart", "FrequentUnregisterNetDevice",
        "KubeletUnhealthy", "ContainerRuntimeUnhealthy", "OutOfDisk", "NodeHasFaultyGPU",
    }
)  # fmt: skip
"""Conditions of the node problem detector that report trouble."""

TERMINATING_SECONDS = 300


def nodes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Nodes in trouble."""
    for node in snapshot.all(Node):
        told: set[str] = set()
        for report in node.status.conditions:
            if report.type in told:
                continue
            found = _judge(snapshot, now, node, report)
            if found:
                told.add(report.type)
                yield found
        if node.spec.unschedulable:
            yield _cordoned(node)


def _judge(
    snapshot: ClusterSnapshot, now: datetime, node: Node, report: Condition
) -> Finding | None:
    if report.type == "Ready" and report.status in ("False", "Unknown"):
        return _not_ready(snapshot, now, node, report)
    if report.status != "True":
        return None
    if report.type in PRESSURES:
        return _pressure(snapshot, node, report)
    if report.type == "NetworkUnavailable":
        return finding(
            "NODE_NETWORK_UNAVAILABLE",
            node,
            f"The network of node {node.name} is not set up: {_told(report)}",
            [_condition(node, report)],
            since=report.last_transition_time,
        )
    if report.type in BAD_WHEN_TRUE:
        return finding(
            "NODE_PROBLEM",
            node,
            f"Node {node.name} reports {report.type}: {_told(report)}",
            [_condition(node, report)],
            detail=report.type,
            since=report.last_transition_time,
        )
    return None


def _not_ready(snapshot: ClusterSnapshot, now: datetime, node: Node, report: Condition) -> Finding:
    passed = age(now, report.last_transition_time)
    for_ = f" for {span(passed)}" if passed else ""
    how = (
        "its kubelet has stopped reporting (Ready=Unknown)"
        if report.status == "Unknown"
        else "its kubelet says that it is not ready (Ready=False)"
    )
    pods = sum(p.spec.node_name == node.name for p in snapshot.all(Pod))
    event = latest(
        snapshot,
        node,
        "NodeNotReady",
        "KubeletDown",
        "Rebooted",
        "SystemOOM",
        "ContainerGCFailed",
        "ImageGCFailed",
        "InvalidDiskCapacity",
    )
    return finding(
        "NODE_NOT_READY",
        node,
        f"Node {node.name} has been NotReady{for_}: {how}{_turned_away(snapshot, report)}"
        + ("" if report.status == "Unknown" else f", {_told(report)}")
        + (f"; {counted(pods, 'pod')} on it" if pods else ""),
        [_condition(node, report), *([said(event)] if event else [])],
        since=report.last_transition_time,
    )


def _turned_away(snapshot: ClusterSnapshot, report: Condition) -> str:
    """A word on certificates that the API server refuses: a kubelet's may be among them."""
    if report.status != "Unknown":
        return ""
    said = (
        signature
        for key in snapshot.logs
        if key.pod.startswith("kube-apiserver") and not key.previous
        for signature in digest(snapshot, key).signatures
        if signature.reason.kind == "tls-expired" and signature.count > 1
    )
    found = next(said, None)
    if found is None:
        return ""
    return f" and the API server refuses a certificate that has expired ({found.count} times)"


def _pressure(snapshot: ClusterSnapshot, node: Node, report: Condition) -> Finding:
    event = latest(
        snapshot,
        node,
        "EvictionThresholdMet",
        "FreeDiskSpaceFailed",
        "ImageGCFailed",
        "NodeHasDiskPressure",
        "NodeHasInsufficientMemory",
        "SystemOOM",
    )
    return finding(
        "NODE_PRESSURE",
        node,
        f"Node {node.name} is short of {PRESSURES[report.type]} ({report.type}): {_told(report)}",
        [_condition(node, report), *([said(event)] if event else [])],
        detail=report.type,
        since=report.last_transition_time,
    )


def _told(report: Condition) -> str:
    if report.message:
        return error_text(report.message)
    return report.reason or "no message"


def _condition(node: Node, report: Condition) -> Pointer:
    text = f"{report.status} {report.reason}: {report.message}"
    return seen(node, f"status.conditions[{report.type}]", text)


def _cordoned(node: Node) -> Finding:
    return finding(
        "NODE_CORDONED",
        node,
        f"Node {node.name} is cordoned and takes no new pods",
        [seen(node, "spec.unschedulable", True)],
    )


def namespaces(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Namespaces that hang in deletion."""
    for one in snapshot.all(Namespace):
        when = one.metadata.deletion_timestamp
        if one.status.phase != "Terminating" or (when and recent(now, when, TERMINATING_SECONDS)):
            continue
        yield from _stuck(snapshot, now, one)


def _stuck(snapshot: ClusterSnapshot, now: datetime, one: Namespace) -> Iterator[Finding]:
    reports = [c for c in one.status.conditions if c.status == "True"]
    held = [
        c
        for c in snapshot.customs()
        if c.namespace == one.name and c.metadata.deletion_timestamp and c.metadata.finalizers
    ]
    why = _finalizers(reports, [ObjectRef.of(c) for c in held])
    why = why or "; ".join(error_text(c.message) for c in reports if c.message)
    passed = age(now, one.metadata.deletion_timestamp)
    yield finding(
        "NAMESPACE_STUCK_TERMINATING",
        one,
        f"Namespace {one.name} has been terminating"
        + (f" for {span(passed)}" if passed else "")
        + (f": {why}" if why else ""),
        [
            seen(one, "status.phase", "Terminating"),
            *(seen(one, f"status.conditions[{c.type}]", c.message) for c in reports),
        ],
        severity=Severity.WARNING,
        related=[ObjectRef.of(c) for c in held],
        since=one.metadata.deletion_timestamp,
    )


def _finalizers(reports: list[Condition], held: list[ObjectRef]) -> str:
    """``its Bucket assets waits for finalizer storage.example/cleanup, which nobody removes``."""
    text = "; ".join(c.message for c in reports)
    names = list(dict.fromkeys(m["finalizer"] for m in _WAITS_FOR.finditer(text)))
    if not names:
        return ""
    kinds = [f"{m['number']} {m['kind']}" for m in _REMAINING.finditer(text)]
    who = [f"{ref.kind} {ref.name}" for ref in held] or kinds
    which = "finalizer" if len(names) == 1 else "finalizers"
    return (
        f"{listed(who, 3) or 'what is left in it'} waits for {which} {listed(names, 3)}, which "
        "its controller has not removed"
    )


_WAITS_FOR = re.compile(r"(?P<finalizer>\S+) in \d+ resource instances?")
_REMAINING = re.compile(r"(?P<kind>\S+) has (?P<number>\d+) resource instances?")
"""Conditions NamespaceFinalizersRemaining and NamespaceContentRemaining (namespace controller)."""
