"""The chain from cause to symptom: one claim for each fact, with the answers that show it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

from workbench.agent.analyst import offers as role
from workbench.agent.analyst.case import (
    Case,
    Lead,
    absent,
    pods_in_evidence,
    quote_for,
    variable_of,
    workload_of,
)
from workbench.agent.analyst.environment import Holding, Variable, holding
from workbench.agent.analyst.names import same_family, workload
from workbench.agent.analyst.phrases import WORKLOADS, clock, enumerated, headed
from workbench.agent.analyst.quotes import Quote
from workbench.agent.analyst.revisions import History, history_of, in_words
from workbench.agent.answers import Answer
from workbench.core.characters import visible
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding
from workbench.core.investigation import Claim

CLAIMS = 6
_FEW = 3  # claims below which what only restates the cause is told too
_KEYS = 5  # keys of a ConfigMap or Secret that are listed
_ALIKE = 60  # letters after which two texts are taken for the same
_CLAIM = 220  # characters of a finding's message in a claim
# Faults whose reason does not stand in the program's own log.
_SILENT = re.compile(
    r"OOM|SCHEDUL|IMAGE|STORAGE|CLAIM|VOLUME|NODE|QUOTA|SELECTOR|MISSING|SCALED|RBAC"
)
_HOLDERS = frozenset({"ConfigMap", "Secret"})
_WITH_LOGS = frozenset({*WORKLOADS, "Pod", "ReplicaSet"})
_LOOKS = frozenset({role.LOGS, role.DESCRIBE, role.EVENTS})
_SIDE_SHOWS = frozenset({"PodDisruptionBudget", "HorizontalPodAutoscaler"})
_RESTATES = ("SERVICE_WITHOUT_ENDPOINTS", "PDB_BLOCKS_EVICTION")


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why the cause is as it is, found by a look of its own.

    text: what follows “because” in a verdict. claims: the facts it rests on, cause first.
    """

    text: str
    claims: tuple[Claim, ...] = ()
    variable: Variable | None = None
    held: Holding | None = None


def reason(lead: Lead, case: Case) -> Reason | None:
    """The missing key behind a missing variable, else what the object's own log says."""
    variable = variable_of(lead, case)
    if variable is not None:
        found = _behind(variable, case)
        if found is not None:
            return found
    tells = lead.cause.subject.kind in _WITH_LOGS and not _SILENT.search(lead.cause.code)
    spoken = _own_log(lead.cause, case) if tells else None
    if spoken is None:
        return None
    answer, quote = spoken
    if quote.calm:
        return None
    which = "previous log" if answer.arguments.get("previous") else "log"
    return Reason(text=f"its {which} says {quote.brief}")


def _behind(variable: Variable, case: Case) -> Reason | None:
    holder, name = variable.holder, variable.name
    if holder is None:
        text = f"{name} is not set in its containers"
        claim = Claim(
            text=f"No container's environment in the description sets {name}.",
            evidence=(variable.described.evidence,),
        )
        return Reason(text=text, claims=(claim,), variable=variable)
    held = holding(holder, case.answers)
    if held is None or variable.key in held.keys:
        return None
    read = Claim(
        text=f"{name} is read from it: “{variable.line}”.",
        evidence=(variable.described.evidence,),
    )
    if not held.exists:
        gone = Claim(text=f"{holder} does not exist.", evidence=(held.answer.evidence,))
        text = f"{holder}, which {name} is read from, does not exist"
        return Reason(text=text, claims=(gone, read), variable=variable, held=held)
    text = f"{holder} has no key {variable.key}, which {name} is read from"
    return Reason(
        text=text, claims=(_lacks(variable, held, case), read), variable=variable, held=held
    )


