"""Which nodes a pod's volumes rule out: where they are, where they can be made, who has them.

The rules are the scheduler's (VolumeBinding, VolumeZone, VolumeRestrictions, NodeVolumeLimits).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from workbench.analyzers.history import once
from workbench.analyzers.presence import looked_at
from workbench.analyzers.scheduling.capacity import pods_on
from workbench.analyzers.scheduling.placement import admits
from workbench.analyzers.storage.binding import NO_PROVISIONER, class_of, unfit
from workbench.analyzers.workload import is_over, volume_claims
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import (
    CsiNode,
    LabelSelector,
    Node,
    PersistentVolume,
    PersistentVolumeClaim,
    Pod,
    StorageClass,
)

CONFLICT = "node(s) had volume node affinity conflict"
ZONE = "node(s) had no available volume zone"
NOTHING_TO_BIND = "node(s) didn't find available persistent volumes to bind"
UNBOUND = "pod has unbound immediate PersistentVolumeClaims"
IN_USE = (
    "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
)
TOO_MANY = "node(s) exceed max volume count"

ZONES = (
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
)


def volume_filter(snapshot: ClusterSnapshot, pod: Pod) -> Callable[[Node], str]:
    """A check of one node after the other: the scheduler's words, or "" when the node will do."""
    claims = list(_claims(snapshot, pod))
    volumes = [v for c in claims if (v := _volume(snapshot, c))]
    waiting = [(c, s) for c in claims if not c.spec.volume_name and (s := class_of(snapshot, c))]
    everywhere = _unbound(claims, snapshot) or _taken(snapshot, pod, claims)

    def check(node: Node) -> str:
        if everywhere:
            return everywhere
        for volume in volumes:
            if why := where_not(volume, node):
                return why
        if any(not _can_be_made(snapshot, claim, class_, node) for claim, class_ in waiting):
            return NOTHING_TO_BIND
        return _full(snapshot, volumes, node)

    return check


def _claims(snapshot: ClusterSnapshot, pod: Pod) -> Iterator[PersistentVolumeClaim]:
    for name in volume_claims(pod):
        claim = snapshot.get(PersistentVolumeClaim, pod.namespace, name)
        if claim is not None:
            yield claim


def _volume(snapshot: ClusterSnapshot, claim: PersistentVolumeClaim) -> PersistentVolume | None:
    return snapshot.get(PersistentVolume, "", claim.spec.volume_name)


def where_not(volume: PersistentVolume, node: Node) -> str:
    """Why the volume cannot be used on the node; "" when it can."""
    affinity = volume.spec.node_affinity
    if affinity and affinity.required and not admits(affinity.required.node_selector_terms, node):
        return CONFLICT
    for key in ZONES:
        if key in volume.labels and key in node.labels:
            allowed = volume.labels[key].split("__")  # several zones, as cloud providers write them
            if node.labels[key] not in allowed:
                return ZONE
    return ""


def _unbound(claims: list[PersistentVolumeClaim], snapshot: ClusterSnapshot) -> str:
    for claim in claims:
        class_ = class_of(snapshot, claim)
        waits = class_ is not None and class_.volume_binding_mode == "WaitForFirstConsumer"
        if claim.status.phase == "Pending" and not claim.spec.volume_name and not waits:
            return UNBOUND
    return ""


def _taken(snapshot: ClusterSnapshot, pod: Pod, claims: list[PersistentVolumeClaim]) -> str:
    """Whether another pod has a claim that only one pod may use."""
    single = {c.name for c in claims if "ReadWriteOncePod" in c.spec.access_modes}
    for other in snapshot.all(Pod, pod.namespace) if single else ():
        placed = other is not pod and other.spec.node_name and not is_over(other)
        if placed and single & set(volume_claims(other)):
            return IN_USE
    return ""


def _can_be_made(
    snapshot: ClusterSnapshot, claim: PersistentVolumeClaim, class_: StorageClass, node: Node
) -> bool:
    if class_.provisioner == NO_PROVISIONER:
        return not looked_at(snapshot, PersistentVolume) or any(
            not unfit(claim, volume) and not where_not(volume, node)
            for volume in snapshot.all(PersistentVolume)
        )
    terms = class_.allowed_topologies
    return not terms or any(
        all(node.labels.get(r.key) in r.values for r in term.match_label_expressions)
        for term in terms
    )


def _full(snapshot: ClusterSnapshot, volumes: list[PersistentVolume], node: Node) -> str:
    """Whether the node has as many volumes of a driver attached as it can have."""
    csi_node = snapshot.get(CsiNode, "", node.name) if volumes else None
    for driver in csi_node.spec.drivers if csi_node else ():
        mine = {v.name for v in volumes if v.spec.csi and v.spec.csi.driver == driver.name}
        there = _attached(snapshot).get((node.name, driver.name), set())
        most = driver.allocatable.count
        if mine and most is not None and len(there | mine) > most:
            return TOO_MANY
    return ""


@once
def _attached(snapshot: ClusterSnapshot) -> dict[tuple[str, str], set[str]]:
    """Names of the CSI volumes that the pods of each node use, by node and driver."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for node, pods in pods_on(snapshot).items():
        for pod in pods:
            for claim in _claims(snapshot, pod):
                volume = _volume(snapshot, claim)
                if volume and volume.spec.csi:
                    found[node, volume.spec.csi.driver].add(volume.name)
    return found


def volume_words(snapshot: ClusterSnapshot, pod: Pod) -> str:
    """Where the pod's volumes are: ``volume pv-1 of claim data: zone In (a)``."""
    said = []
    for claim in _claims(snapshot, pod):
        volume = _volume(snapshot, claim)
        if volume is None:
            continue
        affinity = volume.spec.node_affinity
        terms = affinity.required.node_selector_terms if affinity and affinity.required else ()
        where = [str(LabelSelector(match_expressions=t.match_expressions)) for t in terms]
        where = where or [f"{k}={volume.labels[k]}" for k in ZONES if k in volume.labels]
        if where:
            made = volume.name.startswith("pvc-")  # by a provisioner: a name that tells nothing
            which = "the volume" if made else f"volume {volume.name}"
            said.append(f"{which} of claim {claim.name} is only where {where[0]}")
    return "; ".join(said[:3])


def taken_words(snapshot: ClusterSnapshot, pod: Pod) -> str:
    """Who has the claim that only one pod may use."""
    mine = set(volume_claims(pod))
    for other in snapshot.all(Pod, pod.namespace):
        both = mine & set(volume_claims(other))
        if both and other is not pod and other.spec.node_name and not is_over(other):
            return f"claim {min(both)} is in use by pod {other.name} on {other.spec.node_name}"
    return ""


def unbound_words(snapshot: ClusterSnapshot, pod: Pod) -> str:
    """Which claims are not bound."""
    names = [c.name for c in _claims(snapshot, pod) if c.status.phase == "Pending"]
    return f"claim {', '.join(names[:3])}" if names else ""
