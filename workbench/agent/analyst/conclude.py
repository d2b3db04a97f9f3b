"""The conclusion that the answers support: each claim cites the answers that show it."""

from __future__ import annotations

import msgspec

from workbench.agent.analyst import offers as role
from workbench.agent.analyst.case import (
    Case,
    Lead,
    absent,
    consider,
    is_about_absence,
    pods_in_evidence,
    quote_for,
)
from workbench.agent.analyst.names import same_family
from workbench.agent.answers import Answer
from workbench.agent.framing import visible
from workbench.core.cluster import Gap, ObjectRef
from workbench.core.findings import Finding
from workbench.core.investigation import Claim, Conclusion, Confidence
from workbench.core.render.characters import one_line

_QUOTES = 3  # quotations per cause
_SYMPTOMS = 4  # claims about what it breaks
_NAMED = 3  # objects named in one sentence
_SEPARATE = 5  # faults elsewhere that are mentioned
_STEPS = 5
_PODS = frozenset({"Pod", "ReplicaSet"})


def conclude(question: str, answers: tuple[Answer, ...]) -> Conclusion:
    """What the question comes to. The same answers give the same conclusion; never raises for
    what tools say."""
    case = consider(question, answers)
    if case.diagnosis is None:
        found = _without_diagnosis(case)
    else:
        refuted = tuple(lead for lead in case.leads if _refuted(lead, case))
        leads = tuple(lead for lead in case.leads if lead not in refuted)
        if leads:
            found = _with_cause(case, _confirmed_first(leads, case), refuted)
        else:
            found = _nothing_wrong(case, refuted)
    return msgspec.structs.replace(found, not_checked=_not_checked(case))


def _refuted(lead: Lead, case: Case) -> bool:
    """Something is said to be missing, and a call that asked for exactly that got it."""
    if not is_about_absence(lead.cause):
        return False
    got = [a for a in case.answers if role.role(a.remote_name) == role.GET and not a.failed]
    return any(role.subject(a) == ref and not absent(a) for a in got for ref in lead.cause.related)


def _shown_by(lead: Lead, case: Case) -> tuple[Answer, ...]:
    """Answers other than the diagnosis that show the cause, in the order they came."""
    refs = (lead.cause.subject, *lead.cause.related, *pods_in_evidence(lead.cause))
    return tuple(
        a
        for a in case.about(refs)
        if a.evidence and quote_for(a, lead.cause) and (not a.failed or absent(a))
    )


def _confirmed_first(leads: tuple[Lead, ...], case: Case) -> tuple[Lead, ...]:
    """Leads in rank order, but one that a log led to keeps its place before what named it."""
    main = leads[0]
    rest = sorted(leads[1:], key=lambda lead: not _shown_by(lead, case))
    return (main, *rest)


def _with_cause(case: Case, leads: tuple[Lead, ...], refuted: tuple[Lead, ...]) -> Conclusion:
    main = leads[0]
    claims = [*_cause_claims(main, case), *_symptom_claims(main, case)]
    others = [lead for lead in leads[1:] if lead.cause not in main.symptoms]
    if not main.host:
        for lead in others:
            claims += _cause_claims(lead, case)[:2]
    return Conclusion(
        verdict=_verdict(main, others, case),
        confidence=_confidence(main, case),
        claims=tuple(dict.fromkeys(claims)),
        ruled_out=_ruled_out(case, leads, refuted),
        next_steps=_next_steps(leads),
    )


def _verdict(main: Lead, others: list[Lead], case: Case) -> str:
    asked_first = sorted(main.symptoms, key=lambda f: f not in case.meant.findings)
    broken = _workloads(tuple(asked_first), besides=main.cause.subject)
    text = _fact(main.cause)
    if broken:
        text += f"; this breaks {_enumerated(broken)}"
    if case.meant.unknown and not case.asked:
        words = _enumerated(tuple(f"“{w}”" for w in case.meant.unknown))
        text = f"Nothing here is called {words}; the likeliest root cause in scope: {text}"
    separate = [lead for lead in others if not main.host]
    if separate:
        titles = {x.cause.subject: _one_line(x.cause.title) for x in reversed(separate)}
        also = tuple(f"{subject} ({titles[subject]})" for subject in reversed(titles))
        text += f". Separately: {_enumerated(also)}"
    return f"{text}."


