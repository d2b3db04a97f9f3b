"""The objects of a made-up cluster of many pods, as an API server serialises them.

Per 100 pods there are 20 Deployments of five replicas with three ReplicaSets (of other images), a
Service, EndpointSlice, Endpoints and two ConfigMaps each, two nodes, one namespace and 60 events.
Pods come to about 9 kB of JSON: managed fields, a sidecar, probes, environment, a projected token
whose volume has a random name, status. One pod in 200 is broken.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

Tree = dict[str, Any]

REPLICAS = 5
PODS_PER_NODE = 50
PODS_PER_NAMESPACE = 100
BROKEN_EVERY = 200
EVENTS_PER_POD = 0.6
MADE = "2026-11-20T08:15:30Z"
LATELY = "2026-11-22T10:58:12Z"


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


def _uid(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, parts))))


def _space(app: int) -> str:
    return f"team-{app * REPLICAS // PODS_PER_NAMESPACE:04}"


def _app(app: int) -> str:
    return f"service-{app:05}"


def _labels(app: int) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": _app(app),
        "app.kubernetes.io/instance": f"{_app(app)}-production",
        "app.kubernetes.io/version": "4.18.2",
        "app.kubernetes.io/component": "backend",
        "app.kubernetes.io/part-of": _space(app),
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": "generic-service-2.7.1",
    }


def _meta(kind: str, name: str, app: int | None, **more: Any) -> Tree:
    space = {} if app is None else {"namespace": _space(app)}
    return {
        "name": name,
        **space,
        "uid": _uid(kind, name),
        "resourceVersion": str(100_000 + (app or 0)),
        "creationTimestamp": MADE,
        **more,
    }


def _managed(*fields: tuple[str, Tree]) -> list[Tree]:
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


def _owned(kind: str, name: str, version: str = "apps/v1") -> list[Tree]:
    return [
        {
            "apiVersion": version,
            "kind": kind,
            "name": name,
            "uid": _uid(kind, name),
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def _probe(path: str) -> Tree:
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "initialDelaySeconds": 5,
        "timeoutSeconds": 2,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def _neighbour(app: int, further: int) -> int:
    """Another application of the same namespace."""
    each = PODS_PER_NAMESPACE // REPLICAS
    return app - app % each + (app + further + 1) % each


def _env(app: int) -> list[Tree]:
    plain = [
        {
            "name": f"SERVICE_{key}",
            "value": f"http://{_app(_neighbour(app, i))}.{_space(app)}.svc:80",
        }
        for i, key in enumerate(("CATALOGUE", "BASKET"))
    ]
    secret = {"secretKeyRef": {"name": f"{_app(app)}-db", "key": "password"}}
    return [
        *plain,
        {"name": "LOG_LEVEL", "valueFrom": {"configMapKeyRef": {"name": f"{_app(app)}-env", "key": "LOG_LEVEL"}}},
        {"name": "DB_PASSWORD", "valueFrom": secret},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}},
    ]  # fmt: skip


def _mounts(token: str) -> list[Tree]:
    """The mount of a pod's token, whose volume has a name of its own in every pod."""
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    return [{"name": token, "readOnly": True, "mountPath": path}] if token else []


def _container(app: int, revision: int = 3, token: str = "") -> Tree:
    return {
        "name": "app",
        "image": f"registry.example.com/{_space(app)}/{_app(app)}:4.18.{revision}",
        "ports": [
            {"name": "http", "containerPort": 8080, "protocol": "TCP"},
            {"name": "metrics", "containerPort": 9090, "protocol": "TCP"},
        ],
        "envFrom": [{"configMapRef": {"name": f"{_app(app)}-env"}}],
        "env": _env(app),
        "resources": {
            "limits": {"cpu": "1", "memory": "1Gi"},
            "requests": {"cpu": "100m", "memory": "256Mi"},
        },
        "volumeMounts": [
            {"name": "files", "mountPath": "/etc/app", "readOnly": True},
            {"name": "scratch", "mountPath": "/tmp"},
            *_mounts(token),
        ],
        "livenessProbe": _probe("/healthz"),
        "readinessProbe": _probe("/ready"),
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 5"]}}},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
        },
    }


