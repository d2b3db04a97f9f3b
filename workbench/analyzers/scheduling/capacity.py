"""What pods request and what nodes have left."""

from __future__ import annotations

from collections import defaultdict

from workbench.analyzers.history import once
from workbench.analyzers.workload import is_over
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import Node, Pod
from workbench.core.quantity import parse_quantity


def requested(pod: Pod) -> dict[str, float]:
    """What the scheduler counts for the pod: the sum of its containers and sidecars, or its largest
    init container with the sidecars before it where that is more, and the runtime's overhead
    (Kubernetes documentation, init containers and sidecar containers)."""
    sidecars: dict[str, float] = defaultdict(float)
    peak: dict[str, float] = defaultdict(float)
    for container in pod.spec.init_containers:
        for name, amount in container.resources.requests.items():
            number = parse_quantity(amount) or 0.0
            peak[name] = max(peak[name], sidecars[name] + number)
            if container.restart_policy == "Always":
                sidecars[name] += number
    total: dict[str, float] = defaultdict(float, sidecars)
    for container in pod.spec.containers:
        for name, amount in container.resources.requests.items():
            total[name] += parse_quantity(amount) or 0.0
    for name in peak:
        total[name] = max(total[name], peak[name])
    for name, amount in pod.spec.overhead.items():
        total[name] += parse_quantity(amount) or 0.0
    return {name: amount for name, amount in total.items() if amount}


def requests_text(pod: Pod, resource: str) -> str:
    """The request as it was written where one container makes it, else the sum."""
    written = [
        c.resources.requests[resource]
        for c in pod.spec.containers
        if resource in c.resources.requests
    ]
    if len(written) == 1:
        return str(written[0])
    return f"{requested(pod).get(resource, 0):g}"


def fits(node: Node, resource: str) -> float:
    """What the node offers in all; 0 for a resource it does not have."""
    offered = node.status.allocatable or node.status.capacity
    return parse_quantity(offered.get(resource)) or 0.0


def free(snapshot: ClusterSnapshot, node: Node, resource: str) -> float:
    """What is not requested yet, as far as the snapshot shows the node's pods."""
    return fits(node, resource) - _taken(snapshot).get((node.name, resource), 0.0)


def plain(resource: str, amount: float) -> str:
    """An amount of a resource as a person writes it: ``1.5Gi``, ``250m``, ``3``."""
    if resource == "cpu":
        return f"{amount:g}" if amount == int(amount) else f"{amount:.2f}".rstrip("0").rstrip(".")
    if resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-"):
        return f"{amount / 2**30:.1f}Gi" if amount >= 2**30 else f"{amount / 2**20:.0f}Mi"
    return f"{amount:g}"


def pods_on(snapshot: ClusterSnapshot) -> dict[str, list[Pod]]:
    """The live pods of each node."""
    return _pods_on(snapshot)


@once
def _pods_on(snapshot: ClusterSnapshot) -> dict[str, list[Pod]]:
    found: dict[str, list[Pod]] = defaultdict(list)
    for pod in snapshot.all(Pod):
        if pod.spec.node_name and not is_over(pod):
            found[pod.spec.node_name].append(pod)
    return found


@once
def _taken(snapshot: ClusterSnapshot) -> dict[tuple[str, str], float]:
    taken: dict[tuple[str, str], float] = defaultdict(float)
    for pod in snapshot.all(Pod):
        if pod.spec.node_name and not is_over(pod):
            for resource, amount in requested(pod).items():
                taken[pod.spec.node_name, resource] += amount
    return taken
