"""What a tool answered, without what differs every time it is asked.

Left out: resource versions, generations, uids, managed fields, times and ages. Lists whose members
have a name, a type or an id become objects by that identity, so that order does not matter. Tables
become a row by the object it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

VOLATILE = frozenset({
    "resourceVersion", "managedFields", "uid", "uids", "generation", "observedGeneration",
    "selfLink", "creationTimestamp", "pod-template-generation", "age", "now", "as_of", "taken_at",
    "kubectl.kubernetes.io/last-applied-configuration", "resource_version",
})  # fmt: skip
"""Members that say when something was seen or written, and not what it is."""
IDENTITIES = (
    ("kind", "namespace", "name"), ("namespace", "name"), ("name",), ("type",), ("id",), ("key",),
    ("containerPort", "protocol"), ("port", "protocol"), ("ip",), ("uid",), ("topologyKey",),
)  # fmt: skip
"""What tells members of a list apart (Kubernetes API conventions, list types of kind map)."""
ORDERED = frozenset({"args", "command"})
"""Lists whose order means something."""
ROW_IDENTITY = ("namespace", "kind", "object", "lane", "reason", "what", "name", "container")

MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
MOMENT = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z| UTC|[+-]\d\d:?\d\d)?)?\b"
    rf"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:{MONTHS}) \d{{4}} \d\d:\d\d:\d\d [+-]\d{{4}}"
    r"|\b\d\d:\d\d:\d\d(?:\.\d+)?(?: UTC)?\b"
)
AGE = re.compile(
    r"(?<![\w.:/-])-?(?:\d+y\d+d|\d+d\d+h|\d+h\d+m|\d+m\d+s|\d+[dhms])(?= ago\b|\s|$|[,)])"
    r"|\b\d+ (?:s|sec|min|seconds|minutes|hours|days)(?= (?:ago|before|after|later)\b)"
)
UID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
SPACES = re.compile(r"(?<=\S) {2,}")


def normalise(value: Any) -> Any:
    """The same tree of JSON types, comparable with another answer to the same question."""
    match value:
        case {"columns": list() as columns, "rows": list() as rows}:
            rest = {k: v for k, v in value.items() if k not in ("columns", "rows", "total")}
            return {**normalise(rest), "rows": _table(columns, rows)}
        case dict():
            return {k: _member(k, v) for k, v in value.items() if k not in VOLATILE}
        case list() | tuple():
            return _list(value)
        case str():
            return normalise_text(value)
        case _:
            return value


def normalise_text(text: str) -> str:
    """The text with moments, ages and uids as words, and one space between columns."""
    text = MOMENT.sub("<time>", text)
    text = UID.sub("<uid>", text)
    text = AGE.sub("<age>", text)
    return SPACES.sub("  ", text)


def _member(key: str, value: Any) -> Any:
    if key in ORDERED and isinstance(value, list):
        return [normalise(item) for item in value]
    return normalise(value)


def _list(items: Sequence[Any]) -> Any:
    """By identity where every member has one of its own, else in an order of its own."""
    if items and all(isinstance(item, dict) for item in items):
        for identity in IDENTITIES:
            keys = [_key(item, identity) for item in items]
            if all(keys) and len(set(keys)) == len(keys):
                return {k: normalise(i) for k, i in zip(keys, items, strict=True)}
    return sorted((normalise(item) for item in items), key=_canonical)


def _key(item: dict[str, Any], identity: Sequence[str]) -> str:
    if any(not isinstance(item.get(part), str | int) for part in identity):
        return ""
    return "/".join(str(item[part]) for part in identity)


def _canonical(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _table(columns: Sequence[Any], rows: Iterable[Any]) -> dict[str, Any]:
    names = [c["name"] for c in columns if isinstance(c, dict) and "name" in c]
    times = {c["name"] for c in columns if isinstance(c, dict) and c.get("type") == "time"}
    found: dict[str, Any] = {}
    for row in rows:
        cells = dict(zip(names, row, strict=False)) if isinstance(row, list) else dict(row)
        key = _row_key(cells)
        kept = {k: normalise(v) for k, v in cells.items() if k not in times | VOLATILE}
        if "object" in cells:
            kept.pop("name", None)  # an event's own name is drawn anew for each
        found[_free(key, found)] = kept
    return found


def _row_key(cells: dict[str, Any]) -> str:
    parts = [p for p in ROW_IDENTITY if not (p == "name" and "object" in cells)]
    return "/".join(normalise_text(str(cells[p])) for p in parts if cells.get(p)) or "row"


def _free(key: str, taken: dict[str, Any]) -> str:
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key} #{number}"
    return free
