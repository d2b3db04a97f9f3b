"""What changed before it broke: the first symptom, and the change that came before it.

Times alone blame whatever was deployed last. So changes are taken in order of how closely they are
related to the symptom, and only then by time; a rollout that merely made pods read configuration
that somebody had changed before gives the blame to that change.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.timeline.moment import Lane, Moment
from workbench.core.timeline.relations import called, distances, pod_spec, references

QUIET = timedelta(hours=1)
"""Warnings further apart than that are not one incident."""

WINDOWS = (timedelta(hours=1), timedelta(hours=24))
"""How far before the first symptom a change is looked for: nearby first, then up to a day."""

INCIDENTS_MOST = 50
ALSO_MOST = 5
# A status and an event carry whole seconds; the change may be told a second after its effect.
_SLACK = timedelta(seconds=1)
_CONFIG = frozenset({"ConfigMap", "Secret"})
_SYMPTOMS = frozenset({Lane.ALERT, Lane.WARNING, Lane.RESTART, Lane.LOG})


def mark(
    snapshot: ClusterSnapshot, moments: Sequence[Moment], about: ObjectRef | None
) -> dict[str, Any]:
    """``change``, ``first_symptom`` and ``also`` as a Timeline has them.

    moments: all there are, also those about other objects than ``about``.
    """
    changed = [m for m in moments if m.change]
    if about is None:
        return _newest(snapshot, moments, changed)
    near = distances(snapshot, about)
    symptom = _first(m for m in moments if near.get(m.subject) == 0)
    if symptom is None:
        return {}
    near = _blamed(snapshot, symptom) or near
    pairs = (_pair(snapshot, changed, symptom, near, window) for window in WINDOWS)
    return next((pair for pair in pairs if pair), {"first_symptom": symptom})


def _newest(
    snapshot: ClusterSnapshot, moments: Sequence[Moment], changed: Sequence[Moment]
) -> dict[str, Any]:
    """Of all that broke, what broke last with a change shortly before it; else what broke last."""
    groups: dict[ObjectRef, list[Moment]] = defaultdict(list)
    for m in moments:
        if m.warning and m.lane in _SYMPTOMS:
            obj = snapshot.find(m.subject)
            top = m.subject if obj is None else ObjectRef.of(snapshot.top_owner(obj))
            groups[top].append(m)
    firsts = [(top, s) for top, group in groups.items() if (s := _first(group))]
    standing = [(t, s) for t, s in firsts if any(m.lane is not Lane.LOG for m in groups[t])]
    ranked = sorted(standing or firsts, key=lambda pair: (pair[1].at, pair[0]), reverse=True)
    suspects = [
        (symptom, _blamed(snapshot, symptom) or distances(snapshot, top))
        for top, symptom in ranked[:INCIDENTS_MOST]
    ]
    for window in WINDOWS:
        for symptom, near in suspects:
            pair = _pair(snapshot, changed, symptom, near, window)
            if pair:
                return pair
    return {"first_symptom": ranked[0][1]} if ranked else {}


def _blamed(snapshot: ClusterSnapshot, symptom: Moment) -> dict[ObjectRef, int] | None:
    """What the Service leans on that a log line names as the one that failed; None where the
    symptom is no log line or names none."""
    if symptom.lane is not Lane.LOG:
        return None
    text = (part.strip("\"'(),;[]{}") for part in re.split(r"[\s=]", symptom.detail))
    named = called(snapshot, ((symptom.subject.namespace, part) for part in text if "." in part))
    for service in named:
        return distances(snapshot, ObjectRef.of(service))
    return None


def _first(moments: Iterable[Moment]) -> Moment | None:
    """The start of the last incident among the moments: warnings with no quiet hour between."""
    warnings = [m for m in moments if m.warning and m.lane in (*_SYMPTOMS, Lane.NODE)]
    first: Moment | None = None
    reach: datetime | None = None
    for m in sorted(warnings, key=lambda m: m.order):
        if reach is None or m.at - reach > QUIET:
            first, reach = m, m.ends
        reach = max(reach, m.ends)
    return first


def _pair(
    snapshot: ClusterSnapshot,
    changed: Sequence[Moment],
    symptom: Moment,
    near: dict[ObjectRef, int],
    window: timedelta,
) -> dict[str, Any]:
    """The change closest to the symptom, by relation and then by time; {} when there is none."""
    before = [m for m in changed if m.subject in near and m.at <= symptom.at + _SLACK]
    close = [m for m in before if symptom.at - m.at <= window]
    if not close:
        return {}
    chosen = min(close, key=lambda m: (near[m.subject], -m.at.timestamp(), m.subject))
    taken = _taken_up(snapshot, chosen, before)
    also = [m for m in close if m.subject not in (chosen.subject, taken and taken.subject)]
    also.sort(key=lambda m: (near[m.subject], -m.at.timestamp(), m.subject))
    if taken is not None:
        also = [chosen, *also]
    return {
        "change": _explained(taken, chosen) if taken else chosen,
        "first_symptom": symptom,
        "also": tuple(also[:ALSO_MOST]),
    }


def _taken_up(
    snapshot: ClusterSnapshot, rollout: Moment, before: Sequence[Moment]
) -> Moment | None:
    """The last write to configuration that the rollout's pods are the first to read.

    Variables from a ConfigMap or Secret are read when a container starts (Kubernetes
    documentation, "ConfigMaps"), so a write shows when pods are next replaced.
    """
    obj = snapshot.find(rollout.subject)
    spec = pod_spec(obj) if obj is not None and rollout.fact == "rollout" else None
    if obj is None or spec is None:
        return None
    earlier = [m.at for m in before if m.subject == rollout.subject and m.at < rollout.at]
    start = max([*earlier, rollout.at - WINDOWS[-1]])
    read = {r for r in references(spec, obj.namespace) if r.kind in _CONFIG}
    writes = [m for m in before if m.subject in read and start < m.at <= rollout.at]
    return max(writes, key=lambda m: m.at, default=None)


def _explained(write: Moment, rollout: Moment) -> Moment:
    words = f"first read when {rollout.subject.kind} {rollout.subject.name} {rollout.what}"
    at = f"at {rollout.at:%H:%M:%S}"
    detail = "; ".join(part for part in (write.detail, f"{words} {at}") if part)
    return msgspec.structs.replace(write, detail=detail)