def _sidecar(token: str = "") -> Tree:
    return {
        "name": "telemetry",
        "image": "registry.example.com/platform/telemetry-agent:1.92.0",
        "args": [
            "--config=/etc/telemetry/agent.yaml",
            "--set=service.telemetry.metrics.level=none",
        ],
        "resources": {
            "limits": {"cpu": "200m", "memory": "128Mi"},
            "requests": {"cpu": "10m", "memory": "64Mi"},
        },
        "volumeMounts": _mounts(token),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }


def _spec(app: int, revision: int = 3, token: str = "") -> Tree:
    return {
        "volumes": [
            {"name": "files", "configMap": {"name": f"{_app(app)}-files", "defaultMode": 420}},
            {"name": "scratch", "emptyDir": {}},
            *([{"name": token, "projected": TOKEN_VOLUME}] if token else []),
        ],
        "containers": [_container(app, revision, token), _sidecar(token)],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": _app(app),
        "serviceAccount": _app(app),
        "securityContext": {"runAsUser": 10001, "fsGroup": 10001},
        "schedulerName": "default-scheduler",
    }


TOKEN_VOLUME: Tree = {
    "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {
            "configMap": {
                "name": "kube-root-ca.crt",
                "items": [{"key": "ca.crt", "path": "ca.crt"}],
            }
        },
        {
            "downwardAPI": {
                "items": [
                    {
                        "path": "namespace",
                        "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                    }
                ]
            }
        },
    ],
    "defaultMode": 420,
}


