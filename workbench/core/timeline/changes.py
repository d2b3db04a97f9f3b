"""What was changed: rollouts with what differs in the pod template, writes to configuration and
specs with who wrote them, scaling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import (
    Custom,
    Deployment,
    HorizontalPodAutoscaler,
    KubeObject,
    ReplicaSet,
)
from workbench.core.timeline.clock import utc
from workbench.core.timeline.moment import Lane, Moment
from workbench.core.timeline.template import differences

REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"
LEADER = "control-plane.alpha.kubernetes.io/leader"

WRITTEN = frozenset(
    {
        "ConfigMap", "Secret", "Service", "Ingress", "NetworkPolicy", "Deployment", "StatefulSet",
        "DaemonSet", "CronJob", "HorizontalPodAutoscaler", "PodDisruptionBudget", "ResourceQuota",
        "LimitRange", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding",
        "PersistentVolumeClaim", "StorageClass", "HTTPRoute", "Gateway",
        "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "PriorityClass",
    }
)  # fmt: skip
"""Kinds that people and their tools write; the rest is written by the control plane all day."""

CONTROL_PLANE = frozenset(
    {"kube-controller-manager", "kube-scheduler", "kubelet", "kube-apiserver"}
)
"""Field managers that carry out what others wanted."""

_Act = tuple[datetime, str]

SAME_ACT = timedelta(seconds=30)
"""A write to a Deployment and the ReplicaSet made for it are no further apart than that, save where
the old pods have to go first (strategy Recreate)."""


def changes(snapshot: ClusterSnapshot) -> Iterator[Moment]:
    """All of them, in no order."""
    rolled: dict[ObjectRef, list[datetime]] = defaultdict(list)
    for moment in _rollouts(snapshot):
        rolled[moment.subject].append(moment.at)
        yield moment
    for objects in snapshot.objects.values():
        for obj in objects:
            if obj.kind in WRITTEN or (isinstance(obj, Custom) and obj.spec is not None):
                yield from _writes(obj, rolled.get(ObjectRef.of(obj), []))
    for deployment in snapshot.all(Deployment):
        yield from _unseen(deployment)
    for scaler in snapshot.all(HorizontalPodAutoscaler):
        yield from _scaling(scaler)


def _rollouts(snapshot: ClusterSnapshot) -> Iterator[Moment]:
    for deployment in snapshot.all(Deployment):
        owned = [o for o in snapshot.owned_by(deployment) if isinstance(o, ReplicaSet)]
        revisions = sorted(owned, key=_revision)
        for before, now in zip([None, *revisions], revisions, strict=False):
            at = _rolled_at(deployment, before, now)
            if at is not None:
                yield _rollout(deployment, before, now, at)


def _rolled_at(
    deployment: Deployment, before: ReplicaSet | None, now: ReplicaSet
) -> datetime | None:
    """When a revision was asked for: the write that its ReplicaSet was made for, or its making.

    A rollback takes an old ReplicaSet up again, whose making says nothing: then it is the newest
    write to the Deployment, if that came after the revision before it.
    """
    made = utc(now.metadata.creation_timestamp)
    if made is None:
        return None
    times = [at for at, _ in _acts(deployment)]
    earlier = utc(before.metadata.creation_timestamp) if before else None
    if earlier is not None and earlier > made:
        return max((t for t in times if t > earlier), default=None)
    asked = [t for t in times if timedelta() <= made - t <= SAME_ACT]
    return max(asked, default=made)


def _rollout(
    deployment: Deployment, before: ReplicaSet | None, now: ReplicaSet, at: datetime
) -> Moment:
    number = now.metadata.annotations.get(REVISION, "?")
    made = utc(now.metadata.creation_timestamp)
    back = before is not None and made is not None and at - made > SAME_ACT
    what = f"rolled back to {now.name}" if back else f"rolled out revision {number}"
    if before is None:
        images = ", ".join(c.image for c in now.spec.template.spec.containers)
        detail = f"image {images}" if images else ""
    else:
        changed = differences(before.spec.template, now.spec.template)
        detail = "; ".join(changed) or "the pod template as before"
    cause = now.metadata.annotations.get(CAUSE, "")
    return Moment(
        at=at,
        lane=Lane.CHANGE,
        subject=ObjectRef.of(deployment),
        what=what,
        detail=f"{detail} ({cause})" if cause else detail,
        change=True,
        fact="rollout",
        by=_writer(deployment, at),
    )


def _revision(replica_set: ReplicaSet) -> tuple[int, float]:
    number = replica_set.metadata.annotations.get(REVISION, "")
    made = utc(replica_set.metadata.creation_timestamp)
    known = number.isascii() and number.isdigit() and len(number) < 10
    return (int(number) if known else 0, made.timestamp() if made else 0.0)


def _acts(obj: KubeObject, subresources: tuple[str, ...] = ("", "scale")) -> list[_Act]:
    """When somebody other than the control plane wrote to the object, and who."""
    return [
        (at, one.manager)
        for one in obj.writes
        if one.subresource in subresources
        and one.manager not in CONTROL_PLANE
        and (at := utc(one.time)) is not None
    ]


def _writer(obj: KubeObject, at: datetime) -> str:
    return next((by for when, by in reversed(_acts(obj)) if abs(when - at) <= SAME_ACT), "")


def _writes(obj: KubeObject, rolled: list[datetime]) -> Iterator[Moment]:
    """Each manager's last write, save those that made a rollout told already."""
    meta = obj.metadata
    if meta.name == "kube-root-ca.crt" or LEADER in obj.annotations:
        return
    created = utc(meta.creation_timestamp)
    if created is not None:
        by = _writer(obj, created)
        if not any(abs(at - created) <= SAME_ACT for at in rolled):
            yield _write(obj, created, "created", by)
    for subresource, word in (("", "changed"), ("scale", "scaled")):
        for at, by in _acts(obj, (subresource,)):
            told = [created, *rolled] if created is not None else rolled
            if not any(abs(at - other) <= SAME_ACT for other in told):
                yield _write(obj, at, word, by)


def _write(obj: KubeObject, at: datetime, what: str, by: str) -> Moment:
    generation = obj.metadata.generation
    return Moment(
        at=at,
        lane=Lane.CHANGE,
        subject=ObjectRef.of(obj),
        what=f"{what} by {by}" if by else what,
        detail=f"generation {generation}" if generation and what != "created" else "",
        change=True,
        by=by,
    )


def _unseen(deployment: Deployment) -> Iterator[Moment]:
    """A spec that its controller has not taken up yet."""
    wanted, seen = deployment.metadata.generation, deployment.status.observed_generation
    times = [at for at, _ in _acts(deployment)]
    if times and 0 < seen < wanted:
        yield Moment(
            at=max(times),
            lane=Lane.WARNING,
            subject=ObjectRef.of(deployment),
            what="change not taken up",
            detail=f"the controller has seen generation {seen} of {wanted}",
            warning=True,
            stands=True,
        )


def _scaling(scaler: HorizontalPodAutoscaler) -> Iterator[Moment]:
    at = utc(scaler.status.last_scale_time)
    if at is not None:
        target = scaler.spec.scale_target_ref
        yield Moment(
            at=at,
            lane=Lane.CHANGE,
            subject=ObjectRef.of(scaler),
            what="scaled",
            detail=f"{target.kind} {target.name}, {scaler.status.desired_replicas} replicas wanted",
            change=True,
            fact="rescaled",
        )
