"""Claims of StatefulSets and the local volumes behind them."""

from __future__ import annotations

from shop.apps import App
from shop.cluster import Cluster, Object
from shop.objects import make
from shop.timeline import after, stamp


def claim_template(app: App) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": _claim_spec(app),
        "status": {"phase": "Pending"},
    }


def _claim_spec(app: App) -> Object:
    return {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": app.claim}},
        "storageClassName": app.storage_class,
        "volumeMode": "Filesystem",
    }


def bound_claim(cluster: Cluster, app: App, name: str, node: str) -> None:
    """A bound claim and its volume, which local storage ties to the node."""
    claim = cluster.add(
        make("v1", "PersistentVolumeClaim", app.namespace, name, app.created,
             labels=app.selector, spec=_claim_spec(app))
    )  # fmt: skip
    claim["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    volume_name = f"pvc-{claim['metadata']['uid']}"
    claim["metadata"]["annotations"] = {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
        "volume.kubernetes.io/selected-node": node,
        "volume.kubernetes.io/storage-provisioner": "local.csi.openebs.io",
    }
    claim["spec"]["volumeName"] = volume_name
    claim["status"] = {
        "accessModes": ["ReadWriteOnce"], "capacity": {"storage": app.claim}, "phase": "Bound",
    }  # fmt: skip
    made = make(
        "v1", "PersistentVolume", "", volume_name, after(app.created, 3),
        annotations={"pv.kubernetes.io/provisioned-by": "local.csi.openebs.io"},
        spec=_volume_spec(claim, volume_name, node),
        status={"lastPhaseTransitionTime": stamp(after(app.created, 4)), "phase": "Bound"},
    )  # fmt: skip
    made["metadata"]["finalizers"] = ["kubernetes.io/pv-protection"]
    cluster.add(made)


def _volume_spec(claim: Object, name: str, node: str) -> Object:
    where = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    meta = claim["metadata"]
    return {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
        "claimRef": {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": meta["name"],
            "namespace": meta["namespace"], "uid": meta["uid"],
        },
        "csi": {"driver": "local.csi.openebs.io", "fsType": "ext4", "volumeHandle": name},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [where]}]}},
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": claim["spec"]["storageClassName"],
        "volumeMode": "Filesystem",
    }  # fmt: skip


def never_bound(cluster: Cluster, claim: Object) -> None:
    """Take back the volume: nothing provisioned one for the claim."""
    del cluster.objects["PersistentVolume", "", claim["spec"].pop("volumeName")]
    del claim["metadata"]["annotations"]
    claim["status"] = {"phase": "Pending"}
