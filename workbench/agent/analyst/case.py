"""The case so far: what is asked about, which causes would explain it, what the answers show."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec

from workbench.agent.analyst import offers as role
from workbench.agent.analyst.environment import Variable, missing_variable
from workbench.agent.analyst.explanations import Explanations
from workbench.agent.analyst.listing import listed, table_rows
from workbench.agent.analyst.matching import SURE, Names
from workbench.agent.analyst.names import same_family, workload
from workbench.agent.analyst.phrases import FROM_LOGS, WORKLOADS
from workbench.agent.analyst.quotes import (
    Quote,
    addresses,
    hosts,
    service_of,
    spoken,
    telling,
    warnings_of,
)
from workbench.agent.analyst.relevance import Relevant, name_words, relevant
from workbench.agent.analyst.topics import complains, moment_asked
from workbench.agent.answers import Answer
from workbench.agent.triage import diagnosis_in
from workbench.core.cluster import ObjectRef
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding, Severity

LEADS = 3  # hypotheses held at a time
_HOPS = 2  # services followed from log line to log line
_UNKNOWN_HOSTS = 2  # hosts without a finding that are looked up
_ANSWERS = frozenset(
    {"CRON_JOB_SUSPENDED", "JOB_SUSPENDED", "ROLLOUT_PAUSED", "WORKLOAD_SCALED_TO_ZERO"}
)
_MADE = frozenset({"EndpointSlice", "Endpoints", "ReplicaSet", "Event", "Lease"})
"""Kinds that controllers make and name after others, whom people mean."""
_HOLDERS = frozenset({"ConfigMap", "Secret"})
_NEAR = timedelta(minutes=20)  # people name a time by when they noticed
_OBJECTS = 2  # asked-about objects without findings that are looked at
_POD = re.compile(r"Pod ([a-z0-9-]+)/([a-z0-9.-]+)")
_ABSENT = re.compile(r"missing|not[ _]?found|does not exist|do not exist|no such", re.IGNORECASE)


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """A hypothesis: the finding that would be the cause, and the findings it would explain.

    host: the name in a log line that led here; "" when the diagnosis did.
    """

    cause: Finding
    symptoms: tuple[Finding, ...] = ()
    host: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a plan or a conclusion needs, derived from the question and the answers.

    findings: those at warning or above, ranked.
    leads: the likeliest cause first; those that a log led to come before those that named it.
    causes: how many there are in all; ``leads`` holds the first of them.
    hosts: services that logs complain about and no finding is about.
    nearby: the leads have no other tie to what is asked about than its namespace.
    """

    answers: tuple[Answer, ...]
    triage: Answer | None
    diagnosis: Diagnosis | None
    findings: tuple[Finding, ...] = ()
    meant: Relevant = Relevant()
    leads: tuple[Lead, ...] = ()
    causes: int = 0
    hosts: tuple[ObjectRef, ...] = ()
    nearby: bool = False

    @property
    def objects(self) -> tuple[ObjectRef, ...]:
        """The asked-about objects that no finding is about, one of each family."""
        by_weight = sorted(self.meant.objects, key=lambda r: r.kind not in WORKLOADS)
        chosen: list[ObjectRef] = []
        for ref in by_weight:
            if not any(same_family(ref, c) for c in chosen):
                chosen.append(ref)
        return tuple(chosen[:_OBJECTS])

    @property
    def asked(self) -> bool:
        """Whether the question's words mean anything here."""
        return bool(self.meant.findings or self.meant.objects or self.meant.namespaces)

    @property
    def now(self) -> datetime:
        """The time that the diagnosis judged by."""
        return self.diagnosis.now if self.diagnosis else datetime.min.replace(tzinfo=UTC)

    @property
    def broad(self) -> bool:
        """The question names no object: it asks for whatever is wrong, or wrong in a namespace."""
        return not set(self.meant.words) - set(self.meant.namespaces) and not self.meant.topics

    def about(self, refs: tuple[ObjectRef, ...]) -> tuple[Answer, ...]:
        """The answers that looked at one of the objects or at its pods."""
        return tuple(a for a in self.answers if _looked_at(a, refs))


