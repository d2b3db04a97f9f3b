"""The control plane itself: parts that are not there, and nodes whose kubelets are out of step."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.report import finding, seen
from workbench.analyzers.workload import is_over
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import Node, Pod

PARTS = ("kube-scheduler", "kube-controller-manager")
"""Static pods that sit beside kube-apiserver's where the control plane runs as pods (kubeadm)."""

SKEW_MOST = 3
"""Minor versions that a kubelet may be older than the API server (version skew policy)."""

_MINOR = re.compile(r"v?1\.(\d+)")


def parts_missing(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Control-plane parts without any pod, where another part has one."""
    pods = [p for p in snapshot.all(Pod, "kube-system") if not is_over(p)]
    if not any(_is(p, "kube-apiserver") for p in pods) or not snapshot.all(Node):
        return  # no such control plane, or an excerpt of it
    for part in PARTS:
        if not any(_is(p, part) for p in pods):
            idle = part == PARTS[0] and all(p.spec.node_name for p in snapshot.all(Pod))
            yield finding(
                "CONTROL_PLANE_DOWN",
                ObjectRef("Pod", "kube-system", part),
                f"There is no {part} pod in kube-system, though kube-apiserver has one",
                [seen(ObjectRef("Namespace", "", "kube-system"), f"pods of {part}", "none")],
                severity=Severity.WARNING if idle else None,  # no pod waits for it
            )


def _is(pod: Pod, part: str) -> bool:
    return pod.labels.get("component") == part or pod.name.startswith(f"{part}-")


def skew(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Kubelets that are newer than the API server or too old for it."""
    server = _MINOR.match(snapshot.server_version)
    if server is None:
        return
    for node in snapshot.all(Node):
        kubelet = _MINOR.match(node.status.node_info.kubelet_version)
        behind = int(server[1]) - int(kubelet[1]) if kubelet else 0
        if behind < 0 or behind > SKEW_MOST:
            how = "newer than" if behind < 0 else f"{behind} minor versions behind"
            yield finding(
                "NODE_VERSION_SKEW",
                node,
                f"The kubelet of node {node.name} ({node.status.node_info.kubelet_version}) is "
                f"{how} the API server ({snapshot.server_version})",
                [seen(node, "status.nodeInfo.kubeletVersion", kubelet[0] if kubelet else "")],
            )
