"""How a container's log changes while it goes on: numbers that grow, peers that come and go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from workbench.analyzers.logs.complaints import lasts
from workbench.analyzers.logs.flaps import Flap
from workbench.analyzers.logs.lines import parse
from workbench.analyzers.logs.reading import LogDigest
from workbench.analyzers.logs.signatures import cut
from workbench.analyzers.logs.times import moment
from workbench.analyzers.logs.trends import Trend
from workbench.analyzers.networking.peers import service_called
from workbench.analyzers.report import finding
from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Pod


def tendencies(
    snapshot: ClusterSnapshot, pod: Pod, key: LogKey, log: LogDigest, now: datetime
) -> Iterator[Finding]:
    """What grows, each quantity by itself, and what is down and up again, in one finding."""
    yield from (_growth(pod, key, trend, now) for trend in log.trends)
    restless = [f for f in log.flaps if lasts(f.last_number, parse(f.last).time, log, now)]
    if restless:
        yield _restless(snapshot, pod, key, restless[0], now)


def _growth(pod: Pod, key: LogKey, trend: Trend, now: datetime) -> Finding:
    since = moment(parse(trend.line).time, now.year)
    return finding(
        "LOG_TREND",
        pod,
        f"Container {key.container} of {pod.name} logs that its {trend}{_began(since)}",
        [Pointer(str(ObjectRef.of(pod)), f"log {key.container}", str(trend))],
        severity=Severity.WARNING if trend.alarming else None,
        detail=f"{key.container}:{trend.quantity}",
        since=since,
        container=key.container,
    )


def _restless(
    snapshot: ClusterSnapshot, pod: Pod, key: LogKey, flap: Flap, now: datetime
) -> Finding:
    since = moment(parse(flap.first).time, now.year)
    service = service_called(snapshot, pod.namespace, flap.subject.rpartition(" ")[2])
    where = f"log {key.container}:{flap.number}"
    return finding(
        "LOG_TREND",
        pod,
        f"Container {key.container} of {pod.name} logs that {flap}: {flap.count} times"
        + _began(since),
        [Pointer(str(ObjectRef.of(pod)), where, cut(flap.line.strip()))],
        severity=Severity.WARNING,
        detail=f"{key.container}:{flap.subject}",
        related=[ObjectRef.of(service)] if service else [],
        since=since,
        container=key.container,
    )


def _began(since: datetime | None) -> str:
    return f" since {since:%H:%M} UTC" if since else ""
