"""What the cluster puts around a container that its program did not expect: variables of Services,
another processor."""

from __future__ import annotations

import re

from workbench.analyzers.logs.reading import Reason
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import Node, Pod, Service

_LINK = re.compile(r"\b(?:tcp|udp|sctp)://(?P<address>\d{1,3}(?:\.\d{1,3}){3}):(?P<port>\d{2,5})\b")


def surroundings(snapshot: ClusterSnapshot, pod: Pod, why: Reason | None) -> str:
    """What the log's reason has to do with where the container runs, as the end of a sentence."""
    if why is None:
        return ""
    if why.kind == "exec-format":
        return _platform(snapshot, pod)
    return _service_link(snapshot, pod, why)


def _platform(snapshot: ClusterSnapshot, pod: Pod) -> str:
    node = snapshot.get(Node, "", pod.spec.node_name)
    arch = node.status.node_info.architecture if node else ""
    arch = arch or (node.labels.get("kubernetes.io/arch", "") if node else "")
    return f"; its node {pod.spec.node_name} is {arch}" if arch else ""


def _service_link(snapshot: ClusterSnapshot, pod: Pod, why: Reason) -> str:
    """A program that reads REDIS_PORT and gets ``tcp://10.96.1.25:6379`` reads what the kubelet
    sets for every Service of the namespace (Kubernetes documentation, Service, Environment
    variables)."""
    found = _LINK.search(why.line)
    if found is None:
        return ""
    for service in snapshot.all(Service, pod.namespace):
        if service.spec.cluster_ip == found["address"]:
            variable = f"{service.name.upper().replace('-', '_')}_PORT"
            return (
                f"; {found[0]} is what {variable} holds, which Kubernetes sets for Service "
                f"{service.name} (enableServiceLinks)"
            )
    return ""
