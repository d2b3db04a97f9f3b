"""What happened to objects: events, container states, conditions, jobs, and objects that came and
went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import (
    Condition,
    ContainerStatus,
    DaemonSet,
    Deployment,
    Event,
    Job,
    KubeObject,
    Node,
    Pod,
    StatefulSet,
)
from workbench.core.timeline.clock import utc
from workbench.core.timeline.moment import Lane, Moment

GOOD_WHEN_FALSE = frozenset({"ReplicaFailure", "Failed", "FailureTarget", "NetworkUnavailable"})

# Conditions that say again what another says: of a pod, ContainersReady follows Ready; of a
# Deployment, Progressing=True is the rollout itself.
_REPEATS = frozenset({"Initialized", "ContainersReady", "PodReadyToStartContainers"})

FACTS = {
    "Scheduled": "scheduled",
    "PodScheduled=True": "scheduled",
    "Started": "started",
    "NodeNotReady": "not ready",
    "NodeReady": "ready",
    "Completed": "completed",
    "Complete=True": "completed",
    "BackoffLimitExceeded": "failed",
    "Failed=True": "failed",
    "SuccessfulRescale": "rescaled",
}
"""Words of events and conditions that tell one and the same fact."""

_NODE_FACTS = {"Ready=False": "not ready", "Ready=Unknown": "not ready", "Ready=True": "ready"}
_QUIET = frozenset({"Pulled", "Pulling", "Created", "Killing", "SandboxChanged"})
"""Normal events between a pod's scheduling and its start; each pod has them and none tells."""

_BAD_NEWS = frozenset({"NodeNotReady"})
"""Normal events that are no good news all the same."""

_CORDONS = frozenset({"NodeNotSchedulable"})
"""Events of something that somebody did."""

_RESTARTS = frozenset({"OOMKilling", "SystemOOM", "BackOff", "CrashLoopBackOff"})


def happenings(snapshot: ClusterSnapshot) -> Iterator[Moment]:
    """All of them, in no order."""
    for event in snapshot.all(Event):
        yield from _of_event(event)
    for pod in snapshot.all(Pod):
        yield from _lifetime(pod)
        yield from _of_conditions(pod, pod.status.conditions)
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
            yield from _of_container(pod, status)
    for node in snapshot.all(Node):
        yield from _lifetime(node)
        yield from _of_conditions(node, node.status.conditions)
        yield from _of_taints(node)
    for job in snapshot.all(Job):
        yield from _of_job(job)
    workloads: tuple[Deployment | StatefulSet | DaemonSet, ...] = (
        *snapshot.all(Deployment),
        *snapshot.all(StatefulSet),
        *snapshot.all(DaemonSet),
    )
    for obj in workloads:
        yield from _of_conditions(obj, obj.status.conditions)


def _of_event(event: Event) -> Iterator[Moment]:
    first, last = utc(event.first_seen), utc(event.last_seen)
    it = event.involved_object
    warning = event.type == "Warning"
    if first is None or last is None or (not warning and event.reason in _QUIET):
        return
    first, last = min(first, last), max(first, last)
    subject = ObjectRef(it.kind, it.namespace, it.name)
    yield Moment(
        at=first,
        lane=_event_lane(it.kind, event.reason, warning),
        subject=subject,
        what=event.reason or "event",
        detail=event.message,
        until=last if last > first else None,
        count=event.times,
        warning=warning or event.reason in _BAD_NEWS,
        change=event.reason in _CORDONS,
        fact=FACTS.get(event.reason, ""),
    )


def _event_lane(kind: str, reason: str, warning: bool) -> Lane:
    if kind == Node.KIND:
        return Lane.NODE
    if reason in _RESTARTS:
        return Lane.RESTART
    return Lane.WARNING if warning else Lane.ACTIVITY


