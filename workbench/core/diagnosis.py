"""The result of an analysis as one value, and its JSON form (schema 1), which tools depend on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from workbench.core.cluster import Gap, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity

SCHEMA = 1


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """Findings ranked with the likeliest root cause first, and what could not be looked at.

    now: the time that ages were judged by. server_version: of the API server, "" where unknown.
    """

    cluster: str
    now: datetime
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    server_version: str = ""

    @property
    def healthy(self) -> bool:
        """Nothing at warning or above."""
        return all(f.severity < Severity.WARNING for f in self.findings)


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """JSON types only; see ``docs/analysis.md`` for the meaning of each key."""
    return {
        "schema": SCHEMA,
        "cluster": diagnosis.cluster,
        "server_version": diagnosis.server_version,
        "now": diagnosis.now.isoformat(),
        "findings": [_finding_to_json(f) for f in diagnosis.findings],
        "gaps": [msgspec.to_builtins(g) for g in diagnosis.gaps],
    }


def from_json(tree: dict[str, Any]) -> Diagnosis:
    """The inverse of ``to_json``. Raises ``msgspec.ValidationError`` on anything else."""
    return Diagnosis(
        cluster=tree["cluster"],
        now=datetime.fromisoformat(tree["now"]),
        findings=tuple(_finding_from_json(f) for f in tree["findings"]),
        gaps=tuple(msgspec.convert(g, Gap) for g in tree["gaps"]),
        server_version=tree.get("server_version", ""),
    )


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "code": finding.code,
        "severity": finding.severity.word,
        "kind": finding.subject.kind,
        "namespace": finding.subject.namespace,
        "name": finding.subject.name,
        "title": finding.title,
        "message": finding.message,
        "evidence": [msgspec.to_builtins(p) for p in finding.evidence],
        "root_cause": finding.root_cause,
        "explains": list(finding.explains),
        "next_steps": list(finding.next_steps),
        "detail": finding.detail,
        "related": [msgspec.to_builtins(r) for r in finding.related],
        "since": finding.since.isoformat() if finding.since else None,
    }


def _finding_from_json(tree: dict[str, Any]) -> Finding:
    return Finding(
        code=tree["code"],
        subject=ObjectRef(tree["kind"], tree["namespace"], tree["name"]),
        severity=Severity[tree["severity"].upper()],
        title=tree["title"],
        message=tree["message"],
        evidence=msgspec.convert(tree["evidence"], tuple[Pointer, ...]),
        root_cause=tree["root_cause"],
        explains=tuple(tree["explains"]),
        next_steps=tuple(tree["next_steps"]),
        detail=tree.get("detail", ""),
        related=msgspec.convert(tree.get("related", []), tuple[ObjectRef, ...]),
        since=datetime.fromisoformat(tree["since"]) if tree.get("since") else None,
    )
