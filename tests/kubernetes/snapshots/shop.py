"""A small cluster, made by hand, with something of most kinds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from workbench.core.cluster import Gap, LogKey
from workbench.kubernetes.snapshots.raw import Logs, Manifest, RawSnapshot
from workbench.kubernetes.snapshots.secrets import without_values

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
CREATED = "2026-03-01T11:55:00Z"


def obj(api_version: str, kind: str, name: str, namespace: str = "", **rest: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": name, "uid": f"{kind}-{name}", "creationTimestamp": CREATED}
    if namespace:
        meta["namespace"] = namespace
    meta |= rest.pop("metadata", {})
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **rest}


def pod(name: str, namespace: str = "shop", version: int = 10, **rest: Any) -> dict[str, Any]:
    status = {
        "phase": "Running",
        "podIP": "10.0.0.5",
        "podIPs": [{"ip": "10.0.0.5"}],
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [
            {
                "name": "web",
                "ready": True,
                "restartCount": 0,
                "image": "nginx:1.27",
                "imageID": "",
                "state": {"running": {"startedAt": CREATED}},
            }
        ],
    }
    spec = {"nodeName": "node-1", "containers": [{"name": "web", "image": "nginx:1.27"}]}
    labels = {"app": "web", "tier": "front"}
    made = obj("v1", "Pod", name, namespace, spec=spec, status=status)
    made["metadata"] |= {"labels": labels, "resourceVersion": str(version)}
    return made | rest


NEVER_READY = {"ready": False, "restartCount": 0, "image": "", "imageID": ""}
WAITED = NEVER_READY | {"name": "wait", "state": {"terminated": {"exitCode": 0}}}
UNPULLED = NEVER_READY | {"name": "web", "state": {"waiting": {"reason": "ErrImagePull"}}}

CRASHING = pod(
    "cart-1",
    version=20,
    spec={
        "nodeName": "node-1",
        "containers": [{"name": "cart", "image": "cart:1"}, {"name": "proxy", "image": "envoy:1"}],
        "initContainers": [{"name": "wait", "image": "busybox:1"}],
    },
    status={
        "phase": "Running",
        "initContainerStatuses": [WAITED],
        "containerStatuses": [
            {
                "name": "cart",
                "ready": False,
                "image": "cart:1",
                "imageID": "",
                "restartCount": 4,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2026-03-01T11:59:30Z"}},
            },
            {
                "name": "proxy",
                "image": "envoy:1",
                "imageID": "",
                "ready": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": CREATED}},
            },
        ],
    },
) | {"metadata": pod("cart-1", version=20)["metadata"] | {"labels": {"app": "cart"}}}

WAITING = pod(
    "search-1",
    version=21,
    status={
        "phase": "Pending",
        "containerStatuses": [UNPULLED],
    },
) | {"metadata": pod("search-1", version=21)["metadata"] | {"labels": {}}}

SELECTOR = {"matchLabels": {"app": "web"}}
TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]},
}
DEFINITION = obj(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    "widgets.acme.example",
    spec={
        "group": "acme.example",
        "scope": "Namespaced",
        "names": {
            "plural": "widgets",
            "singular": "widget",
            "kind": "Widget",
            "listKind": "WidgetList",
            "shortNames": ["wd"],
            "categories": ["all"],
        },
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "description": "A widget as acme makes them.",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "size": {"type": "integer", "description": "In inches."}
                                },
                            }
                        },
                    }
                },
                "additionalPrinterColumns": [
                    {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
                    {
                        "name": "Ready",
                        "type": "string",
                        "jsonPath": '.status.conditions[?(@.type=="Ready")].status',
                    },
                    {
                        "name": "Age",
                        "type": "date",
                        "jsonPath": ".metadata.creationTimestamp",
                    },
                ],
            }
        ],
    },
)

NODE_INFO = {"kubeletVersion": "v1.32.1"} | dict.fromkeys(
    (
        "architecture",
        "bootID",
        "containerRuntimeVersion",
        "kernelVersion",
        "kubeProxyVersion",
        "machineID",
        "operatingSystem",
        "osImage",
        "systemUUID",
    ),
    "",
)

TREES: tuple[dict[str, Any], ...] = (
    pod("web-1"),
    pod("web-2", version=11),
    CRASHING,
    WAITING,
    pod("web-1", "other", version=12),
    obj(
        "v1",
        "Node",
        "node-1",
        metadata={"labels": {"node-role.kubernetes.io/worker": ""}},
        spec={},
        status={
            "conditions": [{"type": "Ready", "status": "True"}],
            "nodeInfo": NODE_INFO,
            "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
        },
    ),
    obj("v1", "Namespace", "shop", status={"phase": "Active"}),
    obj("v1", "Namespace", "other", status={"phase": "Active"}),
    obj(
        "apps/v1",
        "Deployment",
        "web",
        "shop",
        spec={"replicas": 2, "selector": SELECTOR, "template": TEMPLATE, "strategy": {}},
        status={"replicas": 2, "readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1},
    ),
    obj(
        "v1",
        "Service",
        "web",
        "shop",
        spec={
            "type": "ClusterIP",
            "clusterIP": "10.96.0.7",
            "ports": [{"port": 80, "protocol": "TCP"}],
            "selector": {"app": "web"},
        },
    ),
    obj(
        "v1",
        "PersistentVolumeClaim",
        "data",
        "shop",
        spec={"storageClassName": "fast", "accessModes": ["ReadWriteOnce"], "resources": {}},
        status={"phase": "Pending"},
    ),
    obj(
        "batch/v1",
        "Job",
        "migrate",
        "shop",
        spec={"completions": 1, "selector": SELECTOR, "template": TEMPLATE},
        status={
            "startTime": CREATED,
            "failed": 1,
            "conditions": [{"type": "Failed", "status": "True"}],
        },
    ),
    obj(
        "networking.k8s.io/v1",
        "Ingress",
        "shop",
        "shop",
        spec={
            "ingressClassName": "nginx",
            "rules": [
                {
                    "host": "shop.example.com",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 80}}},
                            }
                        ]
                    },
                }
            ],
        },
    ),
    obj(
        "v1",
        "Event",
        "cart-1.1",
        "shop",
        type="Warning",
        reason="BackOff",
        message="Back-off restarting failed container",
        involvedObject={
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": "shop",
            "name": "cart-1",
            "uid": "Pod-cart-1",
        },
        firstTimestamp=CREATED,
        lastTimestamp="2026-03-01T11:59:00Z",
        count=7,
        source={"component": "kubelet", "host": "node-1"},
    ),
    obj("v1", "Secret", "login", "shop", type="Opaque", data={"password": "aHVudGVyMg=="}),
    obj("v1", "ConfigMap", "settings", "shop", data={"a": "1", "b": "2"}),
    obj("serving.knative.dev/v1", "Service", "web", "shop", spec={}),
    obj(
        "apps/v1",
        "ReplicaSet",
        "web-5d8",
        "shop",
        metadata={
            "annotations": {"deployment.kubernetes.io/revision": "3"},
            "labels": {"app": "web"},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": "web",
                    "uid": "Deployment-web",
                    "controller": True,
                }
            ],
        },
        spec={"replicas": 2, "selector": SELECTOR, "template": TEMPLATE},
        status={"replicas": 2, "readyReplicas": 1},
    ),
    obj(
        "metrics.k8s.io/v1beta1",
        "PodMetrics",
        "web-1",
        "shop",
        timestamp="2026-03-01T11:59:30Z",
        window="30s",
        containers=[{"name": "web", "usage": {"cpu": "100m", "memory": "64Mi"}}],
    ),
    obj(
        "metrics.k8s.io/v1beta1",
        "NodeMetrics",
        "node-1",
        timestamp="2026-03-01T11:59:30Z",
        window="30s",
        usage={"cpu": "1", "memory": "2Gi"},
    ),
    DEFINITION,
    obj(
        "acme.example/v1",
        "Widget",
        "first",
        "shop",
        spec={"size": 3},
        status={"conditions": [{"type": "Ready", "status": "True"}]},
    ),
)

LOGS = {
    LogKey("shop", "web-1", "web"): b"".join(
        b"2026-03-01T11:%02d:00.000000000Z line %d\n" % (50 + i, i) for i in range(10)
    ),
    LogKey("shop", "cart-1", "cart"): b"2026-03-01T11:59:29Z panic: no database\n",
    LogKey("shop", "cart-1", "cart", True): b"2026-03-01T11:58:00Z panic: no database either\n",
}


def snapshot(*more: dict[str, Any], log_times: bool = True) -> RawSnapshot:
    """The shop at NOW, as it is after loading."""
    grouped: dict[tuple[str, str], tuple[dict[str, Any], ...]] = {}
    for tree in (*TREES, *more):
        key = (tree["apiVersion"], tree["kind"])
        grouped[key] = (*grouped.get(key, ()), without_values(tree))
    manifest = Manifest(
        cluster="shop-test",
        taken_at=NOW,
        server_version="v1.32.1",
        gaps=(Gap("nodes/metrics", "forbidden"),),
        log_times=log_times,
    )
    return RawSnapshot(manifest, grouped, Logs.of(LOGS))
