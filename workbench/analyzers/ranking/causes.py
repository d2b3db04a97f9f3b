"""From findings to likely root causes: who explains whom, and in which order to look.

A finding is a symptom when another one about something it leans on explains it, along an edge that
its catalogue entry accepts. What nothing explains is a root cause; a ring of findings that only
explain each other is cut at the one that began first.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from workbench.analyzers.catalogue import entry
from workbench.analyzers.logs.relays import blames_others, first_hand, for_clients
from workbench.analyzers.ranking.graph import AGENT, CALLERS, upstream
from workbench.analyzers.ranking.likely import likely
from workbench.analyzers.workload import workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import Pod

PROMOTED = frozenset(
    {"WORKLOAD_SCALED_TO_ZERO", "SERVICE_WITHOUT_ENDPOINTS", "NODE_CORDONED",
     "CONTAINER_CPU_AT_LIMIT", "DNS_MISCONFIGURED", "NETWORK_POLICY_SELECTS_NOTHING",
     "SERVICE_PORT_MISMATCH", "REPLICAS_DISAGREE"}
)  # fmt: skip
"""Codes that are harmless by themselves and a fault as soon as something suffers from them."""

CONSEQUENCES = frozenset(
    {
        "WORKLOAD_UNAVAILABLE", "WORKLOAD_DEGRADED", "ROLLOUT_STUCK", "SERVICE_WITHOUT_ENDPOINTS",
        "INGRESS_BACKEND_UNAVAILABLE", "ROUTE_BACKEND_UNAVAILABLE", "HPA_METRICS_UNAVAILABLE",
        "HPA_UNABLE_TO_SCALE", "PDB_BLOCKS_EVICTION", "WEBHOOK_UNAVAILABLE", "POD_NOT_READY",
        "API_SERVICE_UNAVAILABLE", "CONTROLLER_WARNS",
    }
)  # fmt: skip
"""Codes that only restate what a fault beneath them does; among equals they come last."""

BESIDE_THE_POINT = frozenset(
    {"STATEFUL_SET_SERVICE_MISSING", "IMAGE_PULL_SECRET_MISSING", "LOAD_BALANCER_PENDING",
     "SERVICE_PORT_MISMATCH", "RBAC_DENIED", "POD_EVICTED", "SERVICE_REFERENCE_MISSING",
     "SERVICE_PORT_NOT_EXPOSED", "ROLLOUT_HELD_BACK", "LOG_ERRORS", "LOG_TREND",
     "PEER_UNREACHABLE",
     "SERVICE_SELECTS_STRANGERS", "NODE_VERSION_SKEW", "POD_BYPASSES_CLUSTER_DNS"}
)  # fmt: skip
"""Codes that are faults of their own but do not make their object's replicas unavailable."""

EXPLAINS_SAME = {
    "POD_CRASH_LOOP": ("LIVENESS_PROBE_FAILING", "STARTUP_PROBE_FAILING", "RBAC_DENIED",
                       "SETTING_MISSING"),
    "POD_RESTARTING": ("LIVENESS_PROBE_FAILING", "STARTUP_PROBE_FAILING"),
    "READINESS_PROBE_FAILING": ("CONTAINER_CPU_AT_LIMIT",),
    "LIVENESS_PROBE_FAILING": ("CONTAINER_CPU_AT_LIMIT",),
    "LOG_TREND": ("CONTAINER_CPU_AT_LIMIT",),
    "CONTAINER_FAILED": ("RBAC_DENIED", "SETTING_MISSING"),
    "POD_UNSCHEDULABLE": ("CLAIM_MISSING",),
    "RESOURCE_NOT_READY": ("CUSTOM_REFERENCE_MISSING", "CERTIFICATE_EXPIRED"),
    "IMAGE_PULL_UNAUTHORIZED": ("IMAGE_PULL_SECRET_MISSING",),
    "GATEWAY_NOT_ACCEPTED": ("GATEWAY_CLASS_MISSING",),
    "GATEWAY_NOT_PROGRAMMED": ("GATEWAY_CLASS_MISSING",),
    "ROUTE_NOT_ACCEPTED": ("ROUTE_NOT_GRANTED", "ROUTE_GATEWAY_MISSING", "ROUTE_NOT_ALLOWED",
                           "ROUTE_BACKEND_MISSING", "ROUTE_PORT_MISSING"),
    "HPA_METRICS_UNAVAILABLE": ("HPA_TARGET_MISSING", "HPA_REQUESTS_MISSING"),
    "HPA_UNABLE_TO_SCALE": ("HPA_TARGET_MISSING",),
}  # fmt: skip
"""Which findings about the very same object explain which; consequences are explained by all."""


HARMFUL = frozenset(
    {
        "CHAOS_EXPERIMENT_RUNNING", "NETWORK_POLICY_BLOCKS", "NETWORK_POLICY_BLOCKS_DNS",
        "SERVICE_REFERENCE_MISSING", "SERVICE_PORT_NOT_EXPOSED", "POD_BYPASSES_CLUSTER_DNS",
        "CONFIG_KEY_MISSING", "CONFIG_MAP_MISSING", "SECRET_MISSING", "SERVICE_SELECTS_STRANGERS",
        "FAULT_FLAG_ON", "CUSTOM_REFERENCE_MISSING", "NETWORK_POLICY_SELECTS_NOTHING",
        "HPA_AT_MAXIMUM", "SETTING_STALE", "NODE_MACHINE_TROUBLE", "CERTIFICATE_FOR_OTHER_NAMES",
    }
)  # fmt: skip
"""Codes whose subject and related objects suffer from what they say."""

