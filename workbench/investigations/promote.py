"""A concluded investigation as a runbook: the same look, with parameters, and gates for its cause.

Pure: what is written is decided by the recorded steps alone. Arguments of the cited calls become
typed parameters with the recorded value as default; the finding codes of the cause become gates.
Words of a model that no finding stands behind are kept as text and are not gates, because nothing
could judge them again.
"""

from __future__ import annotations

import hashlib
import json
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from workbench.core.characters import one_line
from workbench.core.evidence import Evidence, Outcome
from workbench.core.findings import Finding
from workbench.core.investigation import Conclusion, FindingsRaised, Investigation
from workbench.core.render import markdown
from workbench.errors import UsageError

HELP = {
    "namespace": "where to look",
    "pod": "the pod that was looked at",
    "name": "the object that was looked at",
    "container": "the container that was looked at",
    "selector": "label selector",
    "since": "how far back",
    "tail_lines": "log lines, at most",
}
"""What the arguments of the Kubernetes tools mean, as the help of a parameter."""

PREFIX = "kube_"
JUDGING = f"{PREFIX}diagnose"
LIFTED = (str, int, float)


class Promoted(msgspec.Struct, frozen=True):
    """A runbook notebook (nbformat 4 JSON) and the finding codes it has to find on the cluster of
    the investigation."""

    notebook: dict[str, Any]
    codes: tuple[str, ...]


def promote(investigation: Investigation, evidence: Sequence[Evidence]) -> Promoted:
    """The runbook of a concluded investigation.

    evidence: its recorded calls; those that the conclusion cites are kept.
    Raises UsageError when it has no conclusion, or no finding stands behind its cause.
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
    lifted = _Lifted()
    looks = [lifted.call(row) for row in calls]
    namespace = lifted.name("namespace", _namespace(causes))
    sources = [
        _title(investigation, conclusion),
        lifted.declarations(),
        "\n".join(["import workbench as wb", "", "%load_ext workbench", *looks]),
        f"found = wb.analyze(namespace={namespace}, codes={json.dumps(codes)})\nfound",
        _gates(causes),
    ]
    return Promoted(_notebook(investigation, conclusion, codes, sources), codes)


class _Lifted:
    """Literals of calls as parameters; the same value under the same name is one parameter."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def name(self, argument: str, value: Any) -> str:
        """The parameter that stands for the value."""
        plain = re.sub(r"\W", "_", argument)
        plain = f"{plain}_" if keyword.iskeyword(plain) or not plain.isidentifier() else plain
        name, number = plain, 2
        while name in self._values and self._values[name] != value:
            name, number = f"{plain}_{number}", number + 1
        self._values[name] = value
        return name

    def call(self, row: Evidence) -> str:
        given = (f"{k}={self._written(k, v)}" for k, v in row.arguments.items() if v is not None)
        tool = row.tool.removeprefix(PREFIX)
        return f"display(wb.tool({', '.join([json.dumps(tool), *given])}))  # {row.label}"

    def _written(self, argument: str, value: Any) -> str:
        lifted = isinstance(value, LIFTED) and not isinstance(value, bool) and argument != "kind"
        return self.name(argument, value) if lifted else _literal(value)

    def declarations(self) -> str:
        return "\n".join(
            f"{name}: {type(value).__name__} = {_literal(value)}  # {_help(name)}"
            for name, value in sorted(self._values.items())
        )


def _literal(value: Any) -> str:
    """As Python has it, text in double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _help(name: str) -> str:
    plain = re.sub(r"_\d+$", "", name)
    return HELP.get(plain, f"{plain.replace('_', ' ')} of the recorded call")


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
    lines = [gate.format(json.dumps(f"not: {t}"), code) for code, t in reversed(titles.items())]
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
