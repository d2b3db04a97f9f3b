"""A small cluster whose Deployment has two revisions, a budget, an autoscaler and pods."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from workbench.kubernetes.snapshots.raw import Manifest, RawSnapshot

LABELS = {"app": "web"}
CREATED = "2026-03-01T10:00:00Z"


def tree(api: str, kind: str, name: str, namespace: str = "shop", **rest: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "name": name, "uid": f"{kind}-{name}", "creationTimestamp": CREATED,
        "resourceVersion": "100", "generation": 1,
    }  # fmt: skip
    if namespace:
        meta["namespace"] = namespace
    meta |= rest.pop("metadata", {})
    return {"apiVersion": api, "kind": kind, "metadata": meta, **rest}


def template(image: str) -> dict[str, Any]:
    env = [{"name": "DB_PASSWORD", "value": "hunter2-very-secret"}]
    container = {"name": "web", "image": image, "env": env}
    limits = {"limits": {"memory": "128Mi"}}
    return {
        "metadata": {"labels": LABELS},
        "spec": {"containers": [container | {"resources": limits}]},
    }


def owner(kind: str, name: str) -> dict[str, Any]:
    ref = {"kind": kind, "name": name, "uid": f"{kind}-{name}", "controller": True}
    return {"ownerReferences": [{"apiVersion": "apps/v1", **ref}]}


def revision(number: int, image: str) -> dict[str, Any]:
    hashed = {"pod-template-hash": f"h{number}"}
    spec = copy.deepcopy(template(image))
    spec["metadata"]["labels"] = {**LABELS, **hashed}
    meta = {
        "annotations": {"deployment.kubernetes.io/revision": str(number)},
        "labels": {**LABELS, **hashed},
        **owner("Deployment", "web"),
    }
    return tree(
        "apps/v1", "ReplicaSet", f"web-{number}", metadata=meta,
        spec={"replicas": 2 if number == 2 else 0, "selector": {"matchLabels": LABELS},
              "template": spec},
    )  # fmt: skip


def pod(name: str, *, owned: bool = True) -> dict[str, Any]:
    meta: dict[str, Any] = {"labels": LABELS if owned else {"app": name}}
    meta |= owner("ReplicaSet", "web-2") if owned else {}
    spec = {"nodeName": "node-1", "containers": [{"name": "web", "image": "web:2"}]}
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    return tree("v1", "Pod", name, metadata=meta, spec=spec, status=ready)


def snapshot() -> RawSnapshot:
    trees = [
        tree("v1", "Namespace", "shop", ""),
        tree("v1", "Node", "node-1", "", spec={}, status={}),
        tree("v1", "Secret", "login", data={"password": "eA=="}),
        tree(
            "apps/v1", "Deployment", "web",
            metadata={"annotations": {"deployment.kubernetes.io/revision": "2"}, "labels": LABELS},
            spec={"replicas": 2, "selector": {"matchLabels": LABELS},
                  "template": template("web:2")},
            status={"replicas": 2, "readyReplicas": 2},
        ),
        revision(1, "web:1"), revision(2, "web:2"),
        pod("web-2-a"), pod("web-2-b"), pod("alone", owned=False),
        tree("policy/v1", "PodDisruptionBudget", "web",
             spec={"minAvailable": 2, "selector": {"matchLabels": LABELS}},
             status={"disruptionsAllowed": 0, "desiredHealthy": 2, "currentHealthy": 2}),
        tree("autoscaling/v2", "HorizontalPodAutoscaler", "web",
             spec={"minReplicas": 2, "maxReplicas": 5,
                   "scaleTargetRef": {"kind": "Deployment", "name": "web"}}),
    ]  # fmt: skip
    objects: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in trees:
        objects.setdefault((one["apiVersion"], one["kind"]), []).append(one)
    taken = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return RawSnapshot(Manifest(cluster="change-test", taken_at=taken), objects)
