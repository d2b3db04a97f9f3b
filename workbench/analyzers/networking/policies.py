"""Network policies that stand between those who talk to each other, or that apply to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.history import recent
from workbench.analyzers.logs.logbook import digest, pointer, when
from workbench.analyzers.networking.controllers import backends, controller_pod
from workbench.analyzers.networking.peers import service_blamed, service_called
from workbench.analyzers.networking.reach import blocking, concerns, shut_from_dns
from workbench.analyzers.networking.wiring import calls
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.workload import is_over, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Ingress, LabelSelector, NetworkPolicy, Pod, Service

FRESH_SECONDS = 3600
ADMITTED_MOST = 50
"""Pods that a finding names of those that a rule lets in."""


def blocks(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Policies that stand between a workload and a Service which its log cannot reach or which
    it is set up to call, or between it and cluster DNS."""
    if not snapshot.objects.get(NetworkPolicy.KIND):
        return
    told: set[object] = set()
    found = (*_from_logs(snapshot, now), *_from_settings(snapshot), *_from_ingresses(snapshot))
    for one in found:
        key = (one.subject, one.detail)
        if key not in told:
            told.add(key)
            yield one


def _from_logs(snapshot: ClusterSnapshot, now: datetime) -> Iterator[Finding]:
    for key, text in snapshot.logs.items():
        pod = snapshot.get(Pod, key.namespace, key.pod)
        found = digest(snapshot, key).reason if pod and text else None
        if pod is None or found is None or not recent(now, when(found), FRESH_SECONDS):
            continue
        if found.kind == "unknown-host" and (shut := shut_from_dns(snapshot, pod)):
            yield _no_dns(snapshot, shut, pod, pointer(key, found), Severity.ERROR)
        if found.kind != "timeout":
            continue
        service = service_blamed(snapshot, pod.namespace, found)
        if service is None:
            continue
        port = int(found.port) if found.port.isdigit() else 0
        for ref in blocking(snapshot, pod, service, port):
            yield from _block(snapshot, ref, pod, service, [pointer(key, found)], Severity.ERROR)


def _from_settings(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    clients = _clients(snapshot)
    for call in calls(snapshot):
        pod = clients.get(call.caller)
        service = service_called(snapshot, call.caller.namespace, call.host)
        if pod is None or service is None or service.spec.type == "ExternalName":
            continue
        at = [seen(call.caller, call.where, call.value)]
        if shut := shut_from_dns(snapshot, pod):
            yield _no_dns(snapshot, shut, pod, at[0], None)
        for ref in blocking(snapshot, pod, service, call.port):
            yield from _block(snapshot, ref, pod, service, at, None)


def _from_ingresses(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """Policies that keep an ingress controller from the pods it sends requests to."""
    for ingress in snapshot.all(Ingress):
        controller = controller_pod(snapshot, ingress)
        for backend in backends(ingress) if controller else ():
            service = snapshot.get(Service, ingress.namespace, backend.name)
            if service is None or controller is None:
                continue
            ports = [p for p in service.spec.ports if backend.port.name in ("", p.name)]
            port = backend.port.number or (ports[0].port if ports else 0)
            at = [seen(ingress, "spec.rules[].paths[].backend", backend.name)]
            for ref in blocking(snapshot, controller, service, port):
                yield from _block(snapshot, ref, controller, service, at, None)


def _clients(snapshot: ClusterSnapshot) -> dict[ObjectRef, Pod]:
    """One live pod for each workload."""
    return {workload(snapshot, p): p for p in snapshot.all(Pod) if not is_over(p)}


def _no_dns(
    snapshot: ClusterSnapshot,
    shut: tuple[NetworkPolicy, str],
    pod: Pod,
    at: Pointer,
    severity: Severity | None,
) -> Finding:
    policy, why = shut
    who = workload(snapshot, pod)
    return finding(
        "NETWORK_POLICY_BLOCKS_DNS",
        policy,
        f"NetworkPolicy {policy.name} does not let {who.kind} {who.name} ask cluster DNS: "
        f"{why}, so no name resolves",
        [seen(policy, "spec.egress", f"{len(policy.spec.egress)} rules"), at],
        severity=severity,
        detail=who.name,
        related=[ObjectRef.of(pod), who],
    )


def _block(
    snapshot: ClusterSnapshot,
    ref: ObjectRef,
    pod: Pod,
    service: Service,
    at: list[Pointer],
    severity: Severity | None,
) -> Iterator[Finding]:
    policy = snapshot.get(NetworkPolicy, ref.namespace, ref.name)
    if policy is None:
        return
    who = workload(snapshot, pod)
    end = "egress of the caller" if concerns(policy, pod, "Egress") else "ingress"
    tail = f", and {pod.name} logs time-outs there" if severity else ""
    yield finding(
        "NETWORK_POLICY_BLOCKS",
        policy,
        f"NetworkPolicy {policy.name} does not let {who.kind} {who.name} reach Service "
        f"{service.name} ({end}){tail}",
        [seen(policy, "spec.podSelector", policy.spec.pod_selector), *at],
        severity=severity,
        detail=f"{who.name}>{service.name}",
        related=[ObjectRef.of(pod), who, ObjectRef.of(service)],
    )


def idle(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Network policies that apply to no pods."""
    if not looked_at(snapshot, Pod) and snapshot.gaps:
        return
    for policy in snapshot.all(NetworkPolicy):
        selector = policy.spec.pod_selector
        if snapshot.select(Pod, policy.namespace, selector):
            continue
        admitted = tuple(_admitted(snapshot, policy))
        others = [p for p in snapshot.all(NetworkPolicy, policy.namespace) if _shuts(p)]
        text = (
            f"NetworkPolicy {policy.name} is not applied to any pods: {selector} matches no "
            f"pod in {policy.namespace}"
        )
        if admitted and others:
            text += f", so what it would allow stays forbidden by {others[0].name}"
        yield finding(
            "NETWORK_POLICY_SELECTS_NOTHING",
            policy,
            text,
            [seen(policy, "spec.podSelector", selector)],
            related=admitted if others else (),
        )


def _admitted(snapshot: ClusterSnapshot, policy: NetworkPolicy) -> Iterator[ObjectRef]:
    """Pods of the namespace that the policy was to let in."""
    for rule in policy.spec.ingress:
        for peer in rule.from_:
            chosen = peer.pod_selector
            if peer.namespace_selector or chosen is None or chosen == LabelSelector():
                continue
            for pod in snapshot.select(Pod, policy.namespace, chosen)[:ADMITTED_MOST]:
                yield ObjectRef.of(pod)


def _shuts(policy: NetworkPolicy) -> bool:
    """Whether it lets nobody in to what it selects."""
    return not policy.spec.ingress and policy.spec.policy_types in ((), ("Ingress",))
