"""One fact, told by an event and by a status, is one moment; so is a fact told again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.timeline.clock import utc
from workbench.core.timeline.moment import Lane, Moment

SAME_FACT = timedelta(seconds=60)
"""How far apart an event and a status may be that tell one fact: controllers see with a delay."""

SIBLINGS_WITHIN = timedelta(seconds=60)
SIBLINGS_LEAST = 3
"""So many pods of one owner, to which the same happens, are told as one moment."""


def fused(snapshot: ClusterSnapshot, moments: Iterable[Moment]) -> list[Moment]:
    """The moments in order, each fact once."""
    aware = (told for m in moments for told in _aware(m))
    return _siblings(snapshot, _facts(_repeats(_without_scaling(aware))))


def _aware(moment: Moment) -> Iterator[Moment]:
    """The moment with its times in UTC; nothing where it has none that can be told."""
    at = utc(moment.at)
    if at is not None:
        yield msgspec.structs.replace(moment, at=at, until=utc(moment.until))


def _without_scaling(moments: Iterable[Moment]) -> Iterable[Moment]:
    """Without the ReplicaSet events of a rollout that is told already."""
    held = list(moments)
    rolled: dict[ObjectRef, list[datetime]] = defaultdict(list)
    for m in held:
        if m.fact == "rollout":
            rolled[m.subject].append(m.at)
    for m in held:
        near = m.what == "ScalingReplicaSet" and any(
            abs(m.at - at) <= SAME_FACT for at in rolled.get(m.subject, ())
        )
        if not near:
            yield m


def _repeats(moments: Iterable[Moment]) -> list[Moment]:
    """Events that say the same of the same object, as one with its span."""
    found: dict[tuple[object, ...], list[Moment]] = defaultdict(list)
    kept: list[Moment] = []
    for m in moments:
        repeats = m.lane in (Lane.WARNING, Lane.RESTART) and m.warning and not m.change
        if repeats:
            found[(m.lane, m.subject, m.what, m.detail)].append(m)
        else:
            kept.append(m)
    kept += [_span(group, sum(m.count for m in group)) for group in found.values()]
    return sorted(kept, key=lambda m: m.order)


def _facts(moments: list[Moment]) -> list[Moment]:
    """Of moments with the same fact about the same object, close together, the first is kept and
    takes over what the others know."""
    kept: list[Moment] = []
    last: dict[tuple[ObjectRef, str], int] = {}
    for m in moments:
        key = (m.subject, m.fact)
        index = last.get(key) if m.fact else None
        if index is not None and (
            m.at - kept[index].ends <= SAME_FACT or m.ends - kept[index].at <= SAME_FACT
        ):
            kept[index] = _joined(kept[index], m)
            continue
        if m.fact:
            last[key] = len(kept)
        kept.append(m)
    return kept


def _joined(one: Moment, other: Moment) -> Moment:
    best = max((one, other), key=lambda m: (m.change, m.warning, len(m.detail)))
    ends = max(one.ends, other.ends)
    at = min(one.at, other.at)
    return msgspec.structs.replace(
        best,
        at=at,
        until=ends if ends > at and max(one.count, other.count) > 1 else None,
        count=max(one.count, other.count),
        warning=one.warning or other.warning,
        stands=one.stands or other.stands,
    )


def _span(group: list[Moment], count: int) -> Moment:
    first = min(group, key=lambda m: m.at)
    ends = max(m.ends for m in group)
    return msgspec.structs.replace(first, until=ends if ends > first.at else None, count=count)


def _siblings(snapshot: ClusterSnapshot, moments: list[Moment]) -> list[Moment]:
    """What happens to several pods of one owner within a minute, as one moment of the owner."""
    runs: dict[tuple[ObjectRef, Lane, str, bool], list[list[Moment]]] = defaultdict(list)
    kept: list[Moment] = []
    tops: dict[ObjectRef, ObjectRef] = {}
    for m in moments:
        top = tops.get(m.subject)
        if top is None:
            top = tops[m.subject] = _top(snapshot, m.subject)
        if top == m.subject:
            kept.append(m)
            continue
        found = runs[(top, m.lane, m.what, m.warning)]
        if found and m.at - found[-1][0].at <= SIBLINGS_WITHIN:
            found[-1].append(m)
        else:
            found.append([m])
    for (owner, *_), groups in runs.items():
        for group in groups:
            kept += _together(owner, group)
    return sorted(kept, key=lambda m: m.order)


def _together(owner: ObjectRef, group: list[Moment]) -> list[Moment]:
    pods = {m.subject for m in group}
    if len(pods) < SIBLINGS_LEAST:
        return group
    one = _span(group, sum(m.count for m in group))
    what = f"{one.what} ({len(pods)} pods)"
    return [msgspec.structs.replace(one, subject=owner, what=what)]


def _top(snapshot: ClusterSnapshot, ref: ObjectRef) -> ObjectRef:
    if ref.kind != "Pod":
        return ref
    obj = snapshot.find(ref)
    return ref if obj is None else ObjectRef.of(snapshot.top_owner(obj))
