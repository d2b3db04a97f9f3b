"""Probes that fail: which one, where it asks, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.containers.departures import GONE_REASONS
from workbench.analyzers.history import events, recent
from workbench.analyzers.logs.logbook import because, listening, log_reason
from workbench.analyzers.logs.reading import UNREACHABLE
from workbench.analyzers.networking.peers import blamed
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import error_text, sentence
from workbench.analyzers.workload import (
    Part,
    began,
    is_over,
    lifetime,
    parts,
    ready,
    troubled,
    workload,
)
from workbench.analyzers.workloads.revisions import revisions
from workbench.core.cluster import ClusterSnapshot
from workbench.core.counted import counted
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Deployment, Event, Pod, Probe, ReplicaSet, condition
from workbench.core.quantity import parse_quantity

CODES = {
    "readiness": "READINESS_PROBE_FAILING",
    "liveness": "LIVENESS_PROBE_FAILING",
    "startup": "STARTUP_PROBE_FAILING",
}
FRESH_SECONDS = 3600
"""Events are kept for an hour by default; an older probe failure is about the past."""

KILLS = 3
LATELY_SECONDS = 600
"""So many restarts, and a failure of its liveness probe so lately, are a container that is killed
again and again and counts as ready in between."""

FLAPS = 20
FLAPS_EVERY_SECONDS = 120
"""So many failures of a readiness probe, at least every other minute and up to now, are a pod that
comes and goes, whatever it is at this moment."""

STARTING_SECONDS = 30
"""A container that is not ready this soon after its start is still coming up."""

COMING_UP_SECONDS = 90
"""And so is one whose readiness probe has failed once or twice by then: the runtimes and frameworks
in use take about a minute."""

_WHICH = re.compile(r"\b(readiness|liveness|startup) probe (?:failed|errored|warning)", re.I)

TOO_SLOW = "it does not answer in time"

# kubelet prober and Go net wordings
_OUTCOMES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (says, re.compile(pattern, re.IGNORECASE))
    for says, pattern in (
        ("there is no such path (status 404)", r"HTTP probe failed with statuscode: 404"),
        ("it wants a login (status {0})", r"HTTP probe failed with statuscode: (40[13])"),
        ("it answers with status {0}", r"HTTP probe failed with statuscode: (\d+)"),
        ("the connection is refused, so nothing listens there", r"connection refused"),
        (TOO_SLOW, r"context deadline exceeded|Client\.Timeout|i/o timeout|timed out|timeout"),
        ("it speaks plain HTTP where the probe uses HTTPS", r"server gave HTTP response to HTTPS client"),
        ("it speaks HTTPS where the probe uses HTTP", r"malformed HTTP (?:response|status)|Client sent an HTTP request to an HTTPS server"),
        ("the probe names a port that the container does not declare", r"couldn't find port|strconv\.Atoi: parsing"),
        ("the host of the probe does not resolve", r"no such host"),
        ("the node cannot reach the pod's address", r"no route to host|network is unreachable"),
        ("the connection is reset", r"connection reset|EOF"),
        ("the gRPC health service says {0}", r"service unhealthy \(responded with \"(\w+)\"\)"),
        ("the command is not in the image", r"executable file not found|no such file or directory"),
        ("the certificate is not accepted", r"x509: "),
    )
)  # fmt: skip


def failing(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Containers that are kept from serving, or are restarted, by a failing probe."""
    for pod in troubled(snapshot, now):
        if is_over(pod) or pod.metadata.deletion_timestamp or pod.status.reason in GONE_REASONS:
            continue
        if pod.status.phase == "Running" or any(p.status.restart_count for p in parts(pod)):
            yield from _pod(snapshot, now, pod)
    for event in snapshot.all(Event):
        if event.reason == "Unhealthy" and event.times >= FLAPS:
            yield from _flapping(snapshot, now, event)


def _flapping(snapshot: ClusterSnapshot, now: datetime, event: Event) -> Iterator[Finding]:
    """A pod that is ready now and whose readiness probe fails every other minute."""
    about = event.involved_object
    pod = snapshot.get(Pod, about.namespace, about.name) if about.kind == "Pod" else None
    first, last = event.first_seen, event.last_seen
    if pod is None or first is None or last is None or not ready(pod) or is_over(pod):
        return
    often = (last - first).total_seconds() <= FLAPS_EVERY_SECONDS * event.times
    which = _WHICH.search(event.message)
    if not often or not recent(now, last, LATELY_SECONDS) or not which:
        return
    named = re.search(r"\{([^}]+)\}", event.involved_object.field_path)
    for part in parts(pod):
        probe = part.spec.readiness_probe
        mine = probe is not None and (named is None or named[1] == part.name)
        if probe and mine and which[1].lower() == "readiness" and _flips(now, pod, probe):
            yield _failing(snapshot, pod, part, "readiness", event)
            return


