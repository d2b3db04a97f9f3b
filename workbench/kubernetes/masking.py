"""What of an object is never shown: Secret values, env values that look secret, managed fields."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from workbench.kubernetes.listing import byte_length

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""Annotation with the whole object as it was applied; of a Secret, with its values."""

MASK = "<hidden>"

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_WORDS = frozenset(
    [
        "pass",
        "password",
        "passwd",
        "passphrase",
        "pw",
        "pwd",
        "secret",
        "secrets",
        "token",
        "tokens",
        "credential",
        "credentials",
        "auth",
        "salt",
        "dsn",
        "apikey",
        "accesskey",
        "privatekey",
    ]
)
_SECRET_PAIRS = frozenset(
    ["api key", "access key", "private key", "signing key", "encryption key", "connection string"]
)
_SECRET_ENDS = ("password", "passwd", "secret", "token")
_WHERE_NOT_WHAT = frozenset(
    [
        "url",
        "uri",
        "host",
        "port",
        "file",
        "path",
        "name",
        "dir",
        "ttl",
        "enable",
        "enabled",
        "type",
        "mode",
        "method",
        "timeout",
        "user",
        "username",
        "endpoint",
        "issuer",
        "expiry",
        "seconds",
        "size",
        "count",
        "limit",
        "namespace",
    ]
)
"""Last words of names that say where a secret is or how it is handled, not what it is."""

_URL_PASSWORD = re.compile(r"([a-z][a-z0-9+.-]*://[^\s:/@]*):([^\s@/]+)@", re.IGNORECASE)
_TOKEN_SHAPE = re.compile(
    r"eyJ[\w-]{10,}\.[\w-]{10,}|AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,}|xox[abp]-[\w-]{10,}"
    r"|sk-[\w-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


def masked_value(name: str, value: str) -> str:
    """The value of an environment variable as it may be shown: hidden when its name or its shape
    says secret; a password inside a URL is hidden alone."""
    if not value:
        return value
    if _names_a_secret(name) or _TOKEN_SHAPE.search(value):
        return MASK
    return _URL_PASSWORD.sub(rf"\1:{MASK}@", value)


def _names_a_secret(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _WHERE_NOT_WHAT:
        return False
    pairs = {" ".join(pair) for pair in pairwise(words)}
    return (
        not _SECRET_WORDS.isdisjoint(words)
        or not _SECRET_PAIRS.isdisjoint(pairs)
        or any(word.endswith(_SECRET_ENDS) for word in words)
    )


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
