"""The conclusion that the answers support: each claim cites the answers that show it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from workbench.agent.analyst import changes as changing
from workbench.agent.analyst import offers as role
from workbench.agent.analyst.case import (
    Case,
    Lead,
    absent,
    consider,
    quote_for,
    serves,
    workload_of,
)
from workbench.agent.analyst.chain import (
    CLAIMS,
    Reason,
    began_with,
    claims,
    merged,
    reason,
    shown_by,
    source,
)
from workbench.agent.analyst.commands import next_steps, see_also
from workbench.agent.analyst.elsewhere import also_seen, quiet, refuted, ruled_out, separate
from workbench.agent.analyst.names import same_family, stem
from workbench.agent.analyst.phrases import (
    brief,
    broken,
    enumerated,
    headed,
    one_line,
    shortened,
    since,
)
from workbench.agent.analyst.preface import not_here, preface, state, taken_as
from workbench.agent.analyst.revisions import in_words
from workbench.agent.analyst.topics import asks_for_health, asks_for_history, asks_for_no_fault
from workbench.agent.answers import Answer
from workbench.analyzers.ranking.likely import HARMLESS_ALONE
from workbench.core.characters import visible
from workbench.core.cluster import Gap, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.incident import ASIDE
from workbench.core.investigation import Claim, Conclusion, Confidence

_SPAN = re.compile(r"\b(?:in|for|after|has waited) \d+ (?:s|min|h|days)\b")
_ASKED = re.compile(r"^Asked (?:\w+ )?\S+ to [^:]+: ")  # what was asked is told anyway
_UNDERSTOOD = re.compile(
    r"\b(?:log says|logs) that |\bruns, but (?!its log repeats|answers \d|a peer answers)"
)  # what the line means; its words come after
_READ_AT_ONCE = 330
"""So many letters of a verdict are read at once; a line of a log that would make it longer stands
in the claims only."""
_BESIDE = 140
_ALIKE = 40  # letters after which a quotation says what stands there already
_WHOLE = 500  # letters of an error that is all there is to say, with its advice
_UNKNOWN = (
    "Not known: what requests, metrics and traces would show, and the logs that were not read."
)
_DOWN = re.compile(r"\b(?:down|offline|unavailable|unreachable|outage|dead)\b", re.IGNORECASE)
_CHANGES_NOTHING = re.compile(r"kubectl (?:describe|logs|get|top|events|rollout status) ")
_RELEASE = re.compile(r"(?:rollout|deploy|upgrade|release)(?:s|ed)?")
_LOOKS = frozenset({role.DESCRIBE, role.EVENTS, role.LOGS})


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
        return _without_diagnosis(case)
    if asks_for_history(question) and changing.timelines(case):
        return _changes(case)
    no_more = tuple(lead for lead in case.leads if refuted(lead, case))
    leads = tuple(lead for lead in case.leads if lead not in no_more) or _instead(no_more)
    if leads:
        found = _with_cause(case, leads, no_more)
        if asks_for_health(question) and all(x.cause.severity == Severity.INFO for x in leads):
            seen = " in what could be looked at" if case.diagnosis.gaps else ""
            text = f"No fault was found{seen}. Worth knowing: {found.verdict}"
            return msgspec.structs.replace(found, verdict=text)
        if all(x.cause.severity == Severity.INFO and not x.symptoms for x in leads):
            text = f"{found.verdict.rstrip('.')}; nothing was found that suffers from it."
            return msgspec.structs.replace(found, verdict=text)
        up = serves(leads[0]) if _DOWN.search(question) else ""
        owner = workload_of(leads[0])
        if not up or owner is None:
            return found
        text = f"{owner} is up ({up}); only its rollout hangs. {found.verdict}"
        return msgspec.structs.replace(found, verdict=text)
    return _nothing_wrong(case, no_more, complains=not asks_for_health(question))


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
        verdict=preface(case) + _verdict(main, why, others, case),
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


def _verdict(main: Lead, why: Reason | None, others: tuple[Lead, ...], case: Case) -> str:
    cause, owner = main.cause, workload_of(main) or main.cause.subject
    understood = (
        why is not None and why.variable is None and bool(_UNDERSTOOD.search(cause.message))
    )
    text = headed(cause, quoted=why is not None and not understood)
    if owner != cause.subject and cause.subject.kind == "Pod":
        text = _of_workload(text, cause.subject, owner)
    began = "" if "since" in text else since(cause, case.now)
    if began:
        text += f" ({began if not _SPAN.search(text) else began.partition(',')[0]})"
    told = why is not None and why.variable is not None and why.variable.name in text
    if why is not None and not told and not understood and not _repeats(why.text, text):
        text += f" because {why.text}"
    text += _share(main, owner)
    text += _with_release(main, case)
    hit = (f for f in main.symptoms if not _only_reports(f, cause))
    asked = sorted(hit, key=lambda f: f not in case.meant.findings)
    suffering = [r for r in broken(asked, (cause.subject, owner)) if str(r) not in text]
    if suffering:
        text += f"; this breaks {enumerated([str(r) for r in suffering])}{_how(main, suffering)}"
    if why is not None and understood and len(text) + len(why.text) < _READ_AT_ONCE:
        text += f". {why.text[:1].upper()}{why.text[1:]}"
    aside = tuple(x for x in others if not same_family(x.cause.subject, cause.subject))
    if aside:
        also = shortened(brief(aside[0].cause, workload_of(aside[0])), _BESIDE)
        more = f" and {len(aside) - 1} more" if len(aside) > 1 else ""
        text += f"{ASIDE}{also}{more}"
    return f"{text.rstrip('.')}."


def _repeats(quoted: str, text: str) -> bool:
    """The line is quoted in the text already, save for its digits."""
    bare = ["".join(c for c in s.lower() if c.isalpha()) for s in (quoted, text)]
    line = bare[0].partition("says")[2]
    return any(line[at : at + _ALIKE] in bare[1] for at in range(0, max(len(line) - _ALIKE, 1), 10))


def _only_reports(symptom: Finding, cause: Finding) -> bool:
    """Whether it is a controller's log that names the resource which is not well."""
    about = symptom.code == "LOG_ERRORS" and cause.code == "RESOURCE_NOT_READY"
    return about and any(cause.subject.name in p.value for p in symptom.evidence)


