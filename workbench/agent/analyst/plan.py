"""What to look at next: the calls that would confirm or refute each hypothesis."""

from __future__ import annotations

import re

from workbench.agent.analyst import offers as role
from workbench.agent.analyst.case import Case, Lead, consider, is_about_absence, pods_in_evidence
from workbench.agent.analyst.listing import listed
from workbench.agent.analyst.names import workload
from workbench.agent.analyst.offers import Call, Offer, call
from workbench.agent.analyst.relevance import name_words
from workbench.agent.answers import Answer
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding

CALLS = 8  # besides the diagnosis: enough for three hypotheses and two hops
_PER_LEAD = (4, 2, 2, 2, 2)  # the likeliest cause gets most of them
_TAIL = 80  # log lines
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_WITH_PODS = frozenset({*_WORKLOADS, "ReplicaSet", "Job", "CronJob", "Pod"})
_RESTARTED = re.compile(r"crash|oom|exit|restart|laststate|terminated|previous", re.IGNORECASE)
_RUNS = re.compile(r"probe|ready|unhealthy|peer|log ", re.IGNORECASE)
_NEVER_RAN = re.compile(r"pull|image|pending|schedul|mount|attach|createcontainer", re.IGNORECASE)
_LOOKED_UP = frozenset({"ConfigMap", "Service", "ServiceAccount", "PersistentVolumeClaim"})
# A Secret is never asked for: the answer might hold its values.


def next_calls(
    question: str, offers: tuple[Offer, ...], answers: tuple[Answer, ...]
) -> tuple[Call, ...]:
    """The calls to make now, side by side; none when it is time to conclude.

    Only tools in ``offers`` are called, none twice with the same arguments, at most ``CALLS``.
    """
    if len(answers) > 1 and all(a.failed for a in answers):
        return ()  # nobody answers: asking on only takes time
    wanted = _wanted(question, offers, answers)
    fresh: list[Call] = []
    for one in wanted:
        if not one.made(answers) and one not in fresh:
            fresh.append(one)
    made = sum(1 for a in answers if role.role(a.remote_name) != role.DIAGNOSE)
    return tuple(fresh[: max(CALLS - made, 0)])


def _wanted(question: str, offers: tuple[Offer, ...], answers: tuple[Answer, ...]) -> list[Call]:
    if not any(a.remote_name == role.DIAGNOSE for a in answers):
        first = call(offers, role.DIAGNOSE)
        if first:
            return [first]
    case = consider(question, answers)
    if case.meant.unknown and not case.asked:
        lists = [c for c in _look_up_names(offers) if not c.made(answers)]
        if lists:
            return lists
    calls = [c for ref in case.objects for c in _look_at(ref, case, offers)]
    for lead, share in zip(case.leads, _PER_LEAD, strict=False):
        calls += tests(lead, case, offers)[:share]
    calls += [c for host in case.hosts if (c := call(offers, role.GET, host))]
    return calls or _look_around(offers)


def _look_up_names(offers: tuple[Offer, ...]) -> list[Call]:
    """Lists in which a name of the question may be found that no finding mentions."""
    kinds = ("Deployment", "StatefulSet", "Service")
    found = [call(offers, role.LIST, kind=kind) for kind in kinds]
    return [c for c in found if c]


def _look_around(offers: tuple[Offer, ...]) -> list[Call]:
    """Without a finding to follow: warnings anywhere."""
    found = call(offers, role.EVENTS, warnings_only=True)
    return [found] if found else []


def _look_at(ref: ObjectRef, case: Case, offers: tuple[Offer, ...]) -> list[Call]:
    """What shows whether an object without findings is well, its newest log included."""
    calls = [call(offers, role.DESCRIBE, ref), call(offers, role.EVENTS, ref)]
    if ref.kind in _WITH_PODS:
        pod = _pod_of(ref, case)
        if pod:
            calls.append(call(offers, role.LOGS, pod, tail_lines=_TAIL))
        else:
            calls.append(call(offers, role.LIST, kind="Pod", namespace=ref.namespace))
    return [c for c in calls if c]


def tests(lead: Lead, case: Case, offers: tuple[Offer, ...]) -> list[Call]:
    """The calls whose answers would confirm or refute the lead, the most decisive first."""
    cause = lead.cause
    about = cause.subject
    tellers = (cause,) if about.kind == "Node" else (cause, *lead.symptoms)
    logs = (_log(finding, case, offers) for finding in tellers)
    calls = [next((log for log in logs if log), None)]
    if is_about_absence(cause):
        calls += [call(offers, role.GET, r) for r in cause.related[:1] if r.kind in _LOOKED_UP]
    calls += [call(offers, role.DESCRIBE, about), call(offers, role.EVENTS, about)]
    if about.kind in _WORKLOADS:
        calls.append(call(offers, role.ROLLOUT, about))
    if about.kind == "Service":
        calls.append(call(offers, role.LIST, kind="EndpointSlice", namespace=about.namespace))
    return [c for c in calls if c]


def _log(cause: Finding, case: Case, offers: tuple[Offer, ...]) -> Call | None:
    traits = " ".join([cause.code, cause.title, *(f"{p.path} {p.value}" for p in cause.evidence)])
    restarted = bool(_RESTARTED.search(traits))
    if _NEVER_RAN.search(cause.code) or not (restarted or _RUNS.search(traits)):
        return None
    own = pods_in_evidence(cause)
    pod = _pod_of(cause.subject, case) or (own[0] if own else None)
    if pod is None:
        return None
    more: dict[str, object] = {"tail_lines": _TAIL}
    if restarted:
        more["previous"] = True
    if _names_container(cause):
        more["container"] = cause.detail
    return call(offers, role.LOGS, pod, **more)


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
    if objects:
        return f"Looking at {', '.join(objects)}."
    if all(role.role(c.remote_name) == role.LIST for c in calls):
        words = ", ".join(f"“{w}”" for w in name_words(question))
        return f"Looking for {words} in the cluster." if words else "Looking at what there is."
    if all(c.remote_name == role.DIAGNOSE for c in calls):
        return "Running the analyzers."
    return "Looking for recent warnings."
