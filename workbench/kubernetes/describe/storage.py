"""Claims, ConfigMaps and Secrets in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.core.counted import counted
from workbench.kubernetes.describe.text import NONE, Line, conditions, heading

Tree = dict[str, Any]
Related = Mapping[str, list[Tree]]

VALUE_MOST = 2000
"""Characters of one ConfigMap value."""


def describe_claim(tree: Tree, related: Related, now: datetime) -> list[Line]:
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    meta = tree.get("metadata") or {}
    deleting = f"Terminating ({status.get('phase')})" if meta.get("deletionTimestamp") else None
    requested = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    return [
        *heading(tree),
        ("StorageClass", spec.get("storageClassName") or ""),
        ("Status", deleting or status.get("phase", "")),
        ("Volume", spec.get("volumeName") or ""),
        ("Finalizers", ", ".join(meta.get("finalizers") or []) or NONE),
        ("Requested", requested),
        ("Capacity", (status.get("capacity") or {}).get("storage", "")),
        ("Access Modes", ",".join(status.get("accessModes") or spec.get("accessModes") or [])),
        ("VolumeMode", spec.get("volumeMode")),
        ("Used By", _used_by(tree, related.get("Pod"))),
        ("Conditions", conditions(tree)),
    ]


def _used_by(tree: Tree, pods: list[Tree] | None) -> str | None:
    if pods is None:
        return None
    claim = (tree.get("metadata") or {}).get("name")
    found = [
        str((pod.get("metadata") or {}).get("name"))
        for pod in pods
        for volume in (pod.get("spec") or {}).get("volumes") or []
        if (volume.get("persistentVolumeClaim") or {}).get("claimName") == claim
    ]
    return "\n".join(found) or NONE


def describe_config_map(tree: Tree, related: Related, now: datetime) -> list[Line]:
    data = tree.get("data") or {}
    binary = tree.get("binaryData") or {}
    return [
        *heading(tree),
        ("Data", [(key, _value(str(value))) for key, value in data.items()] or NONE),
        ("BinaryData", [(k, f"{len(str(v)) * 3 // 4} bytes") for k, v in binary.items()] or None),
    ]


def _value(text: str) -> str:
    if len(text) <= VALUE_MOST:
        return text
    return f"{text[:VALUE_MOST]}\n… {counted(len(text) - VALUE_MOST, 'more character')}"


def describe_secret(tree: Tree, related: Related, now: datetime) -> list[Line]:
    """Keys and lengths; the values were taken out before."""
    return [
        *heading(tree),
        ("Type", tree.get("type", "")),
        ("Data", [(key, size) for key, size in (tree.get("data") or {}).items()] or NONE),
    ]