_SUFFERS = tuple(
    map(
        re.compile,
        (r"\blog says that (?P<how>[^;]+)", r" runs, but (?!answers )(?P<how>[^;]+)",
         r"(?:probe of .+?|image .+?) (?P<how>(?:fails|cannot be): .+)", r"(?P<how>cannot be .+)"),
    )
)  # fmt: skip
_SAY_NOT_WHAT_BREAKS = HARMLESS_ALONE | {"NODE_CORDONED", "NODE_SUSPECT"}
_HOW = 160  # letters of it


def _how(main: Lead, suffering: Sequence[ObjectRef]) -> str:
    """What those who suffer say of it, where the cause alone leaves that open."""
    if main.cause.code not in _SAY_NOT_WHAT_BREAKS:
        return ""
    theirs = [one_line(f.message) for f in main.symptoms]
    found = (m["how"] for words in _SUFFERS for told in theirs if (m := words.search(told)))
    said = next(found, "")
    return f": {shortened(said.strip(), _HOW)}" if said else ""


_AVAILABLE = re.compile(
    r"\b\d+ of \d+ replicas? (?:is|are) available|\bpods on \d+ of \d+ nodes are ready"
)


def _share(main: Lead, owner: ObjectRef) -> str:
    """How much is left of what fails only in part: ``; 3 of 4 replicas are available``."""
    parts = (f for f in main.symptoms if f.code == "WORKLOAD_DEGRADED")
    own = next((f for f in parts if same_family(f.subject, owner)), None)
    said = _AVAILABLE.search(own.message) if own else None
    return f"; {said[0]}" if said else ""


def _with_release(main: Lead, case: Case) -> str:
    """What the release is that it began with, where the question asks about one."""
    known = began_with(main, case)
    if known is None or not any(_RELEASE.fullmatch(word) for word in case.meant.topics):
        return ""
    changed = in_words(known.newest)
    what = f" ({visible(changed)})" if changed else ""
    return f"; it began with revision {known.newest.number} of {known.workload}{what}"


def _of_workload(text: str, subject: ObjectRef, owner: ObjectRef) -> str:
    """About the workload instead of one of its pods."""
    said = text.removeprefix(f"{subject}: ")
    if said.startswith(f"{subject} "):
        said = f"its pod {said.removeprefix(f'{subject} ')}"
    return f"{owner}: {said.replace(subject.name, stem(subject.name))}"


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
            why = _why_failed(asked) if asked.failed else "it gave no usable answer"
        gaps.append(Gap("the analyzers' diagnosis", why))
    for answer in case.answers:
        if answer.failed and not absent(answer) and answer.remote_name != role.DIAGNOSE:
            gaps.append(Gap(source(answer).removeprefix("The "), _why_failed(answer)))
    return tuple(dict.fromkeys(gaps))


def _why_failed(answer: Answer, most: int = 160) -> str:
    lines = [one_line(line) for line in answer.text.splitlines() if line.strip()]
    said = _ASKED.sub("", lines[0]) if lines else "the tool failed and did not say why"
    return shortened(said, most)


def _nothing_wrong(case: Case, no_more: tuple[Lead, ...], complains: bool) -> Conclusion:
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


def _without_diagnosis(case: Case) -> Conclusion:
    """No analyzers: what the other answers say, as low as confidence goes."""
    if all(a.failed for a in case.answers):
        first = case.answers[0] if case.answers else None
        why = (
            _why_failed(first, _WHOLE) if first else "no tool server answers; see workbench doctor."
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
