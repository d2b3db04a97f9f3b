"""Secrets without their secrets: every value becomes asterisks of the same byte length."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from workbench.kubernetes.snapshots.trees import mapping

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""kubectl's copy of the manifest, which holds the values a second time."""


def without_values(tree: dict[str, Any]) -> dict[str, Any]:
    """The object; if it is a v1 Secret, a copy that keeps only keys and byte lengths.

    ``data`` stays valid base64, so clients that print a value's size print the right one. Doing it
    twice changes nothing.
    """
    if tree.get("kind") != "Secret" or tree.get("apiVersion") != "v1":
        return tree
    clean = {k: v for k, v in tree.items() if k != "stringData"}
    data = {k: _masked(_decoded(v)) for k, v in mapping(tree.get("data")).items()}
    data |= {k: _masked(str(v).encode()) for k, v in mapping(tree.get("stringData")).items()}
    if data or "data" in tree:
        clean["data"] = data
    return clean | {"metadata": _without_copy(tree["metadata"])}


def _without_copy(meta: dict[str, Any]) -> dict[str, Any]:
    annotations = meta.get("annotations")
    if not isinstance(annotations, dict) or LAST_APPLIED not in annotations:
        return meta
    return meta | {"annotations": {k: v for k, v in annotations.items() if k != LAST_APPLIED}}


def _masked(value: bytes) -> str:
    return base64.b64encode(b"*" * len(value)).decode()


def _decoded(value: Any) -> bytes:
    text = "" if value is None else str(value)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "replace")
