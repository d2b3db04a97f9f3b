"""What to look at next: the calls that would confirm or refute each hypothesis."""

from __future__ import annotations

import re

from workbench.agent.analyst import offers as role
from workbench.agent.analyst.case import (
    Case,
    Lead,
    consider,
    is_about_absence,
    pods_in_evidence,
    variable_of,
    workload_of,
)
from workbench.agent.analyst.listing import listed
from workbench.agent.analyst.names import workload
from workbench.agent.analyst.offers import Call, Offer, call
from workbench.agent.analyst.relevance import IN_NAMESPACE, name_words
from workbench.agent.analyst.topics import asks_for_health, asks_for_history, length_of_time
from workbench.agent.answers import Answer
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding

CALLS = 11  # besides the diagnosis: enough for three hypotheses and two hops
ROUNDS = 3  # of calls side by side
_PER_LEAD = (4, 3, 2, 2, 2)  # the likeliest cause gets most of them
_TAIL = 80  # log lines
_ROLLED_OUT = ("Deployment", "StatefulSet", "DaemonSet")
_WITH_PODS = frozenset({*_ROLLED_OUT, "ReplicaSet", "Job", "CronJob", "Pod"})
_RESTARTED = re.compile(r"crash|oom|exit|restart|laststate|terminated|previous", re.IGNORECASE)
_RUNS = re.compile(r"probe|ready|unhealthy|peer|log |init_container_waits", re.IGNORECASE)
_NEVER_RAN = re.compile(
    r"pull|image|pending|schedul|mount|attach|createcontainer|storage|claim|volume|provision|quota"
    r"|config_?(?:map|key)|secret|node_|selector",
    re.IGNORECASE,
)
_ASKED_WHOLE = "managed_fields"  # the argument of a look-up that hides the values of Secrets


def next_calls(
    question: str, offers: tuple[Offer, ...], answers: tuple[Answer, ...]
) -> tuple[Call, ...]:
    """The calls to make now, side by side; none when it is time to conclude.

    Only tools in ``offers`` are called, none twice with the same arguments, at most ``CALLS`` in
    at most ``ROUNDS``.
    """
    if len(answers) > 1 and all(a.failed for a in answers):
        return ()  # nobody answers: asking on only takes time
    if _rounds(answers) >= ROUNDS:
        return ()
    fresh: list[Call] = []
    for one in _wanted(question, offers, answers):
        if not one.made(answers) and one not in fresh:
            fresh.append(one)
    made = sum(1 for a in answers if role.role(a.remote_name) != role.DIAGNOSE)
    return tuple(fresh[: max(CALLS - made, 0)])


def _rounds(answers: tuple[Answer, ...]) -> int:
    """How often the analyst has asked so far; its call ids are ``analyst_ROUND_CALL``."""
    ids = (re.fullmatch(r"analyst_(\d+)_\d+", a.call_id) for a in answers)
    asked = [a for a in answers if role.role(a.remote_name) == role.DIAGNOSE]
    own = any(a.call_id.startswith("analyst_") for a in asked)
    return len({m[1] for m in ids if m}) - own


def _wanted(question: str, offers: tuple[Offer, ...], answers: tuple[Answer, ...]) -> list[Call]:
    if not any(a.remote_name == role.DIAGNOSE for a in answers):
        first = call(offers, role.DIAGNOSE)
        if first:
            return [first]
    case = consider(question, answers)
    if asks_for_history(question):
        changes = _changes(question, case, offers)
        if changes:
            return changes
    if _may_be_listed(question, case):
        lists = [c for c in _look_up_names(question, case, offers) if not c.made(answers)]
        if lists:
            return [*lists, *_likeliest(case, offers)]
    calls = [c for ref in case.objects for c in _look_at(ref, case, offers)]
    for lead, share in zip(case.leads, _PER_LEAD, strict=False):
        calls += _source(lead, case, offers)
        calls += tests(lead, case, offers)[:share]
    calls += [c for host in case.hosts if (c := call(offers, role.GET, host))]
    return calls or ([] if case.diagnosis else _look_around(offers))


def _may_be_listed(question: str, case: Case) -> bool:
    """Whether the question names what no finding is about."""
    meant = case.meant
    if meant.strangers or (meant.unknown and not meant.words):
        return True
    return asks_for_health(question) and _only_alike(case)


