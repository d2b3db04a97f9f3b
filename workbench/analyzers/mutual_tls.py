"""Callers and servers of a mesh that disagree about mutual TLS.

A PeerAuthentication in mode STRICT refuses plain text; a DestinationRule with another TLS mode than
ISTIO_MUTUAL makes the callers' proxies send just that (Istio reference, PeerAuthentication and
ClientTLSSettings). The connection is reset and the caller's proxy answers 503.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from workbench.analyzers.peers import service_called
from workbench.analyzers.report import finding, seen
from workbench.analyzers.selection import selected_pods
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Custom, Pod, Service

ROOT_NAMESPACE = "istio-system"
"""Where a PeerAuthentication without selector holds for the whole mesh, by default."""

PLAIN = frozenset({"DISABLE", "SIMPLE"})


def mutual_tls(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Rules that switch mutual TLS off towards a Service whose pods insist on it."""
    strict = [one for one in snapshot.customs() if _strict(one)]
    if not strict:
        return
    for rule in snapshot.customs():
        mode = _deep(rule.spec, "trafficPolicy", "tls", "mode")
        if rule.kind != "DestinationRule" or mode not in PLAIN:
            continue
        service = service_called(snapshot, rule.namespace, str(_deep(rule.spec, "host") or ""))
        policy = next((p for p in strict if service and _holds(snapshot, p, service)), None)
        if service and policy:
            yield _disagree(rule, str(mode), service, policy)


def _strict(one: Custom) -> bool:
    return one.kind == "PeerAuthentication" and _deep(one.spec, "mtls", "mode") == "STRICT"


def _holds(snapshot: ClusterSnapshot, policy: Custom, service: Service) -> bool:
    labels = _deep(policy.spec, "selector", "matchLabels")
    if not isinstance(labels, dict) or not labels:
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
