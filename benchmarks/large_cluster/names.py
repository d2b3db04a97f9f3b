"""What the objects of the made-up cluster are called and have in common."""

from __future__ import annotations

import uuid
from typing import Any

Tree = dict[str, Any]

REPLICAS = 5
PODS_PER_NODE = 50
PODS_PER_NAMESPACE = 100
BROKEN_EVERY = 200
MADE = "2026-11-20T08:15:30Z"
LATELY = "2026-11-22T10:58:12Z"


def uid(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, parts))))


def namespace_of(app: int) -> str:
    return f"team-{app * REPLICAS // PODS_PER_NAMESPACE:04}"


def app_name(app: int) -> str:
    return f"service-{app:05}"


def labels_of(app: int) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": app_name(app),
        "app.kubernetes.io/instance": f"{app_name(app)}-production",
        "app.kubernetes.io/version": "4.18.2",
        "app.kubernetes.io/component": "backend",
        "app.kubernetes.io/part-of": namespace_of(app),
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": "generic-service-2.7.1",
    }


def metadata(kind: str, name: str, app: int | None, **more: Any) -> Tree:
    space = {} if app is None else {"namespace": namespace_of(app)}
    return {
        "name": name,
        **space,
        "uid": uid(kind, name),
        "resourceVersion": str(100_000 + (app or 0)),
        "creationTimestamp": MADE,
        **more,
    }


def managed_fields(*fields: tuple[str, Tree]) -> list[Tree]:
    return [
        {
            "manager": manager,
            "operation": "Update",
            "apiVersion": "v1",
            "time": MADE,
            "fieldsType": "FieldsV1",
            "fieldsV1": tree,
        }
        for manager, tree in fields
    ]


def owned_by(kind: str, name: str, version: str = "apps/v1") -> list[Tree]:
    return [
        {
            "apiVersion": version,
            "kind": kind,
            "name": name,
            "uid": uid(kind, name),
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def selector(app: int) -> dict[str, str]:
    return {"app.kubernetes.io/name": app_name(app)}


def broken_replicas(app: int) -> int:
    numbers = range(app * REPLICAS, (app + 1) * REPLICAS)
    return sum(n % BROKEN_EVERY == BROKEN_EVERY - 1 for n in numbers)
