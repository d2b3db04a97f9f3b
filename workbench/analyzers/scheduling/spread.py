"""Which nodes a pod's topology spread constraints rule out (DoNotSchedule only).

A node will do when its domain would not get more than maxSkew matching pods ahead of the emptiest
domain (Kubernetes documentation, Pod Topology Spread Constraints; PodTopologySpread plugin).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from workbench.analyzers.scheduling.placed import placed_in
from workbench.analyzers.scheduling.placement import matches_labels, untolerated
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import LabelSelector, Node, Pod
from workbench.core.objects.pods import TopologySpread

SPREAD = "node(s) didn't match pod topology spread constraints"
NO_LABEL = "node(s) didn't match pod topology spread constraints (missing required label)"


class Counted(msgspec.Struct, frozen=True):
    """A constraint and how many matching pods each of its domains has."""

    rule: TopologySpread
    counts: dict[str, int]
    counts_itself: int

    @property
    def least(self) -> int:
        """Pods of the emptiest domain; 0 while there are fewer domains than minDomains."""
        if len(self.counts) < self.rule.min_domains:
            return 0
        return min(self.counts.values(), default=0)


def spread_filter(snapshot: ClusterSnapshot, pod: Pod) -> Callable[[Node], str]:
    """A check of one node after the other: the scheduler's words, or "" when the node will do."""
    counted = counts(snapshot, pod)

    def check(node: Node) -> str:
        for one in counted:
            here = node.labels.get(one.rule.topology_key)
            if here is None:
                return NO_LABEL
            skew = one.counts.get(here, 0) + one.counts_itself - one.least
            if skew > one.rule.max_skew:
                return SPREAD
        return ""

    return check


def counts(snapshot: ClusterSnapshot, pod: Pod) -> list[Counted]:
    """The pod's hard constraints with the matching pods of each domain."""
    rules = [
        rule
        for rule in pod.spec.topology_spread_constraints
        if rule.when_unsatisfiable == "DoNotSchedule"
    ]
    keys = {rule.topology_key for rule in rules}
    nodes = [n for n in snapshot.all(Node) if keys <= n.labels.keys()] if rules else []
    return [_counted(snapshot, pod, rule, nodes) for rule in rules]


def _counted(
    snapshot: ClusterSnapshot, pod: Pod, rule: TopologySpread, nodes: list[Node]
) -> Counted:
    selector = rule.label_selector or LabelSelector()
    same = {key: pod.labels[key] for key in rule.match_label_keys if key in pod.labels}

    def counts_as(other: Pod) -> bool:
        return (
            rule.label_selector is not None
            and selector.matches(other.labels)
            and same.items() <= other.labels.items()
        )

    domains = {n.name: n.labels[rule.topology_key] for n in nodes if _considered(pod, rule, n)}
    found = dict.fromkeys(domains.values(), 0)
    for one in placed_in(snapshot, pod.namespace):
        here = domains.get(one.node.name)
        if here is not None and not one.pod.metadata.deletion_timestamp and counts_as(one.pod):
            found[here] += 1
    return Counted(rule, found, int(counts_as(pod)))


def _considered(pod: Pod, rule: TopologySpread, node: Node) -> bool:
    if rule.node_affinity_policy != "Ignore" and not matches_labels(pod, node):
        return False
    return rule.node_taints_policy != "Honor" or not untolerated(pod, node)


def spread_words(snapshot: ClusterSnapshot, pod: Pod) -> str:
    """The constraints and their counts: ``maxSkew 1 over zone of app=web: a 3, b 1``."""
    said = []
    for one in counts(snapshot, pod):
        have = ", ".join(f"{name} {number}" for name, number in sorted(one.counts.items())[:5])
        short = (
            f"; {len(one.counts)} of the {one.rule.min_domains} domains it wants exist"
            if len(one.counts) < one.rule.min_domains
            else ""
        )
        said.append(
            f"maxSkew {one.rule.max_skew} over {one.rule.topology_key} of "
            f"{one.rule.label_selector or 'nothing'}: {have or 'no node has that label'}{short}"
        )
    return "; ".join(said)
