"""Containers that crash, are killed, cannot start, and pods that are evicted or hang."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.history import events, latest, recent
from workbench.analyzers.logs import Reason, reason
from workbench.analyzers.peers import about_host, blamed
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import age, count, exit_code, sentence, span
from workbench.analyzers.workload import (
    RESTART_MATTERS,
    Part,
    began,
    controller,
    is_over,
    parts,
    troubled,
)
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Node, Pod, condition
from workbench.core.objects.pods import Terminated

START_REASONS = frozenset({"CreateContainerError", "RunContainerError", "StartError"})
START_ENDINGS = frozenset({"StartError", "ContainerCannotRun"})
HOOK_REASONS = frozenset({"PostStartHookError", "PreStartHookError", "PreCreateHookError"})

CREATING_SECONDS = 120
"""Creating containers takes seconds; image pulls are reported apart. Longer is worth a word."""

TERMINATING_SECONDS = 120
"""Grace after the grace period before a deleted pod counts as stuck."""


def crashing(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Crash loops, out-of-memory kills and containers that cannot be started."""
    for pod in troubled(snapshot, now):
        if pod.status.reason in GONE_REASONS or pod.metadata.deletion_timestamp:
            continue
        for part in parts(pod):
            yield from _container(snapshot, now, pod, part)


def _container(snapshot: ClusterSnapshot, now: datetime, pod: Pod, part: Part) -> Iterator[Finding]:
    ended = part.status.state.terminated or part.status.last_state.terminated
    if part.waiting in HOOK_REASONS or (ended and ended.reason in HOOK_REASONS):
        yield _hook(pod, part)
    elif part.waiting in START_REASONS or (ended and ended.reason in START_ENDINGS):
        yield _start(snapshot, pod, part, ended)
    elif ended and ended.reason == "OOMKilled" and _matters(part, ended, now):
        yield _out_of_memory(snapshot, now, pod, part, ended)
    elif part.waiting == "CrashLoopBackOff" or _restarts_in_anger(pod, part):
        yield _crash(snapshot, now, pod, part, ended)
    elif part.status.state.terminated and ended and ended.exit_code:
        if not _belongs_to_job(pod):
            yield _failed(snapshot, pod, part, ended)
    elif _restarted_lately(now, part) and ended:
        yield _restarted(snapshot, now, pod, part, ended)


def _restarted_lately(now: datetime, part: Part) -> bool:
    last = part.status.last_state.terminated
    if not (part.status.state.running and part.status.restart_count and last and last.exit_code):
        return False
    return recent(now, last.finished_at, RESTART_MATTERS)


def _matters(part: Part, ended: Terminated, now: datetime) -> bool:
    if part.status.ready:
        return recent(now, ended.finished_at, RESTART_MATTERS)
    return not (part.init and part.status.state.terminated and not ended.exit_code)


def _restarts_in_anger(pod: Pod, part: Part) -> bool:
    """Between two runs of a crash loop the container shows as terminated, or as just started."""
    if pod.spec.restart_policy == "Never" or is_over(pod) or part.status.ready:
        return False
    state = part.status.state
    if state.terminated:
        return part.status.restart_count > 0 and (bool(state.terminated.exit_code) or not part.init)
    last = part.status.last_state.terminated
    return bool(state.running and last and last.exit_code and part.status.restart_count >= 2)


def _belongs_to_job(pod: Pod) -> bool:
    above = controller(pod)
    return above is not None and above.kind == "Job"


def _crash(
    snapshot: ClusterSnapshot, now: datetime, pod: Pod, part: Part, ended: Terminated | None
) -> Finding:
    why, log = log_reason(snapshot, pod, part)
    lived = age(now, pod.status.start_time or pod.metadata.creation_timestamp)
    within = f" in {span(lived)}" if lived else ""
    message = (
        f"{part.what.capitalize()} of {pod.name} has restarted "
        f"{count(part.status.restart_count, 'time')}{within}"
    )
    if ended:
        message += f"; the last run exited with {exit_code(ended.exit_code)}{_after(ended)}"
        if ended.message:
            message += f" and left the message: {sentence(ended.message, 200)}"
    message += _because(snapshot, pod, why)
    return finding(
        "POD_CRASH_LOOP",
        pod,
        message,
        [*_state(pod, part, ended), *_backoff(snapshot, pod), *log],
        detail=part.name,
        related=blamed(snapshot, pod, why),
        since=began(pod),
        container=part.name,
    )


