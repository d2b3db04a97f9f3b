"""The objects of a made-up cluster of many pods, as an API server serialises them.

Per 100 pods there are 20 Deployments of five replicas with three ReplicaSets (of other images), a
Service, EndpointSlice, Endpoints and two ConfigMaps each, two nodes, one namespace and 60 events.
Pods come to about 9 kB of JSON: managed fields, a sidecar, probes, environment, a projected token
whose volume has a random name, status. One pod in 200 is broken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from large_cluster.names import (
    LATELY,
    MADE,
    PODS_PER_NAMESPACE,
    PODS_PER_NODE,
    REPLICAS,
    Tree,
    app_name,
    broken_replicas,
    labels_of,
    managed_fields,
    metadata,
    namespace_of,
    owned_by,
    selector,
    uid,
)
from large_cluster.pods import pod, pod_fields, pod_spec, template

EVENTS_PER_POD = 0.6


def cluster(pods: int) -> dict[str, list[Tree]]:
    """Every object by plural name; the same for the same number of pods."""
    apps = range(pods // REPLICAS)
    made: dict[str, list[Tree]] = {
        "pods": [pod(app, replica) for app in apps for replica in range(REPLICAS)],
        "nodes": [node(i) for i in range(max(1, pods // PODS_PER_NODE))],
        "namespaces": [namespace(i) for i in range(max(1, pods // PODS_PER_NAMESPACE))],
        "events": [event(i) for i in range(int(pods * EVENTS_PER_POD))],
        "deployments": [deployment(app) for app in apps],
        "replicasets": [replica_set(app, revision) for app in apps for revision in (1, 2, 3)],
        "services": [service(app) for app in apps],
        "endpoints": [endpoints(app) for app in apps],
        "endpointslices": [endpoint_slice(app) for app in apps],
        "configmaps": [config_map(app, which) for app in apps for which in ("env", "files")],
        "serviceaccounts": [service_account(app) for app in apps],
        "secrets": [secret(app) for app in apps],
    }
    return made


def deployment(app: int) -> Tree:
    short = REPLICAS - broken_replicas(app)
    return {
        "metadata": metadata(
            "Deployment",
            app_name(app),
            app,
            generation=3,
            labels=labels_of(app),
            annotations={
                "deployment.kubernetes.io/revision": "3",
                "kubectl.kubernetes.io/last-applied-configuration": json.dumps(template(app)),
            },
            managedFields=managed_fields(("helm", pod_fields(labels_of(app), pod_spec(app)))),
        ),
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": selector(app)},
            "template": template(app),
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
            },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
        "status": {
            "observedGeneration": 3,
            "replicas": REPLICAS,
            "updatedReplicas": REPLICAS,
            "readyReplicas": short,
            "availableReplicas": short,
            **({"unavailableReplicas": REPLICAS - short} if short < REPLICAS else {}),
            "conditions": [
                {
                    "type": type_,
                    "status": "True",
                    "lastUpdateTime": MADE,
                    "lastTransitionTime": MADE,
                    "reason": reason,
                    "message": message,
                }
                for type_, reason, message in (
                    ("Available", "MinimumReplicasAvailable", "Deployment has minimum availability."),
                    ("Progressing", "NewReplicaSetAvailable", "ReplicaSet has successfully progressed."),
                )
            ],
        },
    }  # fmt: skip


def replica_set(app: int, revision: int) -> Tree:
    now = revision == 3
    digest = "7d9c5b8f6" if now else f"old{revision}"
    name, hashed = f"{app_name(app)}-{digest}", {"pod-template-hash": digest}
    count = REPLICAS if now else 0
    return {
        "metadata": metadata(
            "ReplicaSet",
            name,
            app,
            generation=revision,
            labels={**labels_of(app), **hashed},
            annotations={
                "deployment.kubernetes.io/desired-replicas": str(REPLICAS),
                "deployment.kubernetes.io/max-replicas": str(REPLICAS + 2),
                "deployment.kubernetes.io/revision": str(revision),
            },
            ownerReferences=owned_by("Deployment", app_name(app)),
            managedFields=managed_fields(("kube-controller-manager", pod_fields(labels_of(app), pod_spec(app)))),
        ),
        "spec": {
            "replicas": count,
            "selector": {"matchLabels": {**selector(app), **hashed}},
            "template": template(app, revision, **hashed),
        },
        "status": {
            "replicas": count,
            "fullyLabeledReplicas": count,
            "readyReplicas": count - broken_replicas(app) * now,
            "availableReplicas": count - broken_replicas(app) * now,
            "observedGeneration": revision,
        },
    }  # fmt: skip


def service(app: int) -> Tree:
    return {
        "metadata": metadata("Service", app_name(app), app, labels=labels_of(app)),
        "spec": {
            "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}],
            "selector": selector(app),
            "clusterIP": f"172.20.{app // 256 % 256}.{app % 256}",
            "type": "ClusterIP",
            "sessionAffinity": "None",
        },
        "status": {"loadBalancer": {}},
    }


def endpoints(app: int) -> Tree:
    addresses = [{"ip": "10.0.0.1", "nodeName": "node-0000"} for _ in range(REPLICAS)]
    ports = [{"name": "http", "port": 8080, "protocol": "TCP"}]
    return {
        "metadata": metadata("Endpoints", app_name(app), app, labels=labels_of(app)),
        "subsets": [{"addresses": addresses, "ports": ports}],
    }


def endpoint_slice(app: int) -> Tree:
    labels = {**labels_of(app), "kubernetes.io/service-name": app_name(app)}
    return {
        "metadata": metadata(
            "EndpointSlice",
            f"{app_name(app)}-x2x7k",
            app,
            labels=labels,
            ownerReferences=owned_by("Service", app_name(app), "v1"),
        ),
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": ["10.0.0.1"],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": "node-0000",
            }
            for _ in range(REPLICAS)
        ],
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    }


def config_map(app: int, which: str) -> Tree:
    data = {"LOG_LEVEL": "info"} if which == "env" else {"application.yaml": "key: value\n" * 120}
    return {
        "metadata": metadata("ConfigMap", f"{app_name(app)}-{which}", app, labels=labels_of(app)),
        "data": data,
    }


def secret(app: int) -> Tree:
    return {
        "metadata": metadata("Secret", f"{app_name(app)}-db", app, labels=labels_of(app)),
        "type": "Opaque",
        "data": {"password": "Y29ycmVjdCBob3JzZQ=="},
    }


def service_account(app: int) -> Tree:
    return {"metadata": metadata("ServiceAccount", app_name(app), app)}


def namespace(number: int) -> Tree:
    meta = metadata("Namespace", f"team-{number:04}", None)
    return {"metadata": meta, "status": {"phase": "Active"}}


def node(number: int) -> Tree:
    types = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
    capacity = {"cpu": "64", "memory": "263000000Ki", "pods": "110", "ephemeral-storage": "500Gi"}
    return {
        "metadata": metadata(
            "Node",
            f"node-{number:04}",
            None,
            labels={
                "kubernetes.io/hostname": f"node-{number:04}",
                "topology.kubernetes.io/zone": f"zone-{number % 3}",
                "node.kubernetes.io/instance-type": "m7i.16xlarge",
            },
        ),
        "spec": {"providerID": f"aws:///zone-{number % 3}/i-{number:017x}"},
        "status": {
            "capacity": capacity,
            "allocatable": capacity,
            "conditions": [
                {
                    "type": type_,
                    "status": "True" if type_ == "Ready" else "False",
                    "lastHeartbeatTime": LATELY,
                    "lastTransitionTime": MADE,
                    "reason": "KubeletReady",
                    "message": "kubelet is posting ready status",
                }
                for type_ in types
            ],
            "images": [
                {"names": [f"registry.example.com/team/image-{i}@sha256:{uid(i)}"], "sizeBytes": i}
                for i in range(50)
            ],
            "nodeInfo": {"kubeletVersion": "v1.34.1", "containerRuntimeVersion": "containerd://2.1.4"},
        },
    }  # fmt: skip


def event(number: int) -> Tree:
    app = number % 1000
    broken = number % 50 == 0
    name = f"{app_name(app)}-7d9c5b8f6-{uid('pod', app * REPLICAS)[:5]}"
    space = namespace_of(app)
    return {
        "metadata": metadata("Event", f"{name}.{number:x}", app),
        "involvedObject": {
            "kind": "Pod",
            "namespace": space,
            "name": name,
            "uid": uid("Pod", name),
            "apiVersion": "v1",
            "fieldPath": "spec.containers{app}",
        },
        "type": "Warning" if broken else "Normal",
        "reason": "BackOff" if broken else ("Scheduled", "Pulled", "Created", "Started")[number % 4],
        "message": "Back-off restarting failed container" if broken else "Container image present",
        "source": {"component": "kubelet", "host": "node-0000"},
        "firstTimestamp": LATELY,
        "lastTimestamp": LATELY,
        "count": 3,
        "reportingComponent": "kubelet",
    }  # fmt: skip


def serialised(made: dict[str, list[Tree]]) -> Iterator[tuple[str, list[bytes]]]:
    """Each kind's objects as the bytes they have in a list response."""
    for plural, trees in made.items():
        yield plural, [json.dumps(t, separators=(",", ":")).encode() for t in trees]
