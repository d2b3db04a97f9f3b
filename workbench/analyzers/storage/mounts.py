"""Volumes that the kubelet cannot mount or attach."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.containers.references import VOLUME, missing_from
from workbench.analyzers.history import events
from workbench.analyzers.report import finding, said
from workbench.analyzers.wording import error_text
from workbench.analyzers.workload import is_over, troubled, volume_claims
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Event, Pod

# wordings of kubelet's volume manager, mount(8), mount.nfs(8) and common CSI drivers
_CAUSES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), says)
    for pattern, says in (
        (
            r"driver name (?P<name>\S+) not found in the list of registered CSI drivers",
            "the CSI driver {name} is not running on the node",
        ),
        (r"hostPath type check failed", "the host path is not there, or is of another type"),
        (r"access denied by server", "the NFS server does not let the node mount it"),
        (
            r"mount\.nfs.*(?:timed out|no route to host|refused)|rpc\.statd",
            "the NFS server does not answer",
        ),
        (
            r"mount\.nfs.*no such file|does not exist on (?:the )?server",
            "the server does not export that path",
        ),
        (
            r"unknown filesystem type|need a /sbin/mount\.|bad option",
            "the node lacks the program that mounts this kind of filesystem",
        ),
        (
            r"bad superblock|can't read superblock|needs cleaning|fsck found errors|INCONSISTENCY",
            "the filesystem is damaged",
        ),
        (r"already mounted or mount point busy|is busy", "the volume is in use on the node"),
        (
            r"failed to sync (?:configmap|secret) cache",
            "the kubelet cannot read it from the API server in time",
        ),
        (
            r"not authorized|AccessDenied|UnauthorizedOperation|permission denied",
            "the driver lacks a permission",
        ),
        (
            r"no such (?:device|volume)|InvalidVolume\.NotFound|could not be found|volume \S+ not found",
            "the disk does not exist any more",
        ),
        (r"no space left on device", "the disk is full"),
        (
            r"Multi-Attach|attached to (?:another|a different) (?:node|instance)|already used by pod",
            "it is still attached to another node",
        ),
        (
            r"exceed\w* (?:the )?(?:max|limit)|AttachmentLimitExceeded|maximum number of (?:volumes|disks)",
            "the node cannot take more disks",
        ),
        (
            r"context deadline exceeded|DeadlineExceeded|timed out waiting",
            "the storage driver or its server does not answer in time",
        ),
    )
)


def cause(message: str) -> str:
    """What a mount or attach error comes down to, in words; "" for an unknown one."""
    for pattern, says in _CAUSES:
        if found := pattern.search(message):
            return says.format_map(found.groupdict())
    return ""


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
        f"{name} of pod {pod.name} cannot be mounted: {_why(event)}",
        [said(event)],
        related=[ObjectRef("PersistentVolumeClaim", pod.namespace, c) for c in volume_claims(pod)],
        since=event.first_seen,
        node=pod.spec.node_name,
    )


def _why(event: Event) -> str:
    says = cause(event.message)
    return f"{says} ({error_text(event.message, 300)})" if says else error_text(event.message, 300)


def _attach(snapshot: ClusterSnapshot, pod: Pod, event: Event) -> Finding:
    return finding(
        "VOLUME_ATTACH_FAILED",
        pod,
        f"A volume of pod {pod.name} cannot be attached to node {pod.spec.node_name}: "
        f"{_why(event)}",
        [said(event)],
        related=[ObjectRef("PersistentVolumeClaim", pod.namespace, c) for c in volume_claims(pod)],
        since=event.first_seen,
    )
