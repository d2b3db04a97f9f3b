"""What the logs of pods that are up say: a peer that fails, a permission that is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.cluster.access import denial, missing_rule
from workbench.analyzers.history import recent
from workbench.analyzers.logs.complaints import SYMPTOMS, Complaint, complaints, dated, goes_on
from workbench.analyzers.logs.logbook import digest, pointer, when
from workbench.analyzers.logs.provenance import set_in
from workbench.analyzers.logs.reading import KEPT_LINES, UNREACHABLE, LogDigest, Reason
from workbench.analyzers.logs.signatures import cut
from workbench.analyzers.logs.stores import store_meant
from workbench.analyzers.logs.tendencies import tendencies
from workbench.analyzers.logs.traffic import PROXIES
from workbench.analyzers.networking.ingress import unavailable
from workbench.analyzers.networking.peers import missing_service, service_blamed
from workbench.analyzers.networking.reach import blocking
from workbench.analyzers.report import finding
from workbench.analyzers.wording import listed
from workbench.analyzers.workload import ready, workload
from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import LimitRange, Pod, Service

FRESH_SECONDS = 3600
"""What a running container said longer ago than this is over."""

PEERS_MOST = 10
"""Signatures of one log that are followed."""


def logs(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Findings from log text alone. Crashing containers are judged by their own rules, so that
    here only denied permissions count for them; and what a log said long ago is over."""
    for key, text in snapshot.logs.items():
        pod = snapshot.get(Pod, key.namespace, key.pod)
        if pod is None or not text:
            continue
        log = digest(snapshot, key)
        yield from _denials(snapshot, pod, key, log, now)
        if not key.previous and ready(pod):
            yield from _while_ready(snapshot, pod, key, log, now)


def _denials(
    snapshot: ClusterSnapshot, pod: Pod, key: LogKey, log: LogDigest, now: datetime
) -> Iterator[Finding]:
    told = set[str]()
    for found in _said(log):
        if found.kind == "rbac" and found.says not in told and _fresh(found, now):
            told.add(found.says)
            yield _denied(snapshot, pod, key, found)


def _fresh(found: Reason, now: datetime) -> bool:
    return recent(now, when(found, now.year), FRESH_SECONDS)


def _said(log: LogDigest) -> Iterator[Reason]:
    """The reason the log ends with, and what else it says often about peers and permissions."""
    if log.reason:
        yield log.reason
    for signature in log.signatures[:PEERS_MOST]:
        if signature.reason.kind in UNREACHABLE | {"rbac"} and signature.reason.host != "":
            yield dated(signature)
        elif signature.reason.kind == "rbac":
            yield signature.reason


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
        f"{who} of pod {pod.name} may not {what}: {why or 'the API server answers forbidden'}",
        [pointer(key, found)],
        severity=Severity.ERROR if not ready(pod) else None,
        detail=key.container,
        related=[*([ObjectRef("ServiceAccount", home, account)] if account else []), *roles],
        verb=refused.verb if refused else "",
        resource=refused.resource if refused else "",
        user=refused.user if refused else "",
    )


def _while_ready(
    snapshot: ClusterSnapshot, pod: Pod, key: LogKey, log: LogDigest, now: datetime
) -> Iterator[Finding]:
    """Peers that are down or missing, one by one; then the worst of the rest, in one finding."""
    told: dict[str, None] = {}
    over = {s.reason.says for s in log.signatures if not goes_on(s, log, now)}
    for found in _said(log):
        if found.kind in UNREACHABLE and found.host and found.says not in told.keys() | over:
            peer = _peer(snapshot, pod, key, found) if _fresh(found, now) else None
            if peer:
                told[found.says] = None
                yield peer
    standing = [c for c in complaints(log, now) if _fresh(c.reason, now)]
    left = [
        c
        for c in standing
        if c.reason.says not in told
        and c.reason.kind != "rbac"
        and not (told and c.reason.kind in SYMPTOMS and not c.reason.host)
    ]
    if left:
        yield _complaint(snapshot, pod, key, left)
        yield from _refused(snapshot, pod, key, left[0])
    elif log.traffic.fails and not told and not _passes_on(pod, key.container):
        yield _failing(pod, key, log)
    elif log.reason and log.reason.says not in told and _fresh(log.reason, now):
        yield from _remark(snapshot, pod, key, log, log.reason)
    yield from tendencies(snapshot, pod, key, log, now)


def _peer(snapshot: ClusterSnapshot, pod: Pod, key: LogKey, found: Reason) -> Finding | None:
    service = service_blamed(snapshot, pod.namespace, found)
    absent = missing_service(snapshot, pod.namespace, found.host)
    policies = blocking(snapshot, pod, service) if service and found.kind == "timeout" else ()
    if service and unavailable(snapshot, service):
        why = f"Service {service.name} has no ready endpoints"
    elif service and found.kind == "unknown-host" and service.spec.type == "ExternalName":
        why = f"Service {service.name} stands for {service.spec.external_name}"
    elif service and found.kind == "unknown-host":
        why = f"Service {service.name} exists, so cluster DNS does not answer for it"
    elif absent:
        why = absent
    elif policies:
        why = f"NetworkPolicy {policies[0].name} does not allow it"
    else:
        return None
    return finding(
        "PEER_UNREACHABLE",
        pod,
        f"Container {key.container} of {pod.name} logs that {found.says}; {why}",
        [pointer(key, found)],
        detail=f"{key.container}:{found.host}",
        related=[*([ObjectRef.of(service)] if service else []), *policies],
        container=key.container,
    )


