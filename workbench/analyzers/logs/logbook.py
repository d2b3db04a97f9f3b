"""The logs of a snapshot, each read once, and what they say about one container."""

from __future__ import annotations

from datetime import datetime

import msgspec

from workbench.analyzers.logs.lines import parse
from workbench.analyzers.logs.reading import VAGUE, LogDigest, Reason, read, reason
from workbench.analyzers.logs.times import moment
from workbench.analyzers.networking.peers import about_host
from workbench.analyzers.workload import Part
from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef
from workbench.core.findings import Pointer
from workbench.core.objects import Pod


def digest(snapshot: ClusterSnapshot, key: LogKey) -> LogDigest:
    """The digest of one log; an empty one when the snapshot does not hold it."""
    memo = ("digest", key)
    if memo not in snapshot.memo:
        snapshot.memo[memo] = read(snapshot.logs.get(key, "").splitlines())
    found: LogDigest = snapshot.memo[memo]
    return found


def log_reason(
    snapshot: ClusterSnapshot, pod: Pod, part: Part
) -> tuple[Reason | None, list[Pointer]]:
    """What the container's log gives as the reason (the run before the restart first)."""
    best: tuple[Reason | None, list[Pointer]] = (None, [])
    for previous in (True, False) if snapshot.logs else ():
        key = LogKey(pod.namespace, pod.name, part.name, previous)
        found = digest(snapshot, key).reason
        if found and (best[0] is None or (best[0].kind in VAGUE and found.kind not in VAGUE)):
            best = (found, [pointer(key, found)])
    if best[0] is None or best[0].kind in VAGUE:
        return _left(pod, part) or best
    return best


def _left(pod: Pod, part: Part) -> tuple[Reason, list[Pointer]] | None:
    """What the message that a run left at its end gives as the reason, where it is a known one."""
    ended = part.status.state.terminated or part.status.last_state.terminated
    found = reason(ended.message) if ended and ended.message else None
    if found is None or found.kind in VAGUE:
        return None
    which = "state" if part.status.state.terminated else "lastState"
    path = f"{part.path}.{which}.terminated.message"
    left = msgspec.structs.replace(found, number=0)
    return left, [Pointer(str(ObjectRef.of(pod)), path, found.line)]


def listening(snapshot: ClusterSnapshot, pod: Pod, part: Part) -> tuple[int, ...]:
    """The ports that the container's log says it listens on."""
    if not snapshot.logs:
        return ()
    both = (LogKey(pod.namespace, pod.name, part.name, previous) for previous in (False, True))
    return tuple(dict.fromkeys(port for key in both for port in digest(snapshot, key).listening))


def pointer(key: LogKey, found: Reason) -> Pointer:
    """The line of a log as evidence."""
    which = f"log {key.container}{' previous' if key.previous else ''}:{found.number}"
    return Pointer(str(ObjectRef("Pod", key.namespace, key.pod)), which, found.line)


def because(snapshot: ClusterSnapshot, pod: Pod, why: Reason | None) -> str:
    """The reason as the end of a sentence: ``its log says that host db does not resolve``."""
    if why is None:
        return ""
    if why.kind in VAGUE:
        word = "ends in" if why.kind == "trace" else "ends with:"
        return f"its log {word} {why.says}"
    hint = about_host(snapshot, pod.namespace, why.host) if why.host else ""
    where = "its log" if why.number else "its termination message"
    return f"{where} says that {why.says}" + (f" ({hint})" if hint else "")


def when(found: Reason, year: int = 0) -> datetime | None:
    """The time of the line, where it carries one with a date; klog lines need the year."""
    return moment(parse(found.line).time, year)
