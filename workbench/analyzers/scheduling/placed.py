"""The pods that have a node, by namespace: what the scheduler compares a waiting pod with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from workbench.analyzers.history import once
from workbench.analyzers.scheduling.capacity import pods_on
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import Node, Pod


class Placed(msgspec.Struct, frozen=True):
    """A pod and the node that it runs on."""

    pod: Pod
    node: Node


def placed_in(snapshot: ClusterSnapshot, namespace: str) -> tuple[Placed, ...]:
    """The live pods of one namespace that are on a known node."""
    return _placed(snapshot).get(namespace, ())


def placed(snapshot: ClusterSnapshot) -> Iterable[Placed]:
    """Those of all namespaces."""
    return (one for found in _placed(snapshot).values() for one in found)


@once
def _placed(snapshot: ClusterSnapshot) -> dict[str, tuple[Placed, ...]]:
    nodes = {node.name: node for node in snapshot.all(Node)}
    found: dict[str, list[Placed]] = defaultdict(list)
    for name, pods in pods_on(snapshot).items():
        if name in nodes:
            for pod in pods:
                found[pod.namespace].append(Placed(pod, nodes[name]))
    return {namespace: tuple(group) for namespace, group in found.items()}
