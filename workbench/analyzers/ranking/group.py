"""Fifty replicas with one fault are one finding, about the workload they belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import msgspec

from workbench.analyzers.workload import is_over, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.counted import counted
from workbench.core.findings import Finding
from workbench.core.objects import Pod

PODS_LISTED_MOST = 100
"""How many of a workload's affected pods a finding lists."""


def by_workload(snapshot: ClusterSnapshot, findings: Iterable[Finding]) -> list[Finding]:
    """The findings with those of the same code and detail about several pods of one workload
    merged into one about the workload; its pods are first in ``related``."""
    groups: dict[object, list[Finding]] = {}
    for one in findings:
        groups.setdefault(_key(snapshot, one), []).append(one)
    return [_merged(snapshot, group) if len(group) > 1 else group[0] for group in groups.values()]


def _key(snapshot: ClusterSnapshot, one: Finding) -> object:
    if one.subject.kind != "Pod":
        return one.id
    pod = snapshot.find(one.subject)
    owner = workload(snapshot, pod) if pod else one.subject
    return (owner, one.code, one.detail) if owner != one.subject else one.id


def _merged(snapshot: ClusterSnapshot, group: list[Finding]) -> Finding:
    worst = max(group, key=_telling)
    if worst.subject.kind != "Pod":
        related = dict.fromkeys(ref for f in (worst, *group) for ref in f.related)
        return msgspec.structs.replace(worst, related=tuple(related))
    pod = snapshot.find(worst.subject)
    owner = workload(snapshot, pod) if pod else worst.subject
    pods = sorted({f.subject for f in group}, key=lambda r: (r != worst.subject, r.name))
    if len(pods) == 1:
        return worst
    others = [ref for f in group for ref in f.related]
    starts = [f.since for f in group if f.since]
    total = max(_size(snapshot, owner), len(pods))
    who = f"{owner.kind} {owner.name}, {len(pods)} of {counted(total, 'pod')}"
    return msgspec.structs.replace(
        worst,
        subject=owner,
        message=f"{who}: {_without_name(worst)}",
        related=tuple(dict.fromkeys((*pods[:PODS_LISTED_MOST], *others))),
        since=min(starts, key=_time) if starts else None,
    )


def _size(snapshot: ClusterSnapshot, owner: ObjectRef) -> int:
    """How many live pods the workload has."""
    if "sizes" not in snapshot.memo:
        live = (p for p in snapshot.all(Pod) if not is_over(p))
        snapshot.memo["sizes"] = Counter(workload(snapshot, p) for p in live)
    sizes: Counter[ObjectRef] = snapshot.memo["sizes"]
    return sizes[owner]


def _without_name(one: Finding) -> str:
    """The message of a pod's finding, to be said of all of its workload's pods."""
    text, name = one.message, one.subject.name
    text = text.removeprefix(f"Pod {name} ").replace(f" of pod {name}", "")
    text = text.replace(f" of {name}", "").replace(f"pod {name}", "a pod", 1)
    return text[:1].lower() + text[1:]


def _telling(one: Finding) -> tuple[int, bool, int, float, str]:
    """How much a finding says: the worst, then one with a log, then the earliest."""
    from_log = any(p.path.startswith("log ") for p in one.evidence)
    return one.severity, from_log, len(one.evidence), -_time(one.since), one.message


def _time(when: datetime | None) -> float:
    return when.timestamp() if when else float("inf")