def pod(app: int, replica: int) -> Tree:
    """One replica of an application; one in ``BROKEN_EVERY`` crash-loops."""
    number = app * REPLICAS + replica
    of = f"{_app(app)}-7d9c5b8f6"
    suffix = _uid("pod", number)[:5]
    labels = {**_labels(app), "pod-template-hash": "7d9c5b8f6"}
    broken = number % BROKEN_EVERY == BROKEN_EVERY - 1
    token = f"kube-api-access-{suffix}"
    spec = _spec(app, token=token)
    return {
        "metadata": _meta(
            "Pod",
            f"{of}-{suffix}",
            app,
            generateName=f"{of}-",
            labels=labels,
            annotations={
                "checksum/config": _uid("config", app).replace("-", "") * 2,
                "prometheus.io/scrape": "true",
                "prometheus.io/port": "9090",
            },
            ownerReferences=_owned("ReplicaSet", of),
            managedFields=_managed(
                ("kube-controller-manager", _pod_fields(labels, spec)),
                ("kubelet", STATUS_FIELDS),
            ),
        ),
        "spec": {
            **spec,
            "nodeName": f"node-{number // PODS_PER_NODE:04}",
            "preemptionPolicy": "PreemptLowerPriority",
            "priority": 0,
            "enableServiceLinks": True,
            "tolerations": [
                {"key": f"node.kubernetes.io/{why}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
                for why in ("not-ready", "unreachable")
            ],
        },
        "status": _pod_status(app, number, broken, token),
    }  # fmt: skip


def _pod_fields(labels: dict[str, str], spec: Tree) -> Tree:
    """What the ReplicaSet controller set, as FieldsV1 spells it."""
    container: Tree = {".": {}, **{f"f:{key}": {} for key in spec["containers"][0]}}
    container["f:env"] = {
        ".": {},
        **{
            f'k:{{"name":"{e["name"]}"}}': {".": {}, "f:name": {}, "f:value": {}}
            for e in spec["containers"][0]["env"]
        },
    }
    return {
        "f:metadata": {
            "f:generateName": {},
            "f:labels": {".": {}, **{f"f:{key}": {} for key in labels}},
            "f:ownerReferences": {".": {}, 'k:{"uid":"' + _uid("owner") + '"}': {}},
        },
        "f:spec": {
            'f:containers': {'k:{"name":"app"}': container, 'k:{"name":"telemetry"}': {".": {}, "f:args": {}, "f:image": {}, "f:name": {}}},
            **{f"f:{key}": {} for key in spec if key != "containers"},
        },
    }  # fmt: skip


STATUS_FIELDS: Tree = {
    "f:status": {
        "f:conditions": {
            f'k:{{"type":"{type_}"}}': {
                ".": {}, "f:lastProbeTime": {}, "f:lastTransitionTime": {}, "f:observedGeneration": {}, "f:status": {}, "f:type": {},
            }
            for type_ in ("ContainersReady", "Initialized", "PodReadyToStartContainers", "Ready")
        },
        "f:containerStatuses": {},
        "f:hostIP": {}, "f:hostIPs": {}, "f:phase": {}, "f:podIP": {},
        "f:podIPs": {".": {}, 'k:{"ip":"10.0.0.1"}': {".": {}, "f:ip": {}}},
        "f:startTime": {},
    }
}  # fmt: skip


def _pod_status(app: int, number: int, broken: bool, token: str) -> Tree:
    ready = "False" if broken else "True"
    ip = f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
    host = f"192.168.{number // PODS_PER_NODE // 250}.{number // PODS_PER_NODE % 250 + 1}"
    types = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    conditions = [
        {
            "type": type_,
            "status": ready if type_ in ("Ready", "ContainersReady") else "True",
            "lastProbeTime": None,
            "lastTransitionTime": MADE,
            "observedGeneration": 1,
        }
        for type_ in types
    ]
    return {
        "phase": "Running",
        "conditions": conditions,
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "startTime": MADE,
        "containerStatuses": [
            {**_app_status(app, number, broken), **_granted(_container(app, token=token))},
            {**_running("telemetry", number), **_granted(_sidecar(token))},
        ],
        "qosClass": "Burstable",
    }


def _running(name: str, number: int) -> Tree:
    digest = _uid(name, number).replace("-", "") * 2
    return {
        "name": name,
        "state": {"running": {"startedAt": MADE}},
        "lastState": {},
        "ready": True,
        "restartCount": 0,
        "image": f"registry.example.com/{name}:4.18.2",
        "imageID": f"registry.example.com/{name}@sha256:{digest}",
        "containerID": f"containerd://{digest}",
        "started": True,
    }


def _granted(container: Tree) -> Tree:
    """What the kubelet of Kubernetes 1.33 and later says it gave the container."""
    return {
        "allocatedResources": container["resources"]["requests"],
        "resources": container["resources"],
        "volumeMounts": [
            {**mount, "recursiveReadOnly": "Disabled"} for mount in container["volumeMounts"]
        ],
        "user": {"linux": {"uid": 10001, "gid": 0, "supplementalGroups": [10001]}},
    }


def _app_status(app: int, number: int, broken: bool) -> Tree:
    status = _running("app", number)
    if not broken:
        return status
    ended = {"exitCode": 1, "reason": "Error", "startedAt": LATELY, "finishedAt": LATELY}
    message = f"back-off 5m0s restarting failed container=app pod={_app(app)}"
    return {
        **status,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": message}},
        "lastState": {"terminated": ended},
        "ready": False,
        "started": False,
        "restartCount": 41,
    }


def _template(app: int, revision: int = 3, **labels: str) -> Tree:
    labels = {**_labels(app), **labels}
    return {
        "metadata": {"creationTimestamp": None, "labels": labels},
        "spec": _spec(app, revision),
    }


def _selector(app: int) -> dict[str, str]:
    return {"app.kubernetes.io/name": _app(app)}


def deployment(app: int) -> Tree:
    short = REPLICAS - _broken(app)
    return {
        "metadata": _meta(
            "Deployment",
            _app(app),
            app,
            generation=3,
            labels=_labels(app),
            annotations={
                "deployment.kubernetes.io/revision": "3",
                "kubectl.kubernetes.io/last-applied-configuration": json.dumps(_template(app)),
            },
            managedFields=_managed(("helm", _pod_fields(_labels(app), _spec(app)))),
        ),
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": _selector(app)},
            "template": _template(app),
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


def _broken(app: int) -> int:
    numbers = range(app * REPLICAS, (app + 1) * REPLICAS)
    return sum(n % BROKEN_EVERY == BROKEN_EVERY - 1 for n in numbers)


def replica_set(app: int, revision: int) -> Tree:
    now = revision == 3
    digest = "7d9c5b8f6" if now else f"old{revision}"
    name, hashed = f"{_app(app)}-{digest}", {"pod-template-hash": digest}
    count = REPLICAS if now else 0
    return {
        "metadata": _meta(
            "ReplicaSet",
            name,
            app,
            generation=revision,
            labels={**_labels(app), **hashed},
            annotations={
                "deployment.kubernetes.io/desired-replicas": str(REPLICAS),
                "deployment.kubernetes.io/max-replicas": str(REPLICAS + 2),
                "deployment.kubernetes.io/revision": str(revision),
            },
            ownerReferences=_owned("Deployment", _app(app)),
            managedFields=_managed(("kube-controller-manager", _pod_fields(_labels(app), _spec(app)))),
        ),
        "spec": {
            "replicas": count,
            "selector": {"matchLabels": {**_selector(app), **hashed}},
            "template": _template(app, revision, **hashed),
        },
        "status": {
            "replicas": count,
            "fullyLabeledReplicas": count,
            "readyReplicas": count - _broken(app) * now,
            "availableReplicas": count - _broken(app) * now,
            "observedGeneration": revision,
        },
    }  # fmt: skip


def service(app: int) -> Tree:
    return {
        "metadata": _meta("Service", _app(app), app, labels=_labels(app)),
        "spec": {
            "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}],
            "selector": _selector(app),
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
        "metadata": _meta("Endpoints", _app(app), app, labels=_labels(app)),
        "subsets": [{"addresses": addresses, "ports": ports}],
    }


def endpoint_slice(app: int) -> Tree:
    labels = {**_labels(app), "kubernetes.io/service-name": _app(app)}
    return {
        "metadata": _meta(
            "EndpointSlice",
            f"{_app(app)}-x2x7k",
            app,
            labels=labels,
            ownerReferences=_owned("Service", _app(app), "v1"),
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
        "metadata": _meta("ConfigMap", f"{_app(app)}-{which}", app, labels=_labels(app)),
        "data": data,
    }


def secret(app: int) -> Tree:
    return {
        "metadata": _meta("Secret", f"{_app(app)}-db", app, labels=_labels(app)),
        "type": "Opaque",
        "data": {"password": "Y29ycmVjdCBob3JzZQ=="},
    }


def service_account(app: int) -> Tree:
    return {"metadata": _meta("ServiceAccount", _app(app), app)}


def namespace(number: int) -> Tree:
    meta = _meta("Namespace", f"team-{number:04}", None)
    return {"metadata": meta, "status": {"phase": "Active"}}


def node(number: int) -> Tree:
    types = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
    capacity = {"cpu": "64", "memory": "263000000Ki", "pods": "110", "ephemeral-storage": "500Gi"}
    return {
        "metadata": _meta(
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
                {"names": [f"registry.example.com/team/image-{i}@sha256:{_uid(i)}"], "sizeBytes": i}
                for i in range(50)
            ],
            "nodeInfo": {"kubeletVersion": "v1.34.1", "containerRuntimeVersion": "containerd://2.1.4"},
        },
    }  # fmt: skip


def event(number: int) -> Tree:
    app = number % 1000
    broken = number % 50 == 0
    name = f"{_app(app)}-7d9c5b8f6-{_uid('pod', app * REPLICAS)[:5]}"
    space = _space(app)
    return {
        "metadata": _meta("Event", f"{name}.{number:x}", app),
        "involvedObject": {
            "kind": "Pod",
            "namespace": space,
            "name": name,
            "uid": _uid("Pod", name),
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
