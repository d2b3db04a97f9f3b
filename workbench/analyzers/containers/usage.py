"""What is used beside what may be: containers at their limits, nodes without memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.report import finding, seen
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import Container, Node, NodeMetrics, Pod, PodMetrics
from workbench.core.objects.meta import Quantity
from workbench.core.quantity import parse_quantity

NEAR = 0.9
"""Of a memory limit: what is left is less than most programs take in one step."""

PINNED = 0.95
"""Of a CPU limit: an average of so much over the window (15 s or more) means that the container
was held back in most of it."""

NODE_FULL = 0.95
"""Of a node's allocatable memory, which the kubelet's eviction threshold is outside of already
(Kubernetes documentation, Reserve Compute Resources)."""

_MIB = 2**20


def containers(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Containers close to their memory limit or held at their CPU limit."""
    for metrics in snapshot.all(PodMetrics):
        pod = snapshot.get(Pod, metrics.namespace, metrics.name)
        if pod is None or pod.metadata.deletion_timestamp:
            continue
        limits = {c.name: c for c in (*pod.spec.containers, *pod.spec.init_containers)}
        for measured in metrics.containers:
            container = limits.get(measured.name)
            if container is not None:
                yield from _memory(pod, container, measured.usage)
                yield from _cpu(pod, container, measured.usage)


def _memory(pod: Pod, container: Container, usage: dict[str, Quantity]) -> Iterator[Finding]:
    used, limit, share = _share(usage, container.resources.limits, "memory")
    if share >= NEAR:
        yield finding(
            "CONTAINER_NEAR_MEMORY_LIMIT",
            pod,
            f"Container {container.name} of {pod.name} uses {used / _MIB:.0f} MiB of the "
            f"{limit / _MIB:.0f} MiB it may ({share:.0%})",
            _evidence(pod, container, usage, "memory"),
            detail=container.name,
            container=container.name,
        )


def _cpu(pod: Pod, container: Container, usage: dict[str, Quantity]) -> Iterator[Finding]:
    used, limit, share = _share(usage, container.resources.limits, "cpu")
    if share >= PINNED:
        yield finding(
            "CONTAINER_CPU_AT_LIMIT",
            pod,
            f"Container {container.name} of {pod.name} uses {used * 1000:.0f}m of the "
            f"{limit * 1000:.0f}m CPU it may, so it is being throttled",
            _evidence(pod, container, usage, "cpu"),
            detail=container.name,
            container=container.name,
        )


def _evidence(
    pod: Pod, container: Container, usage: dict[str, Quantity], what: str
) -> list[Pointer]:
    measured = ObjectRef(PodMetrics.KIND, pod.namespace, pod.name)
    limit = container.resources.limits[what]
    return [
        seen(measured, f"containers[{container.name}].usage.{what}", usage[what]),
        seen(pod, f"spec.containers[{container.name}].resources.limits.{what}", limit),
    ]


def nodes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Nodes whose memory is nearly all in use."""
    for metrics in snapshot.all(NodeMetrics):
        node = snapshot.get(Node, "", metrics.name)
        if node is None:
            continue
        used, whole, share = _share(metrics.usage, node.status.allocatable, "memory")
        if share >= NODE_FULL:
            yield finding(
                "NODE_NEARLY_FULL",
                node,
                f"Node {node.name} uses {used / _MIB:.0f} of {whole / _MIB:.0f} MiB of memory "
                f"({share:.0%})",
                [
                    seen(metrics, "usage.memory", metrics.usage["memory"]),
                    seen(node, "status.allocatable.memory", node.status.allocatable["memory"]),
                ],
            )


def _share(
    usage: dict[str, Quantity], whole: dict[str, Quantity], what: str
) -> tuple[float, float, float]:
    """What is used, what there is, and how much of it that is; zeros when one is not known."""
    used, most = parse_quantity(usage.get(what)), parse_quantity(whole.get(what))
    if not used or not most or used < 0 or most < 0:
        return 0.0, 0.0, 0.0
    return used, most, used / most