def _flips(now: datetime, pod: Pod, probe: Probe) -> bool:
    """Whether the failures are enough in a row to take the pod out of its Services."""
    report = condition(pod.status.conditions, "Ready")
    changed = report.last_transition_time if report else None
    return probe.failure_threshold == 1 or (changed is not None and recent(now, changed, 1800))


def _pod(snapshot: ClusterSnapshot, now: datetime, pod: Pod) -> Iterator[Finding]:
    told = _told(snapshot, now, pod)
    known = list(parts(pod))
    for part in known:
        mine = {k: e for (name, k), e in told.items() if name in (part.name, "")}
        restarting = part.status.restart_count > 0
        for which in ("startup", "liveness"):
            if which not in mine:
                continue
            down = (restarting or not part.status.ready) and not ready(pod)
            if down or (which == "liveness" and _between_kills(now, part, mine[which])):
                yield _failing(snapshot, pod, part, which, mine[which])
                break
        else:
            if not part.status.ready and "readiness" in mine and not part.waiting:
                often = mine["readiness"].times > 2
                if often or not _just_started(now, part, COMING_UP_SECONDS):
                    yield _failing(snapshot, pod, part, "readiness", mine["readiness"])
            elif _silently_unready(pod, part) and not _just_started(now, part):
                yield _failing(snapshot, pod, part, "readiness", None)


def _between_kills(now: datetime, part: Part, event: Event) -> bool:
    """Whether the container is up only until its probe has failed often enough again."""
    often = part.status.restart_count >= KILLS
    return often and recent(now, event.last_seen, LATELY_SECONDS)


def _told(snapshot: ClusterSnapshot, now: datetime, pod: Pod) -> dict[tuple[str, str], Event]:
    """The newest failure event for each (container, probe)."""
    told: dict[tuple[str, str], Event] = {}
    for event in events(snapshot, pod, "Unhealthy", "ProbeWarning"):
        which = _WHICH.search(event.message)
        if which and recent(now, event.last_seen, FRESH_SECONDS):
            named = re.search(r"\{([^}]+)\}", event.involved_object.field_path)
            told[named[1] if named else "", which[1].lower()] = event
    return told


def _just_started(now: datetime, part: Part, seconds: float = STARTING_SECONDS) -> bool:
    """Whether the container has had no more time than its probe allows it to come up."""
    running, probe = part.status.state.running, part.spec.readiness_probe
    if not running or not running.started_at or part.status.restart_count:
        return False
    patience = max(probe.initial_delay_seconds if probe else 0, 0) + seconds
    return recent(now, running.started_at, patience)


def _silently_unready(pod: Pod, part: Part) -> bool:
    """Running, started and yet not ready, with a readiness probe to blame and no event left."""
    running = part.status.state.running
    if part.init or not running or part.status.ready or part.spec.readiness_probe is None:
        return False
    report = condition(pod.status.conditions, "ContainersReady")
    return part.status.started is not False and (report is None or report.status != "True")


def _failing(
    snapshot: ClusterSnapshot, pod: Pod, part: Part, which: str, event: Event | None
) -> Finding:
    probe: Probe | None = getattr(part.spec, f"{which}_probe")
    asks = _asks(probe, event)
    answer = outcome(event.message) if event else "it has not succeeded"
    if probe and answer == TOO_SLOW:
        answer += f" (the probe waits {probe.timeout_seconds} s)"
        answer += _slowed(snapshot, pod, part)
    message = (
        f"The {which} probe of {part.what} of {pod.name} fails"
        f"{_again(pod, which, event)}: {asks}{answer}"
        f"{_port_hint(snapshot, pod, part, probe, event)}"
    )
    if which != "readiness" and part.status.restart_count:
        message += f"; it has been restarted {counted(part.status.restart_count, 'time')}"
        message += _impatience(part, which, probe)
    why, log = log_reason(snapshot, pod, part)
    if why and (why.kind in UNREACHABLE or (which == "readiness" and why.kind != "last-line")):
        message += f"; {because(snapshot, pod, why)}"
    return finding(
        CODES[which],
        pod,
        message,
        [*_evidence(pod, part, probe, which, event), *log],
        severity=Severity.WARNING if event is None else None,
        detail=part.name,
        related=blamed(snapshot, pod, why),
        since=(event.first_seen if event else None) or began(pod),
        container=part.name,
    )


def _slowed(snapshot: ClusterSnapshot, pod: Pod, part: Part) -> str:
    """A word on a CPU limit that the newest revision lowered."""
    owner = snapshot.find(workload(snapshot, pod))
    if not isinstance(owner, Deployment):
        return ""
    new, old, *_ = (*revisions(snapshot, owner), None, None)
    now, was = _cpu_limit(new, part), _cpu_limit(old, part)
    if not (now and was) or (parse_quantity(now) or 0) >= (parse_quantity(was) or 0):
        return ""
    return f"; its newest revision lowered its CPU limit from {was} to {now}"


