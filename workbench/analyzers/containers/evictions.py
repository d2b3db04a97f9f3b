"""Why a pod had to go: who ended it, and for whose sake.

The kubelet evicts for its node or for the pod's own limits, the scheduler for a more important pod,
the node controller for a taint, and people, autoscalers and deschedulers through the eviction API.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.history import recent
from workbench.analyzers.report import finding, said
from workbench.analyzers.wording import error_text
from workbench.analyzers.workload import troubled, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import Event, Pod, ReplicaSet, condition

# kubelet, eviction manager helpers: nodeLowMessageFmt, containerMessageFmt and their kin
_NODE_LOW = re.compile(r"The node was low on resource: (?P<resource>[\w-]+(?:\.[\w-]+)*)")
_USED = re.compile(r"Container (?P<name>\S+) was using (?P<used>\S+?),(?: which exceeds its)? request (?:is|of) (?P<request>[^\s,.]+)")  # fmt: skip
_POD_LIMIT = re.compile(r"Pod ephemeral local storage usage exceeds the total limit of containers (?P<limit>[^\s.]+)")  # fmt: skip
_CONTAINER_LIMIT = re.compile(
    r"Container (?P<name>\S+) exceeded its local ephemeral storage limit \"(?P<limit>[^\"]+)\""
)
_VOLUME_LIMIT = re.compile(
    r"Usage of EmptyDir volume \"(?P<name>[^\"]+)\" exceeds the limit \"(?P<limit>[^\"]+)\""
)

_PREEMPTED_BY = re.compile(r"Preempted by pod ([0-9a-f-]{36})")

DISRUPTED_BY = {
    "PreemptionByScheduler": "the scheduler removed it to make room for a pod of higher priority",
    "DeletionByTaintManager": "its node got a taint that it does not tolerate",
    "EvictionByEvictionAPI": "it was evicted through the API, as by a drain or a descheduler",
    "DeletionByPodGC": "its node is gone",
    "TerminationByKubelet": "the kubelet ended it",
}
"""Reasons of the DisruptionTarget condition (Kubernetes documentation, Disruptions)."""

DISPLACED_BY = {
    "Preempted": "the scheduler removed it to make room for a pod of higher priority",
    "TaintManagerEviction": "its node got a taint that it does not tolerate",
    "Descheduled": "a descheduler evicted it",
}
"""Reasons of events about pods that somebody removed from their node."""

FRESH_SECONDS = 3600


def why(pod: Pod) -> str:
    """Why the pod was evicted, in words, from its status; "" when nothing says so."""
    text = pod.status.message
    if found := _POD_LIMIT.search(text):
        return f"its files took more than its ephemeral-storage limit of {found['limit']}"
    if found := _CONTAINER_LIMIT.search(text):
        name, limit = found["name"].strip('"'), found["limit"]
        return (
            f"the files of container {name} took more than its ephemeral-storage limit of {limit}"
        )
    if found := _VOLUME_LIMIT.search(text):
        return f"emptyDir volume {found['name']} grew over its limit of {found['limit']}"
    if found := _NODE_LOW.search(text):
        return f"its node ran short of {found['resource']}" + _share(text)
    report = condition(pod.status.conditions, "DisruptionTarget")
    if report and report.status == "True":
        return DISRUPTED_BY.get(report.reason, "")
    return ""


def _share(text: str) -> str:
    """The part that the pod had in it, where the kubelet says so."""
    used = [
        f"container {u['name'].strip(chr(34))} used {u['used']} and requested {u['request']}"
        for u in _USED.finditer(text)
    ]
    return f", where {'; '.join(used)}" if used else ""


def displaced(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Pods that were moved away from their node within the last hour, by their events; worth a
    warning while the workload they belonged to is short of pods."""
    short = None
    for event in snapshot.all(Event):
        says = DISPLACED_BY.get(event.reason)
        it = event.involved_object
        if not says or it.kind != "Pod" or not recent(now, event.last_seen, FRESH_SECONDS):
            continue
        if short is None:
            short = {workload(snapshot, pod) for pod in troubled(snapshot, now)}
        owner = _owner(snapshot, it.namespace, it.name)
        if winner := _winner(snapshot, event.message):
            says = f"{says}, of {winner.kind} {winner.namespace}/{winner.name}"
        yield finding(
            "POD_DISPLACED",
            owner,
            f"Pod {it.name} was removed from its node: {says} ({error_text(event.message, 150)})",
            [said(event)],
            severity=Severity.WARNING if owner in short else None,
            detail=it.name,
            related=[ObjectRef("Pod", it.namespace, it.name)],
            since=event.first_seen,
        )


def _winner(snapshot: ClusterSnapshot, text: str) -> ObjectRef | None:
    """For whose pod it had to go, by the uid that the scheduler names (1.28 and later)."""
    found = _PREEMPTED_BY.search(text)
    pod = (
        next((p for p in snapshot.all(Pod) if p.metadata.uid == found[1]), None) if found else None
    )
    return workload(snapshot, pod) if pod else None


def _owner(snapshot: ClusterSnapshot, namespace: str, name: str) -> ObjectRef:
    """Whose pod it was: by the pod where it is still there, else by the name of a ReplicaSet."""
    pod = snapshot.get(Pod, namespace, name)
    above = pod or snapshot.get(ReplicaSet, namespace, name.rpartition("-")[0])
    return workload(snapshot, above) if above else ObjectRef("Pod", namespace, name)
