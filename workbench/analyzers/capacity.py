"""What pods request and what nodes have left."""

from __future__ import annotations

from collections import defaultdict

from workbench.analyzers.history import once
from workbench.analyzers.workload import is_over
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import Node, Pod
from workbench.core.quantity import parse_quantity


def requested(pod: Pod) -> dict[str, float]:
    """What the scheduler counts for the pod: the sum of its containers, or its largest init
    container where that is more (Kubernetes documentation, init containers); sidecars add up."""
    total: dict[str, float] = defaultdict(float)
    for container in pod.spec.containers:
        for name, amount in container.resources.requests.items():
            total[name] += parse_quantity(amount) or 0.0
    for container in pod.spec.init_containers:
        for name, amount in container.resources.requests.items():
            number = parse_quantity(amount) or 0.0
            if container.restart_policy == "Always":
                total[name] += number
            else:
                total[name] = max(total[name], number)
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


@once
def _taken(snapshot: ClusterSnapshot) -> dict[tuple[str, str], float]:
    taken: dict[tuple[str, str], float] = defaultdict(float)
    for pod in snapshot.all(Pod):
        if pod.spec.node_name and not is_over(pod):
            for resource, amount in requested(pod).items():
                taken[pod.spec.node_name, resource] += amount
    return taken
