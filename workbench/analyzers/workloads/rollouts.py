"""Workloads that do not have the replicas they want, and rollouts that do not finish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.history import recent
from workbench.analyzers.presence import looked_at, unlisted
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import age, error_text, listed, span
from workbench.analyzers.workload import controller, ready
from workbench.analyzers.workloads import revisions
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.counted import counted
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import (
    DaemonSet,
    Deployment,
    KubeObject,
    Pod,
    ReplicaSet,
    ReplicationController,
    Service,
    StatefulSet,
    StorageClass,
    condition,
)
from workbench.core.objects.workloads import ReplicaStatus

SETTLING_SECONDS = 60
"""A workload that was created or changed this recently is given time to come up."""


def deployments(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Deployments that are stuck, unavailable, short of replicas, or paused half-way."""
    for one in snapshot.all(Deployment):
        if one.metadata.deletion_timestamp:
            continue
        progress = condition(one.status.conditions, "Progressing")
        if progress and progress.reason == "ProgressDeadlineExceeded":
            yield _stuck(snapshot, one)
            continue
        if one.spec.paused:
            yield _paused(one)
        yield from _unobserved(now, one)
        available = max(one.status.available_replicas, _unreported(one.status))
        if available < one.spec.replicas and not _settling(snapshot, now, one):
            yield _short(snapshot, one, available, one.spec.replicas, revisions.note(snapshot, one))


def _unobserved(now: datetime, one: Deployment) -> Iterator[Finding]:
    seen_, latest_ = one.status.observed_generation, one.metadata.generation
    writes = [m.time for m in one.metadata.managed_fields if m.time and m.subresource != "status"]
    if not seen_ or seen_ >= latest_ or (writes and recent(now, max(writes), SETTLING_SECONDS)):
        return
    yield finding(
        "WORKLOAD_NOT_OBSERVED",
        one,
        f"The controller has not acted on the newest change of Deployment {one.name}: generation "
        f"{latest_}, observed {seen_}",
        [
            seen(one, "metadata.generation", latest_),
            seen(one, "status.observedGeneration", seen_),
        ],
    )


def _unreported(status: ReplicaStatus) -> int:
    """Old API servers and hand-made lists leave availableReplicas out but say what is ready."""
    return status.ready_replicas if not status.available_replicas and not status.conditions else 0


def _stuck(snapshot: ClusterSnapshot, one: Deployment) -> Finding:
    progress = condition(one.status.conditions, "Progressing")
    text = error_text(progress.message) if progress else ""
    status = one.status
    return finding(
        "ROLLOUT_STUCK",
        one,
        f"The rollout of Deployment {one.name} is stuck (ProgressDeadlineExceeded: nothing came of "
        f"it within {span(one.spec.progress_deadline_seconds)}): {status.available_replicas} of "
        f"{counted(one.spec.replicas, 'replica')} available, {status.updated_replicas} updated"
        f"{revisions.note(snapshot, one)}",
        [
            seen(one, "status.conditions[Progressing]", f"ProgressDeadlineExceeded: {text}"),
            *_numbers(one, status),
        ],
        since=progress.last_update_time or progress.last_transition_time if progress else None,
        previous=revisions.previous(snapshot, one),
    )


def _paused(one: Deployment) -> Finding:
    return finding(
        "ROLLOUT_PAUSED",
        one,
        f"Deployment {one.name} is paused with {one.status.updated_replicas} of "
        f"{counted(one.spec.replicas, 'replica')} updated; changes of it are not rolled out",
        [
            seen(one, "spec.paused", True),
            seen(one, "status.updatedReplicas", one.status.updated_replicas),
        ],
        severity=None if one.status.updated_replicas < one.spec.replicas else Severity.INFO,
    )


