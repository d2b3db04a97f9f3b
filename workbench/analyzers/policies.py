"""Whether network policies let one pod talk to another, and which one does not.

A pod that some policy selects for a direction may only do what some policy's rule for that
direction allows; both ends must agree (Kubernetes documentation, Network Policies).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.history import recent
from workbench.analyzers.logbook import digest, pointer, when
from workbench.analyzers.networking import selected_pods
from workbench.analyzers.peers import service_blamed, service_called
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wiring import calls
from workbench.analyzers.workload import is_over, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Namespace, NetworkPolicy, Pod, Service
from workbench.core.objects.networking import PolicyPeer, PolicyPort, PolicyRule

DNS_PORT = 53

FRESH_SECONDS = 3600


def blocking(
    snapshot: ClusterSnapshot, client: Pod, service: Service, port: int = 0
) -> tuple[ObjectRef, ...]:
    """Policies that keep ``client`` from the pods of ``service``; empty when none does or when
    policies were not looked at. port: the Service's port; 0 for any."""
    if not snapshot.objects.get(NetworkPolicy.KIND) or not looked_at(snapshot, NetworkPolicy):
        return ()
    servers = [p for p in selected_pods(snapshot, service) if not is_over(p)]
    if not servers or client.spec.host_network:
        return ()
    server = servers[0]
    targets = _targets(service, server, port)
    inward = () if server.spec.host_network else _denying(snapshot, server, client, False, targets)
    outward = _denying(snapshot, client, server, True, targets)
    return tuple(ObjectRef.of(p) for p in (*inward, *outward))


def _targets(service: Service, server: Pod, port: int) -> tuple[tuple[int, str], ...]:
    """Port numbers and names on the pod that the Service's port leads to; empty for any."""
    found: list[tuple[int, str]] = []
    declared = [p for c in server.spec.containers for p in c.ports]
    for one in service.spec.ports:
        if port and one.port != port:
            continue
        target = one.target_port if one.target_port is not None else one.port
        for known in declared:
            if target in (known.name, known.container_port, str(known.container_port)):
                found.append((known.container_port, known.name))
        if isinstance(target, int):
            found.append((target, ""))
    return tuple(found)


def _denying(
    snapshot: ClusterSnapshot,
    pod: Pod,
    peer: Pod,
    outward: bool,
    ports: tuple[tuple[int, str], ...],
) -> tuple[NetworkPolicy, ...]:
    """The policies on ``pod`` in that direction when not one of them admits ``peer``."""
    applying = _applying(snapshot, pod, outward)
    for policy in applying:
        for rule in policy.spec.egress if outward else policy.spec.ingress:
            peers = rule.to if outward else rule.from_
            if _any_port(rule, ports) and (
                not peers or any(_is(snapshot, policy, one, peer) for one in peers)
            ):
                return ()
    return applying


def _applying(snapshot: ClusterSnapshot, pod: Pod, outward: bool) -> tuple[NetworkPolicy, ...]:
    direction = "Egress" if outward else "Ingress"
    return tuple(
        policy
        for policy in snapshot.all(NetworkPolicy, pod.namespace)
        if direction in _types(policy) and policy.spec.pod_selector.matches(pod.labels)
    )


def _types(policy: NetworkPolicy) -> tuple[str, ...]:
    if policy.spec.policy_types:
        return policy.spec.policy_types
    return ("Ingress", "Egress") if policy.spec.egress else ("Ingress",)


def _any_port(rule: PolicyRule, ports: tuple[tuple[int, str], ...]) -> bool:
    if not rule.ports or not ports:
        return True
    return any(_covers(one, number, name) for one in rule.ports for number, name in ports)


def _covers(one: PolicyPort, number: int, name: str) -> bool:
    if one.port is None or one.port == name:
        return True
    if isinstance(one.port, int):
        return one.port <= number <= (one.end_port or one.port)
    return one.port == str(number)


def _is(snapshot: ClusterSnapshot, policy: NetworkPolicy, one: PolicyPeer, peer: Pod) -> bool:
    if one.ip_block:
        return True  # addresses are not followed; in doubt a policy is not blamed
    if one.namespace_selector:
        home = snapshot.get(Namespace, "", peer.namespace)
        if home is None and one.namespace_selector.match_expressions:
            return True
        labels = {"kubernetes.io/metadata.name": peer.namespace} | (home.labels if home else {})
        if not one.namespace_selector.matches(labels):
            return False
    elif peer.namespace != policy.namespace:
        return False
    return one.pod_selector is None or one.pod_selector.matches(peer.labels)


def blocks(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Policies that stand between a workload and a Service which its log cannot reach or which
    it is set up to call, or between it and cluster DNS."""
    if not snapshot.objects.get(NetworkPolicy.KIND):
        return
    told: set[object] = set()
    for one in (*_from_logs(snapshot, now), *_from_settings(snapshot)):
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
        if found.kind == "unknown-host" and (shut := _shut_from_dns(snapshot, pod)):
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
        if shut := _shut_from_dns(snapshot, pod):
            yield _no_dns(snapshot, shut, pod, at[0], None)
        for ref in blocking(snapshot, pod, service, call.port):
            yield from _block(snapshot, ref, pod, service, at, None)


def _clients(snapshot: ClusterSnapshot) -> dict[ObjectRef, Pod]:
    """One live pod for each workload."""
    return {workload(snapshot, p): p for p in snapshot.all(Pod) if not is_over(p)}


def _shut_from_dns(snapshot: ClusterSnapshot, pod: Pod) -> NetworkPolicy | None:
    """A policy on the pod's egress when none of them lets it ask anybody on port 53."""
    if pod.spec.host_network:
        return None
    applying = _applying(snapshot, pod, True)
    open_ = any(_any_port(r, ((DNS_PORT, "dns"),)) for p in applying for r in p.spec.egress)
    return None if open_ or not applying else applying[0]


def _no_dns(
    snapshot: ClusterSnapshot,
    policy: NetworkPolicy,
    pod: Pod,
    at: Pointer,
    severity: Severity | None,
) -> Finding:
    who = workload(snapshot, pod)
    return finding(
        "NETWORK_POLICY_BLOCKS_DNS",
        policy,
        f"NetworkPolicy {policy.name} does not let {who.kind} {who.name} ask cluster DNS: no "
        "egress rule allows port 53, so no name resolves",
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
    outward = policy.spec.pod_selector.matches(pod.labels) and policy.namespace == pod.namespace
    end = "egress of the caller" if outward and "Egress" in _types(policy) else "ingress"
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
