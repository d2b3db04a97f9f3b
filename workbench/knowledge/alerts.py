"""Prometheus alert rules in words, a section each: rule files and PrometheusRule objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from workbench.knowledge.sections import Section

_FIRST = ("summary", "message", "description")
"""Annotations that explain, in the order they are told."""


def rules(trees: Iterable[Any]) -> Iterator[Section]:
    """The alerts in YAML documents; what is no rule is left out."""
    for tree in trees:
        spec = tree.get("spec", tree) if isinstance(tree, dict) else {}
        groups = spec.get("groups") if isinstance(spec, dict) else None
        for group in groups if isinstance(groups, list) else ():
            found = group.get("rules") if isinstance(group, dict) else None
            for rule in found if isinstance(found, list) else ():
                if isinstance(rule, dict) and rule.get("alert"):
                    yield _section(rule, str(group.get("name") or ""))


def _section(rule: dict[str, Any], group: str) -> Section:
    name = str(rule["alert"])
    annotations = dict(_pairs(rule.get("annotations")))
    labels = dict(_pairs(rule.get("labels")))
    told = [annotations.pop(key) for key in _FIRST if key in annotations]
    lasting = f" for {rule['for']}" if rule.get("for") else ""
    lines = [
        *told,
        f"Fires{lasting} when:\n\n```promql\n{str(rule.get('expr', '')).strip()}\n```",
        *(f"{key}: {value}" for key, value in [*labels.items(), *annotations.items()]),
    ]
    anchor = re.sub(r"[^\w-]+", "-", name).lower()
    path = (group, f"Alert {name}") if group else (f"Alert {name}",)
    return Section(text="\n\n".join(lines), anchor=anchor, path=path)


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    for key, text in value.items() if isinstance(value, dict) else ():
        yield str(key), str(text).strip()
