"""What happened when, from every clock in a snapshot and an investigation, on one UTC axis.

Read in this order: ``moment`` (the nouns), ``happenings``, ``changes``, ``messages`` and ``steps``
(where moments come from), ``relations`` (what belongs together), ``fuse`` (one fact is one
moment), ``mark`` (what changed before it broke), ``window`` (where it begins), ``record`` (the JSON
form).

A snapshot keeps the last time of a thing and seldom the ones before: a container's current and
last state, a condition's last transition, an event's first and last sighting. Moments are exactly
those; nothing is interpolated between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.timeline.changes import changes
from workbench.core.timeline.fuse import fused
from workbench.core.timeline.happenings import happenings
from workbench.core.timeline.mark import mark
from workbench.core.timeline.messages import messages
from workbench.core.timeline.moment import LANES, Lane, Moment, Timeline
from workbench.core.timeline.relations import distances, related
from workbench.core.timeline.window import near

MOMENTS_MOST = 2_000
"""Moments that are kept; of more, those that tell least and are oldest are left out."""

_Identity = tuple[datetime, ObjectRef, str]

__all__ = ["LANES", "MOMENTS_MOST", "Lane", "Moment", "Timeline", "related", "timeline"]


def timeline(
    snapshot: ClusterSnapshot,
    about: ObjectRef | None = None,
    since: datetime | None = None,
    beside: Iterable[Moment] = (),
    most: int = MOMENTS_MOST,
) -> Timeline:
    """What happened, oldest first, and the change that came before the first symptom.

    about: an object, with what it owns, is owned by, runs on, reads, is selected by and calls;
        None for the whole scope.
    since: only moments that lasted until then or later; None for those near the incident, as
        ``window`` has them. ``older`` counts the others.
    beside: moments from elsewhere, such as the steps of an investigation, kept as they are.
    """
    found = fused(snapshot, _moments(snapshot))
    pair = mark(snapshot, found, about)
    marked = {_identity(m) for m in _marked(pair)}
    found = [_explained(m, pair.get("change")) for m in found]
    if about is not None:
        close = distances(snapshot, about)
        found = [m for m in found if _concerns(m, close) or _identity(m) in marked]
    whole = [*found, *beside]
    told = _since(whole, since, marked, pair.get("first_symptom"), snapshot.taken_at)
    kept = _kept(told, marked, most)
    return Timeline(
        moments=kept,
        until=snapshot.taken_at,
        about=about,
        left_out=len(told) - len(kept),
        older=len(whole) - len(told),
        gaps=snapshot.gaps,
        **pair,
    )


def _moments(snapshot: ClusterSnapshot) -> Iterator[Moment]:
    yield from changes(snapshot)
    yield from happenings(snapshot)
    yield from messages(snapshot)


def _since(
    moments: list[Moment],
    since: datetime | None,
    marked: set[_Identity],
    symptom: Moment | None,
    until: datetime,
) -> list[Moment]:
    if since is not None:
        return [m for m in moments if m.ends >= since]
    told = near(moments, symptom.at if symptom else until)
    kept = {_identity(m) for m in told} | marked
    return [m for m in moments if _identity(m) in kept]


def _concerns(moment: Moment, close: dict[ObjectRef, int]) -> bool:
    """What is close is told whole; of what is further away only what changed or broke."""
    distance = close.get(moment.subject)
    if distance is None:
        return False
    return distance <= 1 or moment.change or moment.warning


def _explained(moment: Moment, change: Moment | None) -> Moment:
    """The marked change with what marking it found out."""
    if change is not None and _identity(moment) == _identity(change):
        return change
    return moment


def _identity(moment: Moment) -> _Identity:
    return (moment.at, moment.subject, moment.what)


def _marked(pair: dict[str, Any]) -> Iterator[Moment]:
    yield from pair.get("also", ())
    yield from (m for m in (pair.get("change"), pair.get("first_symptom")) if m is not None)


def _kept(moments: list[Moment], marked: set[_Identity], most: int) -> tuple[Moment, ...]:
    """At most so many: what is marked, then changes and warnings, the newest first."""
    if len(moments) > most:

        def telling(m: Moment) -> tuple[bool, bool, datetime]:
            return (_identity(m) in marked, m.change or m.warning, m.ends)

        moments = sorted(moments, key=telling)[-most:]
    return tuple(sorted(moments, key=lambda m: m.order))
