"""Replicas of which some run with settings from before a change and some with those after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.ranking.changes import SLACK_SECONDS, changed_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.analyzers.workload import parts, ready, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.counted import counted
from workbench.core.findings import Finding
from workbench.core.objects import ConfigMap, Container, Pod


def disagreeing(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Workloads whose replicas started before and after a ConfigMap changed that they read at their
    start only: through variables, or mounted with subPath, which the kubelet never updates."""
    changes = {
        (m.namespace, m.name): (m, at) for m in snapshot.all(ConfigMap) if (at := changed_at(m))
    }
    groups: dict[tuple[ObjectRef, str], list[tuple[Pod, bool]]] = defaultdict(list)
    for pod in snapshot.all(Pod) if changes else ():
        for name, began in _read(pod).items():
            holder, changed = changes.get((pod.namespace, name), (None, began))
            apart = (began - changed).total_seconds()
            if holder and abs(apart) > SLACK_SECONDS and ready(pod):
                groups[workload(snapshot, pod), name].append((pod, apart < 0))
    for (who, name), pods in groups.items():
        old = [pod for pod, before in pods if before]
        if old and len(old) < len(pods):
            yield _finding(who, *changes[who.namespace, name], old, len(pods))


def _finding(
    who: ObjectRef, holder: ConfigMap, changed: datetime, old: list[Pod], count: int
) -> Finding:
    return finding(
        "REPLICAS_DISAGREE",
        who,
        f"{len(old)} of {counted(count, 'pod')} of {who.kind} {who.name} still run with what "
        f"ConfigMap {holder.name} said before it was changed at {changed:%Y-%m-%d %H:%M} UTC "
        f"({listed([pod.name for pod in old], 3)}): they read it at their start only, and the "
        "others have what it says now",
        [
            seen(holder, "metadata.managedFields", f"{changed:%Y-%m-%dT%H:%M:%SZ}"),
            *(seen(pod, "status.startTime", str(pod.status.start_time)) for pod in old[:3]),
        ],
        detail=holder.name,
        related=[*map(ObjectRef.of, old), ObjectRef.of(holder)],
        since=changed,
        kind=who.kind.lower(),
        name=who.name,
    )


def _read(pod: Pod) -> dict[str, datetime]:
    """The ConfigMaps that running containers read at their start, and when the first one did."""
    mounted = [v.config_map.name for v in pod.spec.volumes if v.config_map]
    found: dict[str, datetime] = {}
    for part in parts(pod):
        running = part.status.state.running
        if running and running.started_at:
            for name in _names(part.spec, mounted):
                found[name] = min(found.get(name, running.started_at), running.started_at)
    return found


def _names(container: Container, mounted: list[str]) -> set[str]:
    sources = [v.value_from.config_map_key_ref for v in container.env if v.value_from]
    wholes = [source.config_map_ref for source in container.env_from]
    names = {ref.name for ref in (*sources, *wholes) if ref}
    return names | set(mounted) if any(m.sub_path for m in container.volume_mounts) else names
