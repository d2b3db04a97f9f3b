"""Whether network policies let one pod talk to another.

Source: Kubernetes documentation, Network Policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.logbook import digest, pointer
from workbench.analyzers.networking import selected_pods
from workbench.analyzers.peers import service_called
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import Namespace, NetworkPolicy, Pod, Service
from workbench.core.objects.networking import PolicyPeer, PolicyRule


def blocking(snapshot: ClusterSnapshot, client: Pod, service: Service) -> tuple[ObjectRef, ...]:
    """Policies that keep ``client`` from the pods of ``service``; empty when none does or when
    policies were not looked at."""
    if not looked_at(snapshot, NetworkPolicy):
        return ()
    servers = selected_pods(snapshot, service)
    if not servers:
        return ()
    server = servers[0]
    inward = _denying(snapshot, server, client, "Ingress")
    outward = _denying(snapshot, client, server, "Egress")
    return tuple(ObjectRef.of(p) for p in (*inward, *outward))


def _denying(
    snapshot: ClusterSnapshot, pod: Pod, peer: Pod, direction: str
) -> tuple[NetworkPolicy, ...]:
    """The policies on ``pod`` in that direction when not one of them admits ``peer``."""
    applying = [
        policy
        for policy in snapshot.all(NetworkPolicy, pod.namespace)
        if policy.spec.pod_selector.matches(pod.labels) and direction in _types(policy)
    ]
    for policy in applying:
        rules = policy.spec.ingress if direction == "Ingress" else policy.spec.egress
        for rule in rules:
            if _admits(snapshot, policy, rule, peer, direction):
                return ()
    return tuple(applying)


def _types(policy: NetworkPolicy) -> tuple[str, ...]:
    if policy.spec.policy_types:
        return policy.spec.policy_types
    return ("Ingress", "Egress") if policy.spec.egress else ("Ingress",)


def _admits(
    snapshot: ClusterSnapshot, policy: NetworkPolicy, rule: PolicyRule, peer: Pod, direction: str
) -> bool:
    peers = rule.from_ if direction == "Ingress" else rule.to
    return not peers or any(_is(snapshot, policy, one, peer) for one in peers)


def _is(snapshot: ClusterSnapshot, policy: NetworkPolicy, one: PolicyPeer, peer: Pod) -> bool:
    if one.ip_block:
        return True  # addresses are not followed; in doubt a policy is not blamed
    if one.namespace_selector:
        home = snapshot.get(Namespace, "", peer.namespace)
        labels = {"kubernetes.io/metadata.name": peer.namespace} | (home.labels if home else {})
        if not one.namespace_selector.matches(labels):
            return False
    elif peer.namespace != policy.namespace:
        return False
    return one.pod_selector is None or one.pod_selector.matches(peer.labels)


def blocks(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Policies that explain a time-out which some container's log reports."""
    if not snapshot.objects.get(NetworkPolicy.KIND):
        return
    told: set[ObjectRef] = set()
    for key, text in snapshot.logs.items():
        pod = snapshot.get(Pod, key.namespace, key.pod)
        found = digest(snapshot, key).reason if pod and text else None
        if pod is None or found is None or found.kind != "timeout":
            continue
        service = service_called(snapshot, pod.namespace, found.host)
        if service is None:
            continue
        for ref in blocking(snapshot, pod, service):
            if ref not in told:
                told.add(ref)
                yield from _block(snapshot, ref, pod, service, pointer(key, found))


def _block(
    snapshot: ClusterSnapshot, ref: ObjectRef, pod: Pod, service: Service, pointer: Pointer
) -> Iterator[Finding]:
    policy = snapshot.get(NetworkPolicy, ref.namespace, ref.name)
    if policy is None:
        return
    yield finding(
        "NETWORK_POLICY_BLOCKS",
        policy,
        f"NetworkPolicy {policy.name} does not let pod {pod.name} reach Service {service.name}, "
        f"and {pod.name} logs time-outs there",
        [seen(policy, "spec.podSelector", policy.spec.pod_selector), pointer],
        related=[ObjectRef.of(pod), ObjectRef.of(service)],
    )
