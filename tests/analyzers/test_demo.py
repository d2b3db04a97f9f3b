"""The demo cluster's answers: every fault is found as a root cause, and no decoy is."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from workbench.analyzers import analyze
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding, Severity
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.typed import typed

ROOT = Path(__file__).parents[2]
ANSWERS = json.loads((ROOT / "notebooks" / "data" / "faults.json").read_text())


@cache
def diagnosed() -> tuple[ClusterSnapshot, Diagnosis]:
    snapshot = typed(load(ROOT / "workbench" / "kubernetes" / "snapshots" / "demo"))
    return snapshot, analyze(snapshot, snapshot.taken_at)


def objects_of(snapshot: ClusterSnapshot, finding: Finding) -> set[ObjectRef]:
    """What a finding is about: its subject and whatever owns that."""
    obj = snapshot.find(finding.subject)
    owners = {ObjectRef.of(snapshot.top_owner(obj))} if obj else set()
    return {finding.subject} | owners


def ref(tree: dict[str, Any]) -> ObjectRef:
    return ObjectRef(tree["kind"], tree["namespace"], tree["name"])


@pytest.mark.parametrize("fault", ANSWERS["faults"], ids=lambda f: f["id"])
def test_every_fault_is_a_root_cause(fault: dict[str, Any]) -> None:
    snapshot, diagnosis = diagnosed()
    roots = [f for f in diagnosis.findings if f.root_cause]
    assert any(ref(fault["root_cause"]) in objects_of(snapshot, f) for f in roots)


def test_nothing_else_is_a_root_cause() -> None:
    snapshot, diagnosis = diagnosed()
    known = {ref(f["root_cause"]) for f in ANSWERS["faults"]}
    roots = [f for f in diagnosis.findings if f.root_cause]
    assert not [f.id for f in roots if not known & objects_of(snapshot, f)]


@pytest.mark.parametrize("decoy", ANSWERS["decoys"], ids=lambda d: d["id"])
def test_no_decoy_is_called_a_cause(decoy: dict[str, Any]) -> None:
    snapshot, diagnosis = diagnosed()
    objects = {ref(o) for o in decoy["objects"]}
    blamed = [f for f in diagnosis.findings if f.root_cause and f.severity >= Severity.WARNING]
    assert not [f.id for f in blamed if objects & objects_of(snapshot, f)]


def test_the_first_finding_answers_the_first_question() -> None:
    _, diagnosis = diagnosed()
    first = diagnosis.findings[0]
    assert first.subject == ObjectRef("Secret", "payments", "payments-db")
    assert "db-password" in first.message
    assert any("checkout" in symptom for symptom in first.explains)