def _of_container(pod: Pod, status: ContainerStatus) -> Iterator[Moment]:
    subject = ObjectRef.of(pod)
    for state in (status.last_state, status.state):
        ended = state.terminated
        started = ended.started_at if ended else state.running and state.running.started_at
        if started:
            again = status.restart_count > 0
            yield Moment(
                at=started,
                lane=Lane.RESTART if again else Lane.ACTIVITY,
                subject=subject,
                what=f"{status.name} {'started again' if again else 'started'}",
                detail=f"restart {status.restart_count}" if again else "",
                fact="started",
            )
        if ended and ended.finished_at:
            bad = ended.exit_code != 0
            word = ended.reason or "ended"
            restarts = _restarts(status.restart_count)
            yield Moment(
                at=ended.finished_at,
                lane=Lane.RESTART if bad else Lane.ACTIVITY,
                subject=subject,
                what=f"{status.name} {word}, exit code {ended.exit_code}",
                detail=" ".join(part for part in (ended.message, restarts) if part),
                warning=bad,
            )


def _restarts(count: int) -> str:
    if count < 2:
        return "restarted once" if count else ""
    return f"restarted {count} times, only the last is on record"


def _lifetime(obj: KubeObject) -> Iterator[Moment]:
    lane = Lane.NODE if obj.kind == Node.KIND else Lane.ACTIVITY
    meta = obj.metadata
    for at, what in ((meta.creation_timestamp, "created"), (meta.deletion_timestamp, "deleted")):
        if at is not None:
            yield Moment(at=at, lane=lane, subject=ObjectRef.of(obj), what=what)


def _of_taints(node: Node) -> Iterator[Moment]:
    for taint in node.spec.taints:
        if taint.time_added is not None:
            what = f"tainted {taint.key}:{taint.effect}"
            yield Moment(
                at=taint.time_added,
                lane=Lane.NODE,
                subject=ObjectRef.of(node),
                what=what,
                warning=True,
                stands=True,
            )


def _of_job(job: Job) -> Iterator[Moment]:
    subject = ObjectRef.of(job)
    at: datetime | None = job.status.start_time
    if at is not None:
        yield Moment(at=at, lane=Lane.ACTIVITY, subject=subject, what="started", fact="started")
    yield from _of_conditions(job, job.status.conditions)


def _of_conditions(obj: KubeObject, conditions: Iterable[Condition]) -> Iterator[Moment]:
    for one in conditions:
        what = f"{one.type}={one.status}"
        at = utc(one.last_transition_time)
        if at is None or one.type in _REPEATS or what in _CALM:
            continue
        bad = "True" if one.type in GOOD_WHEN_FALSE or one.type.endswith("Pressure") else "False"
        warning = one.status in (bad, "Unknown") and one.reason not in _NOT_BAD
        warning = warning and not _born(obj, at)
        yield Moment(
            at=at,
            lane=_condition_lane(obj, warning),
            subject=ObjectRef.of(obj),
            what=what,
            detail=" ".join(part for part in (one.reason, one.message) if part),
            warning=warning,
            stands=warning,
            fact=_NODE_FACTS.get(what, "") if obj.kind == Node.KIND else FACTS.get(what, ""),
        )


_CALM = frozenset(
    {
        "Progressing=True", "DiskPressure=False", "MemoryPressure=False", "PIDPressure=False",
        "NetworkUnavailable=False",
    }
)  # fmt: skip
_NOT_BAD = frozenset({"PodCompleted"})
_BORN = timedelta(seconds=10)


def _born(obj: KubeObject, at: datetime) -> bool:
    """Whether a pod had only just been made: every pod starts unready."""
    made = utc(obj.metadata.creation_timestamp)
    return obj.kind == Pod.KIND and made is not None and at - made <= _BORN


def _condition_lane(obj: KubeObject, warning: bool) -> Lane:
    if obj.kind == Node.KIND:
        return Lane.NODE
    return Lane.WARNING if warning else Lane.ACTIVITY
