"""The STATUS, READY and RESTARTS that kubectl prints for a pod."""

from __future__ import annotations

from datetime import datetime

from workbench.core.objects import ContainerStatus, Pod, condition
from workbench.core.objects.pods import Terminated


def status_word(pod: Pod) -> str:
    """``CrashLoopBackOff``, ``Init:0/2``, ``Running`` … (kubernetes, printers.go, printPod)."""
    reason = pod.status.reason or pod.status.phase
    if _gated(pod):
        reason = "SchedulingGated"
    reason = _init_word(pod) or _container_word(pod, reason)
    if pod.metadata.deletion_timestamp is not None:
        return "Unknown" if pod.status.reason == "NodeLost" else "Terminating"
    return reason or "Unknown"


def ready_count(pod: Pod) -> tuple[int, int]:
    """Ready containers and all of them, restartable init containers (sidecars) included."""
    sidecars = _sidecars(pod)
    ready = sum(c.ready and c.state.running is not None for c in pod.status.container_statuses)
    ready += sum(
        c.name in sidecars and bool(c.started) and c.ready
        for c in pod.status.init_container_statuses
    )
    return ready, len(pod.spec.containers) + len(sidecars)


def restarts(pod: Pod) -> int:
    """Restarts of its containers; while init containers still run, of those as well."""
    sidecars = _sidecars(pod)
    count = sum(c.restart_count for c in pod.status.container_statuses)
    starting = bool(_init_word(pod))
    return count + sum(
        c.restart_count
        for c in pod.status.init_container_statuses
        if starting or c.name in sidecars
    )


def last_restart(pod: Pod) -> datetime | None:
    """When a container last ended before it was started again."""
    ends = [
        c.last_state.terminated.finished_at
        for c in (*pod.status.container_statuses, *pod.status.init_container_statuses)
        if c.last_state.terminated and c.last_state.terminated.finished_at
    ]
    return max(ends, default=None)


def _gated(pod: Pod) -> bool:
    scheduled = condition(pod.status.conditions, "PodScheduled")
    return scheduled is not None and scheduled.reason == "SchedulingGated"


def _sidecars(pod: Pod) -> set[str]:
    return {c.name for c in pod.spec.init_containers if c.restart_policy == "Always"}


def _init_word(pod: Pod) -> str:
    """What the first unfinished init container is at; "" when all are done."""
    sidecars = _sidecars(pod)
    total = len(pod.spec.init_containers)
    for i, status in enumerate(pod.status.init_container_statuses):
        ended = status.state.terminated
        if ended is not None and ended.exit_code == 0:
            continue
        if status.name in sidecars and status.started:
            continue
        if ended is not None:
            return f"Init:{_end_word(ended)}"
        waiting = status.state.waiting
        if waiting is not None and waiting.reason not in ("", "PodInitializing"):
            return f"Init:{waiting.reason}"
        return f"Init:{i}/{total}"
    return ""


def _container_word(pod: Pod, reason: str) -> str:
    running = False
    for status in reversed(pod.status.container_statuses):
        state = status.state
        if state.waiting is not None and state.waiting.reason:
            reason = state.waiting.reason
        elif state.terminated is not None:
            reason = _end_word(state.terminated)
        elif status.ready and state.running is not None:
            running = True
    if reason == "Completed" and running:
        ready = condition(pod.status.conditions, "Ready")
        return "Running" if ready is not None and ready.status == "True" else "NotReady"
    return reason


def _end_word(ended: Terminated) -> str:
    if ended.reason:
        return ended.reason
    return f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exit_code}"


def state_sentence(status: ContainerStatus) -> str:
    """One container's state in a few words: ``waiting: CrashLoopBackOff``."""
    state = status.state
    if state.waiting is not None:
        return f"waiting: {state.waiting.reason or 'unknown'}"
    if state.terminated is not None:
        return f"terminated: {_end_word(state.terminated)} (exit {state.terminated.exit_code})"
    return "running" if state.running is not None else "unknown"
