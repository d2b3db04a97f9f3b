"""Label selectors and maps as printed in cells."""

from __future__ import annotations

from typing import Any

from workbench.kubernetes.snapshots.trees import mapping, mappings, text, texts

NONE = "<none>"
_OPERATORS = {"In": "in", "NotIn": "notin"}


def map_text(labels: Any) -> str:
    """``a=1,b=2`` in key order, or <none>."""
    return ",".join(f"{k}={v}" for k, v in sorted(mapping(labels).items())) or NONE


def selector_text(selector: Any) -> str:
    """A LabelSelector in one line; <none> for an absent or an empty one."""
    terms = {k: f"{k}={v}" for k, v in mapping(mapping(selector).get("matchLabels")).items()}
    terms |= {text(e, "key"): _term(e) for e in mappings(mapping(selector).get("matchExpressions"))}
    return ",".join(terms[k] for k in sorted(terms)) or NONE


def _term(expression: dict[str, Any]) -> str:
    key, operator = text(expression, "key"), text(expression, "operator")
    if operator in _OPERATORS:
        values = ",".join(sorted(texts(expression.get("values"))))
        return f"{key} {_OPERATORS[operator]} ({values})"
    return f"!{key}" if operator == "DoesNotExist" else key
