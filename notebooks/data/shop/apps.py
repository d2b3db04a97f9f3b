"""An application as its team would describe it, and the pod template that becomes of it."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from typing import Any

import msgspec

from shop.cluster import Cluster, Object
from shop.objects import make
from shop.timeline import ago

REGISTRY = "registry.demo-shop.example"


class Place(msgspec.Struct, frozen=True):
    """Where a pod runs, and since when; without a time, since the rollout."""

    node: str
    created: datetime | None = None


class Revision(msgspec.Struct, frozen=True):
    """One rollout: its number, image tag, time, and the replicas it still has."""

    number: int
    tag: str
    at: datetime
    replicas: int = 0


class App(msgspec.Struct, frozen=True, kw_only=True):
    """One application as its team would describe it."""

    namespace: str
    name: str
    created: datetime = ago(days=380)
    image: str = ""
    revisions: tuple[Revision, ...]
    places: tuple[Place, ...]
    port: int | None = 8080
    port_name: str = "http"
    cpu: str = "100m"
    memory: str = "128Mi"
    limits: dict[str, str] = {}
    env: tuple[Object, ...] = ()
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    probe: str = "/healthz"
    ready_probe: str = "/ready"
    strategy: str = "RollingUpdate"
    labels: dict[str, str] = {}
    claim: str = ""
    storage_class: str = "standard"
    mount: str = "/var/lib/data"
    config: str = ""
    spec: dict[str, Any] = {}

    @property
    def selector(self) -> dict[str, str]:
        return {"app.kubernetes.io/name": self.name}

    @property
    def all_labels(self) -> dict[str, str]:
        part_of = {"app.kubernetes.io/part-of": self.namespace}
        return self.selector | part_of | self.labels


def value(name: str, text: str) -> Object:
    return {"name": name, "value": text}


def from_config(name: str, config: str, key: str) -> Object:
    return {"name": name, "valueFrom": {"configMapKeyRef": {"name": config, "key": key}}}


def from_secret(name: str, secret: str, key: str, *, optional: bool = False) -> Object:
    reference: Object = {"name": secret, "key": key}
    if optional:
        reference["optional"] = True
    return {"name": name, "valueFrom": {"secretKeyRef": reference}}


def template(app: App, tag: str) -> Object:
    """The pod template of one revision, with the defaults an API server fills in."""
    spec: Object = {
        "containers": [_container(app, tag)],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccountName": app.name,
        "terminationGracePeriodSeconds": 30,
    }
    if app.config:
        spec["volumes"] = [
            {"name": "config", "configMap": {"defaultMode": 420, "name": app.config}}
        ]
    return {"metadata": {"labels": dict(app.all_labels)}, "spec": spec | deepcopy(app.spec)}


def _container(app: App, tag: str) -> Object:
    requests = {"cpu": app.cpu, "memory": app.memory} if app.cpu else {}
    container: Object = {
        "name": app.name,
        "image": f"{app.image or f'{REGISTRY}/{app.namespace}/{app.name}'}:{tag}",
        "imagePullPolicy": "IfNotPresent",
        "resources": ({"requests": requests} if requests else {})
        | ({"limits": dict(app.limits)} if app.limits else {}),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    if app.command:
        container["command"] = list(app.command)
    if app.args:
        container["args"] = list(app.args)
    if app.env:
        container["env"] = deepcopy(list(app.env))
    if app.port:
        container["ports"] = [{"containerPort": app.port, "name": app.port_name, "protocol": "TCP"}]
        container |= _probes(app)
    mounts: list[Object] = [{"name": "data", "mountPath": app.mount}] if app.claim else []
    mounts += (
        [{"name": "config", "mountPath": "/etc/config", "readOnly": True}] if app.config else []
    )
    if mounts:
        container["volumeMounts"] = mounts
    return container


def _probes(app: App) -> Object:
    def probe(path: str, period: int) -> Object:
        check: Object = (
            {"httpGet": {"path": path, "port": app.port_name, "scheme": "HTTP"}}
            if path
            else {"tcpSocket": {"port": app.port_name}}
        )
        return check | {
            "failureThreshold": 3, "periodSeconds": period,
            "successThreshold": 1, "timeoutSeconds": 2,
        }  # fmt: skip

    return {
        "livenessProbe": probe(app.probe, 20) | {"initialDelaySeconds": 10},
        "readinessProbe": probe(app.ready_probe, 10),
    }


def service_account(cluster: Cluster, app: App) -> None:
    if ("ServiceAccount", app.namespace, app.name) not in cluster.objects:
        cluster.add(make("v1", "ServiceAccount", app.namespace, app.name, app.created,
                         labels=app.selector))  # fmt: skip
