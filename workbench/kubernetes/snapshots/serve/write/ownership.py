"""Who set which field: managedFields (Kubernetes documentation, Server-Side Apply).

A path is a tuple of the steps a FieldsV1 tree is made of: ``f:spec``, ``f:replicas``, and
``k:{"name":"web"}`` for an entry of a list with a key. Lists and maps that are not merged are one
field each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.write.strategic import merge_key
from workbench.kubernetes.snapshots.trees import mapping, mappings, text

Path = tuple[str, ...]
Values = dict[Path, Any]

_ATOMIC = frozenset({"nodeSelector", "selector", "matchLabels", "resourceFieldRef", "secretKeyRef"})
_ATOMIC |= {"configMapKeyRef", "fieldRef", "scaleTargetRef", "claimRef", "roleRef"}
_IN_METADATA = frozenset({"labels", "annotations", "finalizers", "ownerReferences"})
_SELF = "."


class Manager(msgspec.Struct, frozen=True):
    """Whose fields: ``operation`` is Apply or Update, ``below`` the subresource or ""."""

    name: str
    operation: str
    api_version: str
    below: str = ""


Owned = dict[Manager, frozenset[Path]]


def values(tree: Tree) -> Values:
    """Every field of an object that somebody can own, with its value."""
    found: Values = {}
    for name, value in tree.items():
        if name == "metadata":
            kept = {k: v for k, v in mapping(value).items() if k in _IN_METADATA}
            _walk(kept, ("f:metadata",), ("metadata",), found)
        elif name not in ("apiVersion", "kind"):
            _member(name, value, (), (), found)
    return found


def changed(old: Tree, new: Tree) -> tuple[frozenset[Path], frozenset[Path]]:
    """The fields that were set anew or differently, and those that are gone."""
    before, after = values(old), values(new)
    fresh = frozenset(p for p, v in after.items() if p not in before or before[p] != v)
    return fresh, frozenset(before.keys() - after.keys())


def owned(tree: Tree) -> Owned:
    """The managers of the object. One whose entries are all gone counts as set by one of them."""
    entries = mappings(mapping(tree["metadata"]).get("managedFields"))
    found = {_manager(e): frozenset(_paths(mapping(e.get("fieldsV1")))) for e in entries}
    if found:
        return found
    before = Manager("before-first-apply", "Update", text(tree, "apiVersion"))
    return {before: frozenset(values(tree))}


def with_owners(tree: Tree, owners: Owned, times: dict[Manager, str]) -> Tree:
    """The object with these managers; those that own nothing are left out."""
    entries = [
        {
            "manager": m.name,
            "operation": m.operation,
            "apiVersion": m.api_version,
            **({"time": times[m]} if m in times else {}),
            "fieldsType": "FieldsV1",
            "fieldsV1": _tree(paths),
            **({"subresource": m.below} if m.below else {}),
        }
        for m, paths in owners.items()
        if paths
    ]
    meta = {k: v for k, v in tree["metadata"].items() if k != "managedFields"}
    return {**tree, "metadata": meta | ({"managedFields": entries} if entries else {})}


def after_update(old: Tree | None, new: Tree, manager: Manager, now: datetime) -> Tree:
    """The object as an update or a patch leaves it: what it changed belongs to its manager."""
    empty: Tree = {"metadata": {}}
    fresh, gone = changed(old or empty, new)
    before = owned(old) if old and mapping(old["metadata"]).get("managedFields") else {}
    times = entry_times(old) if old else {}
    if not fresh and not gone:
        return with_owners(new, before, times)
    owners = {m: p - gone - (fresh if m != manager else frozenset()) for m, p in before.items()}
    owners[manager] = owners.get(manager, frozenset()) | fresh
    return with_owners(new, owners, times | {manager: stamp(now)})


def entry_times(tree: Tree) -> dict[Manager, str]:
    """When each manager last set something."""
    entries = mappings(mapping(tree["metadata"]).get("managedFields"))
    return {_manager(e): t for e in entries if (t := text(e, "time"))}


def stamp(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def spelled(path: Path) -> str:
    """``.spec.containers[name="web"].image``, as conflicts name a field."""
    return "".join(f".{s[2:]}" if s.startswith("f:") else _bracketed(s) for s in path)


def overlapping(path: Path, paths: Iterable[Path]) -> bool:
    """Whether the path is among them, or above or below one of them."""
    return any(p[: len(path)] == path[: len(p)] for p in paths)


def _member(name: str, value: Any, path: Path, names: Path, found: Values) -> None:
    here, called = (*path, f"f:{name}"), (*names, name)
    key = merge_key(called)
    keyed = key and isinstance(value, list) and all(isinstance(v, dict) and key in v for v in value)
    if keyed and value:
        for item in value:
            entry = (*here, _entry(item, key))
            found[(*entry, _SELF)] = None
            _walk(item, entry, called, found)
    elif isinstance(value, dict) and value and name not in _ATOMIC:
        _walk(value, here, called, found)
    else:
        found[here] = value


def _entry(item: dict[str, Any], key: str) -> str:
    """The step to an entry of a list. Ports are told apart by their protocol too."""
    keys = {key: item[key]}
    if key in ("containerPort", "port"):
        keys["protocol"] = item.get("protocol", "TCP")
    return f"k:{json.dumps(keys, separators=(',', ':'))}"


def _walk(tree: dict[str, Any], path: Path, names: Path, found: Values) -> None:
    for name, value in tree.items():
        _member(name, value, path, names, found)


def _bracketed(step: str) -> str:
    if not step.startswith("k:"):
        return ""
    return "".join(f"[{k}={json.dumps(v)}]" for k, v in json.loads(step[2:]).items())


def _manager(entry: dict[str, Any]) -> Manager:
    return Manager(
        text(entry, "manager"),
        text(entry, "operation"),
        text(entry, "apiVersion"),
        text(entry, "subresource"),
    )


def _paths(tree: dict[str, Any], above: Path = ()) -> Iterator[Path]:
    for step, below in tree.items():
        if step == _SELF:
            if above and above[-1].startswith("k:"):
                yield (*above, _SELF)
        elif isinstance(below, dict) and below.keys() - {_SELF}:
            yield from _paths(below, (*above, step))
        else:
            yield (*above, step, _SELF) if step.startswith("k:") else (*above, step)


def _tree(paths: Iterable[Path]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path in sorted(paths):
        here = root
        for step in path:
            here = here.setdefault(step, {})
            if step in ("f:labels", "f:annotations", "f:data") and path[-1] != step:
                here.setdefault(_SELF, {})
    return root
