"""Any kind without a description of its own: its fields, labelled as kubectl labels them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.kubernetes.describe.text import Line, conditions, heading

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACRONYMS = frozenset({"api", "url", "uid", "osb", "guid"})
LINES_MOST = 400


def describe_generic(
    tree: dict[str, Any], related: Mapping[str, list[dict[str, Any]]], now: datetime
) -> list[Line]:
    """Name, labels, annotations, kind, then every other field in the object's own order."""
    lines = heading(tree)
    lines += [("API Version", tree.get("apiVersion", "")), ("Kind", tree.get("kind", ""))]
    for key, value in tree.items():
        if key in ("apiVersion", "kind", "metadata", "status"):
            continue
        lines += _lines(key, value)
    status = {k: v for k, v in (tree.get("status") or {}).items() if k != "conditions"}
    if status:
        lines += _lines("status", status)
    found = conditions(tree)
    return [*lines, ("Conditions", found)] if found else lines


def label(key: str) -> str:
    """``storageClassName`` -> ``Storage Class Name`` (kubectl, smartLabelFor)."""
    if not key or not key[0].isalpha() or any(c in key for c in "./-_ "):
        return key
    words = (word.upper() if word in _ACRONYMS else word for word in _WORD.split(key))
    return " ".join(word[:1].upper() + word[1:] for word in words)


def _lines(key: str, value: Any) -> list[Line]:
    if isinstance(value, dict):
        below = [line for k, v in value.items() for line in _lines(k, v)]
        return [(label(key), below if below else "")]
    if isinstance(value, list):
        return [(label(key), _items(value))]
    return [(label(key), _scalar(value))]


def _items(items: list[Any]) -> list[Any] | str:
    if not items:
        return ""
    if not any(isinstance(item, dict | list) for item in items):
        return [str(_scalar(item)) for item in items][:LINES_MOST]
    found: list[Line] = []
    for item in items[:LINES_MOST]:
        if isinstance(item, dict):
            found += [line for k, v in item.items() for line in _lines(k, v)]
        else:
            found.append(("-", str(item)))
    return found


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
