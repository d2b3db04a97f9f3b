"""Pods that are on a node but whose sandbox or containers are not created."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.containers.departures import GONE_REASONS
from workbench.analyzers.history import events, latest
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import age, error_text, span
from workbench.analyzers.workload import is_over, parts, troubled
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding
from workbench.core.objects import Pod, condition

CREATING_SECONDS = 120
"""Creating containers takes seconds; image pulls are reported apart. Longer is worth a word."""


def hanging(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Pods that are on a node but whose sandbox or containers are not created."""
    for pod in troubled(snapshot, now):
        if is_over(pod) or pod.metadata.deletion_timestamp or pod.status.reason in GONE_REASONS:
            continue
        if any(p.waiting in ("ContainerCreating", "PodInitializing") for p in parts(pod)) or (
            pod.status.phase == "Pending" and pod.spec.node_name
        ):
            yield from _creating(snapshot, now, pod)


def _creating(snapshot: ClusterSnapshot, now: datetime, pod: Pod) -> Iterator[Finding]:
    sandbox = latest(snapshot, pod, "FailedCreatePodSandBox", "FailedCreatePodContainer")
    running = any(p.status.state.running or p.status.restart_count for p in parts(pod) if p.init)
    if sandbox and not (running and _reported_running(pod)):
        yield finding(
            "POD_SANDBOX_FAILED",
            pod,
            f"The sandbox of pod {pod.name} cannot be created: {error_text(sandbox.message, 250)}",
            [said(sandbox)],
            since=sandbox.first_seen,
            node=pod.spec.node_name,
        )
        return
    waited = age(now, pod.status.start_time or pod.metadata.creation_timestamp)
    if waited is None or waited < CREATING_SECONDS or running or _says_why(snapshot, pod):
        return
    if all(p.waiting == "ContainerCreating" for p in parts(pod)):
        yield finding(
            "POD_STUCK_CREATING",
            pod,
            f"Pod {pod.name} has been on node {pod.spec.node_name or '(unknown)'} for "
            f"{span(waited)} and its containers are still being created",
            [seen(pod, "status.phase", pod.status.phase)],
            since=pod.status.start_time,
            node=pod.spec.node_name,
        )


def _reported_running(pod: Pod) -> bool:
    report = condition(pod.status.conditions, "PodReadyToStartContainers")
    return report is not None and report.status == "True"


def _says_why(snapshot: ClusterSnapshot, pod: Pod) -> bool:
    """Whether another rule speaks for this pod: mounts, images, a pull that is under way."""
    return bool(
        events(
            snapshot, pod, "FailedMount", "FailedAttachVolume", "Failed", "BackOff", "Pulling",
            "InspectFailed", "ErrImageNeverPull",
        )
    )  # fmt: skip