def _complaint(snapshot: ClusterSnapshot, pod: Pod, key: LogKey, found: list[Complaint]) -> Finding:
    """One finding for all that a container keeps complaining about, the most telling first."""
    worst, *rest = found
    service = service_blamed(snapshot, pod.namespace, worst.reason) if _blames(worst) else None
    also = [c for c in rest if c.reason.kind not in SYMPTOMS and c.reason.kind != "error"]
    text = f"Container {key.container} of {pod.name} runs, but {_in_words(worst)}"
    if service:
        text += _on_service(service, worst)
    if worst.reason.kind == "throttled":
        text += _cpu_limit(snapshot, pod, key.container)
    origin = set_in(snapshot, worst.reason.says) if worst.reason.kind == "error" else None
    if origin:
        text += f"; “{origin[0]}” stands in {origin[1]}"
    if also:
        text += f"; also: {listed([_in_words(c) for c in also], 2)}"
    return finding(
        "LOG_ERRORS",
        pod,
        text,
        [pointer(key, c.reason) for c in (worst, *also[:2])],
        severity=worst.severity,
        detail=key.container,
        related=[*([ObjectRef.of(service)] if service else []), *(origin[1:] if origin else ())],
        since=worst.since,
        container=key.container,
    )


def _cpu_limit(snapshot: ClusterSnapshot, pod: Pod, container: str) -> str:
    """What a container may use that does not get the CPU time it needs, and who set that."""
    limits = (c.resources.limits.get("cpu") for c in pod.spec.containers if c.name == container)
    limit = next(limits, None)
    if limit is None:
        return ""
    usual = next(
        (
            one.name
            for one in snapshot.all(LimitRange, pod.namespace)
            if any(i.default.get("cpu") == limit for i in one.spec.limits)
        ),
        "",
    )
    return f"; its CPU limit is {limit}" + (f", as LimitRange {usual} has it" if usual else "")


def _refused(snapshot: ClusterSnapshot, pod: Pod, key: LogKey, one: Complaint) -> Iterator[Finding]:
    """The store that refuses what the pod asks of it, where it is known which one is meant."""
    meant = store_meant(snapshot, pod, one.reason)
    if meant:
        store, service = meant
        client = workload(snapshot, pod)
        yield finding(
            "STORE_REFUSES_CLIENTS",
            store,
            f"{store.kind} {store.name} turns {client.kind} {client.name} away: {_in_words(one)}",
            [pointer(key, one.reason)],
            detail=one.reason.kind,
            related=[ObjectRef.of(service), ObjectRef.of(pod)],
            since=one.since,
        )


def _passes_on(pod: Pod, container: str) -> bool:
    images = (c.image for c in pod.spec.containers if c.name == container)
    return any(PROXIES.search(name) for name in (pod.name, container, *images))


def _failing(pod: Pod, key: LogKey, log: LogDigest) -> Finding:
    """A server whose log says nothing but that it answers requests with 5xx."""
    seen = log.traffic
    mostly = f", mostly {seen.path}" if seen.path else ""
    last = Reason("error", "", cut(seen.line.strip()), max(log.lines - KEPT_LINES, 0) + seen.place)
    return finding(
        "LOG_ERRORS",
        pod,
        f"Container {key.container} of {pod.name} runs, but answers {seen.failed} of the last "
        f"{seen.requests} requests in its log with 5xx ({seen.status}{mostly})",
        [pointer(key, last)],
        severity=Severity.WARNING,
        detail=key.container,
        container=key.container,
    )


def _on_service(service: Service, one: Complaint) -> str:
    """What is known of the Service that the line speaks of, whose pods are ready."""
    if one.reason.kind == "refused":
        return f"; Service {service.name} is up, so nothing listens on the port that it targets"
    return "" if one.reason.host == service.name else f"; that is Service {service.name}"


def _blames(one: Complaint) -> bool:
    return one.reason.kind in SYMPTOMS or one.reason.host != ""


def _in_words(one: Complaint) -> str:
    says = one.reason.says
    if one.reason.kind == "error":
        says = f"its log repeats an error: {says}"
    began = f" since {one.since:%H:%M} UTC" if one.since else ""
    return f"{says} ({one.count} times{began})"


def _remark(
    snapshot: ClusterSnapshot, pod: Pod, key: LogKey, log: LogDigest, found: Reason
) -> Iterator[Finding]:
    """What looks bad at the end of a log and has not been said often, or is over."""
    peer = found.kind in UNREACHABLE and found.host != ""
    if found.kind == "last-line" or (peer and service_blamed(snapshot, pod.namespace, found)):
        return
    times = next((s.count for s in log.signatures if s.reason.says == found.says), 1)
    often = f" ({times} times)" if times > 1 else ""
    yield finding(
        "LOG_ERRORS",
        pod,
        f"Container {key.container} of {pod.name} is running and its log says: {found.says}{often}",
        [pointer(key, found)],
        detail=key.container,
        container=key.container,
    )