def _cpu_limit(one: ReplicaSet | None, part: Part) -> str:
    containers = one.spec.template.spec.containers if one else ()
    limits = (c.resources.limits.get("cpu") for c in containers if c.name == part.name)
    return next((str(limit) for limit in limits if limit), "")


def _again(pod: Pod, which: str, event: Event | None) -> str:
    if event is None or which != "readiness" or not ready(pod):
        return ""
    return f" again and again ({event.times} times), so that it is ready only in between"


def outcome(message: str) -> str:
    """What a kubelet probe failure message says came back, in words."""
    for says, pattern in _OUTCOMES:
        found = pattern.search(message)
        if found:
            return says.format(*found.groups())
    text = re.sub(r"^\w+ probe \w+:?\s*", "", message)
    return error_text(text, 200) or "it fails without output"


def _asks(probe: Probe | None, event: Event | None) -> str:
    if probe and probe.http_get:
        get = probe.http_get
        return f"GET {get.path or '/'} on port {get.port}: "
    if probe and probe.tcp_socket:
        return f"TCP port {probe.tcp_socket.port}: "
    if probe and probe.grpc:
        return f"gRPC port {probe.grpc.port}: "
    if probe and probe.exec_:
        return f"command {sentence(' '.join(probe.exec_.command), 80)}: "
    url = re.search(r'Get "([^"]+)"', event.message) if event else None
    return f"GET {url[1]}: " if url else ""


def _port_hint(
    snapshot: ClusterSnapshot, pod: Pod, part: Part, probe: Probe | None, event: Event | None
) -> str:
    """A word on a port on which the container does not listen, by its log or its declared ports."""
    check = probe and (probe.http_get or probe.tcp_socket or probe.grpc)
    if not check or (event and "refused" not in event.message and "timeout" not in event.message):
        return ""
    names = {p.name: p.container_port for p in part.spec.ports}
    asked = names.get(str(check.port), check.port)
    heard = listening(snapshot, pod, part)
    if heard and str(asked) not in map(str, heard):
        return f" (its log says that it listens on {', '.join(map(str, heard[:3]))}, not {asked})"
    declared = [p.container_port for p in part.spec.ports]
    if declared and str(asked) not in map(str, declared):
        return f" (the container declares port {', '.join(map(str, declared))}, not {asked})"
    return ""


def _impatience(part: Part, which: str, probe: Probe | None) -> str:
    """A word on a liveness probe that kills the container while it is still starting."""
    ended = part.status.last_state.terminated
    if which == "readiness" or probe is None or (part.spec.startup_probe and which == "liveness"):
        return ""
    allows = probe.initial_delay_seconds + probe.period_seconds * probe.failure_threshold
    lived = lifetime(ended) if ended else None
    if lived is None or lived > 3 * allows + 60:
        return ""
    text = f"; it gives the container {allows} s to start"
    return text + (", and there is no startup probe" if which == "liveness" else "")


def _evidence(
    pod: Pod, part: Part, probe: Probe | None, which: str, event: Event | None
) -> Iterator[Pointer]:
    if event:
        yield said(event)
    if probe:
        asks = _asks(probe, None).rstrip(": ")
        times = f"timeout {probe.timeout_seconds} s, every {probe.period_seconds} s"
        yield seen(pod, f"spec.containers[{part.name}].{which}Probe", f"{asks}, {times}")
    yield seen(pod, f"{part.path}.ready", part.status.ready)


def unready(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Running pods that are not ready for a reason outside of their probes: readiness gates, or a
    container without a known one."""
    for pod in troubled(snapshot, now):
        report = condition(pod.status.conditions, "Ready")
        if pod.status.phase != "Running" or pod.metadata.deletion_timestamp or not report:
            continue
        if report.status == "True" or _explained(pod):
            continue
        recently = recent(now, report.last_transition_time, 60) and report.last_transition_time
        if recently:
            continue
        text = error_text(report.message or report.reason)
        yield finding(
            "POD_NOT_READY",
            pod,
            f"Pod {pod.name} runs but is not ready" + (f": {text}" if text else ""),
            [seen(pod, "status.conditions[Ready]", f"{report.status} {report.reason}: {text}")],
            since=report.last_transition_time,
        )


def _explained(pod: Pod) -> bool:
    """Whether some container's own state already says why the pod is not ready."""
    return any(
        part.waiting
        or part.status.state.terminated
        or (not part.status.ready and part.spec.readiness_probe and not part.init)
        for part in parts(pod)
        if not (part.init and part.status.state.terminated)
    )
