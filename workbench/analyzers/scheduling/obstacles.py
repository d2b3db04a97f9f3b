"""Why a node cannot take a pod: the scheduler's filters, in its order and in its words.

What the filters of kube-scheduler's default profile look at is computed here from the objects, so
that a pod can be explained whose FailedScheduling event has expired, and so that the event's bare
counts get their numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from workbench.analyzers.presence import looked_at
from workbench.analyzers.scheduling.affinity import (
    AFFINITY,
    ANTI_AFFINITY,
    OTHERS_ANTI_AFFINITY,
    affinity_filter,
    avoided,
    avoiding,
    wanted,
)
from workbench.analyzers.scheduling.capacity import (
    fits,
    free,
    plain,
    pods_on,
    requested,
    requests_text,
)
from workbench.analyzers.scheduling.locality import (
    IN_USE,
    UNBOUND,
    taken_words,
    unbound_words,
    volume_filter,
    volume_words,
)
from workbench.analyzers.scheduling.placement import (
    asked_labels,
    label_hint,
    matches_labels,
    untolerated,
)
from workbench.analyzers.scheduling.spread import spread_filter, spread_words
from workbench.analyzers.wording import listed
from workbench.analyzers.workload import controller, volume_claims
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import Node, Pod
from workbench.core.objects.pods import ContainerPort

UNSCHEDULABLE = "node(s) were unschedulable"
NODE_LABELS = "node(s) didn't match Pod's node affinity/selector"
NO_PORTS = "node(s) didn't have free ports for the requested pod ports"
TOO_MANY_PODS = "Too many pods"

Check = Callable[[Node], str]


class Obstacle(msgspec.Struct, frozen=True):
    """The first thing that rules a node out for a pod, in the scheduler's words."""

    node: str
    why: str


def obstacles(snapshot: ClusterSnapshot, pod: Pod) -> tuple[Obstacle, ...]:
    """Each node's first obstacle, ``why`` "" for nodes that would do. Replicas share the answer."""
    who = controller(pod) or ObjectRef.of(pod)
    memo = ("obstacles", who, tuple(volume_claims(pod)), asked_labels(pod))
    if memo not in snapshot.memo:
        checks = _checks(snapshot, pod)
        snapshot.memo[memo] = tuple(
            Obstacle(node.name, next((w for check in checks if (w := check(node))), ""))
            for node in snapshot.all(Node)
        )
    found: tuple[Obstacle, ...] = snapshot.memo[memo]
    return found


def _checks(snapshot: ClusterSnapshot, pod: Pod) -> list[Check]:
    """The filters in the scheduler's order; those that need every pod only where all are known."""
    checks: list[Check] = [
        lambda node: UNSCHEDULABLE if _cordoned(pod, node) else "",
        lambda node: _taints(pod, node),
        lambda node: "" if matches_labels(pod, node) else NODE_LABELS,
        lambda node: NO_PORTS if _port_taken(snapshot, pod, node) else "",
        _room_filter(snapshot, pod),
        volume_filter(snapshot, pod),
    ]
    if knows_all_pods(snapshot):
        checks += [spread_filter(snapshot, pod), affinity_filter(snapshot, pod)]
    return checks


def knows_all_pods(snapshot: ClusterSnapshot) -> bool:
    """Whether what is free on a node can be told from the snapshot."""
    return looked_at(snapshot, Pod) and not snapshot.held


def _cordoned(pod: Pod, node: Node) -> bool:
    tolerates = any(
        t.operator == "Exists" and t.key in ("", "node.kubernetes.io/unschedulable")
        for t in pod.spec.tolerations
    )
    return node.spec.unschedulable and not tolerates


def _taints(pod: Pod, node: Node) -> str:
    taints = untolerated(pod, node)
    return f"node(s) had untolerated taint {{{taints[0].key}: {taints[0].value}}}" if taints else ""


def _room_filter(snapshot: ClusterSnapshot, pod: Pod) -> Check:
    wanted_ = requested(pod)
    known = knows_all_pods(snapshot)

    def check(node: Node) -> str:
        counted = known and "pods" in node.status.allocatable
        if counted and len(pods_on(snapshot).get(node.name, ())) >= fits(node, "pods"):
            return TOO_MANY_PODS
        for resource, amount in wanted_.items():
            has = free(snapshot, node, resource) if known else fits(node, resource)
            if has < amount:
                return f"Insufficient {resource}"
        return ""

    return check


def host_ports(pod: Pod) -> list[ContainerPort]:
    """The ports of its node that the pod takes for itself."""
    containers = (*pod.spec.init_containers, *pod.spec.containers)
    return [p for c in containers for p in c.ports if p.host_port]


