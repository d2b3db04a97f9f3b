from __future__ import annotations

import json
from datetime import UTC, datetime
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from tests.support import samples
from workbench.core.findings import Severity
from workbench.core.runbook import Gate, RunbookRun, RunStatus
from workbench.runbooks import reports

PASSED = Gate(name="rollout is through", passed=True, evidence=("E1",))
BROKEN = Gate(name="errors below 1 %", passed=False, measured="0.2", evidence=("E2",))
NOTE = samples.finding("CONFIG_MAP_UNUSED", severity=Severity.INFO)


def run(**changes: object) -> RunbookRun:
    facts = {
        "runbook": "pending-pod",
        "parameters": {"namespace": "shop"},
        "status": RunStatus.FINDINGS,
        "output": "out/runs/pending-pod.ipynb",
        "started_at": datetime(2026, 5, 1, tzinfo=UTC),
        "findings": (samples.CAUSE, NOTE),
        "gates": (PASSED, BROKEN),
    }
    return RunbookRun(**{**facts, **changes})  # type: ignore[arg-type]


def test_junit_has_a_case_a_gate_and_a_finding() -> None:
    suite = ElementTree.fromstring(reports.junit([run()]))[0]
    cases = {c.get("name"): c for c in suite.iter("testcase")}
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("5", "2", "0")
    assert cases["rollout is through"].find("failure") is None
    failure = cases["errors below 1 %"].find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("0.2", "evidence: E2")
    assert cases[samples.CAUSE.id].find("failure") is not None
    assert cases[NOTE.id].find("failure") is None


def test_a_run_that_ended_badly_is_an_error_of_junit() -> None:
    broken = run(status=RunStatus.FAILED, error="Cell 2: boom", findings=(), gates=())
    suite = ElementTree.fromstring(reports.junit([broken]))[0]
    error = next(suite.iter("error"))
    assert (error.get("message"), error.get("type")) == ("Cell 2: boom", "failed")


@given(st.text())
def test_junit_is_xml_whatever_was_said(words: str) -> None:
    gate = Gate(name=words, passed=False, measured=words)
    ElementTree.fromstring(reports.junit([run(gates=(gate,), error=words)]))


@given(st.text())
def test_an_annotation_is_one_line_that_cannot_end_early(words: str) -> None:
    gate = Gate(name=words, passed=False)
    lines = reports.github([run(gates=(gate,), findings=())]).split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("::error title=pending-pod%3A gate not passed::")


def test_annotations_say_how_bad_it_is_and_leave_out_what_is_passed() -> None:
    said = reports.github([run()]).splitlines()
    assert [line.split(" ")[0] for line in said] == ["::error", "::error", "::notice"]
    assert "errors below 1 %25: 0.2" in said[0]


def test_gitlab_gets_an_issue_each_with_a_stable_fingerprint() -> None:
    first, again = (json.loads(reports.gitlab([run()])) for _ in range(2))
    assert first == again
    assert [i["severity"] for i in first] == ["critical", "major", "info"]
    assert len({i["fingerprint"] for i in first}) == 3
    assert first[0]["description"].startswith("Gate not passed: errors below 1 %: 0.2")
    bare = run(gates=(Gate(name="it is up", passed=False),), findings=())
    (said,) = json.loads(reports.gitlab([bare]))
    assert said["description"] == "Gate not passed: it is up"
    other = json.loads(reports.gitlab([run(parameters={"namespace": "bank"})]))
    assert other[0]["fingerprint"] != first[0]["fingerprint"]
    assert all(i["location"]["path"] == "out/runs/pending-pod.ipynb" for i in first)
