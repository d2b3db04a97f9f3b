"""Who made an object, and what it made in turn, as one tree."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import KubeObject, Pod
from workbench.kubernetes.pod_status import ready_count, status_word

DEPTH_MOST = 8
"""Owner chains are two or three long; a loop in bad data must end."""


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    """An object in the tree. ``read`` is False for an owner the snapshot does not hold; ``asked``
    marks the object that was asked about."""

    ref: ObjectRef
    state: str = ""
    read: bool = True
    asked: bool = False
    owns: tuple[Owned, ...] = ()


def owner_tree(snapshot: ClusterSnapshot, ref: ObjectRef) -> Owned | None:
    """The tree from the topmost owner down to everything below ``ref``; None when it is unknown.

    Above the asked object only the line that leads to it is shown.
    """
    obj = snapshot.find(ref)
    if obj is None:
        return None
    tree = _below(snapshot, obj, DEPTH_MOST, asked=True)
    for _ in range(DEPTH_MOST):
        above = snapshot.owner(obj)
        if above is None:
            break
        tree = Owned(ref=ObjectRef.of(above), state=state(above), owns=(tree,))
        obj = above
    unread = next(iter(obj.metadata.owner_references), None)
    if unread is None:
        return tree
    top = ObjectRef(unread.kind, obj.namespace, unread.name)
    return Owned(ref=top, read=False, owns=(tree,))


def to_text(tree: Owned, indent: str = "") -> str:
    """One line an object, indented under its owner."""
    notes = [tree.state, "" if tree.read else "not read", "<- asked" if tree.asked else ""]
    line = "  ".join([f"{indent}{tree.ref}", *(note for note in notes if note)])
    return "\n".join([line, *(to_text(below, indent + "  ") for below in tree.owns)])


def to_json(tree: Owned) -> dict[str, Any]:
    """The tree as nested JSON objects."""
    return msgspec.to_builtins(tree)  # type: ignore[no-any-return]


def state(obj: KubeObject) -> str:
    """A few words on how an object is doing: ready counts or a Ready condition."""
    if isinstance(obj, Pod):
        return "{} {}/{} ready".format(status_word(obj), *ready_count(obj))
    status = getattr(obj, "status", None)
    desired = getattr(getattr(obj, "spec", None), "replicas", None)
    ready = getattr(status, "ready_replicas", None)
    if desired is not None and ready is not None:
        return f"{ready}/{desired} ready"
    conditions = getattr(status, "conditions", ())
    true = [c.type for c in conditions if c.status == "True" and c.type in _TELLING]
    return ", ".join(true)


_TELLING = frozenset({"Ready", "Complete", "Failed", "Suspended", "Available"})


def _below(snapshot: ClusterSnapshot, obj: KubeObject, depth: int, asked: bool = False) -> Owned:
    owned = sorted(snapshot.owned_by(obj), key=ObjectRef.of) if depth else ()
    return Owned(
        ref=ObjectRef.of(obj),
        state=state(obj),
        asked=asked,
        owns=tuple(_below(snapshot, one, depth - 1) for one in owned),
    )