def _port_taken(snapshot: ClusterSnapshot, pod: Pod, node: Node) -> tuple[str, int] | None:
    """The pod on the node that has one of the wanted host ports, and which."""
    mine = host_ports(pod)
    for other in pods_on(snapshot).get(node.name, ()) if mine else ():
        for theirs in host_ports(other):
            for one in mine:
                same = (one.host_port, one.protocol) == (theirs.host_port, theirs.protocol)
                if same and _addresses_meet(one.host_ip, theirs.host_ip) and other is not pod:
                    return other.name, one.host_port
    return None


def _addresses_meet(one: str, other: str) -> bool:
    anywhere = ("", "0.0.0.0", "::")  # noqa: S104 - a pod's hostIP, nothing is bound here
    return one == other or one in anywhere or other in anywhere


def explain(snapshot: ClusterSnapshot, pod: Pod, why: str) -> str:
    """The numbers and names behind one reason of the scheduler's; "" when there are none."""
    nodes = _ruled_out_by(snapshot, pod, why)
    if "node affinity/selector" in why or "node selector" in why:
        asked = asked_labels(pod)
        return f"{asked}{label_hint(snapshot, pod)}" if asked else ""
    if why.startswith("Insufficient "):
        return _room(snapshot, pod, why.removeprefix("Insufficient "), nodes)
    if why == TOO_MANY_PODS:
        return _crowded(snapshot, nodes)
    for says, words in _WORDS:
        if says in why:
            return words(snapshot, pod)
    if "free ports" in why:
        return _ports_words(snapshot, pod, nodes)
    return ""


_WORDS: tuple[tuple[str, Callable[[ClusterSnapshot, Pod], str]], ...] = (
    (OTHERS_ANTI_AFFINITY, avoiding),
    (ANTI_AFFINITY, avoided),
    (AFFINITY, wanted),
    ("topology spread constraints", spread_words),
    ("volume node affinity conflict", volume_words),
    ("PersistentVolume's node affinity", volume_words),
    ("no available volume zone", volume_words),
    (UNBOUND, unbound_words),
    (IN_USE, taken_words),
)
"""What each reason of the scheduler's is about, for those that only name a rule."""


def _ruled_out_by(snapshot: ClusterSnapshot, pod: Pod, why: str) -> list[Node]:
    """The nodes that this reason rules out first, or all where the snapshot shows none."""
    names = {o.node for o in obstacles(snapshot, pod) if o.why == why}
    nodes = snapshot.all(Node)
    return [node for node in nodes if node.name in names] or list(nodes)


def _room(snapshot: ClusterSnapshot, pod: Pod, resource: str, nodes: list[Node]) -> str:
    asked = requested(pod).get(resource)
    if asked is None:
        return ""
    text = f"the pod requests {requests_text(pod, resource)}"
    if not nodes:
        return text
    largest = max(fits(node, resource) for node in nodes)
    if not largest:
        return f"{text}, no node offers it{_alternatives(snapshot, resource)}"
    if largest < asked:
        every = max(fits(node, resource) for node in snapshot.all(Node))
        more = "more than any node has: the largest" if every < asked else "the largest of these"
        return f"{text}, {more} offers {plain(resource, largest)}"
    if not knows_all_pods(snapshot):
        return text
    left = {node.name: max(free(snapshot, node, resource), 0) for node in nodes}
    most = max(left, key=lambda name: left[name])
    if len(left) == 1:
        return f"{text}, free: {most} {plain(resource, left[most])}"
    where = f" on {most}" if len(left) <= 3 else ""
    return f"{text}, the most that is free on a node is {plain(resource, left[most])}{where}"


def _alternatives(snapshot: ClusterSnapshot, resource: str) -> str:
    """Other device resources that nodes offer, for one that none does."""
    if "/" not in resource:
        return ""
    others = {
        name
        for node in snapshot.all(Node)
        for name in node.status.allocatable
        if "/" in name and fits(node, name)
    }
    return f" (they offer {listed(sorted(others), 3)})" if others else ""


def _crowded(snapshot: ClusterSnapshot, nodes: list[Node]) -> str:
    if not knows_all_pods(snapshot):
        return ""
    each = [
        f"{node.name} {len(pods_on(snapshot).get(node.name, ()))} of {fits(node, 'pods'):g}"
        for node in nodes
    ]
    return listed(each, 3)


def _ports_words(snapshot: ClusterSnapshot, pod: Pod, nodes: list[Node]) -> str:
    taken = [(node.name, _port_taken(snapshot, pod, node)) for node in nodes]
    each = [f"port {t[1]} of {name} is taken by {t[0]}" for name, t in taken if t]
    return listed(each, 3)