def _only_alike(case: Case) -> bool:
    """Whether what was found is about what is called alike, and nothing just so."""
    known = {workload(f.subject) for f in case.meant.findings}
    known |= {workload(ref) for ref in case.meant.objects}
    asked = {w for w in case.meant.words if w not in case.meant.namespaces}
    return bool(asked) and not asked & known


def _changes(question: str, case: Case, offers: tuple[Offer, ...]) -> list[Call]:
    """What happened when, once for each namespace the question names."""
    now = case.now if case.diagnosis else None
    since = length_of_time(question, now)
    places = case.meant.namespaces or tuple({o.namespace for o in case.objects}) or ("",)
    found = [
        call(offers, role.TIMELINE, since=since, namespace=place)
        if place
        else call(offers, role.TIMELINE, since=since)
        for place in places
    ]
    return [c for c in found if c]


def _look_up_names(question: str, case: Case, offers: tuple[Offer, ...]) -> list[Call]:
    """Lists in which a name of the question may be found that no finding mentions."""
    kinds = ["Deployment", "StatefulSet", "Service"]
    if {"node", "nodes"} & set(case.meant.topics) or any(
        w[-1].isdigit() for w in case.meant.unknown
    ):
        kinds = ["Node", *kinds]
    if any("." in w for w in case.meant.unknown):
        kinds = ["Ingress", *kinds]
    if {"job", "jobs", "cronjob", "cronjobs"} & set(case.meant.topics):
        kinds = ["CronJob", *kinds]
    if IN_NAMESPACE.search(question.lower()):
        kinds = ["Namespace", *kinds]
    if case.meant.strangers or re.search(r"\bpods?\b", question, re.IGNORECASE):
        kinds = ["Pod", *kinds]
    found = [call(offers, role.LIST, kind=kind) for kind in kinds]
    return [c for c in found if c]


def _likeliest(case: Case, offers: tuple[Offer, ...]) -> list[Call]:
    """Tests of the likeliest cause in scope, for the case that the lists tell nothing."""
    return tests(case.leads[0], case, offers)[:3] if case.leads else []


def _look_around(offers: tuple[Offer, ...]) -> list[Call]:
    """Without a finding to follow: warnings anywhere."""
    found = call(offers, role.EVENTS, warnings_only=True, type="Warning")
    return [found] if found else []


def _look_at(ref: ObjectRef, case: Case, offers: tuple[Offer, ...]) -> list[Call]:
    """What shows whether an object without findings is well, its newest log included."""
    calls = [call(offers, role.DESCRIBE, ref)]
    if not _described(ref, case, offers):
        calls.append(call(offers, role.EVENTS, ref))
    if ref.kind in _WITH_PODS:
        pod = _pod_of(ref, case)
        if pod:
            calls.append(call(offers, role.LOGS, pod, tail_lines=_TAIL))
        else:
            calls.append(call(offers, role.LIST, kind="Pod", namespace=ref.namespace))
    return [c for c in calls if c]


def _source(lead: Lead, case: Case, offers: tuple[Offer, ...]) -> list[Call]:
    """The ConfigMap or Secret that a variable is read from which the log calls missing."""
    variable = variable_of(lead, case)
    if variable is None or variable.holder is None:
        return []
    found = _without_values(variable.holder, offers)
    return [found] if found else []


def _without_values(ref: ObjectRef, offers: tuple[Offer, ...]) -> Call | None:
    """A look at an object that shows no value of a Secret.

    A description never shows them. A look-up does, except with tool servers like the built-in one,
    which can be told by its argument.
    """
    whole = call(offers, role.GET, ref, **{_ASKED_WHOLE: True})
    if whole and _ASKED_WHOLE in whole.arguments:
        return whole
    return call(offers, role.DESCRIBE if ref.kind == "Secret" else role.GET, ref)


