"""What the logs of pods that are up say: a peer that fails, a permission that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.ingress import unavailable
from workbench.analyzers.logs import UNREACHABLE, Reason, reason
from workbench.analyzers.peers import missing_service, service_called
from workbench.analyzers.policies import blocking
from workbench.analyzers.report import finding
from workbench.analyzers.workload import ready
from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Pod, Service

_USER = re.compile(r"User \"([^\"]+)\" cannot (\w+) resource \"([^\"]+)\"")


def logs(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Findings from log text alone. Crashing containers are judged by their own rules, so that
    here only denied permissions count for them."""
    for key, text in snapshot.logs.items():
        pod = snapshot.get(Pod, key.namespace, key.pod)
        found = reason(text) if pod and text else None
        if pod is None or found is None:
            continue
        pointer = Pointer(
            str(ObjectRef.of(pod)),
            f"log {key.container}{' previous' if key.previous else ''}:{found.number}",
            found.line,
        )
        if found.kind == "rbac":
            yield _denied(pod, key, found, pointer)
        elif not key.previous and ready(pod):
            yield from _while_ready(snapshot, pod, key, found, pointer)


def _denied(pod: Pod, key: LogKey, found: Reason, pointer: Pointer) -> Finding:
    named = _USER.search(found.line)
    user, verb, resource = named.groups() if named else ("", "", "")
    account = user.rsplit(":", 1)[-1]
    return finding(
        "RBAC_DENIED",
        pod,
        f"ServiceAccount {account or '(unknown)'} of pod {pod.name} may not "
        f"{verb or 'do'} {resource or 'what it tries'}: the API server answers forbidden",
        [pointer],
        severity=Severity.ERROR if not ready(pod) else None,
        detail=key.container,
        related=[ObjectRef("ServiceAccount", pod.namespace, account)] if account else [],
        verb=verb,
        resource=resource,
        user=user,
    )


def _while_ready(
    snapshot: ClusterSnapshot, pod: Pod, key: LogKey, found: Reason, pointer: Pointer
) -> Iterator[Finding]:
    if found.kind in UNREACHABLE and found.host:
        service = service_called(snapshot, pod.namespace, found.host)
        absent = missing_service(snapshot, pod.namespace, found.host)
        yield from _peer(snapshot, pod, key, found, pointer, service, absent)
    elif found.kind != "last-line":
        yield _errors(pod, key, found, pointer)


def _peer(
    snapshot: ClusterSnapshot,
    pod: Pod,
    key: LogKey,
    found: Reason,
    pointer: Pointer,
    service: Service | None,
    absent: str,
) -> Iterator[Finding]:
    policies = blocking(snapshot, pod, service) if service and found.kind == "timeout" else ()
    down = service is not None and unavailable(snapshot, service)
    if not (down or absent or policies):
        yield _errors(pod, key, found, pointer)
        return
    why = ""
    if service and down:
        why = f"; Service {service.name} has no ready endpoints"
    elif absent:
        why = f"; {absent}"
    elif policies:
        why = f"; NetworkPolicy {policies[0].name} does not allow it"
    yield finding(
        "PEER_UNREACHABLE",
        pod,
        f"Container {key.container} of {pod.name} logs that {found.says}{why}",
        [pointer],
        detail=key.container,
        related=[*([ObjectRef.of(service)] if service else []), *policies],
        container=key.container,
    )


def _errors(pod: Pod, key: LogKey, found: Reason, pointer: Pointer) -> Finding:
    return finding(
        "LOG_ERRORS",
        pod,
        f"Container {key.container} of {pod.name} is running and its log says: {found.says}",
        [pointer],
        detail=key.container,
        container=key.container,
    )
