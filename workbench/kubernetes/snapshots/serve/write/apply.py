"""Server-side apply: the fields a manager wants, merged in, unless they are another's."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from typing import Any

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.failure import StatusFailure
from workbench.kubernetes.snapshots.serve.write.ownership import (
    Manager,
    Owned,
    Path,
    entry_times,
    overlapping,
    owned,
    spelled,
    stamp,
    values,
    with_owners,
)
from workbench.kubernetes.snapshots.serve.write.strategic import merge_key


def applied(live: Tree, wanted: Tree, manager: Manager, *, force: bool, now: datetime) -> Tree:
    """The live object with what is wanted, and the new owners of its fields.

    What the manager applied before and wants no longer goes, where nobody else owns it.
    Raises StatusFailure (409) for fields that others set to something else, without ``force``.
    """
    owners, asked, there = owned(live), values(wanted), values(live)
    conflicts = _conflicts(owners, asked, there, manager)
    if conflicts and not force:
        raise _conflict(conflicts)
    taken = {p for paths in conflicts.values() for p in paths}
    before = owners.get(manager, frozenset())
    others = {p for m, paths in owners.items() if m != manager for p in paths}
    gone = {p for p in before - asked.keys() if p not in others and p in there}
    result = _without(_merged(live, wanted), gone)
    kept = {
        m: frozenset(p for p in paths if not overlapping(p, taken)) if taken else paths
        for m, paths in owners.items()
        if m != manager
    }
    kept[manager] = frozenset(asked)
    times = entry_times(live)
    if result != live or before != kept[manager]:
        times[manager] = stamp(now)
    return with_owners(result, kept, times)


def _conflicts(
    owners: Owned, asked: dict[Path, Any], there: dict[Path, Any], manager: Manager
) -> dict[Manager, list[Path]]:
    found: dict[Manager, list[Path]] = defaultdict(list)
    missing = object()
    for path, value in asked.items():
        if there.get(path, missing) == value:
            continue
        for other, paths in owners.items():
            if other != manager and overlapping(path, paths) and path in there:
                found[other].append(path)
    return found


def _conflict(conflicts: dict[Manager, list[Path]]) -> StatusFailure:
    each = [(_said(m), spelled(p)) for m, paths in conflicts.items() for p in sorted(paths)]
    count = len(each)
    if count == 1:
        message = f"Apply failed with 1 conflict: conflict with {each[0][0]}: {each[0][1]}"
    else:
        lines = []
        for manager, paths in conflicts.items():
            word = "conflict" if len(paths) == 1 else "conflicts"
            lines.append(f"{word} with {_said(manager)}:")
            lines += [f"- {spelled(p)}" for p in sorted(paths)]
        message = f"Apply failed with {count} conflicts: " + "\n".join(lines)
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": field}
        for who, field in each
    ]
    return StatusFailure(409, "Conflict", message, {"causes": causes})


def _said(manager: Manager) -> str:
    below = f' with subresource "{manager.below}"' if manager.below else ""
    return f'"{manager.name}"{below} using {manager.api_version}'


def _merged(live: Any, wanted: Any, names: Path = ()) -> Any:
    """``wanted`` merged into ``live``; lists with a key entry by entry, others whole."""
    if not isinstance(wanted, dict) or not isinstance(live, dict):
        return wanted
    kept = dict(live)
    for name, value in wanted.items():
        called = (*names, name)
        key = merge_key(called) if isinstance(value, list) else ""
        if key and isinstance(kept.get(name), list):
            kept[name] = _entries(kept[name], value, key, called)
        elif isinstance(value, dict) and name not in ("selector", "matchLabels", "nodeSelector"):
            kept[name] = _merged(kept.get(name), value, called)
        else:
            kept[name] = value
    return kept


def _entries(live: list[Any], wanted: list[Any], key: str, names: Path) -> list[Any]:
    asked = {w.get(key): w for w in wanted if isinstance(w, dict)}
    have = {entry.get(key) for entry in live if isinstance(entry, dict)}
    merged = [_merged(e, asked.get(e.get(key), {}), names) for e in live]
    return [*merged, *(w for k, w in asked.items() if k not in have)]


def _without(tree: Any, gone: set[Path]) -> Any:
    """The tree without the fields at these paths."""
    for path in gone:
        if path[-1] == "." and path[-2].startswith("k:"):
            tree = _drop(tree, path[:-1])
        elif path[-1] != ".":
            tree = _drop(tree, path)
    return tree


def _drop(tree: Any, path: Path) -> Any:
    step, rest = path[0], path[1:]
    if step.startswith("f:") and isinstance(tree, dict) and step[2:] in tree:
        name = step[2:]
        if not rest:
            return {k: v for k, v in tree.items() if k != name}
        below = _drop(tree[name], rest)
        kept = {k: v for k, v in tree.items() if k != name}
        return kept if below in ({}, []) else {**kept, name: below}
    if step.startswith("k:") and isinstance(tree, list):
        key = json.loads(step[2:])
        mine = [
            e
            for e in tree
            if isinstance(e, dict) and key.items() <= ({"protocol": "TCP"} | e).items()
        ]
        others = [e for e in tree if e not in mine]
        return [*others, *(_drop(e, rest) for e in mine)] if rest else others
    return tree