def _out_of_memory(
    snapshot: ClusterSnapshot, now: datetime, pod: Pod, part: Part, ended: Terminated
) -> Finding:
    limit = part.spec.resources.limits.get("memory")
    has = f"its memory limit is {limit}" if limit else "it has no memory limit of its own"
    node_oom = _node_oom(snapshot, pod)
    if node_oom:
        has += f", and node {pod.spec.node_name} itself ran out of memory"
    _why, log = log_reason(snapshot, pod, part)
    message = (
        f"{part.what.capitalize()} of {pod.name} was killed for using too much memory "
        f"(OOMKilled, exit code {ended.exit_code}){_after(ended)}; {has}"
    )
    if part.status.restart_count:
        message += f"; it has restarted {count(part.status.restart_count, 'time')}"
    spec = (
        []
        if not limit
        else [seen(pod, f"spec.containers[{part.name}].resources.limits.memory", limit)]
    )
    return finding(
        "POD_OOM_KILLED",
        pod,
        message,
        [*_state(pod, part, ended), *spec, *node_oom, *log],
        severity=Severity.WARNING if part.status.ready else None,
        detail=part.name,
        since=began(pod) if not part.status.ready else ended.finished_at,
        container=part.name,
    )


def _start(snapshot: ClusterSnapshot, pod: Pod, part: Part, ended: Terminated | None) -> Finding:
    waiting = part.status.state.waiting
    text = waiting.message if waiting and part.waiting in START_REASONS else ""
    if not text and ended:
        text = ended.message
    failed = latest(snapshot, pod, "Failed", "FailedStart", "FailedCreate")
    text = text or (failed.message if failed else "")
    return finding(
        "CONTAINER_START_FAILED",
        pod,
        f"{part.what.capitalize()} of {pod.name} cannot be started: {start_error(text)}",
        [*_state(pod, part, ended), *([said(failed)] if failed else [])],
        detail=part.name,
        since=began(pod),
        container=part.name,
    )


def start_error(text: str) -> str:
    """The runtime's nested message brought down to its point."""
    if not text:
        return "the container runtime reports an error"
    tail = text.rsplit("unable to start container process: ", 1)[-1]
    tail = tail.removeprefix("error during container init: ")
    if "executable file not found" in tail or "no such file or directory" in tail:
        return f"its command does not exist in the image ({sentence(tail, 200)})"
    if "permission denied" in tail:
        return f"its command may not be executed ({sentence(tail, 200)})"
    if "is reserved for" in tail or "already in use by container" in tail:
        return f"an earlier container of that name is in the way ({sentence(tail, 200)})"
    return sentence(tail, 250)


def _hook(pod: Pod, part: Part) -> Finding:
    waiting = part.status.state.waiting
    text = waiting.message if waiting else ""
    reason_ = part.waiting if part.waiting in HOOK_REASONS else "PostStartHookError"
    return finding(
        "CONTAINER_HOOK_FAILED",
        pod,
        f"A lifecycle hook of {part.what} of {pod.name} failed ({reason_})"
        + (f": {sentence(text)}" if text else ""),
        [seen(pod, f"{part.path}.state.waiting.reason", reason_)],
        detail=part.name,
        since=began(pod),
        container=part.name,
    )


def _failed(snapshot: ClusterSnapshot, pod: Pod, part: Part, ended: Terminated) -> Finding:
    why, log = log_reason(snapshot, pod, part)
    message = (
        f"{part.what.capitalize()} of {pod.name} exited with {exit_code(ended.exit_code)}"
        f"{_after(ended)}" + (" and is not restarted" if is_over(pod) else "")
    )
    if ended.reason and ended.reason != "Error":
        message += f" ({ended.reason})"
    return finding(
        "CONTAINER_FAILED",
        pod,
        message + _because(snapshot, pod, why),
        [*_state(pod, part, ended), *log],
        detail=part.name,
        related=blamed(snapshot, pod, why),
        since=ended.finished_at,
        container=part.name,
    )