def tests(lead: Lead, case: Case, offers: tuple[Offer, ...]) -> list[Call]:
    """The calls whose answers would confirm or refute the lead, the most decisive first."""
    cause, about = lead.cause, lead.cause.subject
    owner = workload_of(lead)
    rolled = owner if owner and owner.kind in _ROLLED_OUT else None
    calls = [_log_of(lead, case, offers)]
    if is_about_absence(cause):
        calls += [_without_values(r, offers) for r in cause.related[:1] if r.kind != "Pod"]
    if about.kind in ("Secret", "ConfigMap"):
        calls.append(_without_values(about, offers))
    else:
        calls.append(call(offers, role.DESCRIBE, about))
    if rolled:
        calls.append(call(offers, role.ROLLOUT, rolled))
    if about.kind == "Pod" and "SCHEDUL" in cause.code:
        calls.append(call(offers, role.LIST, kind="Node"))
    if about.kind == "Service":
        calls.append(call(offers, role.LIST, kind="EndpointSlice", namespace=about.namespace))
    if not _described(about, case, offers):  # a description holds the events
        calls.append(call(offers, role.EVENTS, about))
    return [c for c in calls if c]


def _described(about: ObjectRef, case: Case, offers: tuple[Offer, ...]) -> bool:
    """A description can be had: the tool is there and has not failed for this object."""
    described = [a for a in case.about((about,)) if role.role(a.remote_name) == role.DESCRIBE]
    return call(offers, role.DESCRIBE, about) is not None and not any(a.failed for a in described)


def _log_of(lead: Lead, case: Case, offers: tuple[Offer, ...]) -> Call | None:
    about = lead.cause.subject
    if about.kind == "Node":
        return None
    ran = not _NEVER_RAN.search(lead.cause.code)
    others = [f for f in lead.symptoms if ran or _restarted(f)]  # else there is no log to read
    tellers = (lead.cause, *others) if ran else others
    return next((log for f in tellers if (log := _log(f, case, offers))), None)


def _log(cause: Finding, case: Case, offers: tuple[Offer, ...]) -> Call | None:
    restarted = _restarted(cause)
    if _NEVER_RAN.search(cause.code) or not (restarted or _RUNS.search(_traits(cause))):
        return None
    own = pods_in_evidence(cause)
    pod = _pod_of(cause.subject, case) or (own[0] if own else None)
    if pod is None:
        return None
    more: dict[str, object] = {"tail_lines": _TAIL}
    if restarted and cause.subject.kind != "Job":  # a Job's pods are not restarted but replaced
        more["previous"] = True
    if _names_container(cause):
        more["container"] = cause.detail
    return call(offers, role.LOGS, pod, **more)


def _restarted(finding: Finding) -> bool:
    return bool(_RESTARTED.search(_traits(finding)))


def _traits(finding: Finding) -> str:
    seen = (f"{p.path} {p.value}" for p in finding.evidence)
    return " ".join([finding.code, finding.title, *seen])


def _names_container(finding: Finding) -> bool:
    """The detail is a container's name: the finding is about a pod, or its evidence says so."""
    detail = finding.detail
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", detail) or detail.isdigit():
        return False
    return finding.subject.kind == "Pod" or any(f"[{detail}]" in p.path for p in finding.evidence)


def _pod_of(ref: ObjectRef, case: Case) -> ObjectRef | None:
    """The object itself when it is a pod, else a pod of it that findings or lists name."""
    if ref.kind == "Pod":
        return ref
    named = [r for f in case.findings for r in (f.subject, *f.related)]
    pods = [r for r in (*named, *listed(case.answers)) if r.kind == "Pod"]
    mine = [p for p in pods if p.namespace == ref.namespace and workload(p) == ref.name]
    return mine[0] if mine else None


def intention(question: str, calls: tuple[Call, ...]) -> str:
    """One line about the calls, for the person who watches."""
    objects = list(dict.fromkeys(str(c.about) for c in calls if c.about))
    roles = {role.role(c.remote_name) for c in calls}
    if objects:
        return f"Looking at {', '.join(objects)}."
    if roles == {role.TIMELINE}:
        return "Looking at what happened when."
    if roles == {role.LIST}:
        words = ", ".join(f"“{w}”" for w in name_words(question))
        return f"Looking for {words} in the cluster." if words else "Looking at what there is."
    if roles == {role.PREVIEW}:
        return "Trying the fix as a dry run; a person decides whether it is made."
    if roles == {role.DIAGNOSE}:
        return "Running the analyzers."
    return "Looking for recent warnings."
