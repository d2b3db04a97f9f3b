"""Pods and what runs them: containers, owners, and whether all is well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from workbench.analyzers.history import recent
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import (
    Container,
    ContainerStatus,
    Job,
    KubeObject,
    Pod,
    condition,
)
from workbench.core.objects.pods import Terminated

RESTART_MATTERS = 3600
"""Seconds: a restart longer ago than this, of a container that is ready now, is history."""


class Part(msgspec.Struct, frozen=True):
    """One container of a pod: what was asked for (when the spec holds it) and how it is."""

    status: ContainerStatus
    spec: Container
    init: bool

    @property
    def name(self) -> str:
        return self.status.name or self.spec.name

    @property
    def waiting(self) -> str:
        return self.status.state.waiting.reason if self.status.state.waiting else ""

    @property
    def what(self) -> str:
        return f"init container {self.name}" if self.init else f"container {self.name}"

    @property
    def path(self) -> str:
        lists = "initContainerStatuses" if self.init else "containerStatuses"
        return f"status.{lists}[{self.name}]"


def parts(pod: Pod) -> Iterator[Part]:
    """The pod's containers that have a status, init containers first."""
    for init, statuses, specs in (
        (True, pod.status.init_container_statuses, pod.spec.init_containers),
        (False, pod.status.container_statuses, pod.spec.containers),
    ):
        if len(specs) == len(statuses) == 1 and specs[0].name == statuses[0].name:
            yield Part(statuses[0], specs[0], init)
        elif statuses:
            by_name = {c.name: c for c in specs}
            for status in statuses:
                yield Part(status, by_name.get(status.name, Container(name=status.name)), init)


ENDS_AGAIN = 5
"""Restarts from which a program that ends without an error is one that was to go on."""


def ready(pod: Pod) -> bool:
    """Running with the Ready condition, or with every container ready where it has none."""
    if pod.status.phase != "Running":
        return False
    report = condition(pod.status.conditions, "Ready")
    if report:
        return report.status == "True"
    statuses = pod.status.container_statuses
    return bool(statuses) and all(s.ready for s in statuses)


def fine(pod: Pod, now: datetime) -> bool:
    """Nothing to say about it: it is done, or ready without a restart that still matters."""
    if pod.metadata.deletion_timestamp:
        return False
    if pod.status.phase == "Succeeded":
        return True
    if not ready(pod):
        return False
    return not any(s.restart_count and _ended_lately(s, now) for s in pod.status.container_statuses)


def _ended_lately(status: ContainerStatus, now: datetime) -> bool:
    ended = status.last_state.terminated
    if ended is None:
        return status.restart_count >= ENDS_AGAIN  # nobody knows when
    if not (ended.exit_code or status.restart_count >= ENDS_AGAIN):
        return False
    return recent(now, ended.finished_at, RESTART_MATTERS)


def troubled(snapshot: ClusterSnapshot, now: datetime) -> tuple[Pod, ...]:
    """Pods worth a closer look, which on a good day are none of thousands."""
    key = ("troubled", now)
    if key not in snapshot.memo:
        snapshot.memo[key] = tuple(
            pod for pod in snapshot.all(Pod) if not fine(pod, now) and not made_good(snapshot, pod)
        )
    found: tuple[Pod, ...] = snapshot.memo[key]
    return found


def made_good(snapshot: ClusterSnapshot, pod: Pod) -> bool:
    """Whether the pod failed and its Job tried again and is complete."""
    above = controller(pod) if pod.status.phase == "Failed" else None
    if above is None or above.kind != "Job":
        return False
    job = snapshot.get(Job, above.namespace, above.name)
    report = condition(job.status.conditions, "Complete") if job else None
    return report is not None and report.status == "True"


def lifetime(ended: Terminated) -> float | None:
    """How many seconds the run lasted; None when its times are not recorded."""
    if not (ended.started_at and ended.finished_at) or ended.started_at.year < 2000:
        return None  # StartError leaves the epoch as the start time
    try:
        lived = (ended.finished_at - ended.started_at).total_seconds()
    except TypeError:
        return None
    return lived if lived >= 0 else None


def is_over(pod: Pod) -> bool:
    """Whether the pod has ended for good."""
    return pod.status.phase in ("Succeeded", "Failed")


def controller(obj: KubeObject) -> ObjectRef | None:
    """The object's controller (or first owner) by its owner reference."""
    owners = obj.metadata.owner_references
    if not owners:
        return None
    first = owners[0]
    if len(owners) > 1:
        first = next((o for o in owners if o.controller), first)
    return ObjectRef(first.kind, obj.namespace, first.name)


def workload(snapshot: ClusterSnapshot, obj: KubeObject) -> ObjectRef:
    """What a person would edit: the Deployment behind a ReplicaSet's pod, a Job, a StatefulSet, or
    the bare object itself. A Job of a CronJob stays the Job."""
    above = controller(obj)
    if above is None:
        return ObjectRef.of(obj)
    if above.kind == "ReplicaSet":
        replica_set = snapshot.find(above)
        return (controller(replica_set) if replica_set else None) or above
    return above


def volume_claims(pod: Pod) -> Iterator[str]:
    """Names of the claims the pod mounts; a generic ephemeral volume's is ``pod-volume``."""
    for volume in pod.spec.volumes:
        if volume.persistent_volume_claim and volume.persistent_volume_claim.claim_name:
            yield volume.persistent_volume_claim.claim_name
        elif volume.ephemeral:
            yield f"{pod.name}-{volume.name}"


def began(pod: Pod) -> datetime | None:
    """Since when the pod is not ready, as far as its conditions tell."""
    for name in ("Ready", "ContainersReady"):
        report = condition(pod.status.conditions, name)
        if report and report.status != "True" and report.last_transition_time:
            return report.last_transition_time
    return pod.status.start_time or pod.metadata.creation_timestamp
