"""Codes about claims, volumes and storage classes."""

from __future__ import annotations

from workbench.analyzers.codes.entry import Entry
from workbench.core.findings import Severity

_DESCRIBE = "kubectl describe pvc {name} -n {namespace}"

CODES: dict[str, Entry] = {
    "CLAIM_PENDING": Entry(
        "Claim is not bound",
        Severity.WARNING,
        "The PersistentVolumeClaim waits for a volume and nothing says why.",
        (_DESCRIBE, "kubectl get storageclasses"),
        ("class", "claim", "related"),
        runbook="storage-pending",
    ),
    "STORAGE_CLASS_MISSING": Entry(
        "StorageClass does not exist",
        meaning="The claim names a StorageClass that does not exist, so nothing provisions it.",
        next_steps=(
            "kubectl get storageclasses",
            "kubectl describe pvc {claim} -n {namespace}",
        ),
        explained_by=("claim", "shared"),
        runbook="storage-pending",
    ),
    "CLAIM_WITHOUT_CLASS": Entry(
        "Claim names no StorageClass",
        Severity.INFO,
        "It takes the default class of the moment; in another cluster there may be none.",
        ("kubectl get storageclasses", _DESCRIBE),
        runbook="storage-pending",
    ),
    "NO_DEFAULT_STORAGE_CLASS": Entry(
        "Claim names no class and there is no default",
        meaning="The claim names no StorageClass, no class is marked as default and no volume "
        "fits, so it stays Pending.",
        next_steps=("kubectl get storageclasses", _DESCRIBE),
        runbook="storage-pending",
    ),
    "PROVISIONING_FAILED": Entry(
        "Volume cannot be provisioned",
        meaning="The provisioner tried and failed; its message says why (quota, zone, "
        "permissions, or the CSI driver is not running).",
        next_steps=(_DESCRIBE, "kubectl get pods -A | grep -i csi"),
        explained_by=("class", "related"),
        runbook="storage-pending",
    ),
    "CLAIM_WAITS_FOR_POD": Entry(
        "Claim waits for its first pod",
        Severity.INFO,
        "The class binds on first use (WaitForFirstConsumer) and no scheduled pod uses the claim "
        "yet. This is normal.",
        (_DESCRIBE,),
        runbook="storage-pending",
    ),
    "NO_MATCHING_VOLUME": Entry(
        "No volume fits the claim",
        meaning="The claim can only bind to an existing volume (no provisioner), and none that is "
        "free has the class, size and access modes it asks for.",
        next_steps=(_DESCRIBE, "kubectl get pv"),
        runbook="storage-pending",
    ),
    "PROVISIONER_MISSING": Entry(
        "Nobody makes the volumes of the class",
        meaning="The StorageClass leaves its volumes to a provisioner that is not installed: no "
        "CSIDriver has its name and no pod seems to be it, so the claim waits for ever.",
        next_steps=(
            "kubectl get csidrivers",
            "Install the storage driver {provisioner}, or use another StorageClass",
            _DESCRIBE,
        ),
        runbook="storage-pending",
    ),
    "CLAIM_ON_TWO_NODES": Entry(
        "Claim for one node is wanted on two",
        meaning="A ReadWriteOnce volume is attached to one node at a time. A pod on another node "
        "waits until the first one is gone: a rolling update, two workloads on one claim, or a pod "
        "that does not terminate.",
        next_steps=(
            "kubectl get pods -n {namespace} -o wide",
            "kubectl get volumeattachments",
            "Use strategy Recreate, put both pods on one node, or delete pod {holder}",
        ),
        runbook="storage-pending",
    ),
    "CLAIM_RESIZE_PENDING": Entry(
        "Claim has not grown yet",
        Severity.WARNING,
        "The claim asks for more than its volume has. The driver has not finished, or the "
        "filesystem grows only when a pod mounts the volume again.",
        (_DESCRIBE, "Restart the pod that uses the claim, if the driver cannot grow it online"),
        runbook="storage-pending",
    ),
    "CLAIM_LOST": Entry(
        "Claim lost its volume",
        meaning="The volume the claim was bound to no longer exists. Data may be gone.",
        next_steps=(_DESCRIBE, "kubectl get pv"),
        runbook="storage-pending",
    ),
    "CLAIM_RESIZE_FAILED": Entry(
        "Claim cannot be resized",
        Severity.WARNING,
        "Growing the volume failed.",
        (_DESCRIBE,),
        runbook="storage-pending",
    ),
    "CLAIM_STUCK_TERMINATING": Entry(
        "Claim is being deleted but still in use",
        Severity.WARNING,
        "The claim was deleted while a pod uses it (pvc-protection finalizer).",
        (_DESCRIBE,),
        runbook="storage-pending",
    ),
    "VOLUME_FAILED": Entry(
        "Volume failed",
        meaning="The PersistentVolume could not be reclaimed.",
        next_steps=("kubectl describe pv {name}",),
        runbook="storage-pending",
    ),
    "VOLUME_RELEASED": Entry(
        "Volume is released but kept",
        Severity.INFO,
        "Its claim is gone and the reclaim policy keeps it; it cannot be bound again as it is.",
        ("kubectl describe pv {name}",),
        runbook="storage-pending",
    ),
    "VOLUME_SMALL": Entry(
        "Volume is small",
        Severity.INFO,
        "It has less than 1 GiB. Told with `--opinions`.",
        ("kubectl describe pv {name}",),
        runbook="storage-pending",
    ),
    "MULTIPLE_DEFAULT_STORAGE_CLASSES": Entry(
        "More than one StorageClass is the default",
        Severity.WARNING,
        "Claims without a class get the newest of them.",
        ("kubectl get storageclasses",),
        runbook="storage-pending",
    ),
}
