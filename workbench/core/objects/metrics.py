"""What pods and nodes use now, as metrics-server measures it (metrics.k8s.io/v1beta1)."""

from __future__ import annotations

from workbench.core.objects.meta import KubeObject, Part, Quantity, Time


class ContainerMetrics(Part):
    name: str = ""
    usage: dict[str, Quantity] = {}


class PodMetrics(KubeObject):
    """CPU and memory of a pod's containers, averaged over a window that ended at ``timestamp``."""

    KIND = "PodMetrics"
    API_VERSION = "metrics.k8s.io/v1beta1"
    PLURAL = "pods"
    timestamp: Time | None = None
    containers: tuple[ContainerMetrics, ...] = ()


class NodeMetrics(KubeObject):
    """CPU and memory of a whole node, averaged over a window that ended at ``timestamp``."""

    KIND = "NodeMetrics"
    API_VERSION = "metrics.k8s.io/v1beta1"
    PLURAL = "nodes"
    NAMESPACED = False
    timestamp: Time | None = None
    usage: dict[str, Quantity] = {}
