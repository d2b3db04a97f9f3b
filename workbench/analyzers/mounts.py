"""Volumes that the kubelet cannot mount or attach."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.history import events
from workbench.analyzers.references import VOLUME, missing_from
from workbench.analyzers.report import finding, said
from workbench.analyzers.wording import sentence
from workbench.analyzers.workload import is_over, troubled, volume_claims
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Event, Pod


def mounts(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Volumes of pods that are not running which the kubelet cannot mount or attach."""
    for pod in troubled(snapshot, now):
        if is_over(pod) or pod.metadata.deletion_timestamp or not _waits(pod):
            continue
        failed = events(snapshot, pod, "FailedMount", "FailedMapVolume")
        attach = events(snapshot, pod, "FailedAttachVolume")
        if failed:
            yield _mount(snapshot, pod, failed)
        elif attach:
            yield _attach(snapshot, pod, attach[-1])


def _waits(pod: Pod) -> bool:
    """Whether some container has not been created yet, which is all that a mount can hold up."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    return not statuses or any(
        s.state.waiting and s.state.waiting.reason in ("ContainerCreating", "PodInitializing")
        for s in statuses
    )


def _mount(snapshot: ClusterSnapshot, pod: Pod, failed: tuple[Event, ...]) -> Finding:
    for event in reversed(failed):
        found = missing_from(snapshot, pod, event.message, None, [said(event)])
        if found:
            return found
    telling = [e for e in failed if "timed out waiting for the condition" not in e.message]
    event = (telling or list(failed))[-1]
    volume = VOLUME.search(event.message)
    name = f"Volume {volume['volume']}" if volume else "A volume"
    return finding(
        "VOLUME_MOUNT_FAILED",
        pod,
        f"{name} of pod {pod.name} cannot be mounted: {sentence(event.message, 300)}",
        [said(event)],
        related=[ObjectRef("PersistentVolumeClaim", pod.namespace, c) for c in volume_claims(pod)],
        since=event.first_seen,
        node=pod.spec.node_name,
    )


def _attach(snapshot: ClusterSnapshot, pod: Pod, event: Event) -> Finding:
    why = "it is still attached to another node" if "Multi-Attach" in event.message else "it failed"
    return finding(
        "VOLUME_ATTACH_FAILED",
        pod,
        f"A volume of pod {pod.name} cannot be attached to node {pod.spec.node_name}, {why}: "
        f"{sentence(event.message, 300)}",
        [said(event)],
        related=[ObjectRef("PersistentVolumeClaim", pod.namespace, c) for c in volume_claims(pod)],
        since=event.first_seen,
    )
