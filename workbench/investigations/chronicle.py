"""When things happened, as far as an investigation recorded it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from workbench.core.cluster import ObjectRef
from workbench.core.evidence import Evidence
from workbench.core.findings import Finding
from workbench.core.incident import rests_on
from workbench.core.investigation import Investigation
from workbench.core.timeline import Lane, Moment, Timeline
from workbench.core.timeline.changes import CONTROL_PLANE
from workbench.core.timeline.clock import utc
from workbench.core.timeline.record import from_json
from workbench.core.timeline.steps import with_steps
from workbench.core.timeline.window import NEAR

Tree = dict[str, Any]


def recorded(evidence: Sequence[Evidence]) -> Timeline | None:
    """The newest timeline among recorded calls, or None."""
    calls = (e.data for e in reversed(evidence) if e.tool.endswith("timeline") and e.data)
    return next((t for data in calls if (t := from_json(data)) is not None), None)


def chronicle(
    investigation: Investigation, evidence: Sequence[Evidence], until: datetime
) -> Timeline:
    """The newest recorded timeline; without one, what the findings behind the conclusion and the
    calls tell of times. The investigation's own steps are among its moments.

    until: where it ends when neither calls nor steps say.
    """
    told = recorded(evidence) or _gathered(investigation, evidence, until)
    return with_steps(told, investigation.steps, investigation.label)


def looked_until(evidence: Sequence[Evidence]) -> datetime | None:
    """The cluster's time at the newest call that tells it (that of a frozen one stands still), else
    when the newest call was made; None without calls."""
    trees = [e.data for e in reversed(evidence) if isinstance(e.data, dict)]
    told = (_time(tree.get(name)) for name in ("now", "taken_at") for tree in trees)
    return next(filter(None, told), evidence[-1].at if evidence else None)


def _gathered(
    investigation: Investigation, evidence: Sequence[Evidence], until: datetime
) -> Timeline:
    found = _behind(investigation)
    broken = sorted(_broken(found), key=lambda m: m.order)
    until = looked_until(evidence) or max((s.at for s in investigation.steps), default=until)
    if not broken:
        return Timeline(moments=(), until=until, partial=True)
    first = broken[0]
    changed = [m for m in _changes(evidence) if first.at - m.at <= NEAR]
    before = [m for m in changed if m.at <= first.at]
    causes = [f.subject for f in found if f.root_cause]
    change = max((m for m in before if m.subject in causes), key=lambda m: m.at, default=None)
    return Timeline(
        moments=tuple(sorted((*broken, *changed), key=lambda m: m.order)),
        until=until,
        change=change,
        first_symptom=first,
        also=tuple(m for m in before if change is not None and m is not change),
        partial=True,
    )


def _behind(investigation: Investigation) -> Sequence[Finding]:
    """The findings that the conclusion rests on; all of them where it names none."""
    conclusion, found = investigation.conclusion, investigation.findings
    return (rests_on(conclusion, found) if conclusion else ()) or found


def _broken(found: Sequence[Finding]) -> Iterator[Moment]:
    for finding in found:
        since = utc(finding.since)
        if since is not None:
            yield Moment(
                at=since, lane=Lane.WARNING, subject=finding.subject, what=finding.title,
                detail=finding.message, warning=True,
            )  # fmt: skip


def _changes(evidence: Sequence[Evidence]) -> Iterator[Moment]:
    """Rollouts and writes that calls happened to show."""
    for call in evidence:
        tree = call.data if isinstance(call.data, dict) else {}
        yield from _rollouts({**call.arguments, **tree}, _trees(tree.get("revisions")))
        yield from _writes(_tree(tree.get("object")))


def _rollouts(whose: Tree, revisions: Sequence[Tree]) -> Iterator[Moment]:
    subject = _ref(str(whose.get("kind") or ""), whose)
    for one in revisions:
        at = _time(one.get("created"))
        if at is not None:
            what = f"rolled out revision {one.get('number')}"
            changed = (f"{c.get('old')} → {c.get('new')}" for c in _trees(one.get("changes")))
            yield Moment(
                at=at, lane=Lane.CHANGE, subject=subject, what=what, detail="; ".join(changed),
                change=True,
            )  # fmt: skip


def _writes(object: Tree) -> Iterator[Moment]:
    meta = _tree(object.get("metadata"))
    for one in _trees(meta.get("managedFields")):
        at, by = _time(one.get("time")), str(one.get("manager") or "")
        if at is not None and not one.get("subresource") and by not in CONTROL_PLANE:
            subject = _ref(str(object.get("kind") or ""), meta)
            yield Moment(
                at=at, lane=Lane.CHANGE, subject=subject, what="written", change=True, by=by
            )


def _ref(kind: str, named: Tree) -> ObjectRef:
    return ObjectRef(kind, str(named.get("namespace") or ""), str(named.get("name") or ""))


def _tree(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def _trees(value: Any) -> list[Tree]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _time(value: Any) -> datetime | None:
    try:
        return utc(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except ValueError:
        return None
