"""Runs as what CI systems read: JUnit XML, GitHub workflow commands, GitLab code quality.

JUnit has a suite a run and a case a gate and a finding, so each is a line in the CI's own view.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

import msgspec

from workbench.core.characters import visible
from workbench.core.findings import Finding, Severity
from workbench.core.runbook import RunbookRun, RunStatus

_GITHUB = {
    Severity.INFO: "notice",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
    Severity.CRITICAL: "error",
}
_GITLAB = {
    Severity.INFO: "info",
    Severity.WARNING: "minor",
    Severity.ERROR: "major",
    Severity.CRITICAL: "critical",
}
# XML 1.0, production Char: the two that core.characters lets pass.
_NOT_XML = {0xFFFE: "?", 0xFFFF: "?"}

_ENDED_BADLY = (RunStatus.FAILED, RunStatus.INTERRUPTED)


def junit(runs: Sequence[RunbookRun]) -> str:
    """JUnit XML: a suite a run. A finding of severity info is a case that is passed."""
    root = ElementTree.Element("testsuites", name="workbench")
    for run in runs:
        cases = list(_cases(run))
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=run.runbook,
            timestamp=run.started_at.isoformat(timespec="seconds"),
            time=f"{run.seconds:.3f}",
            tests=str(len(cases)),
            failures=str(sum(case.find("failure") is not None for case in cases)),
            errors=str(sum(case.find("error") is not None for case in cases)),
        )
        properties = ElementTree.SubElement(suite, "properties")
        for name, value in [*run.parameters.items(), ("output", run.output)]:
            ElementTree.SubElement(properties, "property", name=name, value=visible(str(value)))
        suite.extend(cases)
    ElementTree.indent(root)
    written = ElementTree.tostring(root, encoding="unicode").translate(_NOT_XML)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}\n'


def _cases(run: RunbookRun) -> Iterator[ElementTree.Element]:
    ran = ElementTree.Element("testcase", classname=run.runbook, name="runs to its end")
    ran.set("time", f"{run.seconds:.3f}")
    if run.status in _ENDED_BADLY:
        ElementTree.SubElement(ran, "error", message=visible(run.error), type=run.status.value)
    yield ran
    for gate in run.gates:
        case = ElementTree.Element(
            "testcase", classname=f"{run.runbook}.gate", name=visible(gate.name)
        )
        if not gate.passed:
            why = gate.note or gate.measured or "not passed"
            failure = ElementTree.SubElement(case, "failure", message=visible(why), type="gate")
            failure.text = f"evidence: {', '.join(gate.evidence) or 'none'}"
        yield case
    for finding in run.findings:
        yield _case(run, finding)


def _case(run: RunbookRun, finding: Finding) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase", classname=f"{run.runbook}.finding", name=visible(finding.id)
    )
    if finding.severity >= Severity.WARNING:
        told = visible(finding.message)
        failure = ElementTree.SubElement(case, "failure", message=told, type=finding.severity.word)
        failure.text = visible("\n".join(finding.next_steps))
    return case


def github(runs: Sequence[RunbookRun]) -> str:
    """Workflow commands, a line each: ``::error title=POD_CRASH_LOOP Pod shop/web::…``."""
    return "".join(f"{line}\n" for run in runs for line in _commands(run))


def _commands(run: RunbookRun) -> Iterator[str]:
    if run.status in _ENDED_BADLY:
        yield _command("error", run.runbook, run.error)
    for gate in run.gates:
        if not gate.passed:
            yield _command("error", f"{run.runbook}: gate not passed", gate.told)
    for finding in run.findings:
        title = f"{finding.code} {finding.subject}"
        yield _command(_GITHUB[finding.severity], title, finding.message)


def _command(level: str, title: str, message: str) -> str:
    # Workflow commands of GitHub Actions: % and line breaks are escaped, in properties : and , too.
    data = visible(message).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    named = visible(title).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{level} title={named.replace(':', '%3A').replace(',', '%2C')}::{data}"


ENGINE = "k8s-workbench"
"""Whose issues they are, so that reports of other tools are told apart from ours."""


def gitlab(runs: Sequence[RunbookRun]) -> bytes:
    """A GitLab code quality report (JSON): what is wrong, at the notebook that found it."""
    return msgspec.json.format(msgspec.json.encode([i for r in runs for i in _issues(r)]))


def _issues(run: RunbookRun) -> Iterator[dict[str, object]]:
    if run.status in _ENDED_BADLY:
        yield _issue(run, "run", run.error, "blocker")
    for gate in run.gates:
        if not gate.passed:
            told = f"Gate not passed: {gate.told}"
            yield _issue(run, f"gate {gate.name}", told, "critical")
    for finding in run.findings:
        told = f"{finding.subject}: {finding.message}"
        yield _issue(run, finding.id, told, _GITLAB[finding.severity])


def _issue(run: RunbookRun, check: str, told: str, severity: str) -> dict[str, object]:
    about = f"{run.runbook} {sorted(run.parameters.items())} {check}"
    return {
        "description": visible(told),
        "check_name": check,
        "engine_name": ENGINE,
        "fingerprint": hashlib.sha256(about.encode()).hexdigest(),
        "severity": severity,
        "location": {"path": run.output, "lines": {"begin": 1}},
    }
