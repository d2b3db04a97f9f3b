"""Columns of custom resources: additionalPrinterColumns of their definition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.columns import Column
from workbench.kubernetes.snapshots.serve.columns.age import AGE, NAME, since
from workbench.kubernetes.snapshots.trees import at, mappings, number, text

GENERIC = (NAME, AGE)

_STEP = re.compile(
    r"""\.?(?P<name>[\w-]+(?:\\\.[\w-]+)*)"""
    r"""|\[['"](?P<key>[^'"\]]+)['"]\]"""
    r"""|\[(?P<index>-?\d+|\*)\]"""
    r"""|\[\?\(@\.(?P<field>[\w.-]+)\s*==\s*['"](?P<value>[^'"]*)['"]\)\]"""
)


def custom_columns(definition: Tree, version: str) -> tuple[Column, ...]:
    """The columns the definition names for the version; name and age where it names none."""
    for entry in mappings(at(definition, "spec", "versions")):
        if entry.get("name") == version and mappings(entry.get("additionalPrinterColumns")):
            return (NAME, *map(_column, mappings(entry["additionalPrinterColumns"])))
    return GENERIC


def find(tree: Any, path: str) -> Any:
    """The first value at a simple JSONPath: fields, keys, indexes and ``[?(@.a=="b")]``.

    None when there is no such value or the path uses more of JSONPath than that.
    """
    found, rest = [tree], path.strip().removeprefix("$")
    while rest:
        step = _STEP.match(rest)
        if step is None:
            return None
        found = [v for t in found for v in _follow(t, step)]
        rest = rest[step.end() :]
    return found[0] if found else None


def _follow(tree: Any, step: re.Match[str]) -> Iterator[Any]:
    name = step["key"] or (step["name"] or "").replace("\\.", ".")
    if name:
        if isinstance(tree, dict) and name in tree:
            yield tree[name]
    elif not isinstance(tree, list):
        return
    elif step["index"] == "*":
        yield from tree
    elif step["index"]:
        yield from tree[int(step["index"]) :][:1]
    else:
        wanted = step["value"]
        yield from (t for t in tree if at(t, *step["field"].split(".")) == wanted)


def _column(entry: dict[str, Any]) -> Column:
    type_, path = text(entry, "type") or "string", text(entry, "jsonPath")

    def cell(tree: Tree, now: datetime) -> Any:
        value = find(tree, path)
        if value is None:
            return None
        return since(value, now) if type_ == "date" else _printed(value, type_)

    return Column(
        text(entry, "name"),
        cell,
        type_,
        text(entry, "format"),
        number(entry, "priority"),
        text(entry, "description"),
    )


def _printed(value: Any, type_: str) -> Any:
    if type_ in ("integer", "number", "boolean"):
        return value if isinstance(value, int | float) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
