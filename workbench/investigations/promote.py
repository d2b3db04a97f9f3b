"""A concluded investigation as a runbook: the same look, with parameters, and gates for its cause.

Pure: what is written is decided by the recorded steps and by who picks the parameters. Arguments
of the cited calls become typed parameters with the recorded value as default, or stay as they were;
the finding codes of the cause become gates.
Words of a model that no finding stands behind are kept as text and are not gates, because nothing
could judge them again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from workbench.core.characters import one_line
from workbench.core.evidence import Evidence, Outcome
from workbench.core.findings import Finding
from workbench.core.investigation import Conclusion, FindingsRaised, Investigation
from workbench.core.render import markdown
from workbench.errors import UsageError
from workbench.investigations.lifting import HELP, PREFIX, Lifting, Literal, literal

JUDGING = f"{PREFIX}diagnose"


class Promoted(msgspec.Struct, frozen=True):
    """A runbook notebook (nbformat 4 JSON) and the finding codes it has to find on the cluster of
    the investigation. literals: the recorded values in it, those that are parameters and others."""

    notebook: dict[str, Any]
    codes: tuple[str, ...]
    literals: tuple[Literal, ...]


def promote(
    investigation: Investigation,
    evidence: Sequence[Evidence],
    parameters: Sequence[str] | None = None,
) -> Promoted:
    """The runbook of a concluded investigation.

    evidence: its recorded calls; those that the conclusion cites are kept. parameters: names of the
    recorded values that become parameters; None for all.
    Raises UsageError when it has no conclusion, or no finding stands behind its cause, or no value
    has such a name.
    """
    conclusion = investigation.conclusion
    if conclusion is None:
        raise UsageError(f"{investigation.label} has no conclusion.", "Ask, and wait for the end.")
    causes = _causes(investigation)
    if not causes:
        raise UsageError(
            f"No finding stands behind what {investigation.label} concluded.",
            "Promote one whose cause an analyzer found.",
        )
    codes = tuple(dict.fromkeys(f.code for f in causes))
    calls = _kept(conclusion, evidence)
    lifted = Lifting(parameters)
    looks = [lifted.call(row) for row in calls]
    namespace = lifted.written("namespace", _namespace(causes), HELP["namespace"])
    sources = [
        _title(investigation, conclusion),
        lifted.declarations(),
        "\n".join(["import workbench as wb", "", "%load_ext workbench", *looks]),
        f"found = wb.analyze(namespace={namespace}, codes={json.dumps(codes)})\nfound",
        _gates(causes),
    ]
    notebook = _notebook(investigation, conclusion, codes, sources)
    return Promoted(notebook, codes, lifted.literals)


def _causes(investigation: Investigation) -> tuple[Finding, ...]:
    """The findings behind the conclusion: root causes that it names, or else the first of them."""
    raised = [s for s in investigation.steps if isinstance(s, FindingsRaised)]
    roots = [f for f in raised[-1].findings if f.root_cause] if raised else []
    conclusion = investigation.conclusion
    words = "\n".join([conclusion.verdict, *(c.text for c in conclusion.claims)])  # type: ignore[union-attr]
    named = tuple(f for f in roots if f.subject.name in words)
    return named or tuple(roots[:1])


def _kept(conclusion: Conclusion, evidence: Sequence[Evidence]) -> list[Evidence]:
    cited = {label for claim in conclusion.claims for label in claim.evidence}
    return [
        row
        for row in evidence
        if row.label in cited
        and row.outcome is Outcome.DONE
        and row.tool.startswith(PREFIX)
        and row.tool != JUDGING
    ]


def _namespace(causes: Sequence[Finding]) -> str:
    """The one namespace that the causes are in; "" for several, or for the whole cluster."""
    inside = {f.subject.namespace for f in causes}
    return inside.pop() if len(inside) == 1 else ""


def _title(investigation: Investigation, conclusion: Conclusion) -> str:
    claims = "\n".join(f"- {markdown.plain(c.text)}" for c in conclusion.claims)
    asked = markdown.plain(one_line(investigation.question, 80))
    return (
        f"# {asked}\n\nMade from {investigation.label}, which concluded: "
        f"{markdown.plain(conclusion.verdict)}\n\n{claims}\n\nWhen this may have come back."
    )


def _gates(causes: Sequence[Finding]) -> str:
    titles = {f.code: f.title for f in reversed(causes)}
    gate = 'wb.gate({}, not (found.code == "{}").any(), evidence=found)'
    lines = [gate.format(literal(f"no “{t}”"), code) for code, t in reversed(titles.items())]
    return "\n".join([*lines, 'wb.statement(found, "of what this was about")'])


def _notebook(
    investigation: Investigation,
    conclusion: Conclusion,
    codes: Sequence[str],
    sources: Sequence[str],
) -> dict[str, Any]:
    about = {
        "title": one_line(investigation.question, 80),
        "summary": one_line(conclusion.verdict, 200),
        "codes": list(codes),
        "made_from": investigation.label,
    }
    return {
        "cells": list(_cells(investigation, sources)),
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "workbench": about,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cells(investigation: Investigation, sources: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for number, source in enumerate(sources):
        made = f"{investigation.id}{number}"
        cell = {"id": hashlib.sha256(made.encode()).hexdigest()[:12], "source": source}
        if number == 0:
            yield {**cell, "cell_type": "markdown", "metadata": {}}
        else:
            tags = {"tags": ["parameters"]} if number == 1 else {}
            code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
            yield {**cell, **code, "metadata": tags}
