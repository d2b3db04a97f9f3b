"""Callers and servers of a mesh that disagree about mutual TLS.

A PeerAuthentication in mode STRICT refuses plain text (Istio reference, PeerAuthentication). Plain
text comes from a caller outside the mesh, or from a proxy that a DestinationRule tells to use
another TLS mode than ISTIO_MUTUAL (ClientTLSSettings). The connection is reset, or the proxy
answers 503.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from workbench.analyzers.logs.logbook import digest
from workbench.analyzers.networking.peers import service_called
from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.networking.wiring import Call, calls
from workbench.analyzers.report import finding, seen
from workbench.analyzers.workload import is_over, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import Custom, Namespace, Pod, Service

ROOT_NAMESPACE = "istio-system"
"""Where a PeerAuthentication without selector holds for the whole mesh, by default."""

PLAIN = frozenset({"DISABLE", "SIMPLE"})

PROXY = "istio-proxy"
"""The sidecar that takes part for a pod; in ambient mode a label of pod or namespace says so."""

AMBIENT = ("istio.io/dataplane-mode", "ambient")


def mutual_tls(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Rules that switch mutual TLS off towards a Service whose pods insist on it, and callers that
    are no part of the mesh."""
    strict = [one for one in snapshot.customs() if _strict(one)]
    if not strict:
        return
    yield from _outsiders(snapshot, strict)
    for rule in snapshot.customs():
        mode = _deep(rule.spec, "trafficPolicy", "tls", "mode")
        if rule.kind != "DestinationRule" or mode not in PLAIN:
            continue
        service = service_called(snapshot, rule.namespace, str(_deep(rule.spec, "host") or ""))
        policy = next((p for p in strict if service and _holds(snapshot, p, service)), None)
        if service and policy:
            yield _disagree(rule, str(mode), service, policy)


def _outsiders(snapshot: ClusterSnapshot, strict: list[Custom]) -> Iterator[Finding]:
    """Workloads without a proxy that are set up to call a Service which takes mutual TLS only."""
    live = {workload(snapshot, p): p for p in snapshot.all(Pod) if not is_over(p)}
    told: set[tuple[ObjectRef, ObjectRef]] = set()
    for call in (*calls(snapshot), *_reset(snapshot)):
        caller = live.get(call.caller)
        service = service_called(snapshot, call.caller.namespace, call.host)
        if caller is None or service is None or _in_mesh(snapshot, caller):
            continue
        pods = selected_pods(snapshot, service)
        policy = _in_force(snapshot, service)
        key = (call.caller, ObjectRef.of(service))
        if key in told or policy not in strict or policy is None or not pods:
            continue
        if not _in_mesh(snapshot, pods[0]):
            continue
        told.add(key)
        yield _outside(policy, service, call, caller)


def _reset(snapshot: ClusterSnapshot) -> Iterator[Call]:
    """Calls that a log says were reset: where settings do not tell whom a program calls."""
    for key in snapshot.logs:
        pod = snapshot.get(Pod, key.namespace, key.pod)
        for signature in digest(snapshot, key).signatures if pod and not key.previous else ():
            said = signature.reason
            if pod and said.kind == "reset" and said.host:
                where = f"log {key.container}:{said.number}"
                yield Call(workload(snapshot, pod), said.host, 0, where, said.line)


def _in_mesh(snapshot: ClusterSnapshot, pod: Pod) -> bool:
    containers = (*pod.spec.containers, *pod.spec.init_containers)
    home = snapshot.get(Namespace, "", pod.namespace)
    labels = (home.labels if home else {}) | pod.labels
    return any(c.name == PROXY for c in containers) or labels.get(AMBIENT[0]) == AMBIENT[1]


def _in_force(snapshot: ClusterSnapshot, service: Service) -> Custom | None:
    """The policy that holds for the Service's pods: the narrowest, without settings by port."""
    found = [
        one
        for one in snapshot.customs()
        if one.kind == "PeerAuthentication" and _holds(snapshot, one, service)
    ]
    chosen = min(
        (one for one in found if _deep(one.spec, "mtls", "mode") not in (None, "UNSET")),
        key=lambda one: (not _labels(one), one.namespace != service.namespace),
        default=None,
    )
    by_port = any(_deep(one.spec, "portLevelMtls") for one in found)
    return None if by_port else chosen


def _outside(policy: Custom, service: Service, call: Call, caller: Pod) -> Finding:
    who = call.caller
    return finding(
        "MUTUAL_TLS_MISMATCH",
        policy,
        f"PeerAuthentication {policy.name} lets the pods of Service {service.name} take mutual TLS "
        f"only (STRICT), but {who.kind} {who.name}, which calls it, has no mesh proxy and sends "
        f"plain text",
        [seen(policy, "spec.mtls.mode", "STRICT"), Pointer(str(who), call.where, call.value)],
        detail=f"{who.namespace}/{who.name}>{service.name}",
        related=[ObjectRef.of(service), who, ObjectRef.of(caller)],
        since=policy.metadata.creation_timestamp,
    )


def _labels(policy: Custom) -> dict[str, Any]:
    found = _deep(policy.spec, "selector", "matchLabels")
    return found if isinstance(found, dict) else {}


def _strict(one: Custom) -> bool:
    return one.kind == "PeerAuthentication" and _deep(one.spec, "mtls", "mode") == "STRICT"


def _holds(snapshot: ClusterSnapshot, policy: Custom, service: Service) -> bool:
    labels = _labels(policy)
    if not labels:
        return policy.namespace in (service.namespace, ROOT_NAMESPACE)
    pods: tuple[Pod, ...] = tuple(selected_pods(snapshot, service))
    mine = policy.namespace == service.namespace
    return mine and any(labels.items() <= pod.labels.items() for pod in pods)


def _disagree(rule: Custom, mode: str, service: Service, policy: Custom) -> Finding:
    return finding(
        "MUTUAL_TLS_MISMATCH",
        rule,
        f"DestinationRule {rule.name} sets TLS mode {mode} for {service.name}, but "
        f"PeerAuthentication {policy.name} lets its pods take mutual TLS only (STRICT)",
        [
            seen(rule, "spec.trafficPolicy.tls.mode", mode),
            seen(policy, "spec.mtls.mode", "STRICT"),
        ],
        related=[ObjectRef.of(service), ObjectRef.of(policy)],
        since=max(
            (t for o in (rule, policy) if (t := o.metadata.creation_timestamp)), default=None
        ),
    )


def _deep(tree: Any, *keys: str) -> Any:
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree
