"""Who explains whom among findings.

A finding is a symptom when another one about something it leans on explains it, along an edge that
its catalogue entry accepts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from workbench.analyzers.catalogue import entry
from workbench.analyzers.logs.relays import blames_others, first_hand, reason_of
from workbench.analyzers.ranking.graph import AGENT, CALLERS, upstream
from workbench.analyzers.ranking.likely import likely
from workbench.analyzers.ranking.roles import (
    BESIDE_THE_POINT,
    BREAKS_PODS,
    CONSEQUENCES,
    CRASHES,
    EXPLAINS_SAME,
    HARMFUL,
    ON_THE_NETWORK,
    ON_THE_WAY,
    PROMOTED,
    REPORTS,
    WORKLOADS,
)
from workbench.analyzers.workload import workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import Pod

KIND_LETTERS = 5
"""Shorter pieces of a host's name (``db``, ``api``, ``cart``) stand in too many lines."""

_LATE = re.compile(r"in time|latenc|duration|slow")
_UNREACHED = re.compile(
    r"does not answer|refuses|cannot be routed|resets|does not resolve|cannot be connected"
)
BY_THEIR_WORDS = {
    "HPA_AT_MAXIMUM": re.compile(rf"throttled|{_LATE.pattern}"),
    "CERTIFICATE_FOR_OTHER_NAMES": re.compile("certificate"),
    "NODE_MACHINE_TROUBLE": re.compile(rf"clock|tracking table|{_UNREACHED.pattern}"),
    "SETTING_STALE": re.compile(rf"credential|{_UNREACHED.pattern}"),
    "NETWORK_POLICY_SELECTS_NOTHING": re.compile("does not answer"),
}
"""Codes that explain, of what they harm, only findings that say so."""


def reasons(snapshot: ClusterSnapshot, findings: Sequence[Finding]) -> dict[int, list[int]]:
    """For each finding the findings that explain it, by position; none for a root cause."""
    about: dict[ObjectRef, list[int]] = defaultdict(list)
    for n, one in enumerate(findings):
        about[one.subject].append(n)
        for ref in one.related:
            if ref.kind == "Pod" and one.subject.kind not in ("Service", "Pod"):
                about[ref].append(n)  # a workload's finding stands for its pods
        if one.code in ON_THE_WAY:
            for ref in one.related:
                if ref.kind == "Service":
                    about[ref].append(n)
    harmed, echoes = _harmed(findings), first_hand(findings)
    found = {
        n: list(dict.fromkeys((*_causes(snapshot, findings, n, about, harmed), *echoes.get(n, ()))))
        for n in range(len(findings))
    }
    for n, causes in found.items():
        if not causes and findings[n].code in CONSEQUENCES:
            own = about[findings[n].subject]
            causes += [m for m in own if findings[m].code == "STATEFUL_SET_SERVICE_MISSING"]
    return found | likely(snapshot, findings, [n for n, causes in found.items() if not causes])


def _harmed(findings: Sequence[Finding]) -> dict[ObjectRef, list[int]]:
    harmed: dict[ObjectRef, list[int]] = defaultdict(list)
    for n, one in enumerate(findings):
        if one.code in HARMFUL:
            for ref in {one.subject, *one.related}:
                harmed[ref].append(n)
    return harmed


def _suffers(cause: Finding, effect: Finding) -> bool:
    """Whether what the effect says fits the harm that the cause does."""
    log = next((p.value for p in effect.evidence if p.path.startswith("log ")), "")
    if cause.code in ("CONFIG_KEY_MISSING", "CONFIG_MAP_MISSING", "SECRET_MISSING"):
        return cause.subject.kind in ("ConfigMap", "Secret") and cause.subject in effect.related
    if cause.code in BY_THEIR_WORDS:
        return bool(BY_THEIR_WORDS[cause.code].search(effect.message))
    if not log:
        return True
    if cause.code in ("NETWORK_POLICY_BLOCKS_DNS", "POD_BYPASSES_CLUSTER_DNS"):
        return "resolve" in effect.message
    if cause.code in ("SERVICE_REFERENCE_MISSING", "SERVICE_PORT_NOT_EXPOSED"):
        host = cause.detail.partition(":")[0]
        return _speaks_of(log, host) or any(
            ref.kind == "Service" and ref in effect.related
            for ref in (cause.subject, *cause.related)
        )
    if cause.code == "NETWORK_POLICY_BLOCKS":
        return any(ref.kind == "Service" and ref in effect.related for ref in cause.related)
    return True


