"""Columns of volumes, claims and the classes and drivers behind them."""

from __future__ import annotations

from typing import Any

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.columns import Column, column, wide
from workbench.kubernetes.snapshots.serve.columns.age import AGE, NAME
from workbench.kubernetes.snapshots.trees import at, mappings, text, texts

_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}
_DEFAULT_CLASS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


def _modes(found: Any) -> str:
    given = texts(found)
    return ",".join(short for mode, short in _MODES.items() if mode in given)


def _phase(tree: Tree) -> str:
    if at(tree, "metadata", "deletionTimestamp"):
        return "Terminating"
    return text(tree, "status", "phase")


def _class(tree: Tree) -> str:
    beta = text(tree, "metadata", "annotations", _BETA_CLASS)
    return beta or text(tree, "spec", "storageClassName")


def _of_bound(claim: Tree, value: str) -> str:
    return value if text(claim, "spec", "volumeName") else ""


STORAGE_CLASS_NAME = column("StorageClass", _class)
ATTRIBUTES_CLASS_NAME = column(
    "VolumeAttributesClass", lambda t: text(t, "spec", "volumeAttributesClassName") or "<unset>"
)
VOLUME_MODE = wide("VolumeMode", lambda t: text(t, "spec", "volumeMode") or "<unset>")

CLAIM = (
    NAME,
    column("Status", _phase),
    column("Volume", lambda t: text(t, "spec", "volumeName")),
    column("Capacity", lambda t: _of_bound(t, text(t, "status", "capacity", "storage"))),
    column("Access Modes", lambda t: _of_bound(t, _modes(at(t, "status", "accessModes")))),
    STORAGE_CLASS_NAME,
    ATTRIBUTES_CLASS_NAME,
    AGE,
    VOLUME_MODE,
)


def _claim(volume: Tree) -> str:
    reference = at(volume, "spec", "claimRef")
    if not isinstance(reference, dict):
        return ""
    return f"{text(reference, 'namespace')}/{text(reference, 'name')}"


VOLUME = (
    NAME,
    column("Capacity", lambda t: text(t, "spec", "capacity", "storage")),
    column("Access Modes", lambda t: _modes(at(t, "spec", "accessModes"))),
    column("Reclaim Policy", lambda t: text(t, "spec", "persistentVolumeReclaimPolicy")),
    column("Status", _phase),
    column("Claim", _claim),
    STORAGE_CLASS_NAME,
    ATTRIBUTES_CLASS_NAME,
    column("Reason", lambda t: text(t, "status", "reason")),
    AGE,
    VOLUME_MODE,
)


def _class_name(tree: Tree) -> str:
    notes = (text(tree, "metadata", "annotations", key) for key in _DEFAULT_CLASS)
    return text(tree, "metadata", "name") + (" (default)" if "true" in notes else "")


STORAGE_CLASS = (
    Column("Name", lambda t, _: _class_name(t), format="name"),
    column("Provisioner", lambda t: text(t, "provisioner")),
    column("ReclaimPolicy", lambda t: text(t, "reclaimPolicy") or "Delete"),
    column("VolumeBindingMode", lambda t: text(t, "volumeBindingMode") or "Immediate"),
    column("AllowVolumeExpansion", lambda t: at(t, "allowVolumeExpansion") is True),
    AGE,
)
ATTACHMENT = (
    NAME,
    column("Attacher", lambda t: text(t, "spec", "attacher")),
    column("PV", lambda t: text(t, "spec", "source", "persistentVolumeName")),
    column("Node", lambda t: text(t, "spec", "nodeName")),
    column("Attached", lambda t: at(t, "status", "attached") is True, "boolean"),
    AGE,
)
CSI_NODE = (NAME, column("Drivers", lambda t: len(mappings(at(t, "spec", "drivers")))), AGE)
CSI_DRIVER = (
    NAME,
    column("AttachRequired", lambda t: at(t, "spec", "attachRequired") is not False, "boolean"),
    column("PodInfoOnMount", lambda t: at(t, "spec", "podInfoOnMount") is True, "boolean"),
    column("StorageCapacity", lambda t: at(t, "spec", "storageCapacity") is True, "boolean"),
    column("Modes", lambda t: ",".join(texts(at(t, "spec", "volumeLifecycleModes")))),
    AGE,
)
