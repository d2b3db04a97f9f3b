"""Init containers that run and do not come to an end, so that the pod never starts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.history import recent
from workbench.analyzers.logs.logbook import because, log_reason
from workbench.analyzers.networking.peers import blamed
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import span
from workbench.analyzers.workload import Part, parts, troubled
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding
from workbench.core.objects import Pod

PATIENCE_SECONDS = 300
"""An init container may well take minutes to migrate a schema or to fetch a model."""


def waiting(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Init containers that have run for longer than ``PATIENCE_SECONDS`` and are no sidecars."""
    for pod in troubled(snapshot, now):
        for part in parts(pod):
            if not part.init or part.spec.restart_policy == "Always" or part.status.restart_count:
                continue
            running = part.status.state.running
            if running and not recent(now, running.started_at, PATIENCE_SECONDS):
                yield _waits(snapshot, now, pod, part)


def _waits(snapshot: ClusterSnapshot, now: datetime, pod: Pod, part: Part) -> Finding:
    why, shown = log_reason(snapshot, pod, part)
    running = part.status.state.running
    began = running.started_at if running else None
    since = f" for {span((now - began).total_seconds())}" if began else ""
    tail = because(snapshot, pod, why)
    return finding(
        "INIT_CONTAINER_WAITS",
        pod,
        f"Init container {part.name} of {pod.name} has run{since} and does not end"
        + (f": {tail}" if tail else ""),
        [seen(pod, f"{part.path}.state.running.startedAt", began or ""), *shown],
        detail=part.name,
        related=blamed(snapshot, pod, why),
        since=began,
        container=part.name,
    )