def consider(question: str, answers: tuple[Answer, ...]) -> Case:
    """The case as the question and the answers make it."""
    triage, diagnosis = _newest_diagnosis(answers)
    ranked = diagnosis.findings if diagnosis else ()
    findings = tuple(f for f in ranked if f.severity >= Severity.WARNING)
    findings += _asked_notes(question, ranked)
    meant = relevant(question, findings, (r for r in listed(answers) if r.kind not in _MADE))
    case = Case(answers=answers, triage=triage, diagnosis=diagnosis, findings=findings, meant=meant)
    leads = _leads(findings, meant)
    leads = _slow_first(question, leads, meant)
    if (asked := diagnosis and moment_asked(question, diagnosis.now)) and not meant.findings:
        leads = _near(leads, asked)
    whole = msgspec.structs.replace(case, leads=leads[:LEADS], causes=len(leads))
    followed = _follow_logs(whole)
    if followed.leads or not complains(question):
        return followed
    set_up = _follow_settings(followed)
    return set_up if set_up.leads else _nearby(set_up)


_SLOW = re.compile(r"\bslow(?:ly|ness)?\b|\blatenc|\btime-?outs?\b|\blags?\b", re.IGNORECASE)
_ALL_SERVE = re.compile(r"\b([1-9]\d*) of \1 replicas? available\b")


def serves(lead: Lead) -> str:
    """``2 of 2 replicas available``, where only the rollout of its workload hangs; else ""."""
    hung = (f for f in (lead.cause, *lead.symptoms) if f.code == "ROLLOUT_STUCK")
    said = next((m for f in hung if (m := _ALL_SERVE.search(f.message))), None)
    return said[0] if said else ""


def _slow_first(question: str, leads: tuple[Lead, ...], meant: Relevant) -> tuple[Lead, ...]:
    """What is slow in a workload that serves is not slow for its hanging rollout."""
    if not leads or not _SLOW.search(question) or not serves(leads[0]):
        return leads
    slow = [f for f in meant.findings if f.code in FROM_LOGS and _SLOW.search(f.message)]
    return (*(Lead(cause=f) for f in slow[:1]), *(x for x in leads if x.cause not in slow[:1]))


def _nearby(case: Case) -> Case:
    """Nothing ties what is complained about to a fault: the outages in its namespace, which are the
    likeliest reason all the same."""
    near = {ref.namespace for ref in case.objects if ref.namespace}
    down = [
        f
        for f in case.findings
        if f.root_cause and f.severity >= Severity.ERROR and f.subject.namespace in near
    ]
    edges = Explanations(case.findings)
    leads = tuple(Lead(cause=f, symptoms=edges.below(f)) for f in down)
    return msgspec.structs.replace(case, leads=leads[:LEADS], causes=len(leads), nearby=bool(leads))


def _follow_settings(case: Case) -> Case:
    """What is complained about shows no fault and its logs name nobody: the causes behind the
    services that its description says it is set up to call."""
    leads: list[Lead] = []
    for ref in case.objects:
        for answer in case.about((ref,)):
            if answer.failed or role.role(answer.remote_name) != role.DESCRIBE:
                continue
            services = (service_of(host, ref.namespace) for host in addresses(answer.text))
            found = (_lead_to(s, case, None) for s in services if s and s.name != workload(ref))
            leads += [lead for lead in found if lead and lead.cause.root_cause]
    unlike = {lead.cause.id: lead for lead in reversed(leads)}
    ranked = tuple(unlike[f.id] for f in case.findings if f.id in unlike)
    return msgspec.structs.replace(case, leads=ranked[:LEADS], causes=len(ranked))


