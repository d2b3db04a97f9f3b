"""Pods that leave, or should: evicted, rejected or lost with their node, or stuck in deletion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.containers.evictions import why
from workbench.analyzers.history import events, latest, recent
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import age, error_text, span
from workbench.analyzers.workload import began, controller, troubled
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding, Severity
from workbench.core.objects import Pod, condition

TERMINATING_SECONDS = 120
"""Grace after the grace period before a deleted pod counts as stuck."""

GONE_REASONS = frozenset(
    {
        "Evicted", "NodeLost", "Shutdown", "NodeShutdown", "Terminated", "Preempting",
        "UnexpectedAdmissionError", "NodeAffinity", "DeadlineExceeded", "Preempted",
        "OutOfcpu", "OutOfmemory", "OutOfpods", "OutOfephemeral-storage", "TopologyAffinityError",
    }
)  # fmt: skip
"""status.reason of pods that ended for a reason outside of their containers (kubelet)."""

HISTORY_SECONDS = 3600
"""A pod of a controller that ended longer ago than this has been replaced: history."""


def gone(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Pods that were evicted, rejected, lost with their node, or do not terminate."""
    for pod in troubled(snapshot, now):
        if pod.metadata.deletion_timestamp:
            yield from _terminating(snapshot, now, pod)
        elif pod.status.reason == "Evicted":
            yield _evicted(snapshot, now, pod)
        elif pod.status.reason == "NodeLost" or pod.status.phase == "Unknown":
            yield _node_lost(pod)
        elif pod.status.reason in GONE_REASONS:
            yield _rejected(now, pod)


def _evicted(snapshot: ClusterSnapshot, now: datetime, pod: Pod) -> Finding:
    says, message = why(pod), error_text(pod.status.message, 400)
    text = f"{says} ({message})" if says and message else says or message
    text = text or "no reason was recorded"
    event = latest(snapshot, pod, "Evicted")
    return finding(
        "POD_EVICTED",
        pod,
        f"Pod {pod.name} was evicted from node {pod.spec.node_name or '(unknown)'}: {text}",
        [
            seen(pod, "status.reason", "Evicted"),
            *([seen(pod, "status.message", pod.status.message)] if pod.status.message else []),
            *([said(event)] if event else []),
        ],
        severity=_if_history(now, pod),
        since=_ended(pod),
        node=pod.spec.node_name,
    )


def _rejected(now: datetime, pod: Pod) -> Finding:
    says = why(pod)
    what = (f"{says}; " if says else "") + (pod.status.message or pod.status.reason)
    return finding(
        "POD_REJECTED",
        pod,
        f"Pod {pod.name} was ended by node {pod.spec.node_name or '(unknown)'} "
        f"({pod.status.reason}): {what}",
        [seen(pod, "status.reason", pod.status.reason)],
        severity=_if_history(now, pod),
        since=_ended(pod),
        node=pod.spec.node_name,
    )


def _if_history(now: datetime, pod: Pod) -> Severity | None:
    old = not recent(now, _ended(pod), HISTORY_SECONDS)
    return Severity.INFO if controller(pod) and old else None


def _ended(pod: Pod) -> datetime | None:
    report = condition(pod.status.conditions, "Ready") or condition(
        pod.status.conditions, "DisruptionTarget"
    )
    when = report.last_transition_time if report else None
    return when or pod.status.start_time or pod.metadata.creation_timestamp


def _node_lost(pod: Pod) -> Finding:
    node = pod.spec.node_name
    return finding(
        "POD_NODE_LOST",
        pod,
        f"Pod {pod.name} is on node {node or '(unknown)'}, which has stopped reporting",
        [seen(pod, "status.phase", pod.status.phase), seen(pod, "spec.nodeName", node)],
        since=began(pod),
        node=node,
    )


def _terminating(snapshot: ClusterSnapshot, now: datetime, pod: Pod) -> Iterator[Finding]:
    # deletionTimestamp is the time by which the grace period ends (API reference, ObjectMeta)
    overdue = age(now, pod.metadata.deletion_timestamp)
    if overdue is None or overdue < TERMINATING_SECONDS:
        return
    holds = pod.metadata.finalizers
    held = f"; finalizers {', '.join(holds)} hold it" if holds else ""
    killing = events(snapshot, pod, "FailedKillPod", "FailedPreStopHook", "FailedUnmount")
    yield finding(
        "POD_STUCK_TERMINATING",
        pod,
        f"Pod {pod.name} should have been gone {span(overdue)} ago and is still there{held}",
        [
            seen(pod, "metadata.deletionTimestamp", pod.metadata.deletion_timestamp),
            *(said(event) for event in killing[-1:]),
        ],
        since=pod.metadata.deletion_timestamp,
        node=pod.spec.node_name,
    )
