"""Pods that get no node, and why each node was ruled out.

The scheduler's own message comes first, with the numbers behind each reason (see obstacles.py).
Where it is missing the same checks are made from the nodes, volumes and pods.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import msgspec

from workbench.analyzers.history import events
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.scheduling.obstacles import Obstacle, explain, obstacles
from workbench.analyzers.scheduling.placement import only_node, untolerated
from workbench.analyzers.wording import age, error_text, span
from workbench.analyzers.workload import is_over, troubled, volume_claims
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import Event, Node, PersistentVolumeClaim, Pod, condition

# kube-scheduler, framework.FitError: "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had
# untolerated taint {a: b}. preemption: …"
_MESSAGE = re.compile(
    r"(\d+)/(\d+) nodes are available:? ?(.*?)(?:\.? preemption: .*|\.? no new claims.*)?$",
    re.DOTALL,
)
_NEXT_REASON = re.compile(r",\s+(?=\d+ )")
_TAINT = re.compile(r"taint(?:\(s\))? ?\{([^}:]+):? ?([^}]*)\}")

_ADDS_NODES = re.compile(r"karpenter|cluster-autoscaler|NotTriggerScaleUp")

SILENT_SECONDS = 60
"""The scheduler speaks within seconds; after this a silent one is worth a finding."""


class Ruled(msgspec.Struct, frozen=True):
    """How many nodes were ruled out, and the scheduler's words for why."""

    nodes: int
    why: str


def parse(message: str) -> tuple[int, tuple[Ruled, ...]]:
    """The number of nodes and the reasons in a FailedScheduling message."""
    found = _MESSAGE.search(message)
    if not found:
        return 0, ()
    reasons = []
    for piece in _NEXT_REASON.split(found[3].strip().rstrip(".")):
        number, _, why = piece.strip().partition(" ")
        if number.isdigit():
            reasons.append(Ruled(int(number), why.strip().rstrip(".")))
        elif piece.strip():
            why = piece.strip().rstrip(".").removesuffix(". not found")  # what its framework adds
            reasons.append(Ruled(int(found[2]), why))
    return int(found[2]), tuple(reasons)


