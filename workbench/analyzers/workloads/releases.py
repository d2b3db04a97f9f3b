"""Helm releases that failed or were left half-way, by the labels of the Secrets that Helm keeps.

One Secret (or ConfigMap) for each revision, named ``sh.helm.release.v1.NAME.vN`` (Helm reference,
storage backends). An operation that was cut off leaves a pending revision, which holds a lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import age, span
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import ConfigMap, DaemonSet, Deployment, Secret, StatefulSet

PENDING_SECONDS = 900
"""Longer than Helm waits for an operation by default (five minutes), twice over."""

Record = Secret | ConfigMap


def releases(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Releases whose newest revision failed or is pending."""
    newest: dict[tuple[str, str], Record] = {}
    for record in _records(snapshot):
        key = (record.namespace, record.labels["name"])
        if key not in newest or _revision(record) > _revision(newest[key]):
            newest[key] = record
    for (namespace, name), record in newest.items():
        status = record.labels.get("status", "")
        waited = age(now, record.metadata.creation_timestamp)
        if status == "failed":
            yield _unfinished(snapshot, record, namespace, name, "failed")
        elif status.startswith("pending") and (waited or 0) > PENDING_SECONDS:
            state = f"has been {status} for {span(waited or 0)}, and Helm changes it no more"
            yield _unfinished(snapshot, record, namespace, name, state)


def _records(snapshot: ClusterSnapshot) -> Iterator[Record]:
    kinds: tuple[type[Record], ...] = (Secret, ConfigMap)
    for kind in kinds:
        for one in snapshot.all(kind):
            if one.labels.get("owner") == "helm" and one.labels.get("name"):
                yield one


def _revision(record: Record) -> int:
    said = record.labels.get("version", "")
    return int(said) if said.isdigit() and len(said) < 10 else 0


def _unfinished(
    snapshot: ClusterSnapshot, record: Record, namespace: str, name: str, state: str
) -> Finding:
    return finding(
        "HELM_RELEASE_UNFINISHED",
        record,
        f"Helm release {name}: revision {_revision(record)} {state}",
        [seen(record, "metadata.labels.status", record.labels.get("status", ""))],
        detail=name,
        related=list(_made(snapshot, namespace, name)),
        since=record.metadata.creation_timestamp,
        release=name,
    )


def _made(snapshot: ClusterSnapshot, namespace: str, name: str) -> Iterator[ObjectRef]:
    for kind in (Deployment, StatefulSet, DaemonSet):
        for one in snapshot.all(kind, namespace):
            if one.labels.get("app.kubernetes.io/instance") == name:
                yield ObjectRef.of(one)