ON_THE_WAY = frozenset(
    {
        "TRAFFIC_FAULT_INJECTED",
        "SERVICE_ISOLATED",
        "SUBSET_MISSING",
        "SUBSET_WITHOUT_PODS",
        "MESH_DESTINATION_MISSING",
        "MUTUAL_TLS_MISMATCH",
    }
)
"""Codes of what stands between callers and the Services that they are related to."""

REPORTS = frozenset({"PEER_UNREACHABLE"})
"""Codes by which a healthy object only reports another one's fault, once that one is found."""

KIND_LETTERS = 5
"""Shorter pieces of a host's name (``db``, ``api``, ``cart``) stand in too many lines."""

ON_THE_NETWORK = frozenset({"LOG_ERRORS", "PEER_UNREACHABLE", "LOG_TREND"})
"""Codes of logs, of which a node's network agent explains only what is about reaching others."""

CRASHES = frozenset({"POD_CRASH_LOOP", "CONTAINER_FAILED", "PEER_UNREACHABLE"})
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

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"})
"""Kinds whose findings stand for their pods'."""

BREAKS_PODS = frozenset({"NODE_SUSPECT", "NODE_NOT_READY", "NODE_NETWORK_UNAVAILABLE"})
"""Of a node's troubles, those that can make a program on it fail."""


def ranked(snapshot: ClusterSnapshot, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings, likeliest root cause first, with ``root_cause`` and ``explains`` filled in."""
    reasons = _reasons(snapshot, findings)
    effects: dict[int, list[int]] = defaultdict(list)
    for effect, causes in reasons.items():
        for cause in causes:
            effects[cause].append(effect)
    roots = _roots(findings, reasons, effects)
    judged = [_judged(findings, n, roots, effects) for n in range(len(findings))]
    depth = _depths(roots, effects)
    order = sorted(range(len(judged)), key=lambda n: _rank(judged, n, depth, effects))
    return tuple(judged[n] for n in order)


def _reasons(snapshot: ClusterSnapshot, findings: Sequence[Finding]) -> dict[int, list[int]]:
    """For each finding the findings that explain it, by position."""
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
    if cause.severity == Severity.INFO and cause.code not in PROMOTED:
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


def _roots(
    findings: Sequence[Finding], reasons: dict[int, list[int]], effects: dict[int, list[int]]
) -> list[int]:
    roots = [n for n in range(len(findings)) if not reasons[n]]
    covered = _reachable(roots, effects)
    rest = sorted(
        (n for n in range(len(findings)) if n not in covered),
        key=lambda n: (findings[n].code in CONSEQUENCES, _since(findings[n])),
    )
    for n in rest:
        if n not in covered:
            roots.append(n)
            covered |= _reachable([n], effects)
    return roots


def _reachable(starts: Iterable[int], effects: dict[int, list[int]]) -> set[int]:
    found: set[int] = set()
    queue = list(starts)
    while queue:
        n = queue.pop()
        if n not in found:
            found.add(n)
            queue += effects.get(n, ())
    return found


def _judged(
    findings: Sequence[Finding], n: int, roots: list[int], effects: dict[int, list[int]]
) -> Finding:
    one = findings[n]
    is_root = n in set(roots)
    below = _reachable([n], effects) - {n} if is_root else set(effects.get(n, ()))
    if not is_root:
        below -= set(roots)
    severity = one.severity
    if not is_root and (one.code in REPORTS or for_clients(one)):
        severity = Severity.INFO
    harm = any(findings[m].severity > Severity.INFO for m in _reachable([n], effects))
    if one.severity == Severity.INFO and harm and one.code not in REPORTS:
        severity = Severity.WARNING
    return msgspec.structs.replace(
        one,
        severity=severity,
        root_cause=is_root and severity > Severity.INFO,
        explains=tuple(sorted(findings[m].id for m in below)),
    )


def _depths(roots: list[int], effects: dict[int, list[int]]) -> dict[int, int]:
    """How many edges each finding is away from the nearest root cause."""
    depth = dict.fromkeys(roots, 0)
    level = list(roots)
    while level:
        following = []
        for n in level:
            for m in effects.get(n, ()):
                if m not in depth:
                    depth[m] = depth[n] + 1
                    following.append(m)
        level = following
    return depth


def _rank(
    judged: Sequence[Finding], n: int, depth: dict[int, int], effects: dict[int, list[int]]
) -> tuple[object, ...]:
    """Faults before opinion, causes before symptoms; then how bad, how much it explains, how
    specific it is, and what began first."""
    one = judged[n]
    worst = max((judged[m].severity for m in _reachable([n], effects)), default=one.severity)
    weight = 3 * max(worst if one.root_cause else one.severity, one.severity) - _hearsay(one)
    return (
        one.severity == Severity.INFO,
        not one.root_cause,
        -(weight + math.log2(1 + len(one.explains))),
        depth.get(n, 99),
        one.code in CONSEQUENCES,
        _since(one),
        one.id,
    )


def _hearsay(one: Finding) -> int:
    """What a healthy container's log says of others counts less than what the cluster shows."""
    return one.code in ("LOG_ERRORS", "LOG_TREND") and blames_others(one)


def _since(one: Finding) -> float:
    return one.since.timestamp() if one.since else math.inf