def _lacks(variable: Variable, held: Holding, case: Case) -> Claim:
    keys = enumerated(sorted(held.keys)[:_KEYS]) or "nothing"
    said = f"{variable.holder} has no key {variable.key}; it holds {keys}"
    when = _moment(held.changed)
    if held.manager and when:
        said += f"; {held.manager} wrote it last, at {clock(when, case.now)}"
    return Claim(text=f"{visible(said)}.", evidence=(held.answer.evidence,))


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def shown_by(lead: Lead, case: Case) -> tuple[Answer, ...]:
    """Answers other than the diagnosis that show the cause, in the order they came."""
    refs = (lead.cause.subject, *lead.cause.related, *pods_in_evidence(lead.cause))
    return _shown(lead, case, refs) or led_by(lead, case)


def _shown(lead: Lead, case: Case, refs: tuple[ObjectRef, ...]) -> tuple[Answer, ...]:
    looked = (a for a in case.about(refs) if a.evidence)
    shown = tuple(a for a in looked if absent(a) or _tells(a, lead.cause))
    return (*shown, *_without_key(lead.cause, case))


def _without_key(cause: Finding, case: Case) -> tuple[Answer, ...]:
    """The look at a ConfigMap or Secret that shows it lacks the key the finding names."""
    key = cause.detail.rpartition(".")[2]
    looks = [h for ref in (cause.subject, *cause.related) if (h := holding(ref, case.answers))]
    return tuple(h.answer for h in looks if "KEY" in cause.code and key and key not in h.keys)


def _tells(answer: Answer, cause: Finding) -> bool:
    looked = role.role(answer.remote_name) in _LOOKS and not answer.failed
    return looked and quote_for(answer, cause) is not None


def led_by(lead: Lead, case: Case) -> tuple[Answer, ...]:
    """The logs that complain about the lead's host."""
    if not lead.host:
        return ()
    logs = (a for a in case.answers if role.role(a.remote_name) == role.LOGS and a.evidence)
    return tuple(a for a in logs if not a.failed and _trail(a, lead.host))


def _trail(answer: Answer, host: str) -> Quote | None:
    """What the answer says in lines that name the host."""
    return quote_for(msgspec.structs.replace(answer, text=_lines_with(answer, host)))


def claims(lead: Lead, why: Reason | None, case: Case, most: int = CLAIMS) -> list[Claim]:
    """From the cause to what the question is about, ``most`` claims."""
    found = list(why.claims) if why else []
    found += _of_cause(lead, case)
    found += _rollout(lead, case)
    symptoms = _of_symptoms(lead, case)
    if case.objects:
        symptoms = [*symptoms[:1], *_of_objects(lead, case)]
    room = max(most - len(found), 1 if symptoms else 0)
    return [*found[: most - min(room, 1)], *symptoms[:room]]


def _of_cause(lead: Lead, case: Case) -> list[Claim]:
    """The finding with its own log's words, and what another look adds to it."""
    cause = lead.cause
    first = _finding_claim(cause, case)
    labels, more = list(first.evidence), list[Claim]()
    for answer in shown_by(lead, case):
        quote = quote_for(answer, cause)
        if role.role(answer.remote_name) == role.LOGS:
            continue  # told with the finding, or about another object
        if (
            absent(answer)
            or quote is None
            or role.role(answer.remote_name) == role.GET
            or _says_the_same(quote, cause, first)
        ):
            labels.append(answer.evidence)
        elif not more and quote.score > 1:
            text = f"{source(answer)} says {quote.text}."
            more.append(Claim(text=text, evidence=(answer.evidence,)))
    whole = msgspec.structs.replace(first, evidence=tuple(dict.fromkeys(labels)))
    return [whole, *more]


def _says_the_same(quote: Quote, finding: Finding, claim: Claim) -> bool:
    """The words are the finding's own evidence, or stand in the claim already."""
    known = " ".join([finding.message, claim.text, *(p.value for p in finding.evidence)])
    return all(_bare(part)[:_ALIKE] in _bare(known) for part in quote.parts)


