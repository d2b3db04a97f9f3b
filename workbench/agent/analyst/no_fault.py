"""What to conclude where no finding explains the question, or none could be had."""

from __future__ import annotations

import re

from workbench.agent.analyst import offers as role
from workbench.agent.analyst.case import Case, Lead, absent, quote_for
from workbench.agent.analyst.chain import merged, source
from workbench.agent.analyst.elsewhere import also_seen, quiet, separate
from workbench.agent.analyst.phrases import brief, enumerated, headed, one_line, shortened
from workbench.agent.analyst.preface import not_here, state, taken_as
from workbench.agent.answers import Answer
from workbench.core.findings import Finding, Severity
from workbench.core.investigation import Claim, Conclusion, Confidence

_ASKED = re.compile(r"^Asked (?:\w+ )?\S+ to [^:]+: ")  # what was asked is told anyway
_WHOLE = 500  # letters of an error that is all there is to say, with its advice
_UNKNOWN = (
    "Not known: what requests, metrics and traces would show, and the logs that were not read."
)
_LOOKS = frozenset({role.DESCRIBE, role.EVENTS, role.LOGS})


def nothing_wrong(case: Case, no_more: tuple[Lead, ...], complains: bool) -> Conclusion:
    """No finding explains the question: say what was looked at, what that showed, and what is not
    known. complains: somebody saw trouble, and does not only ask for any."""
    gaps = bool(case.diagnosis and case.diagnosis.gaps)
    looked = _looked_claims(case)
    troubled = any("“" in c.text for c in looked)
    others = separate(case, {lead.cause.id for lead in no_more})
    text = _verdict_without_fault(case, troubled)
    aside = quiet(case) if complains else ()
    noted = [headed(f) for f in aside]
    for own in (f for f in aside if f.code == "GRACE_TOO_SHORT" and f.subject in case.objects):
        text += f" Worth a look: {headed(own)}."
    if others and case.asked:
        text += f" {_elsewhere(others[0], case)}."
    elif noted:
        text += f" Worth a look: {noted[0]}."
    if complains and not others:
        text += f" {_UNKNOWN}"
    doubtful = gaps or troubled or bool(case.meant.strangers)
    return Conclusion(
        verdict=text,
        confidence=Confidence.MEDIUM if doubtful else Confidence.HIGH,
        claims=merged([*looked, _clean_claim(case)] if case.asked or looked else []),
        ruled_out=tuple(f"{headed(x.cause)}: it was asked for and is there now" for x in no_more),
        also_wrong=(*also_seen(case, no_more), *noted[1:4]),
    )


def _elsewhere(finding: Finding, case: Case) -> str:
    """What is wrong beside what was asked about; in the same namespace it is the likely reason."""
    if finding.subject.namespace in {ref.namespace for ref in case.objects}:
        return f"Wrong nearby, and perhaps the reason: {brief(finding, most=160)}"
    worse = finding.severity >= Severity.ERROR
    return f"Elsewhere: {headed(finding) if worse else brief(finding)}"


def _verdict_without_fault(case: Case, troubled: bool) -> str:
    if case.objects:
        told = " ".join(f"{state(ref, case)}." for ref in case.objects)
        return taken_as(case) + told + (" Its log is worth reading, though." if troubled else "")
    where = f" in {enumerated(case.meant.namespaces)}" if case.meant.namespaces else ""
    if case.meant.strangers and not case.asked:
        return f"{not_here(case)}. No fault was found in what there is."
    if case.diagnosis and case.diagnosis.gaps:
        return f"No fault was found{where} in what could be looked at."
    return (
        f"{'Nothing is wrong' if where else 'The cluster is healthy: no fault was found'}{where}."
    )


def _clean_claim(case: Case) -> Claim:
    where = enumerated([str(o) for o in case.objects]) or "anything in scope"
    label = (case.triage.evidence,) if case.triage and case.triage.evidence else ()
    return Claim(
        text=f"The analyzers raised nothing at warning or above about {where}.", evidence=label
    )


def _looked_claims(case: Case) -> list[Claim]:
    """What each look says of trouble; those that say nothing of the kind in one claim."""
    read = case.about(case.objects) if case.objects else case.answers
    looks = [a for a in read if a.evidence and role.role(a.remote_name) in _LOOKS]
    calm = [a for a in looks if not a.failed and not quote_for(a)]
    found: list[Claim] = []
    if calm:
        which = enumerated([source(a).removeprefix("The ") for a in calm])
        text = f"Nothing in the {which} tells of trouble."
        found.append(Claim(text=text, evidence=tuple(a.evidence for a in calm)))
    for answer in read:
        quote = quote_for(answer)
        looked = role.role(answer.remote_name) in {*_LOOKS, role.GET} and answer.evidence
        if quote and looked and (not answer.failed or absent(answer)):
            text = f"{source(answer)} says {quote.text}."
            found.append(Claim(text=text, evidence=(answer.evidence,)))
    return found


def without_diagnosis(case: Case) -> Conclusion:
    """No analyzers: what the other answers say, as low as confidence goes."""
    if all(a.failed for a in case.answers):
        first = case.answers[0] if case.answers else None
        why = (
            why_failed(first, _WHOLE) if first else "no tool server answers; see workbench doctor."
        )
        return Conclusion(
            verdict=f"The cluster could not be looked at: {why}", confidence=Confidence.LOW
        )
    looked = _looked_claims(case)
    said = [c.text for c in looked if "“" in c.text]
    verdict = (
        f"The analyzers could not be asked; the most telling answer: {said[0]}"
        if said
        else "The analyzers could not be asked, and nothing that was looked at tells of trouble."
    )
    return Conclusion(verdict=verdict, confidence=Confidence.LOW, claims=tuple(looked))


def why_failed(answer: Answer, most: int = 160) -> str:
    """The first line of what a tool that failed says, in as many letters."""
    lines = [one_line(line) for line in answer.text.splitlines() if line.strip()]
    said = _ASKED.sub("", lines[0]) if lines else "the tool failed and did not say why"
    return shortened(said, most)
