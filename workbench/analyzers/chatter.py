"""What the logs of pods that are up say: a peer that fails, a permission that is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from workbench.analyzers.access import denial, missing_rule
from workbench.analyzers.history import recent
from workbench.analyzers.ingress import unavailable
from workbench.analyzers.logbook import digest, pointer, when
from workbench.analyzers.logformat import parse
from workbench.analyzers.logs import UNREACHABLE, LogDigest, Reason
from workbench.analyzers.peers import missing_service, service_blamed
from workbench.analyzers.reach import blocking
from workbench.analyzers.report import finding
from workbench.analyzers.workload import ready
from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Pod, Service

FRESH_SECONDS = 3600
"""What a running container said longer ago than this is over."""

SERIOUS = frozenset(
    {"auth", "database", "no-space", "read-only", "tls", "tls-expired", "pool", "license", "quota"}
)
"""Kinds that do not pass by themselves, even while the container counts as ready."""

OFTEN = 3
"""Fewer lines of a serious kind than this may be one unlucky request."""

PEERS_MOST = 10
"""Signatures of one log that are followed."""


def logs(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Findings from log text alone. Crashing containers are judged by their own rules, so that
    here only denied permissions count for them; and what a log said long ago is over."""
    for key, text in snapshot.logs.items():
        pod = snapshot.get(Pod, key.namespace, key.pod)
        if pod is None or not text:
            continue
        told: set[str] = set()
        for found in _said(digest(snapshot, key)):
            if not recent(now, when(found), FRESH_SECONDS) or found.says in told:
                continue
            told.add(found.says)
            if found.kind == "rbac":
                yield _denied(snapshot, pod, key, found)
            elif not key.previous and ready(pod):
                yield from _while_ready(snapshot, pod, key, found)


def _said(log: LogDigest) -> Iterator[Reason]:
    """The reason the log ends with, and what else it says often about peers and permissions."""
    if log.reason:
        yield log.reason
    for signature in log.signatures[:PEERS_MOST]:
        if signature.reason.kind in UNREACHABLE | {"rbac"} and signature.reason.host != "":
            stamp = signature.last_time or signature.first_time
            yield msgspec.structs.replace(signature.reason, line=_dated(signature.reason, stamp))
        elif signature.reason.kind == "rbac":
            yield signature.reason


def _dated(found: Reason, stamp: str) -> str:
    """The first line of its kind, with the time of the last one where the log tells times."""
    first = parse(found.line).time
    return found.line.replace(first, stamp, 1) if first and stamp else found.line


def _denied(snapshot: ClusterSnapshot, pod: Pod, key: LogKey, found: Reason) -> Finding:
    refused = denial(found.line)
    home, account = refused.account if refused else ("", "")
    what = f"{refused.verb} {refused.resource}" if refused else "do what it tries"
    if refused and refused.group:
        what += f" (API group {refused.group})"
    why, roles = missing_rule(snapshot, refused) if refused else ("", ())
    who = f"ServiceAccount {account}" if account else refused.user if refused else "The account"
    return finding(
        "RBAC_DENIED",
        pod,
        f"{who} of pod {pod.name} may not {what}: the API server answers forbidden"
        + (f"; {why}" if why else ""),
        [pointer(key, found)],
        severity=Severity.ERROR if not ready(pod) else None,
        detail=key.container,
        related=[*([ObjectRef("ServiceAccount", home, account)] if account else []), *roles],
        verb=refused.verb if refused else "",
        resource=refused.resource if refused else "",
        user=refused.user if refused else "",
    )


def _while_ready(
    snapshot: ClusterSnapshot, pod: Pod, key: LogKey, found: Reason
) -> Iterator[Finding]:
    at = pointer(key, found)
    if found.kind in UNREACHABLE and found.host:
        service = service_blamed(snapshot, pod.namespace, found)
        absent = missing_service(snapshot, pod.namespace, found.host)
        yield from _peer(snapshot, pod, key, found, at, service, absent)
    elif found.kind != "last-line":
        yield _errors(snapshot, pod, key, found, at)


def _peer(
    snapshot: ClusterSnapshot,
    pod: Pod,
    key: LogKey,
    found: Reason,
    at: Pointer,
    service: Service | None,
    absent: str,
) -> Iterator[Finding]:
    policies = blocking(snapshot, pod, service) if service and found.kind == "timeout" else ()
    down = service is not None and unavailable(snapshot, service)
    unnamed = service is not None and found.kind == "unknown-host"
    if not (down or absent or policies or unnamed):
        if found.host == "" or not service:
            yield _errors(snapshot, pod, key, found, at)
        return
    why = ""
    if service and down:
        why = f"; Service {service.name} has no ready endpoints"
    elif unnamed and service:
        why = f"; Service {service.name} exists, so cluster DNS does not answer for it"
    elif absent:
        why = f"; {absent}"
    elif policies:
        why = f"; NetworkPolicy {policies[0].name} does not allow it"
    yield finding(
        "PEER_UNREACHABLE",
        pod,
        f"Container {key.container} of {pod.name} logs that {found.says}{why}",
        [at],
        detail=f"{key.container}:{found.host}",
        related=[*([ObjectRef.of(service)] if service else []), *policies],
        container=key.container,
    )


def _errors(
    snapshot: ClusterSnapshot, pod: Pod, key: LogKey, found: Reason, at: Pointer
) -> Finding:
    times = _times(digest(snapshot, key), found)
    often = f" ({times} times)" if times > 1 else ""
    serious = found.kind in SERIOUS and times >= OFTEN
    return finding(
        "LOG_ERRORS",
        pod,
        f"Container {key.container} of {pod.name} is running and its log says: {found.says}{often}",
        [at],
        severity=Severity.WARNING if serious else None,
        detail=key.container,
        container=key.container,
    )


def _times(log: LogDigest, found: Reason) -> int:
    return next((s.count for s in log.signatures if s.reason.says == found.says), 1)
