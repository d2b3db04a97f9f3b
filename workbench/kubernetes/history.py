"""Rollout history: the revisions of a workload and what changed from one to the next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from workbench.kubernetes.masking import masked, masked_value

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
_ENV = re.compile(r"env\[([^\]]*)\](?:\.value)?$")
_POD_HASH = "pod-template-hash"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the pod template that differs; None where a side has no such field."""

    path: str
    old: Any = None
    new: Any = None

    def __str__(self) -> str:
        if self.old is None:
            return f"+ {self.path}: {_short(self.new)}"
        if self.new is None:
            return f"- {self.path}: {_short(self.old)}"
        return f"~ {self.path}: {_short(self.old)} → {_short(self.new)}"


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision. ``source`` is the ReplicaSet or ControllerRevision that keeps it; ``changes``
    are against the revision before it (none for the oldest that is kept)."""

    number: int
    source: str
    created: str = ""
    cause: str = ""
    images: tuple[str, ...] = ()
    replicas: int | None = None
    changes: tuple[Change, ...] = ()


def history(owner: dict[str, Any], keepers: Iterable[dict[str, Any]]) -> tuple[Revision, ...]:
    """The revisions of a workload, oldest first.

    owner: the Deployment, StatefulSet or DaemonSet as the API's tree.
    keepers: ReplicaSets (of a Deployment) or ControllerRevisions of its namespace; those of other
        owners are ignored.
    """
    uid = (owner.get("metadata") or {}).get("uid")
    name = (owner.get("metadata") or {}).get("name")
    mine = [k for k in keepers if _owned_by(k, uid, name, owner.get("kind"))]
    ordered = sorted(((_number(k), k) for k in mine), key=lambda pair: pair[0])
    found: list[Revision] = []
    before: dict[str, Any] | None = None
    for number, keeper in ordered:
        template = _template(keeper)
        changes = () if before is None else tuple(shown(c) for c in diff(before, template))
        found.append(_revision(number, keeper, template, changes))
        before = template
    return tuple(found)


def diff(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """Fields that differ between two trees. List items with a ``name`` are matched by it."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            below = f"{path}.{key}" if path else str(key)
            yield from diff(old.get(key), new.get(key), below)
    elif _named(old) and _named(new):
        olds, news = ({item["name"]: item for item in side} for side in (old, new))
        for key in [*olds, *(name for name in news if name not in olds)]:
            yield from diff(olds.get(key), news.get(key), f"{path}[{key}]")
    elif old != new:
        yield Change(path=path, old=old, new=new)


def shown(change: Change) -> Change:
    """The change with env values that look secret hidden; that they changed still shows."""
    return Change(
        path=change.path,
        old=_shown(change.path, change.old),
        new=_shown(change.path, change.new),
    )


def _shown(path: str, value: Any) -> Any:
    variable = _ENV.search(path)
    if variable and isinstance(value, str):
        return masked_value(variable[1], value)
    if variable and isinstance(value, dict):
        return masked({"env": [value]})["env"][0]
    return masked(value) if isinstance(value, dict) else value


def to_text(revisions: Iterable[Revision]) -> str:
    """A paragraph a revision, newest last."""
    return "\n".join(_paragraph(one) for one in revisions)


def to_json(revisions: Iterable[Revision]) -> list[dict[str, Any]]:
    """The revisions with their changes, JSON types only."""
    return [msgspec.to_builtins(one) for one in revisions]


def _paragraph(one: Revision) -> str:
    head = f"revision {one.number}  {one.created}  {one.source}  images {', '.join(one.images)}"
    if one.replicas is not None:
        head += f"  replicas {one.replicas}"
    if one.cause:
        head += f"  cause: {one.cause}"
    return "\n".join([head, *(f"    {change}" for change in one.changes)])


def _revision(
    number: int, keeper: dict[str, Any], template: dict[str, Any], changes: tuple[Change, ...]
) -> Revision:
    meta = keeper.get("metadata") or {}
    containers = (template.get("spec") or {}).get("containers") or []
    return Revision(
        number=number,
        source=f"{keeper.get('kind') or _kind(keeper)}/{meta.get('name')}",
        created=str(meta.get("creationTimestamp") or ""),
        cause=(meta.get("annotations") or {}).get(CHANGE_CAUSE, ""),
        images=tuple(str(c.get("image", "")) for c in containers),
        replicas=(keeper.get("status") or {}).get("replicas"),
        changes=changes,
    )


def _owned_by(keeper: dict[str, Any], uid: Any, name: Any, kind: Any) -> bool:
    owners = (keeper.get("metadata") or {}).get("ownerReferences") or []
    if uid:
        return any(o.get("uid") == uid for o in owners)
    return any((o.get("kind"), o.get("name")) == (kind, name) for o in owners)


def _kind(keeper: dict[str, Any]) -> str:
    """Items of a list leave out their kind."""
    return "ControllerRevision" if "revision" in keeper else "ReplicaSet"


def _number(keeper: dict[str, Any]) -> int:
    if "revision" in keeper:
        return int(keeper["revision"])
    annotations = (keeper.get("metadata") or {}).get("annotations") or {}
    text = str(annotations.get(REVISION, "0"))
    return int(text) if text.isdigit() else 0


def _template(keeper: dict[str, Any]) -> dict[str, Any]:
    """The pod template, without the hash label that differs in every ReplicaSet."""
    spec = (keeper.get("data") or keeper).get("spec") or {}
    template = dict(spec.get("template") or {})
    template.pop("$patch", None)  # how a ControllerRevision says "replace"
    meta = dict(template.get("metadata") or {})
    meta.pop("creationTimestamp", None)
    labels = {k: v for k, v in (meta.get("labels") or {}).items() if k != _POD_HASH}
    return {**template, "metadata": {**meta, "labels": labels}}


def _named(items: Any) -> bool:
    return (
        isinstance(items, list)
        and bool(items)
        and all(isinstance(i, dict) and "name" in i for i in items)
        and len({i["name"] for i in items}) == len(items)
    )


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 200 else text[:199] + "…"