def _fact(finding: Finding) -> str:
    """The finding's message, with its subject where the message leaves it out."""
    message = _one_line(finding.message) or _one_line(finding.title) or finding.code
    message = message.rstrip(". ")
    return message if finding.subject.name in message else f"{finding.subject}: {message}"


def _one_line(text: str) -> str:
    return " ".join(visible(text).split())


def _workloads(findings: tuple[Finding, ...], besides: ObjectRef) -> tuple[str, ...]:
    """The subjects, one per workload: the workload itself before its pods."""
    ordered = sorted(findings, key=lambda f: f.subject.kind in _PODS)
    chosen: list[ObjectRef] = []
    for subject in (f.subject for f in ordered):
        told = besides == subject or (subject.kind in _PODS and same_family(subject, besides))
        if not told and not any(same_family(subject, c) for c in chosen):
            chosen.append(subject)
    place = {f.subject: i for i, f in reversed(list(enumerate(findings)))}
    return tuple(str(c) for c in sorted(chosen, key=lambda c: place[c]))


def _enumerated(words: tuple[str, ...]) -> str:
    """``a``, ``a and b``, ``a, b, c and 2 more``."""
    if len(words) > _NAMED + 1:
        words = (*words[:_NAMED], f"{len(words) - _NAMED} more")
    return (
        words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
    )


def _confidence(main: Lead, case: Case) -> Confidence:
    if case.meant.unknown and not case.asked:
        return Confidence.LOW
    if _shown_by(main, case) and (main.cause.root_cause or main.host):
        return Confidence.HIGH
    return Confidence.MEDIUM


def _cause_claims(lead: Lead, case: Case) -> list[Claim]:
    claims = [Claim(text=f"{_fact(lead.cause)}.", evidence=_triage_label(case))]
    for answer in _shown_by(lead, case)[:_QUOTES]:
        quote = quote_for(answer, lead.cause)
        if quote:
            text = f"{_source(answer)} says “{quote.text}”."
            claims.append(Claim(text=text, evidence=(answer.evidence,)))
    return claims


def _symptom_claims(lead: Lead, case: Case) -> list[Claim]:
    claims = []
    for symptom in lead.symptoms[:_SYMPTOMS]:
        claims.append(Claim(text=f"{_fact(symptom)}.", evidence=_triage_label(case)))
        claims += _log_claims(symptom, case)
    return claims


def _log_claims(symptom: Finding, case: Case) -> list[Claim]:
    """What the symptom's own log says, best the line that names where the trail leads."""
    followed = [lead.host for lead in case.leads if lead.host]
    for answer in case.about((symptom.subject, *pods_in_evidence(symptom))):
        if role.role(answer.remote_name) == role.LOGS and answer.evidence and not answer.failed:
            trail = "\n".join(_lines_with(answer, host) for host in followed)
            quote = quote_for(msgspec.structs.replace(answer, text=trail)) or quote_for(answer)
            if quote:
                text = f"{_source(answer)} says “{quote.text}”."
                return [Claim(text=text, evidence=(answer.evidence,))]
    return []


def _lines_with(answer: Answer, word: str) -> str:
    return "\n".join(line for line in answer.text.splitlines() if word in line)


def _triage_label(case: Case) -> tuple[str, ...]:
    return (case.triage.evidence,) if case.triage and case.triage.evidence else ()


def _source(answer: Answer) -> str:
    """``The previous log of Pod shop/web-1``."""
    about = role.subject(answer)
    what = {
        role.LOGS: "previous log" if answer.arguments.get("previous") else "log",
        role.DESCRIBE: "description",
        role.EVENTS: "event list",
        role.GET: "look-up",
        role.ROLLOUT: "rollout history",
    }.get(role.role(answer.remote_name), f"answer of {visible(answer.tool)}")
    return f"The {what} of {visible(str(about).strip())}" if about else f"The {what}"


def _ruled_out(case: Case, leads: tuple[Lead, ...], refuted: tuple[Lead, ...]) -> tuple[str, ...]:
    lines = [f"{_fact(x.cause)}: it was asked for and is there now" for x in refuted]
    told = {f.id for lead in (*leads, *refuted) for f in (lead.cause, *lead.symptoms)}
    told |= {f.id for f in case.meant.findings}
    kin = [f.subject for f in case.findings if f.id in told]
    for finding in case.findings:
        if len(lines) >= _SEPARATE:
            break
        if finding.id not in told and not any(same_family(finding.subject, k) for k in kin):
            lines.append(f"Also seen, separate: {_fact(finding)}")
            kin.append(finding.subject)
    return tuple(lines[:_SEPARATE])


