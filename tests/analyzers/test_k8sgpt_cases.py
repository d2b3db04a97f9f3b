"""Small clusters with expectations, recorded elsewhere; skipped where they are not at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.analysis import diagnose, shown
from workbench.core.cluster import Scope
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding, Severity

CASES = Path(__file__).parents[2].resolve().parent / "shared" / "cases" / "k8sgpt"
FOLDERS = sorted(p for p in CASES.iterdir() if p.is_dir()) if CASES.is_dir() else []

pytestmark = pytest.mark.skipif(not FOLDERS, reason="the recorded cases are not at hand")


def load(folder: Path) -> tuple[dict[str, Any], Diagnosis]:
    expected = json.loads((folder / "expect.json").read_text())
    scope = expected["scope"]
    namespaces = (scope["namespace"],) if scope["namespace"] else ()
    chosen = Scope(namespaces=namespaces, selector=scope["labelSelector"])
    return expected, diagnose(folder / "cluster.json", chosen, opinions=expected["tier"] == "B")


def mistakes(expected: dict[str, Any], diagnosis: Diagnosis, least: Severity) -> list[str]:
    flagged = {(f.subject.kind, f.subject.namespace, f.subject.name) for f in diagnosis.findings}
    loud = {f.subject for f in diagnosis.findings if f.severity >= Severity.WARNING}
    wrong = []
    for obj in expected["objects"]:
        key = (obj["kind"], obj["namespace"], obj["name"])
        if key not in flagged:
            wrong.append(f"missed {key}")
        elif expected["why"] and not _mentions(diagnosis.findings, key, expected["why"]):
            wrong.append(f"{key}: none of {expected['why']} is mentioned")
    for obj in expected["must_not_flag"]:
        if (obj["kind"], obj["namespace"], obj["name"]) in {
            (r.kind, r.namespace, r.name) for r in loud
        }:
            wrong.append(f"false alarm about {obj}")
    for obj in expected["out_of_scope"]:
        if (obj["kind"], obj["namespace"], obj["name"]) in flagged:
            wrong.append(f"out of scope: {obj}")
    return wrong


def _mentions(findings: tuple[Finding, ...], key: tuple[str, ...], why: list[str]) -> bool:
    text = " ".join(
        f"{f.code} {f.title} {f.message} {' '.join(p.value for p in f.evidence)}"
        for f in findings
        if (f.subject.kind, f.subject.namespace, f.subject.name) == key
    ).lower()
    return any(word.lower() in text for word in why)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_clear_faults_are_flagged_and_clear_non_faults_are_not(folder: Path) -> None:
    expected, diagnosis = load(folder)
    if expected["tier"] != "A":
        pytest.skip("opinion or artefact")
    wrong = mistakes(expected, diagnosis, Severity.WARNING)
    assert not wrong, f"{wrong}\n{shown(diagnosis)}"


def test_opinion_is_counted_and_stays_below_warning(capsys: pytest.CaptureFixture[str]) -> None:
    good = 0
    opinions = []
    for folder in FOLDERS:
        expected, diagnosis = load(folder)
        if expected["tier"] == "B":
            wrong = mistakes(expected, diagnosis, Severity.INFO)
            good += not wrong
            opinions.append((folder.name, wrong))
    with capsys.disabled():
        print(f"\nopinion cases agreed with: {good} of {len(opinions)}")
        for name, wrong in opinions:
            if wrong:
                print("   ", name, wrong)
    assert not [name for name, wrong in opinions if any("false alarm" in w for w in wrong)]
