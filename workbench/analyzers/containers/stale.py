"""Containers that run with settings from before a change.

An environment variable is read when the container starts, and a file mounted with subPath is made
then: what a ConfigMap or Secret says since reaches it with its next start only. Other mounted files
follow within minutes, which does not help a program that has read them (Kubernetes documentation,
ConfigMaps).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches

from workbench.analyzers.containers.uses import uses
from workbench.analyzers.history import recent
from workbench.analyzers.logs.complaints import complaints
from workbench.analyzers.logs.logbook import digest, pointer, when
from workbench.analyzers.logs.reading import UNREACHABLE, Reason
from workbench.analyzers.logs.relays import says_server
from workbench.analyzers.ranking.changes import SLACK_SECONDS, changed_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import age
from workbench.analyzers.workload import Part, parts, workload
from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import ConfigMap, Pod, Secret

_NAME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*")
ALIKE = 0.6
"""difflib ratio from which a host of the ConfigMap stands in the place of another."""
FRESH_SECONDS = 3600
"""What a running container said longer ago than this is over."""


def outdated(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Containers whose log complains of an address that their ConfigMap no longer names, or of
    credentials that are rejected, and that started before it or the Secret was changed."""
    if not snapshot.logs:
        return
    for pod in snapshot.all(Pod):
        for part in parts(pod):
            key = LogKey(pod.namespace, pod.name, part.name)
            if key in snapshot.logs and part.status.state.running:
                log = digest(snapshot, key)
                standing = [c.reason for c in complaints(log, now)]
                if log.reason and log.reason.kind in UNREACHABLE:
                    standing.append(log.reason)  # a host that no setting names is no bad luck
                fresh = (r for r in standing if recent(now, when(r, now.year), FRESH_SECONDS))
                yield from _outdated(snapshot, pod, part, key, fresh)


def _outdated(
    snapshot: ClusterSnapshot, pod: Pod, part: Part, key: LogKey, reasons: Iterable[Reason]
) -> Iterator[Finding]:
    running = part.status.state.running
    began = running.started_at if running else None
    for reason in reasons:
        for holder, how in _read(snapshot, pod, part):
            changed = changed_at(holder)
            passed = age(changed, began) if changed and began else None
            if changed is None or passed is None or passed <= SLACK_SECONDS:
                continue
            if _has_to_do_with(reason, holder, part):
                yield _finding(snapshot, pod, part, key, reason, holder, how, changed)
                return


def _read(
    snapshot: ClusterSnapshot, pod: Pod, part: Part
) -> Iterator[tuple[ConfigMap | Secret, str]]:
    """What the container reads its settings from, each with why it may hold old ones."""
    fixed = any(mount.sub_path for mount in part.spec.volume_mounts)
    old = "has it from before"
    mounted = f"{old}, as files mounted with subPath do not change" if fixed else old
    ways = {
        f"spec.containers[{part.name}].env": "reads it at its start only",
        "spec.volumes[": mounted,
    }
    for place, how in ways.items():
        used = (u for u in uses(pod.spec) if u.where.startswith(place))
        for kind, name in dict.fromkeys((u.kind, u.name) for u in used):
            holder = snapshot.find(ObjectRef(kind.KIND, pod.namespace, name))
            if isinstance(holder, ConfigMap | Secret):
                yield holder, how


def _has_to_do_with(reason: Reason, holder: ConfigMap | Secret, part: Part) -> bool:
    """Whether the Secret may hold what is rejected, or the ConfigMap names another host in the
    place of the one that is complained of."""
    if isinstance(holder, Secret):
        renewed = holder.type == "kubernetes.io/tls"  # all the time, and no credentials of anyone
        return reason.kind == "auth" and not renewed and not says_server(reason.line)
    values = [str(value) for value in holder.data.values()]
    literal = [v.value for v in part.spec.env if v.value]
    if reason.kind not in UNREACHABLE or not reason.host or not all(values):
        return False
    if any(reason.host in text for text in (*values, *literal)):
        return False
    names = {name for text in values for name in _NAME.findall(text)}
    return bool(get_close_matches(reason.host, names, 1, ALIKE))


def _finding(
    snapshot: ClusterSnapshot,
    pod: Pod,
    part: Part,
    key: LogKey,
    reason: Reason,
    holder: ConfigMap | Secret,
    how: str,
    changed: datetime,
) -> Finding:
    who = workload(snapshot, pod)
    what = f"no longer names {reason.host}" if reason.host else "may hold others by now"
    return finding(
        "SETTING_STALE",
        who,
        f"{who.kind} {who.name} still runs with what {holder.kind} {holder.name} said before it "
        f"was changed at {changed:%Y-%m-%d %H:%M} UTC: its container {part.name} {how}. "
        f"Its log says that {reason.says}, and {holder.kind} {holder.name} {what}",
        [
            pointer(key, reason),
            seen(holder, "metadata.managedFields", f"{changed:%Y-%m-%dT%H:%M:%SZ}"),
        ],
        detail=holder.name,
        related=[ObjectRef.of(pod), ObjectRef.of(holder)],
        since=changed,
        container=part.name,
        pod=pod.name,
    )