def _short(
    snapshot: ClusterSnapshot, one: KubeObject, available: int, wanted: int, note: str = ""
) -> Finding:
    code = "WORKLOAD_DEGRADED" if available > 0 else "WORKLOAD_UNAVAILABLE"
    has = f"{available} of {wanted} replicas are" if wanted != 1 else f"{available} of 1 replica is"
    status = getattr(one, "status", None)
    report = condition(status.conditions, "Available") if status else None
    return finding(
        code,
        one,
        f"{one.kind} {one.name}: {has} available{_pods_note(snapshot, one)}{note}",
        list(_numbers(one, status)),
        since=report.last_transition_time if report and report.status == "False" else None,
    )


def _pods_note(snapshot: ClusterSnapshot, one: KubeObject) -> str:
    bad = [p.name for p in pods_of(snapshot, one) if not ready(p) and p.status.phase != "Succeeded"]
    return f" (not ready: {listed(sorted(bad), 3)})" if bad else ""


def pods_of(snapshot: ClusterSnapshot, one: KubeObject) -> list[Pod]:
    """The workload's pods, through its ReplicaSets where it has them."""
    found: list[Pod] = []
    for below in snapshot.owned_by(one):
        if isinstance(below, Pod):
            found.append(below)
        elif isinstance(below, ReplicaSet):
            found += [p for p in snapshot.owned_by(below) if isinstance(p, Pod)]
    return found


def _numbers(one: KubeObject, status: object) -> Iterator[Pointer]:
    spec = getattr(one, "spec", None)
    if hasattr(spec, "replicas"):
        yield seen(one, "spec.replicas", getattr(spec, "replicas", ""))
        yield seen(one, "status.availableReplicas", getattr(status, "available_replicas", 0))
    else:
        yield seen(one, "status.numberReady", getattr(status, "number_ready", 0))
    report = condition(getattr(status, "conditions", ()), "Available")
    if report and report.status == "False":
        yield seen(one, "status.conditions[Available]", f"{report.reason}: {report.message}")


def _settling(snapshot: ClusterSnapshot, now: datetime, one: Deployment | StatefulSet) -> bool:
    """Just created or changed, with pods that are merely on their way."""
    changed = [one.metadata.creation_timestamp]
    progress = condition(one.status.conditions, "Progressing")
    if progress and progress.status == "True":
        changed.append(progress.last_update_time or progress.last_transition_time)
    passed = [a for a in (age(now, when) for when in changed if when) if a is not None]
    if not passed or min(passed) > SETTLING_SECONDS:
        return False
    return not any(_is_in_trouble(p) for p in pods_of(snapshot, one))


def _is_in_trouble(pod: Pod) -> bool:
    return any(
        s.restart_count
        or (
            s.state.waiting
            and s.state.waiting.reason not in ("ContainerCreating", "PodInitializing")
        )
        for s in (*pod.status.container_statuses, *pod.status.init_container_statuses)
    ) or any(c.reason == "Unschedulable" for c in pod.status.conditions)


