"""Objects of a small shop in trouble, as the API gives them."""

from __future__ import annotations

import base64
from typing import Any

Tree = dict[str, Any]


def meta(name: str, namespace: str = "shop", **more: Any) -> Tree:
    where = {"namespace": namespace} if namespace else {}
    return {
        "name": name,
        **where,
        "uid": f"uid-{name}",
        "creationTimestamp": "2026-11-22T10:00:00Z",
        **more,
    }


def owned(kind: str, name: str, api_version: str = "apps/v1") -> Tree:
    one = {"apiVersion": api_version, "kind": kind, "name": name, "uid": f"uid-{name}"}
    return {"ownerReferences": [{**one, "controller": True}]}


def pod(name: str, owner: str = "", **status: Any) -> Tree:
    more = owned("ReplicaSet", owner) if owner else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta(name, labels={"app": name.split("-")[0]}, **more),
        "spec": {
            "nodeName": "worker-1",
            "containers": [
                {
                    "name": "app",
                    "image": "acme/web:1",
                    "env": [
                        {"name": "DB_PASSWORD", "value": "hunter2"},
                        {"name": "DATABASE_URL", "value": "postgres://web:hunter2@db/web"},
                        {"name": "LOG_LEVEL", "value": "info"},
                    ],
                    "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                }
            ],
        },
        "status": {"phase": "Running", **status},
    }


def crashing(name: str, owner: str = "") -> Tree:
    ended = {
        "exitCode": 1,
        "reason": "Error",
        "startedAt": "2026-11-22T10:58:00Z",
        "finishedAt": "2026-11-22T10:58:05Z",
    }
    return pod(
        name,
        owner,
        containerStatuses=[
            {
                "name": "app",
                "ready": False,
                "restartCount": 4,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
                "lastState": {"terminated": ended},
            }
        ],
    )


def healthy(name: str, owner: str = "") -> Tree:
    running = {"running": {"startedAt": "2026-11-22T10:00:05Z"}}
    status = {"name": "app", "ready": True, "restartCount": 0, "state": running}
    return pod(name, owner, containerStatuses=[status])


def replica_set(name: str, revision: int, image: str, replicas: int) -> Tree:
    annotations = {"deployment.kubernetes.io/revision": str(revision)}
    hour = {"creationTimestamp": f"2026-11-22T1{revision}:00:00Z"}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            **meta(name, annotations=annotations, **owned("Deployment", "web")),
            **hour,
        },
        "spec": {"replicas": replicas, "template": template(image, name)},
        "status": {"replicas": replicas, "readyReplicas": 0},
    }


def template(image: str, hash_: str = "", password: str = "hunter2") -> Tree:
    labels = {"app": "web"} | ({"pod-template-hash": hash_} if hash_ else {})
    env = [{"name": "DB_PASSWORD", "value": password}]
    return {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "app", "image": image, "env": env}]},
    }


def event(name: str, about: str, reason: str, at: str, type_: str = "Warning") -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": meta(name),
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": about},
        "type": type_,
        "reason": reason,
        "message": f"{reason} happened",
        "count": 3,
        "firstTimestamp": "2026-11-22T10:50:00Z",
        "lastTimestamp": at,
        "source": {"component": "kubelet"},
    }


def secret(name: str, value: str) -> Tree:
    encoded = base64.b64encode(value.encode()).decode()
    applied = '{"data":{"password":"' + encoded + '"}}'
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": meta(
            name, annotations={"kubectl.kubernetes.io/last-applied-configuration": applied}
        ),
        "type": "Opaque",
        "data": {"password": encoded},
    }


def node(name: str) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": meta(name, ""),
        "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "reason": "KubeletReady",
                    "lastTransitionTime": "2026-11-22T09:00:00Z",
                }
            ],
            "nodeInfo": {"kubeletVersion": "v1.36.2"},
        },
    }


def shop() -> list[Tree]:
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta("web", labels={"app": "web"}),
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": template("acme/web:2"),
        },
        "status": {"replicas": 2, "readyReplicas": 1},
    }
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": meta(n, "")} for n in ("shop", "data")
    ]
    return [
        *namespaces,
        node("worker-1"),
        deployment,
        replica_set("web-1a", 1, "acme/web:1", 1),
        replica_set("web-2b", 2, "acme/web:2", 1),
        healthy("web-1a-x", "web-1a"),
        crashing("web-2b-y", "web-2b"),
        event("e2", "web-2b-y", "BackOff", "2026-11-22T10:59:00Z"),
        event("e1", "web-2b-y", "Pulled", "2026-11-22T10:51:00Z", "Normal"),
        secret("db", "correct horse battery"),
    ]
