"""What happened when, from every clock in a snapshot, on one UTC axis.

A snapshot keeps the last time of a thing and seldom the ones before: a container's current and
last state, a condition's last transition, an event's first and last sighting. Moments are exactly
those; nothing is interpolated between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import (
    Condition,
    ContainerStatus,
    Deployment,
    Event,
    Job,
    KubeObject,
    Node,
    Pod,
    ReplicaSet,
)

NEVER = datetime.min.replace(tzinfo=UTC)
REVISION = "deployment.kubernetes.io/revision"
GOOD_WHEN_FALSE = frozenset({"ReplicaFailure", "Failed", "FailureTarget", "NetworkUnavailable"})


class Moment(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Something that happened. ``lane`` is event, container, rollout, object or condition;
    ``count`` how often it was seen by then; ``warning`` when it is no good news."""

    at: datetime
    lane: str
    subject: ObjectRef
    what: str
    detail: str = ""
    count: int = 1
    warning: bool = False


def timeline(
    snapshot: ClusterSnapshot, about: ObjectRef | None = None, since: datetime | None = None
) -> tuple[Moment, ...]:
    """Moments oldest first; only those after ``since``.

    about: an object, with everything it owns, is owned by or runs on; None for the whole snapshot.
    """
    concerned = None if about is None else related(snapshot, about)
    found = (
        m
        for m in _moments(snapshot)
        if (since is None or m.at >= since) and (concerned is None or m.subject in concerned)
    )
    return tuple(sorted(found))


def related(snapshot: ClusterSnapshot, about: ObjectRef) -> frozenset[ObjectRef]:
    """The object, its owners, all it owns, and the nodes its pods run on."""
    refs = {about}
    start = snapshot.find(about)
    if start is None:
        return frozenset(refs)
    objects = [start, *_owners(snapshot, start), *_owned(snapshot, start)]
    for obj in objects:
        refs.add(ObjectRef.of(obj))
        if isinstance(obj, Pod) and obj.spec.node_name:
            refs.add(ObjectRef(Node.KIND, "", obj.spec.node_name))
    return frozenset(refs)


def _owners(snapshot: ClusterSnapshot, obj: KubeObject) -> Iterator[KubeObject]:
    for _ in range(8):  # owner chains are two or three long; a loop in bad data must end
        above = snapshot.owner(obj)
        if above is None:
            return
        yield above
        obj = above


def _owned(snapshot: ClusterSnapshot, obj: KubeObject, depth: int = 0) -> Iterator[KubeObject]:
    for below in snapshot.owned_by(obj) if depth < 8 else ():
        yield below
        yield from _owned(snapshot, below, depth + 1)


def _moments(snapshot: ClusterSnapshot) -> Iterator[Moment]:
    for event in snapshot.all(Event):
        yield from _of_event(event)
    for pod in snapshot.all(Pod):
        yield from _lifetime(pod)
        yield from _of_conditions(pod, pod.status.conditions)
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
            yield from _of_container(pod, status)
    for replica_set in snapshot.all(ReplicaSet):
        yield from _of_rollout(snapshot, replica_set)
    others: tuple[Node | Deployment | Job, ...] = (
        *snapshot.all(Node),
        *snapshot.all(Deployment),
        *snapshot.all(Job),
    )
    for obj in others:
        yield from _lifetime(obj)
        yield from _of_conditions(obj, obj.status.conditions)


def _of_event(event: Event) -> Iterator[Moment]:
    it = event.involved_object
    last = Moment(
        at=event.last_seen or NEVER,
        lane="event",
        subject=ObjectRef(it.kind, it.namespace, it.name),
        what=event.reason,
        detail=event.message,
        count=event.times,
        warning=event.type == "Warning",
    )
    first = event.first_seen
    if first is not None and first != last.at:
        yield msgspec.structs.replace(last, at=first, count=1)
    if last.at != NEVER:
        yield last


def _of_container(pod: Pod, status: ContainerStatus) -> Iterator[Moment]:
    for state in (status.last_state, status.state):
        ended = state.terminated
        started = ended.started_at if ended else state.running and state.running.started_at
        if started:
            yield _container(pod, started, f"{status.name} started")
        if ended and ended.finished_at:
            word = ended.reason or "ended"
            what = f"{status.name} {word}, exit code {ended.exit_code}"
            yield _container(pod, ended.finished_at, what, ended.message, ended.exit_code != 0)


def _container(
    pod: Pod, at: datetime, what: str, detail: str = "", warning: bool = False
) -> Moment:
    subject = ObjectRef.of(pod)
    return Moment(
        at=at, lane="container", subject=subject, what=what, detail=detail, warning=warning
    )


def _of_rollout(snapshot: ClusterSnapshot, replica_set: ReplicaSet) -> Iterator[Moment]:
    at = replica_set.metadata.creation_timestamp
    owner = snapshot.owner(replica_set)
    if at is None or owner is None:
        return
    revision = replica_set.metadata.annotations.get(REVISION, "?")
    images = ", ".join(c.image for c in replica_set.spec.template.spec.containers)
    yield Moment(
        at=at,
        lane="rollout",
        subject=ObjectRef.of(owner),
        what=f"revision {revision}",
        detail=f"{replica_set.name}: {images}",
    )


def _lifetime(obj: KubeObject) -> Iterator[Moment]:
    meta = obj.metadata
    for at, what in ((meta.creation_timestamp, "created"), (meta.deletion_timestamp, "deleted")):
        if at is not None:
            yield Moment(at=at, lane="object", subject=ObjectRef.of(obj), what=what)


def _of_conditions(obj: KubeObject, conditions: Iterable[Condition]) -> Iterator[Moment]:
    for one in conditions:
        if one.last_transition_time is None:
            continue
        bad = "True" if one.type in GOOD_WHEN_FALSE or one.type.endswith("Pressure") else "False"
        yield Moment(
            at=one.last_transition_time,
            lane="condition",
            subject=ObjectRef.of(obj),
            what=f"{one.type}={one.status}",
            detail=" ".join(part for part in (one.reason, one.message) if part),
            warning=one.status in (bad, "Unknown"),
        )
