"""Why a pod had to go: who ended it, and for whose sake.

The kubelet evicts for its node or for the pod's own limits, the scheduler for a more important pod,
the node controller for a taint, and people, autoscalers and deschedulers through the eviction API.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.history import recent
from workbench.analyzers.report import finding, said
from workbench.analyzers.wording import error_text, listed
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
    "Preempted": "the scheduler made room for a pod of higher priority",
    "TaintManagerEviction": "the node got a taint that is not tolerated",
    "Descheduled": "by a descheduler",
}
"""Reasons of events about pods that somebody removed from their node."""

FRESH_SECONDS = 3600
NAMED_MOST = 3  # pods of a workload, by name


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
    """Pods that were moved away from their node within the last hour, by their events, together
    where they are of one workload and went for one reason; worth a warning while that workload is
    short of pods."""
    moved: dict[tuple[ObjectRef, str], list[Event]] = defaultdict(list)
    for event in snapshot.all(Event):
        says = DISPLACED_BY.get(event.reason)
        it = event.involved_object
        if not says or it.kind != "Pod" or not recent(now, event.last_seen, FRESH_SECONDS):
            continue
        if winner := _winner(snapshot, event.message):
            says = f"{says}, of {winner.kind} {winner.namespace}/{winner.name}"
        moved[_owner(snapshot, it.namespace, it.name), says].append(event)
    short = {workload(snapshot, pod) for pod in troubled(snapshot, now)} if moved else set()
    for (owner, says), events in moved.items():
        yield _displaced(owner, says, events, owner in short)


def _displaced(owner: ObjectRef, says: str, events: list[Event], short: bool) -> Finding:
    pods = list(dict.fromkeys(_about(event) for event in events))
    who = f"Pod {pods[0].name} was removed from its node"
    if len(pods) > 1:
        names = listed([pod.name for pod in pods], NAMED_MOST)
        who = f"{len(pods)} pods were removed from their nodes, {names}"
    starts = [event.first_seen for event in events if event.first_seen]
    return finding(
        "POD_DISPLACED",
        owner,
        f"{who}: {says} ({error_text(events[0].message, 150)})",
        [said(event) for event in events[:NAMED_MOST]],
        severity=Severity.WARNING if short else None,
        detail=pods[0].name,
        related=pods,
        since=min(starts, default=None),
    )


def _about(event: Event) -> ObjectRef:
    it = event.involved_object
    return ObjectRef("Pod", it.namespace, it.name)


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