def stateful_sets(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """StatefulSets short of replicas, without their Service or with an unknown storage class."""
    for one in snapshot.all(StatefulSet):
        if one.metadata.deletion_timestamp:
            continue
        available = max(one.status.available_replicas, one.status.ready_replicas)
        if available < one.spec.replicas and not _settling(snapshot, now, one):
            yield _short(snapshot, one, available, one.spec.replicas, _ordinal_note(snapshot, one))
        yield from _governing_service(snapshot, one, available)
        yield from _held_back(one)
        yield from _claim_classes(snapshot, one)


def _ordinal_note(snapshot: ClusterSnapshot, one: StatefulSet) -> str:
    """OrderedReady starts pod N+1 only when pod N is ready, so the lowest unready one blocks."""
    named = {p.name: p for p in snapshot.all(Pod, one.namespace)}
    most = min(one.spec.replicas, 1000)
    mine = [named[n] for i in range(most) if (n := f"{one.name}-{i}") in named]
    bad = next((p for p in mine if not ready(p) and p.status.phase != "Running"), None) or next(
        (p for p in mine if not ready(p) and controller(p)), None
    )
    if bad is None:
        return ""
    note = f"; pod {bad.name} is not in running state ({bad.status.phase})"
    if bad.status.phase == "Running":
        note = f"; pod {bad.name} is not ready"
    if one.spec.pod_management_policy != "Parallel":
        note += " and holds up the ones after it"
    return note


def _held_back(one: StatefulSet) -> Iterator[Finding]:
    """Pods below the partition keep the old revision (apps/v1 API reference)."""
    rolling, status = one.spec.update_strategy.rolling_update, one.status
    old = status.current_revision != status.update_revision and status.update_revision
    if old and (one.spec.update_strategy.type == "OnDelete" or (rolling and rolling.partition > 0)):
        why = f"partition {rolling.partition}" if rolling and rolling.partition else "OnDelete"
        yield finding(
            "ROLLOUT_HELD_BACK",
            one,
            f"StatefulSet {one.name} has {status.updated_replicas} of {one.spec.replicas} pods on "
            f"its newest revision; its update strategy ({why}) holds the others back",
            [seen(one, "spec.updateStrategy", why)],
        )


def _governing_service(
    snapshot: ClusterSnapshot, one: StatefulSet, available: int
) -> Iterator[Finding]:
    name = one.spec.service_name
    if not unlisted(snapshot, Service, one.namespace, name):
        return
    if not looked_at(snapshot, Service) and available >= one.spec.replicas:
        return
    yield finding(
        "STATEFUL_SET_SERVICE_MISSING",
        one,
        f"StatefulSet {one.name} uses the service {name}, which does not exist in namespace "
        f"{one.namespace}",
        [seen(one, "spec.serviceName", name)],
        detail=name,
        related=[ObjectRef("Service", one.namespace, name)],
    )


def _claim_classes(snapshot: ClusterSnapshot, one: StatefulSet) -> Iterator[Finding]:
    for template in one.spec.volume_claim_templates:
        name = template.spec.storage_class_name or ""
        if looked_at(snapshot, StorageClass) and unlisted(snapshot, StorageClass, "", name):
            if one.status.ready_replicas >= one.spec.replicas:
                continue
            yield finding(
                "STORAGE_CLASS_MISSING",
                one,
                f"StatefulSet {one.name} asks for storage class {name} in its claim template "
                f"{template.name}, and there is no such StorageClass",
                [
                    seen(
                        one,
                        f"spec.volumeClaimTemplates[{template.name}].spec.storageClassName",
                        name,
                    )
                ],
                detail=name,
                related=[ObjectRef("StorageClass", "", name)],
            )


def daemon_sets(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """DaemonSets whose pods are not ready on every node that should have one."""
    for one in snapshot.all(DaemonSet):
        wanted, have = one.status.desired_number_scheduled, one.status.number_ready
        if one.metadata.deletion_timestamp or have >= wanted:
            continue
        if recent(now, one.metadata.creation_timestamp, SETTLING_SECONDS) and (
            one.metadata.creation_timestamp
        ):
            continue
        yield finding(
            "WORKLOAD_DEGRADED" if have else "WORKLOAD_UNAVAILABLE",
            one,
            f"DaemonSet {one.name}: pods on {have} of {wanted} nodes are ready"
            f"{_pods_note(snapshot, one)}",
            [
                seen(one, "status.desiredNumberScheduled", wanted),
                seen(one, "status.numberReady", have),
            ],
        )


def others(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """ReplicaSets and ReplicationControllers that nothing above them speaks for."""
    kinds: tuple[type[ReplicaSet | ReplicationController], ...] = (
        ReplicaSet,
        ReplicationController,
    )
    for kind in kinds:
        for one in snapshot.all(kind):
            have = max(one.status.available_replicas, one.status.ready_replicas)
            if have >= one.spec.replicas or one.metadata.deletion_timestamp or controller(one):
                continue
            if any(not ready(p) for p in pods_of(snapshot, one)):
                yield _short(snapshot, one, have, one.spec.replicas)
