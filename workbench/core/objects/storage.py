"""Claims, volumes and the classes that provision them."""

from __future__ import annotations

import msgspec

from workbench.core.objects.meta import (
    AnnotatedMeta,
    Condition,
    KubeObject,
    LabelSelector,
    Part,
    Quantity,
    Time,
    TypedReference,
)
from workbench.core.objects.pods import (
    CsiVolume,
    HostPathVolume,
    NfsVolume,
    NodeSelector,
    Resources,
)


class ClaimSpec(Part):
    access_modes: tuple[str, ...] = ()
    resources: Resources = Resources()
    selector: LabelSelector | None = None
    storage_class_name: str | None = None
    volume_mode: str = ""
    volume_name: str = ""
    data_source: TypedReference | None = None


class ClaimStatus(Part):
    phase: str = ""
    access_modes: tuple[str, ...] = ()
    capacity: dict[str, Quantity] = {}
    conditions: tuple[Condition, ...] = ()


class PersistentVolumeClaim(KubeObject):
    KIND = "PersistentVolumeClaim"
    PLURAL = "persistentvolumeclaims"
    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()


class VolumeNodeAffinity(Part):
    required: NodeSelector | None = None


class VolumeSpec(Part):
    access_modes: tuple[str, ...] = ()
    capacity: dict[str, Quantity] = {}
    claim_ref: TypedReference | None = None
    storage_class_name: str = ""
    persistent_volume_reclaim_policy: str = ""
    volume_mode: str = ""
    node_affinity: VolumeNodeAffinity | None = None
    csi: CsiVolume | None = None
    host_path: HostPathVolume | None = None
    nfs: NfsVolume | None = None


class VolumeStatus(Part):
    phase: str = ""
    reason: str = ""
    message: str = ""


class PersistentVolume(KubeObject):
    KIND = "PersistentVolume"
    PLURAL = "persistentvolumes"
    NAMESPACED = False
    spec: VolumeSpec = VolumeSpec()
    status: VolumeStatus = VolumeStatus()


class TopologyRequirement(Part):
    key: str = ""
    values: tuple[str, ...] = ()


class TopologyTerm(Part):
    """allowedTopologies[] of a StorageClass: where its volumes may be made."""

    match_label_expressions: tuple[TopologyRequirement, ...] = ()


class StorageClass(KubeObject):
    KIND = "StorageClass"
    API_VERSION = "storage.k8s.io/v1"
    PLURAL = "storageclasses"
    NAMESPACED = False
    metadata: AnnotatedMeta = AnnotatedMeta()
    provisioner: str = ""
    reclaim_policy: str = ""
    volume_binding_mode: str = ""
    allow_volume_expansion: bool = False
    allowed_topologies: tuple[TopologyTerm, ...] = ()
    parameters: dict[str, str] = {}


class AttachmentSource(Part):
    persistent_volume_name: str = ""


class AttachmentSpec(Part):
    attacher: str = ""
    node_name: str = ""
    source: AttachmentSource = AttachmentSource()


class AttachmentError(Part):
    message: str = ""
    time: Time | None = None


class AttachmentStatus(Part):
    attached: bool = False
    attach_error: AttachmentError | None = None
    detach_error: AttachmentError | None = None


class VolumeAttachment(KubeObject):
    KIND = "VolumeAttachment"
    API_VERSION = "storage.k8s.io/v1"
    PLURAL = "volumeattachments"
    NAMESPACED = False
    spec: AttachmentSpec = AttachmentSpec()
    status: AttachmentStatus = AttachmentStatus()


class CsiDriver(KubeObject):
    KIND = "CSIDriver"
    API_VERSION = "storage.k8s.io/v1"
    PLURAL = "csidrivers"
    NAMESPACED = False


class VolumeNodeResources(Part):
    """How many volumes of a driver a node can have attached; None for no limit."""

    count: int | None = None


class CsiNodeDriver(Part):
    name: str = ""
    node_id: str = msgspec.field(name="nodeID", default="")
    allocatable: VolumeNodeResources = VolumeNodeResources()


class CsiNodeSpec(Part):
    drivers: tuple[CsiNodeDriver, ...] = ()


class CsiNode(KubeObject):
    KIND = "CSINode"
    API_VERSION = "storage.k8s.io/v1"
    PLURAL = "csinodes"
    NAMESPACED = False
    spec: CsiNodeSpec = CsiNodeSpec()
