"""Pods of the made-up cluster, and the template they are made from."""

from __future__ import annotations

from large_cluster.names import (
    BROKEN_EVERY,
    LATELY,
    MADE,
    PODS_PER_NAMESPACE,
    PODS_PER_NODE,
    REPLICAS,
    Tree,
    app_name,
    labels_of,
    managed_fields,
    metadata,
    namespace_of,
    owned_by,
    uid,
)


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
            "value": f"http://{app_name(_neighbour(app, i))}.{namespace_of(app)}.svc:80",
        }
        for i, key in enumerate(("CATALOGUE", "BASKET"))
    ]
    secret = {"secretKeyRef": {"name": f"{app_name(app)}-db", "key": "password"}}
    return [
        *plain,
        {"name": "LOG_LEVEL", "valueFrom": {"configMapKeyRef": {"name": f"{app_name(app)}-env", "key": "LOG_LEVEL"}}},
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
        "image": f"registry.example.com/{namespace_of(app)}/{app_name(app)}:4.18.{revision}",
        "ports": [
            {"name": "http", "containerPort": 8080, "protocol": "TCP"},
            {"name": "metrics", "containerPort": 9090, "protocol": "TCP"},
        ],
        "envFrom": [{"configMapRef": {"name": f"{app_name(app)}-env"}}],
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


def pod_spec(app: int, revision: int = 3, token: str = "") -> Tree:
    return {
        "volumes": [
            {"name": "files", "configMap": {"name": f"{app_name(app)}-files", "defaultMode": 420}},
            {"name": "scratch", "emptyDir": {}},
            *([{"name": token, "projected": TOKEN_VOLUME}] if token else []),
        ],
        "containers": [_container(app, revision, token), _sidecar(token)],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": app_name(app),
        "serviceAccount": app_name(app),
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
    of = f"{app_name(app)}-7d9c5b8f6"
    suffix = uid("pod", number)[:5]
    labels = {**labels_of(app), "pod-template-hash": "7d9c5b8f6"}
    broken = number % BROKEN_EVERY == BROKEN_EVERY - 1
    token = f"kube-api-access-{suffix}"
    spec = pod_spec(app, token=token)
    return {
        "metadata": metadata(
            "Pod",
            f"{of}-{suffix}",
            app,
            generateName=f"{of}-",
            labels=labels,
            annotations={
                "checksum/config": uid("config", app).replace("-", "") * 2,
                "prometheus.io/scrape": "true",
                "prometheus.io/port": "9090",
            },
            ownerReferences=owned_by("ReplicaSet", of),
            managedFields=managed_fields(
                ("kube-controller-manager", pod_fields(labels, spec)),
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


def pod_fields(labels: dict[str, str], spec: Tree) -> Tree:
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
            "f:ownerReferences": {".": {}, 'k:{"uid":"' + uid("owner") + '"}': {}},
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
    digest = uid(name, number).replace("-", "") * 2
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
    message = f"back-off 5m0s restarting failed container=app pod={app_name(app)}"
    return {
        **status,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": message}},
        "lastState": {"terminated": ended},
        "ready": False,
        "started": False,
        "restartCount": 41,
    }


def template(app: int, revision: int = 3, **labels: str) -> Tree:
    labels = {**labels_of(app), **labels}
    return {
        "metadata": {"creationTimestamp": None, "labels": labels},
        "spec": pod_spec(app, revision),
    }
