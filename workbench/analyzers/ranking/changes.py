"""What was changed shortly before trouble began, by the times that writers left on objects."""

from __future__ import annotations

from datetime import datetime

from workbench.analyzers.containers.uses import uses
from workbench.analyzers.history import once
from workbench.analyzers.wording import age, listed, span
from workbench.analyzers.workload import controller
from workbench.analyzers.workloads.revisions import CHANGES_MOST, changes, revision, revisions
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import ConfigMap, Deployment, KubeObject, Pod, Secret
from workbench.core.objects.meta import ManagedFields

SHORTLY_SECONDS = 1800
"""A change this long before the first symptom is worth naming."""

SLACK_SECONDS = 60
"""Controllers write and kubelets notice at slightly different times."""


def changed_at(obj: KubeObject) -> datetime | None:
    """When somebody last wrote to the object's spec or data (metadata.managedFields), later than
    its creation; None when it was never changed or that is not recorded."""
    last, born = last_write(obj), obj.metadata.creation_timestamp
    if last is None or last.time is None:
        return None
    if born and abs(last.time.timestamp() - born.timestamp()) < 2:
        return None
    return last.time


def last_write(obj: KubeObject) -> ManagedFields | None:
    """The newest write that was not one of its status, where the kind records them."""
    writes = [m for m in obj.writes if m.time and m.subresource != "status"]
    return max(writes, key=lambda m: m.time.timestamp() if m.time else 0.0, default=None)


def change_note(snapshot: ClusterSnapshot, obj: KubeObject, since: datetime | None) -> str:
    """``; it was changed at 09:05:48 UTC by external-secrets, 2 min before the trouble began``, or
    "" when it was not changed shortly before ``since``."""
    last = changed_at(obj)
    before = age(since, last) if since and last else None
    if last is None or before is None or not -SLACK_SECONDS <= before <= SHORTLY_SECONDS:
        return ""
    write = last_write(obj)
    by = write.manager if write else ""
    return (
        f"; it was changed at {last:%H:%M:%S} UTC"
        + (f" by {by}" if by else "")
        + f", {span(max(before, 0))} before the trouble began"
    )


def changed_before(snapshot: ClusterSnapshot, pod: Pod, since: datetime | None) -> str:
    """What was changed shortly before a pod's trouble began: the configuration it reads, and the
    revision that made it; "" when nothing was, as far as is recorded."""
    maker = controller(pod)
    key = ("revision", maker)
    if key not in snapshot.memo:
        snapshot.memo[key] = _revision(snapshot, maker)
    note: str = snapshot.memo[key]
    return (_configuration(snapshot, pod, since) if _changed(snapshot) else "") + note


@once
def _changed(snapshot: ClusterSnapshot) -> frozenset[ObjectRef]:
    """The ConfigMaps and Secrets that were changed after they were made."""
    kinds: tuple[type[ConfigMap | Secret], ...] = (ConfigMap, Secret)
    return frozenset(ObjectRef.of(o) for k in kinds for o in snapshot.all(k) if changed_at(o))


def _configuration(snapshot: ClusterSnapshot, pod: Pod, since: datetime | None) -> str:
    for ref in dict.fromkeys(ObjectRef(u.kind.KIND, pod.namespace, u.name) for u in uses(pod.spec)):
        holder = snapshot.find(ref) if ref in _changed(snapshot) else None
        note = change_note(snapshot, holder, since) if holder else ""
        if note:
            return note.replace("; it was", f"; {ref.kind} {ref.name} was")
    return ""


def _revision(snapshot: ClusterSnapshot, maker: ObjectRef | None) -> str:
    """What the newest revision changed, for its pods while an older revision is still ready."""
    made = snapshot.find(maker) if maker and maker.kind == "ReplicaSet" else None
    above = controller(made) if made else None
    owner = snapshot.get(Deployment, above.namespace, above.name) if above else None
    sets = revisions(snapshot, owner) if owner else []
    if len(sets) < 2 or sets[0] is not made or not any(s.status.ready_replicas for s in sets[1:]):
        return ""
    told = listed(list(changes(sets[1], sets[0])), CHANGES_MOST)
    return f"; revision {revision(sets[0])} changed {told}" if told else ""
