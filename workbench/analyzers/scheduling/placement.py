"""Which nodes a pod may be on: taints, node selectors and required node affinity."""

from __future__ import annotations

from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import LabelSelector, Node, Pod
from workbench.core.objects.cluster_wide import Taint
from workbench.core.objects.meta import Requirement
from workbench.core.objects.pods import NodeSelectorTerm, Toleration


def untolerated(pod: Pod, node: Node) -> list[Taint]:
    """Taints that keep the pod away from the node."""
    return [
        taint
        for taint in node.spec.taints
        if taint.effect in ("NoSchedule", "NoExecute")
        and not any(_tolerates(t, taint) for t in pod.spec.tolerations)
    ]


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.operator == "Exists":
        return not toleration.key or toleration.key == taint.key
    return toleration.key == taint.key and toleration.value == taint.value


def matches_labels(pod: Pod, node: Node) -> bool:
    """Whether nodeSelector and required node affinity admit the node."""
    if any(node.labels.get(k) != v for k, v in pod.spec.node_selector.items()):
        return False
    terms = _terms(pod)
    return not terms or admits(terms, node)


def admits(terms: tuple[NodeSelectorTerm, ...], node: Node) -> bool:
    """Whether one of the terms holds for the node; a term that says nothing holds for none."""
    return any(_meets(term, node) for term in terms)


def asked_labels(pod: Pod) -> str:
    """What the pod asks of a node's labels: ``disktype=ssd, zone In (a, b)``."""
    asked = [f"{k}={v}" for k, v in pod.spec.node_selector.items()]
    terms = [
        str(LabelSelector(match_expressions=(*term.match_expressions, *term.match_fields)))
        for term in _terms(pod)
    ]
    either = " or ".join(t for t in terms if t != "<everything>")
    return ", ".join([*asked, *([either] if either else [])])


def only_node(pod: Pod) -> str:
    """The name of the one node that a DaemonSet's pod is for, or ""."""
    names = {
        rule.values
        for term in _terms(pod)
        for rule in term.match_fields
        if rule.key == "metadata.name" and rule.operator == "In"
    }
    return next(iter(names))[0] if len(names) == 1 and len(min(names)) == 1 else ""


def label_hint(snapshot: ClusterSnapshot, pod: Pod) -> str:
    """What the nodes have instead, for the first label that no node has as asked."""
    nodes = snapshot.all(Node)
    wanted = dict(pod.spec.node_selector)
    for term in _terms(pod):
        for rule in term.match_expressions:
            if rule.operator == "In" and rule.values:
                wanted.setdefault(rule.key, " or ".join(rule.values))
    for key, value in wanted.items():
        have = sorted({node.labels[key] for node in nodes if key in node.labels})
        if nodes and not have:
            return f"; no node has label {key}"
        if have and not set(value.split(" or ")) & set(have):
            return f"; nodes have {key}={' or '.join(have[:4])}"
    return ""


def _terms(pod: Pod) -> tuple[NodeSelectorTerm, ...]:
    affinity = pod.spec.affinity
    if affinity and affinity.node_affinity and affinity.node_affinity.required:
        return affinity.node_affinity.required.node_selector_terms
    return ()


def _meets(term: NodeSelectorTerm, node: Node) -> bool:
    fields = {"metadata.name": node.name}
    return (
        bool(term.match_expressions or term.match_fields)
        and all(_rule(r, node.labels) for r in term.match_expressions)
        and all(_rule(r, fields) for r in term.match_fields)
    )


def _rule(rule: Requirement, labels: dict[str, str]) -> bool:
    if rule.operator in ("Gt", "Lt"):
        try:
            here, there = int(labels.get(rule.key, "")), int(rule.values[0])
        except (ValueError, IndexError):
            return False
        return here > there if rule.operator == "Gt" else here < there
    return LabelSelector(match_expressions=(rule,)).matches(labels)
