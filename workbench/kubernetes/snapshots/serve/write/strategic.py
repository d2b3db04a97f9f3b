"""Strategic merge patch: lists of things with a key are merged by it.

Keys are those of the API's own types (Kubernetes API reference, "patch strategy" and "patch merge
key" of each field); a list that is not here is replaced whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.kubernetes.snapshots.serve.failure import bad_request

_KEYS = {
    "addresses": "type",
    "conditions": "type",
    "containers": "name",
    "env": "name",
    "ephemeralContainers": "name",
    "hostAliases": "ip",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ownerReferences": "uid",
    "podIPs": "ip",
    "resourceClaims": "name",
    "schedulingGates": "name",
    "secrets": "name",
    "topologySpreadConstraints": "topologyKey",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
    "volumesAttached": "name",
    "webhooks": "name",
}
_SETS = frozenset({"finalizers", "podCIDRs"})
_DIRECTIVES = ("$patch", "$retainKeys")
_DELETE_FROM, _ORDER = "$deleteFromPrimitiveList/", "$setElementOrder/"
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def merge_key(path: Sequence[str]) -> str:
    """The key by which the list at the path is merged; "" for a list that is replaced."""
    name = path[-1]
    if name == "ports":  # of a container or of a Service
        if len(path) > 1 and path[-2] in _CONTAINERS:
            return "containerPort"
        return "port" if tuple(path) == ("spec", "ports") else ""
    if name == "env" and (len(path) < 2 or path[-2] not in _CONTAINERS):
        return ""
    return _KEYS.get(name, "")


def strategic(original: Any, patch: Any, path: tuple[str, ...] = ()) -> Any:
    """``original`` with the patch merged into it; None when the patch deletes it.

    Raises StatusFailure (400) for a bad directive.
    """
    if not isinstance(patch, dict):
        return patch
    match patch.get("$patch"):
        case "replace":
            return _plain(patch)
        case "delete":
            return None
        case None | "merge":
            pass
        case other:
            raise bad_request(f"Unknown patch type: {other}")
    kept = dict(original) if isinstance(original, dict) else {}
    if isinstance(patch.get("$retainKeys"), list):
        kept = {k: v for k, v in kept.items() if k in patch["$retainKeys"]}
    for name, value in patch.items():
        if not name.startswith("$"):
            _member(kept, name, value, (*path, name))
    for name, value in patch.items():
        if name.startswith(_DELETE_FROM) and isinstance(value, list):
            field = name.removeprefix(_DELETE_FROM)
            kept[field] = [v for v in kept.get(field) or [] if v not in value]
        if name.startswith(_ORDER) and isinstance(value, list):
            field = name.removeprefix(_ORDER)
            kept[field] = _ordered(kept.get(field), value, merge_key((*path, field)))
    return {k: v for k, v in kept.items() if v is not None or k not in patch}


def _member(kept: dict[str, Any], name: str, value: Any, path: tuple[str, ...]) -> None:
    if value is None:
        kept.pop(name, None)
    elif isinstance(value, dict):
        merged = strategic(kept.get(name), value, path)
        if merged is None:
            kept.pop(name, None)
        else:
            kept[name] = merged
    elif isinstance(value, list):
        kept[name] = _list(kept.get(name), value, path)
    else:
        kept[name] = value


def _list(original: Any, patch: list[Any], path: tuple[str, ...]) -> list[Any]:
    old = original if isinstance(original, list) else []
    if path[-1] in _SETS:
        return [*old, *(v for v in patch if v not in old)]
    key = merge_key(path)
    if not key or any(not isinstance(p, dict) for p in patch):
        return [_plain(p) for p in patch]
    if any(p.get("$patch") == "replace" for p in patch):
        return [_plain(p) for p in patch if p.keys() != {"$patch"}]
    merged = list(old)
    for item in patch:
        if key not in item:
            raise bad_request(f"map: {item} does not contain declared merge key: {key}")
        at = next((i for i, m in enumerate(merged) if _has(m, key, item[key])), None)
        if item.get("$patch") == "delete":
            merged = [m for m in merged if not _has(m, key, item[key])]
        elif at is None:
            merged.append(_plain(item))
        else:
            merged[at] = strategic(merged[at], item, path)
    named = [p[key] for p in patch]
    return _interleaved(
        sorted((m for m in merged if m.get(key) in named), key=lambda m: named.index(m[key])),
        [m for m in merged if m.get(key) not in named],
        [o.get(key) if isinstance(o, dict) else None for o in old],
        key,
    )


def _interleaved(patched: list[Any], others: list[Any], order: list[Any], key: str) -> list[Any]:
    """Entries of the patch in its order and the others in theirs; among each other as they were,
    and new ones first (apimachinery, strategicpatch.normalizeElementOrder)."""
    merged: list[Any] = []
    while patched and others:
        name = patched[0][key]
        first = name not in order or order.index(name) < order.index(others[0].get(key))
        merged.append((patched if first else others).pop(0))
    return [*merged, *patched, *others]


def _has(item: Any, key: str, value: Any) -> bool:
    return isinstance(item, dict) and item.get(key) == value


def _ordered(items: Any, order: list[Any], key: str) -> Any:
    """The items in the order named; those that are not named keep their place behind."""
    if not isinstance(items, list):
        return items
    wanted = [o.get(key) if key and isinstance(o, dict) else o for o in order]

    def place(item: Any) -> int:
        name = item.get(key) if key and isinstance(item, dict) else item
        return wanted.index(name) if name in wanted else len(wanted)

    return sorted(items, key=place)


def _plain(value: Any) -> Any:
    """A part of a patch that there is nothing to merge with, without directives and nulls."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None and not k.startswith("$")}
    return [_plain(v) for v in value] if isinstance(value, list) else value