def _next_steps(leads: tuple[Lead, ...]) -> tuple[str, ...]:
    steps = dict.fromkeys(
        _one_line(s) for lead in leads for s in lead.cause.next_steps if s.strip()
    )
    return tuple(steps)[:_STEPS]


def _not_checked(case: Case) -> tuple[Gap, ...]:
    gaps = list(case.diagnosis.gaps) if case.diagnosis else []
    if case.diagnosis is None:
        failed = any(a.remote_name == role.DIAGNOSE for a in case.answers)
        why = "it gave no usable answer" if failed else "no tool server offers it"
        gaps.append(Gap("the analyzers' diagnosis", why))
    for answer in case.answers:
        if answer.failed and not absent(answer) and answer.remote_name != role.DIAGNOSE:
            gaps.append(Gap(_source(answer).removeprefix("The "), _reason(answer)))
    return tuple(dict.fromkeys(gaps))


def _reason(answer: Answer, limit: int = 160) -> str:
    lines = [_one_line(line) for line in answer.text.splitlines() if line.strip()]
    return one_line(lines[0], limit) if lines else "the tool failed and did not say why"


def _nothing_wrong(case: Case, refuted: tuple[Lead, ...]) -> Conclusion:
    """No finding explains the question: say what was looked at, and what that showed."""
    gaps = bool(case.diagnosis and case.diagnosis.gaps)
    claims = [_clean_claim(case), *_looked_claims(case)]
    troubled = len(claims) > 1 + len(_calm(case))
    names = _enumerated(tuple(str(o) for o in case.objects))
    if case.objects and troubled:
        verdict = f"The analyzers found no fault in {names}, but what it says is worth reading."
    elif case.objects:
        verdict = f"No fault was found in {names}."
    elif case.meant.unknown and not case.asked:
        words = _enumerated(tuple(f"“{w}”" for w in case.meant.unknown))
        verdict = f"No fault was found, and nothing here is called {words}."
    else:
        verdict = "The cluster is healthy as far as it could be looked at: no fault was found."
    doubtful = gaps or troubled or bool(case.meant.unknown)
    return Conclusion(
        verdict=verdict,
        confidence=Confidence.MEDIUM if doubtful else Confidence.HIGH,
        claims=tuple(claims),
        ruled_out=_ruled_out(case, (), refuted),
    )


def _clean_claim(case: Case) -> Claim:
    where = _enumerated(tuple(str(o) for o in case.objects)) or "anything in scope"
    return Claim(
        text=f"The analyzers raised nothing at warning or above about {where}.",
        evidence=_triage_label(case),
    )


def _calm(case: Case) -> tuple[Answer, ...]:
    looked = [a for a in case.answers if a.evidence and not a.failed and a is not case.triage]
    kinds = {role.DESCRIBE, role.EVENTS, role.LOGS}
    return tuple(a for a in looked if role.role(a.remote_name) in kinds and not quote_for(a))


def _looked_claims(case: Case) -> list[Claim]:
    """One claim for each look: what it says of trouble, or that it says nothing of the kind."""
    calm = _calm(case)
    claims = [
        Claim(text=f"{_source(a)} tells of no trouble.", evidence=(a.evidence,)) for a in calm
    ]
    kinds = {role.DESCRIBE, role.EVENTS, role.LOGS, role.GET}
    for answer in case.answers:
        quote = quote_for(answer)
        looked = role.role(answer.remote_name) in kinds and answer.evidence
        if quote and looked and (not answer.failed or absent(answer)):
            text = f"{_source(answer)} says “{quote.text}”."
            claims.append(Claim(text=text, evidence=(answer.evidence,)))
    return claims


def _without_diagnosis(case: Case) -> Conclusion:
    """No analyzers: what the other answers say, as low as confidence goes."""
    if all(a.failed for a in case.answers):
        first = case.answers[0] if case.answers else None
        why = _reason(first, 400) if first else "no tool server answers; see workbench doctor."
        return Conclusion(
            verdict=f"The cluster could not be looked at: {why}", confidence=Confidence.LOW
        )
    claims = _looked_claims(case)
    said = [c.text for c in claims if "“" in c.text]
    verdict = (
        f"The analyzers could not be asked; the most telling answer: {said[0]}"
        if said
        else "The analyzers could not be asked, and nothing that was looked at tells of trouble."
    )
    return Conclusion(verdict=verdict, confidence=Confidence.LOW, claims=tuple(claims))
