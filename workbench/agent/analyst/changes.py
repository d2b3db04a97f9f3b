"""What changed: rollouts, new objects and faults that began, in the order they came."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from workbench.agent.analyst import offers as role
from workbench.agent.analyst.case import Case
from workbench.agent.analyst.listing import table_rows
from workbench.agent.analyst.phrases import brief, clock, enumerated, headed
from workbench.agent.answers import Answer
from workbench.core.characters import visible
from workbench.core.findings import Finding
from workbench.core.investigation import Claim

_LENGTH = re.compile(r"\d{1,5}[mhd]$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_TOLD = 8
_ROUTINE = frozenset({"Pod", "Job", "ReplicaSet", "Event"})  # made by controllers all day
_TELLING = frozenset({"SuccessfulRescale", "NodeNotSchedulable", "NodeSchedulable"})


class Change(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """release: it is a rollout or a new object, which people make, and not a controller's doing."""

    at: datetime
    text: str
    evidence: str
    release: bool = True


def timelines(case: Case) -> tuple[Answer, ...]:
    """The answers of timeline calls."""
    found = (a for a in case.answers if role.role(a.remote_name) == role.TIMELINE)
    return tuple(a for a in found if not a.failed and a.evidence)


def changes(case: Case) -> tuple[Change, ...]:
    """Rollouts and new objects of the time looked at, oldest first; routine is left out."""
    found = [c for a in timelines(case) for row in _rows(a) if (c := _change(row, a))]
    return tuple(sorted(set(found)))


def began(case: Case) -> tuple[Finding, ...]:
    """Faults that began in the time looked at, the earliest first."""
    asked = [str(a.arguments.get("since") or "") for a in timelines(case)]
    lengths = [timedelta(**{_UNITS[s[-1]]: int(s[:-1])}) for s in asked if _LENGTH.match(s)]
    if not lengths:
        return ()
    oldest = _aware(case.now) - max(lengths)
    places = case.meant.namespaces
    roots = [f for f in case.findings if f.root_cause]
    near = [f for f in roots if not places or f.subject.namespace in ("", *places)]
    began_at = {f.id: when for f in near if (when := beginning(f, case)) and when >= oldest}
    return tuple(sorted((f for f in near if f.id in began_at), key=lambda f: began_at[f.id]))


def beginning(finding: Finding, case: Case) -> datetime | None:
    """When it began, else when the first of what it explains did."""
    if finding.since:
        return _aware(finding.since)
    below = [f.since for f in case.findings if f.id in finding.explains and f.since]
    return min(map(_aware, below), default=None)


def verdict(case: Case) -> str:
    """Releases first, then what broke, the worst first; one sentence each."""
    rolled, broke = [c for c in changes(case) if c.release], began(case)
    place = {f.id: n for n, f in enumerate(case.findings)}
    broke = tuple(sorted(broke, key=lambda f: place[f.id]))
    if not rolled and not broke:
        return "Nothing was changed in that time, and no fault began in it."
    released = enumerated([f"{c.text} at {clock(c.at, case.now)}" for c in rolled])
    faults = enumerated([_fault(f, f == broke[0], case) for f in broke])
    text = f"Changed: {released}." if rolled else "Nothing was changed in that time."
    return f"{text} Broken since then: {faults}." if broke else f"{text} No fault began in it."


def _fault(finding: Finding, worst: bool, case: Case) -> str:
    """The fault and its time; of the worst all that its message says."""
    said = headed(finding) if worst else brief(finding, finding.subject)
    return f"{said} (since {clock(beginning(finding, case) or case.now, case.now)})"


def claims(case: Case) -> tuple[Claim, ...]:
    """Each change and each fault that began, in the order they came."""
    label = (case.triage.evidence,) if case.triage and case.triage.evidence else ()
    told = [
        (c.at, Claim(text=f"{clock(c.at, case.now)}: {c.text}.", evidence=(c.evidence,)))
        for c in changes(case)
    ]
    for finding in began(case):
        at = beginning(finding, case) or case.now
        text = f"{clock(at, case.now)}: {headed(finding)}."
        told.append((at, Claim(text=text, evidence=label)))
    return tuple(claim for _, claim in sorted(told, key=lambda pair: pair[0])[-_TOLD:])


def _rows(answer: Answer) -> list[dict[str, Any]]:
    data = answer.data
    return table_rows(data) if isinstance(data, dict) and isinstance(data.get("rows"), list) else []


def _change(row: dict[str, Any], answer: Answer) -> Change | None:
    at, lane = _at(row), row.get("lane")
    subject, what = str(row.get("object") or ""), str(row.get("what") or "")
    kind = subject.partition(" ")[0]
    if at is None or kind in _ROUTINE:
        return None
    if lane == "change":
        detail = str(row.get("detail") or "")
        text = f"{subject}: {what}" + (f" ({detail})" if detail else "")
    elif lane == "rollout":
        image = str(row.get("detail") or "").rpartition("/")[2]
        text = f"{subject} went to {what}" + (f" ({image})" if image else "")
    elif lane == "object":
        text = f"{subject} was {what}"
    elif lane == "event" and what in _TELLING:
        text = f"{subject}: {row.get('detail') or what}"
    else:
        return None
    release = lane in ("rollout", "object", "change")
    return Change(at=at, text=visible(text), evidence=answer.evidence, release=release)


def _at(row: dict[str, Any]) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(str(row.get("at"))))
    except ValueError:
        return None


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)
