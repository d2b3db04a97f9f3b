"""Containers that crash, are killed, or cannot be started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.containers.departures import GONE_REASONS
from workbench.analyzers.containers.endings import killed_by
from workbench.analyzers.containers.onset import onset
from workbench.analyzers.containers.settings import credentials, holders
from workbench.analyzers.containers.surroundings import surroundings
from workbench.analyzers.history import latest, recent
from workbench.analyzers.logs.logbook import because, log_reason
from workbench.analyzers.logs.reading import Reason
from workbench.analyzers.networking.peers import blamed
from workbench.analyzers.ranking.changes import changed_before
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import age, error_text, exit_code, span
from workbench.analyzers.workload import (
    ENDS_AGAIN,
    RESTART_MATTERS,
    Part,
    began,
    controller,
    is_over,
    lifetime,
    parts,
    troubled,
)
from workbench.core.cluster import ClusterSnapshot
from workbench.core.counted import counted
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Node, Pod
from workbench.core.objects.pods import Terminated

START_REASONS = frozenset({"CreateContainerError", "RunContainerError", "StartError"})
START_ENDINGS = frozenset({"StartError", "ContainerCannotRun"})
HOOK_REASONS = frozenset({"PostStartHookError", "PreStartHookError", "PreCreateHookError"})


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
    if not (part.status.state.running and part.status.restart_count and last):
        return False
    if not last.exit_code and (part.init or part.status.restart_count < ENDS_AGAIN):
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
    says = because(snapshot, pod, why)
    message = (
        f"{_who(part)} of {pod.name} crash-loops "
        f"({counted(part.status.restart_count, 'restart')}{within})" + (f": {says}" if says else "")
    )
    if ended:
        message += f"; the last run exited with {_exit(ended, why)}{_after(ended)}"
        message += killed_by(snapshot, pod, part, ended)
        if ended.message:
            message += f" and left the message: {error_text(ended.message, 200)}"
    if why and why.kind == "port-in-use":
        message += _port_clash(pod, part)
    message += surroundings(snapshot, pod, why)
    message += credentials(snapshot, pod, part, why)
    message += changed_before(snapshot, pod, began(pod))
    return finding(
        "POD_CRASH_LOOP",
        pod,
        message,
        [*_state(pod, part, ended), *_backoff(snapshot, pod), *log],
        detail=part.name,
        related=[*blamed(snapshot, pod, why), *holders(pod, part, why)],
        since=onset(snapshot, pod, part, ended, known=began(pod)),
        container=part.name,
    )


def _port_clash(pod: Pod, part: Part) -> str:
    """The containers of a pod share its network: two of them cannot listen on one port."""
    mine = {p.container_port for p in part.spec.ports}
    for other in pod.spec.containers:
        both = mine & {p.container_port for p in other.ports}
        if other.name != part.name and both:
            return f"; container {other.name} of the same pod declares port {min(both)} too"
    return ""


def _who(part: Part) -> str:
    return part.what[0].upper() + part.what[1:]


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
        f"{_who(part)} of {pod.name} was killed for using too much memory "
        f"(OOMKilled, exit code {ended.exit_code}){_after(ended)}; {has}"
    )
    if part.status.restart_count:
        message += f"; it has restarted {counted(part.status.restart_count, 'time')}"
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
        since=onset(
            snapshot,
            pod,
            part,
            ended,
            known=began(pod) if not part.status.ready else ended.finished_at,
        ),
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
        f"{_who(part)} of {pod.name} cannot be started: {start_error(text)}",
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
        return f"its command does not exist in the image ({error_text(tail, 200)})"
    if "exec format error" in tail:
        return f"its binary is built for another platform ({error_text(tail, 200)})"
    if "permission denied" in tail:
        return f"its command may not be executed ({error_text(tail, 200)})"
    if "is reserved for" in tail or "already in use by container" in tail:
        return f"an earlier container of that name is in the way ({error_text(tail, 200)})"
    return error_text(tail, 250)


def _hook(pod: Pod, part: Part) -> Finding:
    waiting = part.status.state.waiting
    text = waiting.message if waiting else ""
    reason_ = part.waiting if part.waiting in HOOK_REASONS else "PostStartHookError"
    return finding(
        "CONTAINER_HOOK_FAILED",
        pod,
        f"A lifecycle hook of {part.what} of {pod.name} failed ({reason_})"
        + (f": {error_text(text)}" if text else ""),
        [seen(pod, f"{part.path}.state.waiting.reason", reason_)],
        detail=part.name,
        since=began(pod),
        container=part.name,
    )


def _failed(snapshot: ClusterSnapshot, pod: Pod, part: Part, ended: Terminated) -> Finding:
    why, log = log_reason(snapshot, pod, part)
    message = f"{_who(part)} of {pod.name} exited with {_exit(ended, why)}{_after(ended)}" + (
        " and is not restarted" if is_over(pod) else ""
    )
    if ended.reason and ended.reason != "Error":
        message += f" ({ended.reason})"
    return finding(
        "CONTAINER_FAILED",
        pod,
        message + killed_by(snapshot, pod, part, ended) + _tail(snapshot, pod, why),
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
    lived = age(now, pod.status.start_time or pod.metadata.creation_timestamp)
    within = f" in {span(lived)}" if lived else ""
    return finding(
        "POD_RESTARTING",
        pod,
        f"{_who(part)} of {pod.name} has restarted {counted(part.status.restart_count, 'time')}"
        f"{within} and runs again{killed_by(snapshot, pod, part, ended)}; it last exited{when} "
        f"with {_exit(ended, why)}{_tail(snapshot, pod, why)}",
        [*_state(pod, part, ended), *log],
        severity=Severity.INFO if calm else None,
        detail=part.name,
        related=blamed(snapshot, pod, why),
        since=onset(snapshot, pod, part, ended, known=ended.finished_at),
        container=part.name,
    )


def _tail(snapshot: ClusterSnapshot, pod: Pod, why: Reason | None) -> str:
    says = because(snapshot, pod, why)
    return f"; {says}" if says else ""


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


def _exit(ended: Terminated, why: Reason | None) -> str:
    """The exit code in words, unless it is known that the program never ran."""
    never_ran = why is not None and why.kind == "exec-format"
    return f"code {ended.exit_code}" if never_ran else exit_code(ended.exit_code)


def _after(ended: Terminated) -> str:
    lived = lifetime(ended)
    return f" after {span(lived)}" if lived is not None else ""


def _node_oom(snapshot: ClusterSnapshot, pod: Pod) -> list[Pointer]:
    node = snapshot.get(Node, "", pod.spec.node_name) if pod.spec.node_name else None
    event = latest(snapshot, node, "SystemOOM") if node else None
    return [said(event)] if event else []
