"""What every object starts with: metadata, owners, and who wrote to it when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shop import identity
from shop.cluster import Object
from shop.timeline import stamp


def make(
    api_version: str,
    kind: str,
    namespace: str,
    name: str,
    created: datetime,
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    owner: Object | None = None,
    generation: int = 0,
    **rest: Any,
) -> Object:
    """An object with its metadata filled in; ``namespace`` is "" for cluster-scoped kinds."""
    meta: Object = {
        "name": name,
        "uid": identity.uid(kind, namespace, name),
        "creationTimestamp": stamp(created),
    }
    if namespace:
        meta["namespace"] = namespace
    if labels:
        meta["labels"] = dict(labels)
    if annotations:
        meta["annotations"] = dict(annotations)
    if generation:
        meta["generation"] = generation
    if owner:
        meta["ownerReferences"] = [owner_reference(owner)]
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **rest}


def owner_reference(owner: Object, *, controller: bool = True) -> Object:
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    if controller:
        reference |= {"controller": True, "blockOwnerDeletion": True}
    return reference


def written_by(
    obj: Object, manager: str, at: datetime, *fields: str, subresource: str = ""
) -> None:
    """Note in managedFields that ``manager`` wrote ``fields`` (dotted paths) at ``at``."""
    entry: Object = {
        "manager": manager,
        "operation": "Update",
        "apiVersion": obj["apiVersion"],
        "time": stamp(at),
        "fieldsType": "FieldsV1",
        "fieldsV1": _fields(fields),
    }
    if subresource:
        entry["subresource"] = subresource
    obj["metadata"].setdefault("managedFields", []).append(entry)


def _fields(paths: tuple[str, ...]) -> Object:
    tree: Object = {}
    for path in paths:
        at = tree
        for step in path.split("/"):
            at = at.setdefault(f"f:{step}", {})
    return tree
