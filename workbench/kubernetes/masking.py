"""What of an object is never shown: Secret values, env values that look secret, managed fields."""

from __future__ import annotations

from typing import Any

from workbench.core.redaction import LAST_APPLIED, mark, redact_text, variable_holds_a_secret
from workbench.kubernetes.listing import byte_length

MASK = mark("env")


def masked_value(name: str, value: str) -> str:
    """The value of an environment variable as it may be shown: hidden when its name says secret,
    and without what has the shape of one; a password inside a URL goes alone."""
    if not value:
        return value
    return MASK if variable_holds_a_secret(name) else redact_text(value)


def masked(tree: dict[str, Any], managed_fields: bool = False) -> dict[str, Any]:
    """A copy of an object's tree (or a list's) that may be shown.

    Values of Secrets become their length in bytes, env values that look secret are hidden, the
    last-applied annotation of Secrets and of objects with hidden values goes, and so do
    managedFields unless asked for.
    """
    if isinstance(tree.get("items"), list):
        return {**tree, "items": [masked(item, managed_fields) for item in tree["items"]]}
    hidden: list[str] = []
    kept = _walk(tree, hidden)
    if kept.get("kind") == "Secret":
        kept = _without_secret_values(kept)
        hidden.append("data")
    meta = dict(kept.get("metadata") or {})
    if not managed_fields:
        meta.pop("managedFields", None)
    annotations = meta.get("annotations")
    if hidden and isinstance(annotations, dict) and LAST_APPLIED in annotations:
        meta["annotations"] = {**annotations, LAST_APPLIED: MASK}
    return {**kept, "metadata": meta} if "metadata" in kept else kept


def _without_secret_values(secret: dict[str, Any]) -> dict[str, Any]:
    kept = dict(secret)
    if isinstance(secret.get("data"), dict):
        kept["data"] = {k: f"<{byte_length(v)} bytes>" for k, v in secret["data"].items()}
    if isinstance(secret.get("stringData"), dict):
        kept["stringData"] = dict.fromkeys(secret["stringData"], MASK)
    return kept


def _walk(tree: Any, hidden: list[str]) -> Any:
    """Hide env values anywhere in the tree, noting the names of those hidden."""
    if isinstance(tree, list):
        return [_walk(item, hidden) for item in tree]
    if not isinstance(tree, dict):
        return tree
    found = {key: _walk(value, hidden) for key, value in tree.items()}
    if isinstance(found.get("env"), list):
        found["env"] = [_masked_env(entry, hidden) for entry in found["env"]]
    return found


def _masked_env(entry: Any, hidden: list[str]) -> Any:
    if not isinstance(entry, dict) or not isinstance(entry.get("value"), str):
        return entry
    shown = masked_value(str(entry.get("name", "")), entry["value"])
    if shown == entry["value"]:
        return entry
    hidden.append(str(entry.get("name")))
    return {**entry, "value": shown}
