"""Every folder here is a cluster and what must be said about it; adding one adds no code.

cluster.yaml     objects, as documents or as a List
logs.yaml        ``namespace/pod/container[/previous]`` → text (optional)
expect.yaml      first: the finding that must rank first, ``CODE Kind/namespace/name``
                 must: findings that must be there
                 must_not: objects that must not be flagged at warning or above
                 explained: findings that must not be root causes
                 healthy: true when nothing may be flagged at warning or above
                 says: words that must stand in the first finding's message
                 verdict: words that must stand in the analyst's verdict (tests/agent/analyst)
                 opinions: true when these are asked for
                 empty: kinds that were looked at and held nothing
                 gaps: what could not be looked at, as ``what: why``
                 question: what a person would ask (optional)
                 server_version: of the API server (optional)
                 now: the time it is judged at; the newest time in the objects without it
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.analysis import read, shown, snapshot_of
from workbench.analyzers import analyze
from workbench.core.cluster import Gap
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding, Severity

FOLDERS = sorted(p.parent for p in Path(__file__).parent.glob("*/expect.yaml"))


def load(folder: Path) -> tuple[dict[str, Any], Diagnosis]:
    expected = yaml.safe_load((folder / "expect.yaml").read_text())
    logs = folder / "logs.yaml"
    snapshot = snapshot_of(
        read(folder / "cluster.yaml"),
        logs=yaml.safe_load(logs.read_text()) if logs.exists() else None,
        empty=tuple(expected.get("empty", ())),
        gaps=tuple(Gap(what, why) for what, why in expected.get("gaps", {}).items()),
    )
    snapshot = replace(snapshot, server_version=expected.get("server_version", ""))
    now = expected.get("now")
    at = datetime.fromisoformat(now) if now else snapshot.taken_at
    return expected, analyze(snapshot, at, opinions=expected.get("opinions", False))


def name_of(finding: Finding) -> str:
    where = f"{finding.subject.namespace}/" if finding.subject.namespace else ""
    return f"{finding.code} {finding.subject.kind}/{where}{finding.subject.name}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_the_cluster_is_diagnosed_as_written_down(folder: Path) -> None:
    expected, diagnosis = load(folder)
    names = [name_of(f) for f in diagnosis.findings]
    loud = {
        n.split(" ")[1]
        for n, f in zip(names, diagnosis.findings, strict=True)
        if f.severity >= Severity.WARNING
    }
    wrong = [f"missing: {n}" for n in expected.get("must", ()) if n not in names]
    wrong += [f"false alarm: {n}" for n in expected.get("must_not", ()) if n in loud]
    wrong += [
        f"not a root cause: {n}"
        for n, f in zip(names, diagnosis.findings, strict=True)
        if n in expected.get("explained", ()) and f.root_cause
    ]
    wrong += [f"missing: {n}" for n in expected.get("explained", ()) if n not in names]
    if expected.get("first") and names[:1] != [expected["first"]]:
        wrong.append(f"first is {names[:1]}")
    wrong += [
        f"does not say {word!r}"
        for word in expected.get("says", ())
        if not names or word.lower() not in diagnosis.findings[0].message.lower()
    ]
    if expected.get("healthy") and loud:
        wrong.append(f"not healthy: {loud}")
    assert not wrong, f"{wrong}\n{shown(diagnosis)}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_no_symptom_outranks_what_explains_it(folder: Path) -> None:
    _, diagnosis = load(folder)
    place = {f.id: n for n, f in enumerate(diagnosis.findings)}
    for finding in diagnosis.findings:
        if finding.root_cause:
            assert all(place[s] > place[finding.id] for s in finding.explains), shown(diagnosis)