def _asked_notes(question: str, ranked: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What is no fault by itself and the answer all the same when its very object is asked about:
    a suspended CronJob, a paused rollout, a workload with no replicas."""
    notes = tuple(f for f in ranked if f.severity == Severity.INFO and f.code in _ANSWERS)
    names = Names((f.subject.name for f in notes), spelled=True)
    scores = (names.like(word).items() for word in name_words(question) if notes)
    asked = {name for found in scores for name, score in found if score >= SURE}
    return tuple(f for f in notes if f.subject.name in asked)


def _near(leads: tuple[Lead, ...], asked: datetime) -> tuple[Lead, ...]:
    """Those that began near the time asked about first, else in their order."""
    return tuple(sorted(leads, key=lambda lead: not _began_near(lead.cause, asked)))


def _began_near(finding: Finding, asked: datetime) -> bool:
    since = finding.since
    if since is None:
        return False
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    return abs(since - asked) <= _NEAR


def _newest_diagnosis(answers: tuple[Answer, ...]) -> tuple[Answer | None, Diagnosis | None]:
    for answer in reversed(answers):
        diagnosis = None if answer.failed else diagnosis_in(answer.data)
        if diagnosis:
            return answer, diagnosis
    return None, None


def _leads(findings: tuple[Finding, ...], meant: Relevant) -> tuple[Lead, ...]:
    if meant.objects and not meant.findings:
        return ()
    edges = Explanations(findings)
    causes: dict[str, Finding] = {}
    for finding in meant.findings:
        causes.update({f.id: f for f in edges.causes(finding)})
    if not causes:
        chosen = [f for f in findings if f.root_cause] or list(findings)
        causes = {f.id: f for f in chosen}
    ranked = [f for f in findings if f.id in causes]
    leads = [Lead(cause=f, symptoms=_symptoms(f, edges, meant)) for f in ranked]
    return tuple(x for i, x in enumerate(leads) if not _repeats(x, leads[:i]))


def _repeats(lead: Lead, before: list[Lead]) -> bool:
    """The same fault, said of an object that an earlier lead breaks anyway."""
    return any(
        lead.cause.code == other.cause.code
        and any(same_family(lead.cause.subject, f.subject) for f in other.symptoms)
        for other in before
    )


def _symptoms(cause: Finding, edges: Explanations, meant: Relevant) -> tuple[Finding, ...]:
    """What the cause explains, the asked-about first."""
    asked = {f.id for f in meant.findings}
    return tuple(sorted(edges.below(cause), key=lambda f: f.id not in asked))


def _follow_logs(case: Case) -> Case:
    """Add the causes behind services that the logs of the asked-about objects complain about."""
    leads, unknown = case.leads, list[ObjectRef]()
    sources: dict[ObjectRef, Lead | None] = {
        **dict.fromkeys(case.objects),
        **{lead.cause.subject: lead for lead in leads},
    }
    for _ in range(_HOPS):
        new: list[Lead] = []
        for service, (source, addressed) in sorted(_named_in_logs(case, sources).items()):
            lead = _lead_to(service, case, sources[source])
            if lead and _weaker(lead, sources[source]):
                continue
            if lead is None and addressed:
                unknown.append(service)
            if lead and lead.cause not in [x.cause for x in new] and not _known(lead, leads):
                new.append(lead)
        causes = [lead.cause for lead in new]
        leads = (*new, *(lead for lead in leads if lead.cause not in causes))
        sources = {lead.cause.subject: lead for lead in new}
        if not sources:
            break
    kept = tuple(dict.fromkeys(unknown))[:_UNKNOWN_HOSTS]
    return msgspec.structs.replace(case, leads=leads[: LEADS + _HOPS], hosts=kept)


def _weaker(lead: Lead, source: Lead | None) -> bool:
    """A log that complains less than the one that names it is not the reason for it."""
    if source is None or lead.cause.code not in FROM_LOGS:
        return False
    return lead.cause.severity < source.cause.severity


def _known(lead: Lead, leads: tuple[Lead, ...]) -> bool:
    """A log has led to the cause before, or it is the cause whose own log was read."""
    return any(lead.cause == x.cause and (x.host or x == leads[0]) for x in leads)


def _named_in_logs(
    case: Case, sources: dict[ObjectRef, Lead | None]
) -> dict[ObjectRef, tuple[ObjectRef, bool]]:
    """Services that the sources' logs complain about: which source, and whether as an address."""
    named: dict[ObjectRef, tuple[ObjectRef, bool]] = {}
    for source in sources:
        lead = sources[source]
        refs = (source, *(pods_in_evidence(lead.cause) if lead else ()))
        for answer in case.about(refs):
            if answer.failed or role.role(answer.remote_name) != role.LOGS:
                continue
            named_as_such = hosts(answer.text)
            for host in (*named_as_such, *spoken(answer.text)):
                service = service_of(host, source.namespace)
                if service and service.name != workload(source):
                    named.setdefault(service, (source, host in named_as_such))
    return named


def _lead_to(service: ObjectRef, case: Case, source: Lead | None) -> Lead | None:
    """The root cause of what is wrong with a service or with the workload of its name.

    Its symptoms start with the one whose log named the service, and what that one explains.
    """
    about = [f for f in case.findings if same_family(f.subject, service)]
    about = about or [f for f in case.findings if service in f.related]
    if not about:
        return None
    cause = Explanations(case.findings).causes(about[0])[0]
    named_by = (source.cause, *source.symptoms) if source else ()
    symptoms = dict.fromkeys(f.id for f in (*named_by, *about) if f != cause)
    by_id = {f.id: f for f in case.findings}
    return Lead(cause=cause, symptoms=tuple(by_id[i] for i in symptoms), host=service.name)


def _looked_at(answer: Answer, refs: tuple[ObjectRef, ...]) -> bool:
    seen = role.subject(answer)
    return seen is not None and any(_covers(seen, ref) for ref in refs)


def _covers(seen: ObjectRef, ref: ObjectRef) -> bool:
    if seen.namespace and ref.namespace and seen.namespace != ref.namespace:
        return False
    if seen.name == ref.name:
        return not seen.kind or seen.kind == ref.kind or same_family(seen, ref)
    return same_family(msgspec.structs.replace(seen, kind=seen.kind or ref.kind), ref)


def quote_for(answer: Answer, finding: Finding | None = None) -> Quote | None:
    """What in the answer tells most about the finding, or of trouble at all."""
    marks = tuple(p.value for p in finding.evidence) if finding else ()
    lines = tuple(p.value for p in finding.evidence if p.path.startswith("log ")) if finding else ()
    names = tuple(r.name for r in finding.related) if finding else ()
    kind = role.role(answer.remote_name)
    text = warnings_of(answer.text) if kind == role.DESCRIBE else answer.text
    if kind == role.EVENTS:
        text = _warning_events(answer)
    return telling(text, marks, names, lines, newest=kind == role.LOGS)


def _warning_events(answer: Answer) -> str:
    """The messages of warnings, when the answer came as a table; else all of its text."""
    data = answer.data if isinstance(answer.data, dict) else {}
    rows = table_rows(data) if isinstance(data.get("rows"), list) else []
    if not rows:
        return warnings_of(answer.text) or answer.text
    return "\n".join(str(r.get("message")) for r in rows if r.get("type") == "Warning")


def pods_in_evidence(finding: Finding) -> tuple[ObjectRef, ...]:
    """The pods that the finding's evidence was seen in: ``Pod shop/web-1`` among its sources."""
    found = (_POD.fullmatch(p.source) for p in finding.evidence)
    return tuple(dict.fromkeys(ObjectRef("Pod", m[1], m[2]) for m in found if m))


def workload_of(lead: Lead) -> ObjectRef | None:
    """The workload whose fault it is: the subject, or what the cause explains of its family."""
    about = lead.cause.subject
    if about.kind in WORKLOADS:
        return about
    if about.kind in _HOLDERS:
        return next((r for r in lead.cause.related if r.kind in WORKLOADS), None)
    near = (f.subject for f in lead.symptoms)
    return next((r for r in near if r.kind in WORKLOADS and same_family(r, about)), None)


def variable_of(lead: Lead, case: Case) -> Variable | None:
    """The environment variable that the lead's own log calls missing."""
    refs = (lead.cause.subject, *pods_in_evidence(lead.cause))
    return missing_variable(case.about(refs), lead.cause.subject.namespace)


def is_about_absence(finding: Finding) -> bool:
    """The finding says that something does not exist."""
    return bool(_ABSENT.search(f"{finding.code} {finding.title} {finding.message}"))


def absent(answer: Answer) -> bool:
    """The answer says that the object it asked for does not exist."""
    return role.role(answer.remote_name) == role.GET and bool(_ABSENT.search(answer.text[:500]))
