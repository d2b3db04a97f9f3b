"""Whether network policies let one pod talk to another, and which one does not.

A pod that some policy selects for a direction may only do what some policy's rule for that
direction allows; both ends must agree (Kubernetes documentation, Network Policies).
"""

from __future__ import annotations

import ipaddress

import msgspec

from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.presence import looked_at
from workbench.analyzers.workload import is_over
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import Namespace, NetworkPolicy, Pod, Service
from workbench.core.objects.networking import IPBlock, PolicyPeer, PolicyPort, PolicyRule


class Target(msgspec.Struct, frozen=True):
    """A port of a pod as a policy may name it: by number or by name."""

    number: int
    name: str = ""
    protocol: str = "TCP"


DNS = (Target(53, "dns", "UDP"),)
"""Resolvers ask over UDP first; a rule for port 53 without a protocol is for TCP only."""


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


def _targets(service: Service, server: Pod, port: int) -> tuple[Target, ...]:
    """Port numbers and names on the pod that the Service's port leads to; empty for any."""
    found: list[Target] = []
    declared = [p for c in server.spec.containers for p in c.ports]
    for one in service.spec.ports:
        if port and one.port != port:
            continue
        target = one.target_port if one.target_port is not None else one.port
        for known in declared:
            if target in (known.name, known.container_port, str(known.container_port)):
                found.append(Target(known.container_port, known.name, one.protocol))
        if isinstance(target, int):
            found.append(Target(target, "", one.protocol))
    return tuple(found)


def _denying(
    snapshot: ClusterSnapshot,
    pod: Pod,
    peer: Pod,
    outward: bool,
    ports: tuple[Target, ...],
) -> tuple[NetworkPolicy, ...]:
    """The policies on ``pod`` in that direction when not one of them admits ``peer``."""
    there = applying(snapshot, pod, outward)
    for policy in there:
        for rule in policy.spec.egress if outward else policy.spec.ingress:
            peers = rule.to if outward else rule.from_
            if _any_port(rule, ports) and (
                not peers or any(_is(snapshot, policy, one, peer) for one in peers)
            ):
                return ()
    return there


def applying(snapshot: ClusterSnapshot, pod: Pod, outward: bool) -> tuple[NetworkPolicy, ...]:
    """Policies that restrict the pod's egress (``outward``) or its ingress."""
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


def _any_port(rule: PolicyRule, ports: tuple[Target, ...]) -> bool:
    if not rule.ports or not ports:
        return True
    return any(_covers(one, port) for one in rule.ports for port in ports)


def _covers(one: PolicyPort, port: Target) -> bool:
    if (one.protocol or "TCP") != port.protocol:
        return False
    if one.port is None or one.port == port.name:
        return True
    if isinstance(one.port, int):
        return one.port <= port.number <= (one.end_port or one.port)
    return one.port == str(port.number)


def _in_block(block: IPBlock, address: str) -> bool:
    """Whether the address is in the block and not in its exceptions; True when it is not known."""
    try:
        one = ipaddress.ip_address(address)
        return one in ipaddress.ip_network(block.cidr, strict=False) and not any(
            one in ipaddress.ip_network(cidr, strict=False) for cidr in block.except_
        )
    except ValueError:
        return True


def _is(snapshot: ClusterSnapshot, policy: NetworkPolicy, one: PolicyPeer, peer: Pod) -> bool:
    if one.ip_block:
        return _in_block(one.ip_block, peer.status.pod_ip)
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


def shut_from_dns(snapshot: ClusterSnapshot, pod: Pod) -> tuple[NetworkPolicy, str] | None:
    """A policy on the pod's egress when none of them lets it ask cluster DNS, and why not."""
    if pod.spec.host_network:
        return None
    there = applying(snapshot, pod, True)
    rules = [(p, r) for p in there for r in p.spec.egress]
    open_ = [(p, r) for p, r in rules if _any_port(r, DNS)]
    if not there:
        return None
    if open_:
        servers = dns_pods(snapshot)
        if any(_to_dns(snapshot, p, r, servers) for p, r in open_):
            return None
    named = [p for p, r in open_ if r.ports]
    if named:
        return named[0], "its egress rules for port 53 do not lead to the cluster DNS pods"
    if any(r.ports and _any_port(r, (Target(53, "dns-tcp", "TCP"),)) for _, r in rules):
        return there[0], "its egress rules allow port 53 for TCP only, not for UDP"
    return there[0], "no egress rule allows port 53"


def _to_dns(
    snapshot: ClusterSnapshot, policy: NetworkPolicy, rule: PolicyRule, servers: tuple[Pod, ...]
) -> bool:
    """Whether the rule leads to a DNS server. Addresses may be those of a cache on the node; where
    the servers are not known, another namespace may be theirs."""
    if not servers:
        return not rule.to or any(peer.ip_block or peer.namespace_selector for peer in rule.to)
    return not rule.to or any(
        peer.ip_block or any(_is(snapshot, policy, peer, one) for one in servers)
        for peer in rule.to
    )


def dns_pods(snapshot: ClusterSnapshot) -> tuple[Pod, ...]:
    """The live pods of cluster DNS, where the snapshot has them."""
    return tuple(
        pod
        for pod in snapshot.all(Pod, "kube-system")
        if pod.labels.get("k8s-app") == "kube-dns" and not is_over(pod)
    )


def concerns(policy: NetworkPolicy, pod: Pod, direction: str) -> bool:
    """Whether the policy is about the pod and the direction (``Ingress``, ``Egress``)."""
    return (
        policy.namespace == pod.namespace
        and direction in _types(policy)
        and policy.spec.pod_selector.matches(pod.labels)
    )