def _restarted(
    snapshot: ClusterSnapshot, now: datetime, pod: Pod, part: Part, ended: Terminated
) -> Finding:
    why, log = log_reason(snapshot, pod, part)
    passed = age(now, ended.finished_at)
    when = f" {span(passed)} ago" if passed is not None else ""
    calm = part.status.ready and part.status.restart_count < 3
    return finding(
        "POD_RESTARTING",
        pod,
        f"{part.what.capitalize()} of {pod.name} runs again, but exited with "
        f"{exit_code(ended.exit_code)}{when}; it has restarted "
        f"{count(part.status.restart_count, 'time')}" + _because(snapshot, pod, why),
        [*_state(pod, part, ended), *log],
        severity=Severity.INFO if calm else None,
        detail=part.name,
        related=blamed(snapshot, pod, why),
        since=ended.finished_at,
        container=part.name,
    )


def log_reason(
    snapshot: ClusterSnapshot, pod: Pod, part: Part
) -> tuple[Reason | None, list[Pointer]]:
    """What the container's log gives as the reason (the run before the restart first)."""
    if not snapshot.logs:
        return None, []
    best: tuple[Reason | None, list[Pointer]] = (None, [])
    for previous in (True, False):
        found = reason(snapshot.log(pod.namespace, pod.name, part.name, previous))
        if found is None:
            continue
        which = f"log {part.name}{' previous' if previous else ''}:{found.number}"
        pointer = Pointer(str(ObjectRef.of(pod)), which, found.line)
        if best[0] is None or (
            best[0].kind in ("error", "last-line") and found.kind not in ("error", "last-line")
        ):
            best = (found, [pointer])
    return best


def _because(snapshot: ClusterSnapshot, pod: Pod, why: Reason | None) -> str:
    if why is None:
        return ""
    if why.kind in ("error", "last-line"):
        return f"; its log ends with: {why.says}"
    hint = about_host(snapshot, pod.namespace, why.host) if why.host else ""
    return f"; its log says that {why.says}" + (f" ({hint})" if hint else "")


def _state(pod: Pod, part: Part, ended: Terminated | None) -> Iterator[Pointer]:
    if part.waiting:
        yield seen(pod, f"{part.path}.state.waiting.reason", part.waiting)
    if ended:
        which = "state" if part.status.state.terminated else "lastState"
        value = f"exitCode {ended.exit_code}" + (f", {ended.reason}" if ended.reason else "")
        yield seen(pod, f"{part.path}.{which}.terminated", value)
    if part.status.restart_count or not (part.waiting or ended):
        yield seen(pod, f"{part.path}.restartCount", part.status.restart_count)


def _backoff(snapshot: ClusterSnapshot, pod: Pod) -> list[Pointer]:
    event = latest(snapshot, pod, "BackOff")
    return [said(event)] if event else []


def _after(ended: Terminated) -> str:
    if not (ended.started_at and ended.finished_at) or ended.started_at.year < 2000:
        return ""  # StartError leaves the epoch as the start time
    try:
        lived = (ended.finished_at - ended.started_at).total_seconds()
    except TypeError:
        return ""
    return f" after {span(lived)}" if lived >= 0 else ""


def _node_oom(snapshot: ClusterSnapshot, pod: Pod) -> list[Pointer]:
    node = snapshot.get(Node, "", pod.spec.node_name) if pod.spec.node_name else None
    event = latest(snapshot, node, "SystemOOM") if node else None
    return [said(event)] if event else []


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
    text = pod.status.message or "no reason was recorded"
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
    what = pod.status.message or pod.status.reason
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
    why = f"; finalizers {', '.join(holds)} hold it" if holds else ""
    killing = events(snapshot, pod, "FailedKillPod", "FailedPreStopHook", "FailedUnmount")
    yield finding(
        "POD_STUCK_TERMINATING",
        pod,
        f"Pod {pod.name} should have been gone {span(overdue)} ago and is still there{why}",
        [
            seen(pod, "metadata.deletionTimestamp", pod.metadata.deletion_timestamp),
            *(said(event) for event in killing[-1:]),
        ],
        since=pod.metadata.deletion_timestamp,
        node=pod.spec.node_name,
    )


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
            f"The sandbox of pod {pod.name} cannot be created: {sentence(sandbox.message, 250)}",
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
