"""Whether an object is missing, there, or simply not known.

A kind that was looked at and lacks the object proves that it is missing. A kind that a Gap names is
not known. A bare list of objects (``kubectl get … -o json``) says nothing about kinds it does not
hold: then an object is called missing only where nothing in the list contradicts it.
"""

from __future__ import annotations

from workbench.analyzers.history import once
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import BY_KIND, KubeObject


def missing(snapshot: ClusterSnapshot, kind: type[KubeObject], namespace: str, name: str) -> bool:
    """Whether the kind was looked at in that namespace and holds no such object."""
    if not name or not looked_at(snapshot, kind):
        return False
    if kind.NAMESPACED and snapshot.held and namespace not in snapshot.held:
        return False
    return snapshot.find(ObjectRef(kind.KIND, namespace if kind.NAMESPACED else "", name)) is None


def unlisted(snapshot: ClusterSnapshot, kind: type[KubeObject], namespace: str, name: str) -> bool:
    """Whether the object is missing, or is of a kind that a bare list without gaps lacks."""
    if missing(snapshot, kind, namespace, name):
        return True
    return bool(name) and kind.KIND not in snapshot.objects and not snapshot.gaps


def looked_at(snapshot: ClusterSnapshot, kind: type[KubeObject]) -> bool:
    """Whether every object of the kind (in scope) can be taken to be in the snapshot."""
    return kind.KIND in snapshot.objects and kind.KIND not in _kinds_with_gaps(snapshot)


@once
def _kinds_with_gaps(snapshot: ClusterSnapshot) -> frozenset[str]:
    """Kinds that some gap names, by kind or by plural (``secrets in shop``)."""
    words = {word.lower() for gap in snapshot.gaps for word in gap.what.replace(",", " ").split()}
    return frozenset(
        kind.KIND
        for kind in BY_KIND.values()
        if kind.KIND.lower() in words or kind.PLURAL.lower() in words
    )
