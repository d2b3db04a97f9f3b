"""What a diagnosis comes to in a line, and what in it is worth no more than a line."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.characters import one_line
from workbench.core.counted import counted
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding, Severity

ALIKE = 3
"""From so many findings of one title on, their objects are listed behind it."""

_NAMED = 5


def headline(diagnosis: Diagnosis) -> str:
    """``1 likely cause, 3 symptoms, 2 notes in shop``; a cluster that is well is called so."""
    where = one_line(diagnosis.cluster) or "the cluster"
    if not diagnosis.findings:
        return f"Nothing found in {where}."
    told = loud(diagnosis.findings)
    notes = len(diagnosis.findings) - len(told)
    if not told:
        return f"Nothing wrong in {where}, {counted(notes, 'note')}."
    causes = sum(f.root_cause for f in told)
    parts = [(causes, "likely cause"), (len(told) - causes, "symptom" if causes else "finding")]
    said = [counted(n, what) for n, what in [*parts, (notes, "note")] if n]
    return f"{', '.join(said)} in {where}"


def loud(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those at warning or above, which are told whole."""
    return tuple(f for f in findings if f.severity > Severity.INFO)


def reasons(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    """What explains a finding best, by the id of what is explained."""
    return {id: finding for finding in reversed(findings) for id in finding.explains}


def notes(findings: tuple[Finding, ...]) -> Iterator[str]:
    """Those below a warning in a line each, or one line for several of the same title."""
    alike: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity == Severity.INFO:
            alike.setdefault(finding.title, []).append(finding)
    for title, group in alike.items():
        if len(group) < ALIKE:
            yield from (f"{f.subject}: {one_line(f.message, 2000)}" for f in group)
        else:
            more = f" and {len(group) - _NAMED} more" if len(group) > _NAMED else ""
            yield f"{title}: {', '.join(str(f.subject) for f in group[:_NAMED])}{more}"
