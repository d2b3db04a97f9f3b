"""Which nodes other pods rule out for a pod: required affinity and anti-affinity between pods.

The rules are the scheduler's (InterPodAffinity plugin): every term of podAffinity needs a matching
pod in the node's topology domain; no term of podAntiAffinity, of the pod or of pods already there,
may find one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workbench.analyzers.history import once
from workbench.analyzers.scheduling.placed import Placed, placed, placed_in
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import Namespace, Node, Pod
from workbench.core.objects.pods import PodAffinity, PodAffinityTerm

AFFINITY = "node(s) didn't match pod affinity rules"
ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
OTHERS_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules"


def affinity_filter(snapshot: ClusterSnapshot, pod: Pod) -> Callable[[Node], str]:
    """A check of one node after the other: the scheduler's words, or "" when the node will do."""
    wants = _domains(snapshot, pod, required_affinity(pod))
    avoids = _domains(snapshot, pod, required_anti_affinity(pod))
    avoided = _avoided_by_others(snapshot, pod)
    first = not any(found for _, found in wants) and _likes_itself(snapshot, pod)

    def check(node: Node) -> str:
        for term, found in wants:
            here = node.labels.get(term.topology_key)
            if here is None or (here not in found and not first):
                return AFFINITY
        if any(node.labels.get(term.topology_key) in found for term, found in avoids):
            return ANTI_AFFINITY
        if any(node.labels.get(key) == value for key, value in avoided):
            return OTHERS_ANTI_AFFINITY
        return ""

    return check


def required_affinity(pod: Pod) -> tuple[PodAffinityTerm, ...]:
    """Terms that say near which pods the pod must be."""
    affinity = pod.spec.affinity
    return _required(affinity.pod_affinity) if affinity else ()


def required_anti_affinity(pod: Pod) -> tuple[PodAffinityTerm, ...]:
    """Terms that say near which pods the pod must not be."""
    affinity = pod.spec.affinity
    return _required(affinity.pod_anti_affinity) if affinity else ()


def _required(affinity: PodAffinity | None) -> tuple[PodAffinityTerm, ...]:
    return affinity.required if affinity else ()


def _domains(
    snapshot: ClusterSnapshot, pod: Pod, terms: tuple[PodAffinityTerm, ...]
) -> list[tuple[PodAffinityTerm, set[str]]]:
    """For each term the values of its topology key that have a matching pod."""
    return [
        (
            term,
            {
                one.node.labels[term.topology_key]
                for one in matching(snapshot, pod, term)
                if term.topology_key in one.node.labels
            },
        )
        for term in terms
    ]


def matching(snapshot: ClusterSnapshot, pod: Pod, term: PodAffinityTerm) -> Iterator[Placed]:
    """The placed pods that the term of ``pod`` speaks of."""
    spaces = set(term.namespaces) or {pod.namespace}
    if term.namespace_selector is not None:
        others = placed(snapshot)
    else:
        others = (one for space in sorted(spaces) for one in placed_in(snapshot, space))
    for one in others:
        if one.pod is not pod and _speaks_of(snapshot, pod, term, one.pod):
            yield one


def _speaks_of(snapshot: ClusterSnapshot, pod: Pod, term: PodAffinityTerm, other: Pod) -> bool:
    if term.label_selector is None or not term.label_selector.matches(other.labels):
        return False
    if other.namespace in term.namespaces:
        return True
    if term.namespace_selector is not None:
        home = snapshot.get(Namespace, "", other.namespace)
        labels = {"kubernetes.io/metadata.name": other.namespace} | (home.labels if home else {})
        return term.namespace_selector.matches(labels)
    return not term.namespaces and other.namespace == pod.namespace


def _likes_itself(snapshot: ClusterSnapshot, pod: Pod) -> bool:
    """The first of a group that wants to be together may go anywhere."""
    terms = required_affinity(pod)
    return all(_speaks_of(snapshot, pod, term, pod) for term in terms)


def _avoided_by_others(snapshot: ClusterSnapshot, pod: Pod) -> set[tuple[str, str]]:
    """Topology keys and values where a pod runs that does not want this one near."""
    return {
        (term.topology_key, one.node.labels[term.topology_key])
        for one in _shy(snapshot)
        for term in required_anti_affinity(one.pod)
        if term.topology_key in one.node.labels
        and one.pod is not pod
        and _speaks_of(snapshot, one.pod, term, pod)
    }


@once
def _shy(snapshot: ClusterSnapshot) -> tuple[Placed, ...]:
    return tuple(one for one in placed(snapshot) if required_anti_affinity(one.pod))


def wanted(snapshot: ClusterSnapshot, pod: Pod) -> str:
    """What podAffinity asks for, in words: ``a pod with app=cache in the same zone; none runs``."""
    said = []
    for term in required_affinity(pod):
        there = sorted(
            {str(o.node.labels.get(term.topology_key)) for o in matching(snapshot, pod, term)}
        )
        where = f"there is one in {' and '.join(there[:3])}" if there else "no such pod is running"
        said.append(f"a pod with {term.label_selector} in the same {term.topology_key}; {where}")
    return f"it wants {', and '.join(said)}" if said else ""


def avoided(snapshot: ClusterSnapshot, pod: Pod) -> str:
    """What podAntiAffinity keeps away from, in words, with the pods that are in the way."""
    said = []
    for term in required_anti_affinity(pod):
        pods = [f"{one.pod.name} on {one.node.name}" for one in matching(snapshot, pod, term)]
        if pods:
            said.append(f"one per {term.topology_key}: {', '.join(sorted(pods)[:3])}")
    return "; ".join(said)


def avoiding(snapshot: ClusterSnapshot, pod: Pod) -> str:
    """The placed pods that do not want the pod near."""
    names = sorted(
        f"{one.pod.name} on {one.node.name}"
        for one in _shy(snapshot)
        if any(_speaks_of(snapshot, one.pod, t, pod) for t in required_anti_affinity(one.pod))
    )
    return f"{', '.join(names[:3])}" if names else ""
