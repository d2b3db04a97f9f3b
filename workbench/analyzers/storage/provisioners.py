"""Who makes the volumes of a class: its CSI driver and the driver's pods."""

from __future__ import annotations

from workbench.analyzers.history import latest, once
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.workload import ready
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import CsiDriver, PersistentVolumeClaim, Pod, StorageClass

IN_TREE = "kubernetes.io/"
"""Prefix of provisioners that were built into Kubernetes and are served by CSI drivers now."""


def no_provisioner(
    snapshot: ClusterSnapshot, claim: PersistentVolumeClaim, class_: StorageClass
) -> Finding | None:
    """A finding when nothing in the cluster is the provisioner that the claim waits for."""
    name = class_.provisioner
    if not name or name.startswith(IN_TREE) or latest(snapshot, claim, "Provisioning"):
        return None
    if not looked_at(snapshot, Pod) or snapshot.held:
        return None
    if snapshot.get(CsiDriver, "", name):
        return _down(snapshot, claim, name)
    waits = latest(snapshot, claim, "ExternalProvisioning")
    known = looked_at(snapshot, CsiDriver)
    if not (known or waits) or _named_by_a_pod(snapshot, name):
        return None
    return finding(
        "PROVISIONER_MISSING",
        claim,
        f"PersistentVolumeClaim {claim.name} is Pending: StorageClass {class_.name} leaves its "
        f"volumes to provisioner {name}, and nothing in the cluster is that",
        [
            seen(class_, "provisioner", name),
            seen(claim, "status.phase", "Pending"),
            *([said(waits)] if waits else []),
        ],
        related=[ObjectRef.of(class_)],
        since=claim.metadata.creation_timestamp,
        provisioner=name,
    )


def _down(snapshot: ClusterSnapshot, claim: PersistentVolumeClaim, name: str) -> Finding | None:
    """The driver is registered; a finding when it has pods and none of them is ready."""
    pods = [pod for pod in _csi_provisioners(snapshot) if _mentions(pod, name)]
    if not pods or any(ready(pod) for pod in pods):
        return None
    return finding(
        "CLAIM_PENDING",
        claim,
        f"PersistentVolumeClaim {claim.name} is Pending: no pod of its provisioner {name} is ready "
        f"({', '.join(p.name for p in pods[:3])})",
        [
            seen(claim, "status.phase", "Pending"),
            seen(pods[0], "status.phase", pods[0].status.phase),
        ],
        related=[ObjectRef.of(pod) for pod in pods],
        since=claim.metadata.creation_timestamp,
    )


@once
def _csi_provisioners(snapshot: ClusterSnapshot) -> tuple[Pod, ...]:
    """Pods with the sidecar that makes volumes for CSI drivers (external-provisioner)."""
    return tuple(
        pod
        for pod in snapshot.all(Pod)
        if any(
            "csi-provisioner" in c.image or c.name == "csi-provisioner" for c in pod.spec.containers
        )
    )


def _mentions(pod: Pod, name: str) -> bool:
    """Whether the pod names the driver, or no pod's spec says whose it is."""
    texts = [t for c in pod.spec.containers for t in (*c.args, *c.command, *_values(c.env))]
    return any(name in text for text in texts) or name.split(".")[0] in pod.name


def _values(env: tuple[object, ...]) -> list[str]:
    return [str(getattr(variable, "value", "")) for variable in env]


def _named_by_a_pod(snapshot: ClusterSnapshot, name: str) -> bool:
    """Whether some pod may be the provisioner: it names it, or is called like a part of it."""
    words = {w for w in name.replace("/", ".").split(".") if len(w) > 3} - {
        "csi",
        "local",
        "cluster",
    }
    return any(
        _mentions(pod, name) or any(word in pod.name or pod.name.startswith(word) for word in words)
        for pod in snapshot.all(Pod)
    )
