"""Replicas hold what they have in common once.

The pods of one owner differ in name, node and state, hardly in their containers. With those held
once an owner, a cluster with five replicas a workload takes half the memory. Objects are frozen, so
nobody can tell.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import force_setattr

from workbench.core.objects import KubeObject, Pod, ReplicaSet
from workbench.core.objects.meta import Part


class Siblings:
    """The first object seen of each owner, which those of the same kind after it refer to."""

    def __init__(self) -> None:
        self._first: dict[str, KubeObject] = {}

    def share(self, objects: Iterable[KubeObject]) -> None:
        """Let the pods or ReplicaSets of one list refer to what equals their first sibling's."""
        for one in objects:
            owners = one.metadata.owner_references
            if not owners:
                continue
            first = self._first.setdefault(owners[0].uid, one)
            if first is one:
                continue
            if isinstance(one, Pod) and isinstance(first, Pod):
                _refer(one.metadata, first.metadata, "labels")
                _refer(one.spec, first.spec, "containers")
                _refer(one.spec, first.spec, "tolerations")
            elif isinstance(one, ReplicaSet) and isinstance(first, ReplicaSet):
                _refer(one.metadata, first.metadata, "labels")
                _refer(one.spec, first.spec, "template")


def _refer(part: Part, first: Part, name: str) -> None:
    common = getattr(first, name)
    if getattr(part, name) == common:
        force_setattr(part, name, common)
