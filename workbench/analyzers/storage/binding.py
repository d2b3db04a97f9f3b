"""Which volume may serve a claim, and which class a claim is of."""

from __future__ import annotations

from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import PersistentVolume, PersistentVolumeClaim, StorageClass
from workbench.core.quantity import parse_quantity

DEFAULT_CLASS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
NO_PROVISIONER = "kubernetes.io/no-provisioner"


def class_of(snapshot: ClusterSnapshot, claim: PersistentVolumeClaim) -> StorageClass | None:
    """The claim's StorageClass, the default one where it names none; None when there is none."""
    name = claim.spec.storage_class_name
    if name is None:
        return next(iter(defaults(snapshot)), None)
    return snapshot.get(StorageClass, "", name) if name else None


def defaults(snapshot: ClusterSnapshot) -> list[StorageClass]:
    """The classes that are marked as default."""
    return [
        c
        for c in snapshot.all(StorageClass)
        if any(c.metadata.annotations.get(a) == "true" for a in DEFAULT_CLASS)
    ]


def size(claim: PersistentVolumeClaim) -> str:
    """How much storage the claim asks for, as it is written."""
    return str(claim.spec.resources.requests.get("storage", "no size"))


def unfit(claim: PersistentVolumeClaim, volume: PersistentVolume) -> str:
    """Why the volume cannot serve the claim; "" when it can."""
    spec = volume.spec
    holder = spec.claim_ref
    if volume.status.phase == "Failed":
        return "is Failed"
    if holder and volume.status.phase == "Released":
        return f"is Released, its claimRef still names {holder.namespace}/{holder.name}"
    if holder and (holder.name, holder.namespace) != (claim.name, claim.namespace):
        return f"claimed by {holder.namespace}/{holder.name}"
    if volume.metadata.deletion_timestamp:
        return "is being deleted"
    if spec.storage_class_name != (claim.spec.storage_class_name or ""):
        return f"class {spec.storage_class_name or 'none'}"
    lacks = set(claim.spec.access_modes) - set(spec.access_modes)
    if lacks:
        offers = ", ".join(spec.access_modes)
        modes = f"access modes {offers}" if offers else "no access modes"
        return f"{modes}, without {', '.join(sorted(lacks))}"
    if (spec.volume_mode or "Filesystem") != (claim.spec.volume_mode or "Filesystem"):
        return f"volume mode {spec.volume_mode or 'Filesystem'}"
    has = parse_quantity(spec.capacity.get("storage"))
    wants = parse_quantity(claim.spec.resources.requests.get("storage"))
    if has is not None and wants is not None and has < wants:
        return f"only {spec.capacity.get('storage')}"
    if claim.spec.selector and not claim.spec.selector.matches(volume.labels):
        return f"labels do not match {claim.spec.selector}"
    return ""
