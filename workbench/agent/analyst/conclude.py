"""The conclusion that the answers support: each claim cites the answers that show it."""

from __future__ import annotations

import re

import msgspec

from workbench.agent.analyst import changes as changing
from workbench.agent.analyst import offers as role
from workbench.agent.analyst.case import Case, Lead, absent, consider, serves, workload_of
from workbench.agent.analyst.chain import (
    CLAIMS,
    Reason,
    claims,
    merged,
    reason,
    shown_by,
    source,
)
from workbench.agent.analyst.commands import next_steps, see_also
from workbench.agent.analyst.elsewhere import also_seen, refuted, ruled_out, separate
from workbench.agent.analyst.no_fault import nothing_wrong, why_failed, without_diagnosis
from workbench.agent.analyst.phrases import brief
from workbench.agent.analyst.preface import preface
from workbench.agent.analyst.topics import asks_for_health, asks_for_history, asks_for_no_fault
from workbench.agent.analyst.verdict import verdict
from workbench.agent.answers import Answer
from workbench.core.cluster import Gap
from workbench.core.findings import Severity
from workbench.core.investigation import Conclusion, Confidence

_DOWN = re.compile(r"\b(?:down|offline|unavailable|unreachable|outage|dead)\b", re.IGNORECASE)
_CHANGES_NOTHING = re.compile(r"kubectl (?:describe|logs|get|top|events|rollout status) ")


def conclude(question: str, answers: tuple[Answer, ...]) -> Conclusion:
    """What the question comes to. The same answers give the same conclusion; never raises for
    what tools say."""
    case = consider(question, answers)
    found = _found(question, case)
    if asks_for_no_fault(question):
        text = f"This is answered by looking for faults, and by nothing else. {found.verdict}"
        found = msgspec.structs.replace(found, verdict=text)
    gaps = tuple(dict.fromkeys((*found.not_checked, *_not_checked(case))))
    return msgspec.structs.replace(found, not_checked=gaps)


def _found(question: str, case: Case) -> Conclusion:
    if case.diagnosis is None:
        return without_diagnosis(case)
    if asks_for_history(question) and changing.timelines(case):
        return _changes(case)
    no_more = tuple(lead for lead in case.leads if refuted(lead, case))
    leads = tuple(lead for lead in case.leads if lead not in no_more) or _instead(no_more)
    if leads:
        found = _with_cause(case, leads, no_more)
        return msgspec.structs.replace(
            found, verdict=_qualified(found.verdict, question, leads, case)
        )
    return nothing_wrong(case, no_more, complains=not asks_for_health(question))


def _qualified(text: str, question: str, leads: tuple[Lead, ...], case: Case) -> str:
    """The verdict, with what the question takes for granted put right: that something is at fault,
    or that it is down."""
    only_noted = all(x.cause.severity == Severity.INFO for x in leads)
    if asks_for_health(question) and only_noted:
        seen = " in what could be looked at" if case.diagnosis and case.diagnosis.gaps else ""
        return f"No fault was found{seen}. Worth knowing: {text}"
    if only_noted and not any(x.symptoms for x in leads):
        return f"{text.rstrip('.')}; nothing was found that suffers from it."
    up = serves(leads[0]) if _DOWN.search(question) else ""
    owner = workload_of(leads[0])
    if up and owner is not None:
        return f"{owner} is up ({up}); only its rollout hangs. {text}"
    return text


def _instead(no_more: tuple[Lead, ...]) -> tuple[Lead, ...]:
    """When every hypothesis was refuted, what they were to explain stands for itself."""
    left = [f for lead in no_more for f in lead.symptoms]
    return (Lead(cause=left[0], symptoms=tuple(left[1:])),) if left else ()


def _with_cause(case: Case, leads: tuple[Lead, ...], no_more: tuple[Lead, ...]) -> Conclusion:
    main = leads[0]
    why = reason(main, case)
    others = _others(leads)
    told = (main, *others)
    chain = claims(main, why, case, CLAIMS - len(others))
    for lead in others:
        chain += claims(lead, None, case)[:1]
    seen = shown_by(main, case)
    gap = Gap(f"what {main.cause.subject} is like now", "only the diagnosis tells of it")
    return Conclusion(
        verdict=preface(case) + verdict(main, why, others, case),
        confidence=_confidence(main, bool(seen), case),
        claims=merged(chain),
        ruled_out=ruled_out(case, leads, no_more, why),
        also_wrong=also_seen(case, (*leads, *no_more)),
        not_checked=() if seen else (gap,),
        next_steps=_steps(told, why, case),
    )


def _steps(told: tuple[Lead, ...], why: Reason | None, case: Case) -> tuple[str, ...]:
    """Nothing is changed for a question about what is not here: then only looks."""
    steps = next_steps(told, why, case)
    if case.meant.strangers and not case.meant.words:
        return tuple(s for s in steps if _CHANGES_NOTHING.match(s))
    return (*steps, *see_also(told, case))


def _others(leads: tuple[Lead, ...]) -> tuple[Lead, ...]:
    """Causes beside the first that the first one does not explain."""
    first = leads[0]
    return tuple(
        x
        for x in leads[1:]
        if x.cause not in first.symptoms and not (x.symptoms and _alike(x, first))
    )


def _alike(one: Lead, first: Lead) -> bool:
    """Whether it is the same fault of another object, with the same effects: two cordoned nodes."""
    return one.cause.code == first.cause.code and set(one.symptoms) <= set(first.symptoms)


def _confidence(main: Lead, confirmed: bool, case: Case) -> Confidence:
    if case.meant.strangers and not case.asked:
        return Confidence.LOW
    if case.meant.unknown and not case.asked:
        return Confidence.MEDIUM
    if case.nearby:
        return Confidence.MEDIUM
    if confirmed and (main.cause.root_cause or main.host):
        return Confidence.HIGH
    return Confidence.MEDIUM


def _changes(case: Case) -> Conclusion:
    told = {f.id for f in changing.began(case)}
    others = [f for f in separate(case, told) if f.severity >= Severity.ERROR]
    older = [f"Older than that: {brief(f)}" for f in others[:5]]
    return Conclusion(
        verdict=changing.verdict(case),
        confidence=Confidence.MEDIUM,
        claims=changing.claims(case),
        also_wrong=tuple(older),
        not_checked=(Gap("edits of objects that leave no event", "the cluster keeps no record"),),
    )


def _not_checked(case: Case) -> tuple[Gap, ...]:
    gaps = list(case.diagnosis.gaps) if case.diagnosis else []
    if case.diagnosis is None:
        asked = next((a for a in case.answers if a.remote_name == role.DIAGNOSE), None)
        why = "no tool server offers it"
        if asked:
            why = why_failed(asked) if asked.failed else "it gave no usable answer"
        gaps.append(Gap("the analyzers' diagnosis", why))
    for answer in case.answers:
        if answer.failed and not absent(answer) and answer.remote_name != role.DIAGNOSE:
            gaps.append(Gap(source(answer).removeprefix("The "), why_failed(answer)))
    return tuple(dict.fromkeys(gaps))