def unschedulable(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Pending pods without a node."""
    for pod in troubled(snapshot, now):
        if pod.status.phase not in ("Pending", "") or pod.spec.node_name:
            continue
        if pod.metadata.deletion_timestamp or pod.status.container_statuses:
            continue
        report = condition(pod.status.conditions, "PodScheduled")
        if report and report.status == "True":
            continue
        if pod.spec.scheduling_gates or (report and report.reason == "SchedulingGated"):
            yield _gated(pod, report.last_transition_time if report else None)
            continue
        message, evidence, since = _said(snapshot, pod)
        if message:
            yield _judged(snapshot, pod, message, evidence, since)
        elif pod.status.phase == "Pending":
            yield from _silent(snapshot, now, pod)


def _said(snapshot: ClusterSnapshot, pod: Pod) -> tuple[str, list[Pointer], datetime | None]:
    report = condition(pod.status.conditions, "PodScheduled")
    told = events(snapshot, pod, "FailedScheduling")
    event = next((e for e in reversed(told) if "nodes are available" in e.message), None)
    event = event or (told[-1] if told else None)
    evidence: list[Pointer] = []
    message, since = "", None
    if report and report.status == "False":
        message, since = report.message or report.reason, report.last_transition_time
        path = "status.conditions[PodScheduled]"
        evidence.append(seen(pod, path, f"{report.reason}: {report.message}"))
    if event:
        message = message if "nodes are available" in message else event.message or message
        since = since or event.first_seen
        evidence.append(said(event))
    return message, evidence, since or pod.metadata.creation_timestamp


def _gated(pod: Pod, since: datetime | None) -> Finding:
    gates = ", ".join(gate.name for gate in pod.spec.scheduling_gates)
    return finding(
        "POD_SCHEDULING_GATED",
        pod,
        f"Pod {pod.name} is held back by scheduling gate {gates or '(not named)'}",
        [seen(pod, "status.conditions[PodScheduled].reason", "SchedulingGated")],
        since=since or pod.metadata.creation_timestamp,
    )


def _judged(
    snapshot: ClusterSnapshot,
    pod: Pod,
    message: str,
    evidence: list[Pointer],
    since: datetime | None,
) -> Finding:
    total, reasons = parse(message)
    text = _explained(snapshot, pod, reasons) or error_text(message)
    if adds := _no_new_node(snapshot, pod):
        first, _, more = text.partition("; ")
        text = f"{first}; no node is added: {error_text(adds.message, 120)}"
        text += f"; {more}" if more else ""
        evidence = [*evidence, said(adds)]
    nodes = f"any of {total} nodes" if total else "any node"
    return finding(
        "POD_UNSCHEDULABLE",
        pod,
        f"Pod {pod.name} cannot be scheduled on {nodes}: {text}",
        evidence,
        related=[*_claims(snapshot, pod, message), *_nodes(snapshot, pod, message)],
        since=since,
    )


def _no_new_node(snapshot: ClusterSnapshot, pod: Pod) -> Event | None:
    """What an autoscaler of nodes says of the pod: Karpenter, the cluster autoscaler."""
    told = events(snapshot, pod, "FailedScheduling", "NotTriggerScaleUp")
    return next((e for e in reversed(told) if _ADDS_NODES.search(_sender(e))), None)


def _sender(event: Event) -> str:
    return f"{event.source.component} {event.reporting_component} {event.reason}"


def _explained(snapshot: ClusterSnapshot, pod: Pod, reasons: Iterable[Ruled]) -> str:
    """The reasons with the numbers behind each; what two reasons share is said once."""
    told: dict[str, str] = {}
    for ruled in _telling_first(pod, reasons):
        words = explain(snapshot, pod, ruled.why)
        text = _ruled(ruled.nodes, ruled.why)
        told[text] = f" ({words})" if words and f" ({words})" not in told.values() else ""
    return "; ".join(text + words for text, words in told.items())


def _ruled(number: int, why: str) -> str:
    """``3 nodes had untolerated taint {a: b}``, ``1 node: Insufficient cpu``."""
    rest = why.removeprefix("node(s) ")
    return f"{_nodes_word(number)}{'' if rest != why else ':'} {rest}"


def _nodes_word(number: int) -> str:
    return "1 node" if number == 1 else f"{number} nodes"


def _claims(snapshot: ClusterSnapshot, pod: Pod, message: str) -> list[ObjectRef]:
    if "persistentvolume" not in message.lower() and "volume" not in message.lower():
        return []
    return [ObjectRef(PersistentVolumeClaim.KIND, pod.namespace, c) for c in volume_claims(pod)]


_NOT_FOR_PODS = re.compile(r"untolerated taint.*node-role\.kubernetes\.io/(?:control-plane|master)")
_NODE_STATE_TAINTS = re.compile(
    r"node\.kubernetes\.io/(not-ready|unreachable|memory-pressure|disk-pressure|pid-pressure"
    r"|network-unavailable|unschedulable)|were unschedulable"
)


def _nodes(snapshot: ClusterSnapshot, pod: Pod, message: str) -> list[ObjectRef]:
    """The nodes whose own trouble the scheduler speaks of."""
    if not _NODE_STATE_TAINTS.search(message):
        return []
    return [
        ObjectRef.of(node)
        for node in snapshot.all(Node)
        if any(t.key.startswith("node.kubernetes.io/") for t in untolerated(pod, node))
        or node.spec.unschedulable
    ]


def _silent(snapshot: ClusterSnapshot, now: datetime, pod: Pod) -> Iterable[Finding]:
    """What the scheduler would find, for a pod it has said nothing about."""
    waited = age(now, pod.metadata.creation_timestamp)
    by = pod.spec.scheduler_name or "default-scheduler"
    nobody = _no_such_scheduler(snapshot, by)
    found = obstacles(snapshot, pod)
    if found and all(one.why for one in found) and not nobody:
        yield _computed(snapshot, pod, found)
    elif waited is not None and waited > SILENT_SECONDS and pod.spec.containers:
        yield finding(
            "POD_NOT_SCHEDULED",
            pod,
            f"Pod {pod.name} has waited {span(waited)} for a node and scheduler {by} has said "
            f"nothing about it{nobody}",
            [seen(pod, "spec.schedulerName", by), seen(pod, "status.phase", pod.status.phase)],
            since=pod.metadata.creation_timestamp,
        )


def _computed(snapshot: ClusterSnapshot, pod: Pod, found: tuple[Obstacle, ...]) -> Finding:
    counts = Counter(one.why for one in found)
    reasons = [Ruled(number, why) for why, number in counts.most_common()]
    text = _explained(snapshot, pod, reasons)
    if len(reasons) == 1:  # the sentence says already that it is all of them
        text = text.removeprefix(f"{_nodes_word(len(found))}: ")
    words = " ".join(counts)
    return finding(
        "POD_UNSCHEDULABLE",
        pod,
        f"Pod {pod.name} cannot be scheduled on any of {_nodes_word(len(found))}: {text}",
        [
            seen(pod, "spec.nodeName", ""),
            seen(pod, "status.phase", pod.status.phase),
            *(
                seen(ObjectRef("Node", "", one.node), "rules the pod out", one.why)
                for one in found[:5]
            ),
        ],
        related=[*_claims(snapshot, pod, words), *_nodes(snapshot, pod, words)],
        since=pod.metadata.creation_timestamp,
    )


def _telling_first(pod: Pod, reasons: Iterable[Ruled]) -> list[Ruled]:
    """A DaemonSet's pod is for one node: that all others do not match says nothing. Nor does it say
    much of other pods that the control plane's nodes are not for them."""
    if not only_node(pod):
        return sorted(reasons, key=lambda r: bool(_NOT_FOR_PODS.search(r.why)))
    return sorted(reasons, key=lambda r: "node affinity" in r.why)


def _no_such_scheduler(snapshot: ClusterSnapshot, name: str) -> str:
    """A word on a scheduler that no pod in the cluster seems to be."""
    if name == "default-scheduler" or any(name in p.name for p in snapshot.all(Pod)):
        return ""
    return ", and nothing in the cluster has that name"


def misplaced(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Pods that were put by name on a node that does not exist."""
    if not looked_at(snapshot, Node) or not snapshot.all(Node):
        return
    for pod in troubled(snapshot, now):
        name = pod.spec.node_name
        if not name or is_over(pod) or snapshot.get(Node, "", name):
            continue
        yield finding(
            "POD_ON_UNKNOWN_NODE",
            pod,
            f"Pod {pod.name} is bound to node {name}, which does not exist",
            [seen(pod, "spec.nodeName", name)],
            since=pod.metadata.creation_timestamp,
            node=name,
        )
