"""Claims that only one node may use, wanted by pods on two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import age
from workbench.analyzers.workload import is_over, troubled, volume_claims, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import PersistentVolume, PersistentVolumeClaim, Pod

SINGLE = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})

WAITS_SECONDS = 60
"""A pod that moves waits for its volume to be detached; that takes some seconds."""


def on_two_nodes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """ReadWriteOnce claims of a pod that cannot start because another node has the volume."""
    wanting = [p for p in troubled(snapshot, now) if p.spec.node_name and _waits(now, p)]
    if not wanting:
        return
    users = _users(snapshot)
    told: set[ObjectRef] = set()
    for pod in wanting:
        for name in volume_claims(pod):
            claim = snapshot.get(PersistentVolumeClaim, pod.namespace, name)
            if claim is None or not _for_one_node(snapshot, claim) or ObjectRef.of(claim) in told:
                continue
            holder = next((o for o in users[pod.namespace, name] if _holds(o, pod)), None)
            if holder:
                told.add(ObjectRef.of(claim))
                yield _finding(snapshot, claim, holder, pod)


def _waits(now: datetime, pod: Pod) -> bool:
    """On its node for a while, and no container of it has been created."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    created = any(s.state.running or s.state.terminated or s.restart_count for s in statuses)
    waited = age(now, pod.status.start_time or pod.metadata.creation_timestamp)
    return not (
        is_over(pod) or pod.metadata.deletion_timestamp or created or (waited or 0) < WAITS_SECONDS
    )


def _users(snapshot: ClusterSnapshot) -> dict[tuple[str, str], list[Pod]]:
    users: dict[tuple[str, str], list[Pod]] = defaultdict(list)
    for pod in snapshot.all(Pod):
        if pod.spec.node_name and pod.spec.volumes and not is_over(pod):
            for name in volume_claims(pod):
                users[pod.namespace, name].append(pod)
    return users


def _for_one_node(snapshot: ClusterSnapshot, claim: PersistentVolumeClaim) -> bool:
    """Only volumes that are attached to a node are held to it; NFS and host paths are not."""
    modes = set(claim.status.access_modes or claim.spec.access_modes)
    volume = snapshot.get(PersistentVolume, "", claim.spec.volume_name)
    shared = volume is not None and bool(volume.spec.nfs or volume.spec.host_path)
    return bool(modes) and modes <= SINGLE and not shared


def _holds(other: Pod, pod: Pod) -> bool:
    """Whether the other pod runs on another node, so that the volume is attached there."""
    started = any(s.state.running for s in other.status.container_statuses)
    ends = other.metadata.deletion_timestamp is not None or other.status.phase == "Running"
    return other.spec.node_name != pod.spec.node_name and (started or ends)


def _finding(
    snapshot: ClusterSnapshot, claim: PersistentVolumeClaim, holder: Pod, pod: Pod
) -> Finding:
    mode = ", ".join(claim.status.access_modes or claim.spec.access_modes)
    owner = workload(snapshot, pod)
    same = workload(snapshot, holder) == owner
    hint = (
        f"; both belong to {owner.kind} {owner.name}, whose pods "
        "can only follow each other (strategy Recreate)"
        if same and owner.kind == "Deployment"
        else ""
    )
    gone = ", which is being deleted" if holder.metadata.deletion_timestamp else ""
    return finding(
        "CLAIM_ON_TWO_NODES",
        claim,
        f"PersistentVolumeClaim {claim.name} ({mode}) is in use by pod {holder.name} on "
        f"{holder.spec.node_name}{gone}, so pod {pod.name} on {pod.spec.node_name} cannot have "
        f"it{hint}",
        [
            seen(claim, "spec.accessModes", mode),
            seen(holder, "spec.nodeName", holder.spec.node_name),
            seen(pod, "spec.nodeName", pod.spec.node_name),
        ],
        related=[ObjectRef.of(pod), ObjectRef.of(holder)],
        since=pod.status.start_time or pod.metadata.creation_timestamp,
        holder=holder.name,
    )
