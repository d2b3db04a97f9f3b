"""Jobs that change the tables of a database while others use it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.logs.lines import parse
from workbench.analyzers.report import finding
from workbench.analyzers.workload import parts
from workbench.analyzers.workloads.jobs import ended
from workbench.core.characters import one_line
from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import Job, Pod

_CHANGES_TABLES = re.compile(
    r"^.*(?:\bALTER TABLE\b|\bCREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)|\bLOCK TABLES?\b"
    r"|\bVACUUM FULL\b|\bREINDEX\b|\bApplying \w+\.\d{4}_\w+|\bRunning upgrade \w+ -> "
    r"|\bMigrating schema\b|== \d{14} \w+: migrating|-- (?:add|change|remove|rename)_\w+\(:"
    r"|\bUPDATE \S+ SET\b|\bDELETE FROM\b).*$",
    re.MULTILINE | re.IGNORECASE,
)
"""Statements that lock a table or its rows, and how Django, Alembic, Flyway and Rails announce a
migration."""


def under_way(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Running Jobs whose log says that they change tables; no fault by itself."""
    for job in snapshot.all(Job) if snapshot.logs else ():
        if ended(job) or job.metadata.deletion_timestamp:
            continue
        for pod in snapshot.owned_by(job):
            if isinstance(pod, Pod) and (said := _statement(snapshot, pod)):
                yield finding(
                    "MIGRATION_UNDER_WAY",
                    job,
                    f"Job {job.name} changes tables of a database"
                    + (f" since {job.status.start_time:%H:%M} UTC" if job.status.start_time else "")
                    + f": {one_line(parse(said.value).text, 120)}",
                    [said],
                    related=[ObjectRef.of(pod)],
                    since=job.status.start_time,
                    pod=pod.name,
                )


def _statement(snapshot: ClusterSnapshot, pod: Pod) -> Pointer | None:
    """The last line of a running container that tells of such a change."""
    for part in parts(pod):
        key = LogKey(pod.namespace, pod.name, part.name)
        if part.status.state.running and key in snapshot.logs:
            found = list(_CHANGES_TABLES.finditer(snapshot.logs[key]))
            if found:
                return Pointer(str(ObjectRef.of(pod)), f"log {part.name}", found[-1][0].strip())
    return None