def _bare(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _finding_claim(finding: Finding, case: Case, *, quoting: bool = True) -> Claim:
    """What the analyzers say of it, with the line of its log where one was read."""
    label = (case.triage.evidence,) if case.triage and case.triage.evidence else ()
    quoting = quoting and finding.subject.kind not in _HOLDERS
    spoken = _own_log(finding, case) if quoting else None
    said = headed(finding, quoted=spoken is not None, most=_CLAIM)
    if spoken is None:
        return Claim(text=f"{said}.", evidence=label)
    answer, quote = spoken
    which = source(answer).replace("The ", "the ", 1)
    if finding.subject.kind in _WITH_LOGS:
        which = "its previous log" if answer.arguments.get("previous") else "its log"
    return Claim(text=f"{said}; {which} says {quote.text}.", evidence=(*label, answer.evidence))


def _own_log(finding: Finding, case: Case) -> tuple[Answer, Quote] | None:
    """The log of one of its pods, best the line that names where the trail leads."""
    own = workload(finding.subject)
    followed = [lead.host for lead in case.leads if lead.host not in ("", own)]
    for answer in case.about((finding.subject, *pods_in_evidence(finding))):
        if role.role(answer.remote_name) == role.LOGS and answer.evidence and not answer.failed:
            trails = (_trail(answer, host) for host in followed)
            quote = next((t for t in trails if t), None) or quote_for(answer, finding)
            if quote:
                return answer, quote
    return None


def _lines_with(answer: Answer, word: str) -> str:
    return "\n".join(line for line in answer.text.splitlines() if word in line)


def _rollout(lead: Lead, case: Case) -> list[Claim]:
    known = began_with(lead, case)
    if known is None or known.newest.created is None:
        return []
    newest = known.newest
    when = clock(newest.created, case.now) if newest.created else ""
    changed = in_words(newest)
    text = f"Revision {newest.number} of {known.workload} was rolled out at {when}"
    text += f" ({visible(changed)})." if changed else "."
    return [Claim(text=text, evidence=(known.answer.evidence,))]


def began_with(lead: Lead, case: Case) -> History | None:
    """The rollout history of the lead's workload, when the fault began with its newest revision."""
    workload = workload_of(lead)
    known = history_of(workload, case.answers) if workload else None
    return known if known and known.began_with(lead.cause) else None


def _outward(symptoms: tuple[Finding, ...]) -> list[Finding]:
    """Nearest to the cause first: what explains another of them stands before it."""
    left, ordered = list(symptoms), list[Finding]()
    while left:
        explained = {e for f in left for e in f.explains if e != f.id}
        free = [f for f in left if f.id not in explained] or left[:1]
        ordered += free
        left = [f for f in left if f not in free]
    return ordered


def _of_symptoms(lead: Lead, case: Case) -> list[Claim]:
    """One claim for each object that suffers, with its own log's words."""
    asked = {f.id for f in case.meant.findings}
    told: list[ObjectRef] = [lead.cause.subject]
    found: list[Claim] = []
    spare: list[Finding] = []
    for symptom in _outward(lead.symptoms):
        if symptom.subject.kind in _SIDE_SHOWS and symptom.id not in asked:
            continue
        if any(same_family(symptom.subject, ref) for ref in told):
            spare.append(symptom)
            continue
        told.append(symptom.subject)
        found.append(_finding_claim(symptom, case))
    for symptom in spare:
        if len(found) + 1 < _FEW and symptom.code not in _RESTATES:
            found.append(_finding_claim(symptom, case, quoting=False))
    return found


def _of_objects(lead: Lead, case: Case) -> list[Claim]:
    """The logs of asked-about objects without a fault of their own that led to the cause."""
    found = []
    for answer in led_by(lead, case):
        quote = _trail(answer, lead.host)
        if quote:
            text = f"{source(answer)} says {quote.text}."
            found.append(Claim(text=text, evidence=(answer.evidence,)))
    return found


def source(answer: Answer) -> str:
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


def merged(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Claims of the same words as one, with the evidence of all."""
    labels: dict[str, dict[str, None]] = {}
    for claim in claims:
        labels.setdefault(claim.text, {}).update(dict.fromkeys(claim.evidence))
    return tuple(Claim(text=text, evidence=tuple(found)) for text, found in labels.items())
