"""What explains a finding that no edge of the graph leads away from: causes known by what the
finding says, by where it is and by when it began."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from workbench.analyzers.containers.uses import uses
from workbench.analyzers.logs.relays import reason_of
from workbench.analyzers.networking.peers import services_in_env
from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.ranking.graph import makers
from workbench.analyzers.ranking.roles import HARMLESS_ALONE
from workbench.analyzers.workload import controller, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import HorizontalPodAutoscaler, Pod, Secret, Service

Explains = Callable[[ClusterSnapshot, Finding, Finding], bool]
"""Whether the first finding may be the reason for the second."""

TROUBLED = frozenset(
    {"LOG_ERRORS", "LOG_TREND", "PEER_UNREACHABLE", "READINESS_PROBE_FAILING",
     "LIVENESS_PROBE_FAILING", "POD_CRASH_LOOP", "POD_RESTARTING"}
)  # fmt: skip
"""What an experiment or a fault flag does to a program and to whoever calls it."""

WORD_LETTERS = 4
"""Shorter words stand in too many lines."""

SLACK_SECONDS = 60
"""How much earlier than its cause the first line of a log may say it: clocks differ, and the first
of its kind may have had another reason."""


def likely(
    snapshot: ClusterSnapshot, findings: Sequence[Finding], unexplained: Iterable[int]
) -> dict[int, list[int]]:
    """For findings by position, the findings that are likely the reason; nothing for the rest."""
    causes = [
        (n, explains)
        for n, one in enumerate(findings)
        for code, explains in RULES
        if one.code == code and (_loud(one) or code in HARMLESS_ALONE)
    ]
    found = {
        n: [m for m, explains in causes if m != n and explains(snapshot, findings[m], findings[n])]
        for n in (unexplained if causes else ())
    }
    return {n: reasons for n, reasons in found.items() if reasons}


def _loud(one: Finding) -> bool:
    return one.severity > Severity.INFO


def _near(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """Trouble that somebody ordered, and programs of the same namespace that are in trouble since:
    who calls whom is not always known. A complaint that names somebody else is about them."""
    if effect.code not in TROUBLED or not _loud(effect):
        return False
    if not _in_order(cause, effect):
        return False
    homes = {ref.namespace for ref in cause.related} | {cause.subject.namespace}
    said = reason_of(effect)
    about_another = said is not None and said.host and not _is_one_of(said.host, cause)
    return effect.subject.namespace in homes and not about_another


def _is_one_of(host: str, cause: Finding) -> bool:
    name = host.partition(".")[0]
    return any(ref.name == name or ref.name.startswith(f"{name}-") for ref in cause.related)


def _group_is_gone(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """A namespace is emptied by asking every API group, so one that is down holds it up."""
    group = cause.subject.name.partition(".")[2]
    return effect.code == "NAMESPACE_STUCK_TERMINATING" and f"{group}/" in effect.message


def _has_expired(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    return effect.code in TROUBLED and "certificate has expired" in effect.message


def _made_room(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """Pods that had to leave for others of higher priority wait for a place."""
    same = cause.subject == effect.subject or effect.subject in cause.related
    return same and effect.code == "POD_UNSCHEDULABLE" and "higher priority" in cause.message


def _scales(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """Whoever keeps the autoscaler, and cannot give it its metric."""
    if effect.code != "HPA_METRICS_UNAVAILABLE":
        return False
    subject = effect.subject
    scaler = snapshot.get(HorizontalPodAutoscaler, subject.namespace, subject.name)
    return scaler is not None and controller(scaler) == cause.subject


def _is_reported(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """The log of a controller of another namespace, which complains of the resource by its name."""
    name = cause.subject.name
    if effect.code != "LOG_ERRORS" or effect.subject.namespace == cause.subject.namespace:
        return False
    lines = (p.value for p in effect.evidence if p.path.startswith("log "))
    return len(name) >= WORD_LETTERS and any(name in line for line in lines)


def _not_kept_current(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """Credentials that are turned down, out of a Secret that is not brought up to date."""
    return "rejects the credentials" in effect.message and any(
        cause.subject in makers(snapshot, ObjectRef("Secret", pod.namespace, use.name))
        for pod in _pods(snapshot, effect)
        for use in uses(pod.spec)
        if use.kind is Secret
    )


def _pods(snapshot: ClusterSnapshot, effect: Finding) -> Iterable[Pod]:
    refs = [effect.subject, *effect.related]
    pods = (snapshot.get(Pod, r.namespace, r.name) for r in refs if r.kind == "Pod")
    return [p for p in pods if p and effect.subject in (ObjectRef.of(p), workload(snapshot, p))][:3]


def _says_the_same_of_etcd(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """What etcd says of itself, and everybody who asks it says too."""
    own = cause.subject.name.startswith("etcd") and not effect.subject.name.startswith("etcd")
    return own and all("but etcd has used up its space" in one.message for one in (cause, effect))


_NO_LEADER = "find no leader"


def _lost_quorum(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """Members that get no node, and the rest that cannot agree without them."""
    obj, other = snapshot.find(cause.subject), effect.subject
    owner = workload(snapshot, obj) if obj else cause.subject
    member = other.name.startswith(f"{owner.name}-") and other.namespace == owner.namespace
    mine = owner.kind == "StatefulSet" and (other == owner or member)
    return mine and _NO_LEADER in effect.message


def _tells_its_clients(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """What the members of a cluster say of it, and its clients say too."""
    obj = snapshot.find(cause.subject)
    member = obj is not None and workload(snapshot, obj).kind == "StatefulSet"
    said = all(_NO_LEADER in one.message for one in (cause, effect))
    return member and said and effect.code == "LOG_ERRORS" and cause.subject != effect.subject


def _since_then(cause: Finding, effect: Finding) -> bool:
    """Whether the effect began after its cause, in the same namespace."""
    return cause.subject.namespace == effect.subject.namespace and _in_order(cause, effect)


def _in_order(cause: Finding, effect: Finding) -> bool:
    """False where it is known that the effect began first."""
    if cause.since is None or effect.since is None:
        return True
    return (cause.since - effect.since).total_seconds() <= SLACK_SECONDS


def _crowds_out(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """Runs that all hold what others then find used up."""
    short = effect.code in ("QUOTA_EXCEEDED", "POD_UNSCHEDULABLE") or _says(effect, "pool")
    return short and _since_then(cause, effect)


def _locks_out(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """A change of tables, and programs that since then wait for locks, or in vain for an answer
    about one of these tables."""
    waits = _says(effect, "lock-wait") or (
        _says(effect, "timeout") and _share_a_table(cause, effect)
    )
    return waits and _since_then(cause, effect)


_TABLE = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


def _share_a_table(cause: Finding, effect: Finding) -> bool:
    """Names with an underscore stand in both: ``exercise_logs``."""
    said = [
        {
            name
            for p in one.evidence
            if p.path.startswith("log ")
            for name in _TABLE.findall(p.value)
        }
        for one in (cause, effect)
    ]
    return bool(said[0] & said[1])


def _uses_up(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """What was scaled up, and whoever finds no connection left, since then, at a store that both
    are set up to call; or that store."""
    if not _says(effect, "pool") or not _in_order(cause, effect):
        return False
    home = cause.subject.namespace
    grown = (p for p in snapshot.all(Pod, home) if workload(snapshot, p) == cause.subject)
    shared = {ref for pod in islice(grown, 1) for ref in services_in_env(snapshot, pod)}
    pods = _pods(snapshot, effect)
    if any(shared.intersection(services_in_env(snapshot, pod)) for pod in pods):
        return True
    stores = (snapshot.get(Service, ref.namespace, ref.name) for ref in shared)
    return any(pod in selected_pods(snapshot, store) for store in stores if store for pod in pods)


_ADDS_NODES = re.compile(r"^(?:cluster-autoscaler|karpenter)\b")


def _adds_no_nodes(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """What adds nodes is down, and pods wait for room."""
    waits = effect.code == "POD_UNSCHEDULABLE" and "Insufficient" in effect.message
    return waits and bool(_ADDS_NODES.search(cause.subject.name))


def _speaks_another(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """A port that is declared to speak what its pods do not, and a caller that hears it."""
    return "appProtocol" in cause.message and _says(effect, "protocol")


_VERSIONS = re.compile(
    r"version|protocol|handshake|schema|incompatib|unsupported|unknown (?:field|method|command)"
)


def _mixes_versions(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """Replicas of two revisions side by side, and a log of theirs that speaks of versions."""
    obj = snapshot.find(effect.subject)
    own = (workload(snapshot, obj) if obj else effect.subject) == cause.subject
    return own and effect.code == "LOG_ERRORS" and bool(_VERSIONS.search(effect.message))


def _in_its_words(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """A complaint since then, of no known kind, in words from the name of what disagrees."""
    if effect.code != "LOG_ERRORS" or reason_of(effect) or not _since_then(cause, effect):
        return False
    pieces = [piece.removesuffix("s") for piece in cause.subject.name.split("-")]
    said = re.findall(r"[a-z]+", effect.message.rpartition("error: ")[2].lower())
    return any(word.removesuffix("s") in pieces for word in said if len(word) >= WORD_LETTERS)


def _says(effect: Finding, kind: str) -> bool:
    said = reason_of(effect) if effect.code in TROUBLED else None
    return said is not None and said.kind == kind


def _is_emptied(snapshot: ClusterSnapshot, cause: Finding, effect: Finding) -> bool:
    """A namespace that goes away takes nothing new; the API server says so to whoever tries."""
    name = re.escape(cause.subject.name)
    return bool(re.search(rf"namespace {name} because it is being terminated", effect.message))


RULES: tuple[tuple[str, Explains], ...] = (
    ("API_SERVICE_UNAVAILABLE", _group_is_gone),
    ("CERTIFICATE_EXPIRED", _has_expired),
    ("CHAOS_EXPERIMENT_RUNNING", _near),
    ("CRON_JOB_PILES_UP", _crowds_out),
    ("FAULT_FLAG_ON", _near),
    ("LOG_ERRORS", _says_the_same_of_etcd),
    ("MIGRATION_UNDER_WAY", _locks_out),
    ("NAMESPACE_STUCK_TERMINATING", _is_emptied),
    ("POD_CRASH_LOOP", _adds_no_nodes),
    ("POD_DISPLACED", _made_room),
    ("POD_UNSCHEDULABLE", _lost_quorum),
    ("READINESS_PROBE_FAILING", _tells_its_clients),
    ("REPLICAS_DISAGREE", _in_its_words),
    ("RESOURCE_NOT_READY", _is_reported),
    ("RESOURCE_NOT_READY", _not_kept_current),
    ("RESOURCE_NOT_READY", _scales),
    ("ROLLOUT_HELD_BACK", _mixes_versions),
    ("SERVICE_PORT_MISMATCH", _speaks_another),
    ("WORKLOAD_SCALED_UP", _uses_up),
    ("WORKLOAD_UNAVAILABLE", _adds_no_nodes),
)
"""Codes of causes, and what tells that they are one."""