def _speaks_of(log: str, host: str) -> bool:
    """The line names the host, or the kind of server that the host's name tells of: a client of
    redis-cart says ``redis``."""
    lower = log.lower()
    kinds = (piece for piece in re.split(r"[^a-z]+", host) if len(piece) >= KIND_LETTERS)
    return bool(host) and (host in lower or any(kind in lower for kind in kinds))


def _causes(
    snapshot: ClusterSnapshot,
    findings: Sequence[Finding],
    n: int,
    about: dict[ObjectRef, list[int]],
    harmed: dict[ObjectRef, list[int]],
) -> list[int]:
    effect = findings[n]
    accepted = entry(effect.code).explained_by
    if not accepted or (effect.severity == Severity.INFO and effect.code not in PROMOTED):
        return []
    causes: dict[int, None] = {}
    for kind, ref in upstream(snapshot, effect):
        if kind in accepted:
            for m in about.get(ref, ()):
                if m != n and _explains(findings[m], effect, kind):
                    causes[m] = None
    if "harms" in accepted and harmed:
        for ref in _selves(snapshot, effect):
            for m in harmed.get(ref, ()):
                loud = findings[m].severity > Severity.INFO or findings[m].code in PROMOTED
                if m != n and loud and _suffers(findings[m], effect):
                    causes[m] = None
    return list(causes)


def _selves(snapshot: ClusterSnapshot, effect: Finding) -> Iterable[ObjectRef]:
    """The object a finding is about, its workload, and the pods it stands for."""
    obj = snapshot.find(effect.subject)
    yield effect.subject
    if isinstance(obj, Pod):
        yield workload(snapshot, obj)
    elif effect.subject.kind != "Service":
        yield from (ref for ref in effect.related if ref.kind == "Pod")


def _explains(cause: Finding, effect: Finding, kind: str) -> bool:
    if cause.severity == Severity.INFO and not _may_harm(cause, kind):
        return False
    if cause.code in BY_THEIR_WORDS and not _suffers(cause, effect):
        return False
    if kind == "same" or cause.subject == effect.subject or _stands_for(cause, effect):
        if effect.code in CONSEQUENCES and cause.code not in CONSEQUENCES | BESIDE_THE_POINT:
            return True
        if cause.code == "STATEFUL_SET_SERVICE_MISSING":
            return effect.code in CALLERS | REPORTS and "does not resolve" in effect.message
        if cause.code == "CONTAINER_CPU_AT_LIMIT" and not _LATE.search(effect.message):
            return False
        return cause.code in EXPLAINS_SAME.get(effect.code, ())
    if kind == "node":
        return cause.subject.kind == "Node" and (
            effect.code not in CRASHES or _breaks(cause, effect.subject)
        )
    if kind == "agent" and effect.code in ON_THE_NETWORK:
        return cause.subject.kind != "Node" and bool(_UNREACHED.search(effect.message))
    if kind == "target" and cause.code == "CONTAINER_CPU_AT_LIMIT":
        return effect.code != "HPA_AT_MAXIMUM"  # more replicas would share the load
    if kind in ("agent", "dns", "control"):
        return cause.subject != effect.subject
    if kind == "calls":
        passes_on = cause.code == "LOG_ERRORS" and blames_others(cause)
        return cause.subject != effect.subject and not (passes_on and _first_hand(effect))
    if kind == "owned" and effect.subject.kind == "ScaledObject":
        return False  # KEDA: what it scales by is why its autoscaler has no metrics
    if kind == "related" and cause.subject.kind == "Pod" and effect.subject.kind == "Pod":
        return False
    return cause.subject != effect.subject or cause.code not in CONSEQUENCES


def _may_harm(note: Finding, kind: str) -> bool:
    """Whether a note explains others all the same; the log of cluster DNS does when it says that
    the resolver does not answer, however seldom."""
    if note.code in PROMOTED:
        return True
    said = reason_of(note) if kind == "dns" else None
    return said is not None and said.kind == "dns-upstream"


def _breaks(node: Finding, subject: ObjectRef) -> bool:
    """Whether the node's trouble makes a program on it fail; its network agent makes the network
    that it is without."""
    waits_for_it = "NetworkReady=false" in node.message and AGENT.search(subject.name)
    return node.code in BREAKS_PODS and not waits_for_it


def _stands_for(cause: Finding, effect: Finding) -> bool:
    """Whether one is about a pod and the other about its workload, for this pod among others."""
    pod, owner = (cause, effect) if cause.subject.kind == "Pod" else (effect, cause)
    return owner.subject.kind in WORKLOADS and pod.subject in owner.related


def _first_hand(effect: Finding) -> bool:
    """A log that says itself what is wrong is not explained by one that suffers from it."""
    return effect.code == "LOG_ERRORS" and not blames_others(effect)
