"""Pods and pod templates in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.kubernetes.describe.text import (
    NONE,
    Line,
    conditions,
    controlled_by,
    heading,
    pairs,
    when,
)

Tree = dict[str, Any]


def describe_pod(tree: Tree, related: Mapping[str, list[Tree]], now: datetime) -> list[Line]:
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    name, namespace, *labels = heading(tree)
    host = f"/{status['hostIP']}" if status.get("hostIP") else ""
    states = [
        *(status.get("initContainerStatuses") or []),
        *(status.get("containerStatuses") or []),
    ]
    by_name = {s.get("name"): s for s in states}
    return [
        name,
        namespace,
        ("Priority", spec.get("priority", 0)),
        ("Priority Class Name", spec.get("priorityClassName")),
        ("Service Account", spec.get("serviceAccountName")),
        ("Node", f"{spec['nodeName']}{host}" if spec.get("nodeName") else NONE),
        ("Start Time", when(status["startTime"]) if status.get("startTime") else None),
        *labels,
        ("Status", _phase(tree)),
        ("Reason", status.get("reason")),
        ("Message", status.get("message")),
        ("IP", status.get("podIP", "")),
        ("NominatedNodeName", status.get("nominatedNodeName")),
        ("Controlled By", controlled_by(tree)),
        ("Init Containers", _containers(spec.get("initContainers"), by_name) or None),
        ("Containers", _containers(spec.get("containers"), by_name) or NONE),
        ("Conditions", conditions(tree)),
        ("Volumes", volumes(spec)),
        ("QoS Class", status.get("qosClass")),
        ("Node-Selectors", pairs(spec.get("nodeSelector"))),
        ("Tolerations", tolerations(spec)),
        ("Topology Spread Constraints", _spread(spec)),
        ("Scheduling Gates", _names(spec.get("schedulingGates"))),
        ("Image Pull Secrets", _names(spec.get("imagePullSecrets"))),
    ]


def template(tree: Tree | None) -> list[Line]:
    """A pod template: labels, containers, volumes and where it may run."""
    meta, spec = (tree or {}).get("metadata") or {}, (tree or {}).get("spec") or {}
    return [
        ("Labels", pairs(meta.get("labels"))),
        ("Annotations", pairs(meta["annotations"]) if meta.get("annotations") else None),
        ("Service Account", spec.get("serviceAccountName")),
        ("Init Containers", _containers(spec.get("initContainers"), {}) or None),
        ("Containers", _containers(spec.get("containers"), {}) or NONE),
        ("Volumes", volumes(spec)),
        ("Node-Selectors", pairs(spec.get("nodeSelector"))),
        ("Tolerations", tolerations(spec)),
    ]


def _phase(tree: Tree) -> str:
    if (tree.get("metadata") or {}).get("deletionTimestamp"):
        return "Terminating"
    return str((tree.get("status") or {}).get("phase", ""))


def _containers(containers: list[Tree] | None, states: dict[Any, Tree]) -> list[Line]:
    return [
        (str(c.get("name")), _container(c, states.get(c.get("name")))) for c in containers or []
    ]


def _container(container: Tree, state: Tree | None) -> list[Line]:
    resources = container.get("resources") or {}
    seen = state or {}
    return [
        ("Container ID", seen.get("containerID") or None),
        ("Image", container.get("image", "")),
        ("Image ID", seen.get("imageID") or None),
        ("Port", _ports(container, "containerPort")),
        ("Host Port", _ports(container, "hostPort")),
        ("Command", [str(c) for c in container.get("command") or []] or None),
        ("Args", [str(a) for a in container.get("args") or []] or None),
        *(_state(seen) if state else []),
        ("Limits", _amounts(resources.get("limits"))),
        ("Requests", _amounts(resources.get("requests"))),
        *(
            (name, probe(container[key]))
            for name, key in (
                ("Liveness", "livenessProbe"),
                ("Readiness", "readinessProbe"),
                ("Startup", "startupProbe"),
            )
            if container.get(key)
        ),
        ("Environment Variables from", _env_from(container)),
        ("Environment", _env(container)),
        ("Mounts", _mounts(container)),
    ]


def _state(seen: Tree) -> list[Line]:
    last = seen.get("lastState") or {}
    return [
        ("State", _one_state(seen.get("state") or {})),
        ("Last State", _one_state(last) if last else None),
        ("Ready", seen.get("ready", False)),
        ("Restart Count", seen.get("restartCount", 0)),
    ]


def _one_state(state: Tree) -> tuple[str, list[Line]]:
    if state.get("running") is not None:
        return "Running", [("Started", when(state["running"].get("startedAt")))]
    ended = state.get("terminated")
    if ended is None:
        waiting = state.get("waiting") or {}
        reason, message = waiting.get("reason") or None, waiting.get("message") or None
        return "Waiting", [("Reason", reason), ("Message", message)]
    return "Terminated", [
        ("Reason", ended.get("reason") or None),
        ("Message", ended.get("message") or None),
        ("Exit Code", ended.get("exitCode", 0)),
        ("Signal", ended.get("signal") or None),
        ("Started", when(ended.get("startedAt"))),
        ("Finished", when(ended.get("finishedAt"))),
    ]


def _ports(container: Tree, key: str) -> str:
    found = [
        f"{p.get(key, 0)}/{p.get('protocol', 'TCP')}" + (f" ({p['name']})" if p.get("name") else "")
        for p in container.get("ports") or []
    ]
    return ", ".join(found) or NONE


def _amounts(amounts: Tree | None) -> list[Line] | None:
    return [(name, value) for name, value in sorted((amounts or {}).items())] or None


def probe(tree: Tree) -> str:
    """``http-get http://:8080/ready delay=0s timeout=1s period=10s #success=1 #failure=3``."""
    numbers = (
        f"delay={tree.get('initialDelaySeconds', 0)}s timeout={tree.get('timeoutSeconds', 1)}s "
        f"period={tree.get('periodSeconds', 10)}s #success={tree.get('successThreshold', 1)} "
        f"#failure={tree.get('failureThreshold', 3)}"
    )
    if tree.get("exec") is not None:
        return f"exec {tree['exec'].get('command') or []} {numbers}"
    if tree.get("httpGet") is not None:
        at = tree["httpGet"]
        scheme = str(at.get("scheme", "HTTP")).lower()
        path = str(at.get("path", "")).removeprefix("/")
        return f"http-get {scheme}://{at.get('host', '')}:{at.get('port', '')}/{path} {numbers}"
    if tree.get("tcpSocket") is not None:
        at = tree["tcpSocket"]
        return f"tcp-socket {at.get('host', '')}:{at.get('port', '')} {numbers}"
    if tree.get("grpc") is not None:
        at = tree["grpc"]
        return f"grpc <pod>:{at.get('port', '')} {at.get('service') or ''} {numbers}"
    return f"unknown {numbers}"


def _env_from(container: Tree) -> list[str] | None:
    found = []
    for entry in container.get("envFrom") or []:
        key = "configMapRef" if entry.get("configMapRef") is not None else "secretRef"
        kind = "ConfigMap" if key == "configMapRef" else "Secret"
        source = entry.get(key) or {}
        optional = str(bool(source.get("optional", False))).lower()
        prefix = f" with prefix '{entry['prefix']}'" if entry.get("prefix") else ""
        found.append(f"{source.get('name')}  {kind}{prefix}  Optional: {optional}")
    return found or None


def _env(container: Tree) -> list[Line] | str:
    return [(str(e.get("name")), _env_value(e)) for e in container.get("env") or []] or NONE


def _env_value(entry: Tree) -> str:
    source = entry.get("valueFrom")
    if not source:
        return str(entry.get("value") or "")
    for key, what in (("secretKeyRef", "secret"), ("configMapKeyRef", "config map")):
        if source.get(key):
            at = source[key]
            optional = str(bool(at.get("optional", False))).lower()
            return (
                f"<set to the key '{at.get('key')}' in {what} '{at.get('name')}'>  "
                f"Optional: {optional}"
            )
    if source.get("fieldRef"):
        at = source["fieldRef"]
        return f" ({at.get('apiVersion', 'v1')}:{at.get('fieldPath')})"
    at = source.get("resourceFieldRef") or {}
    return f"{at.get('containerName', '')} ({at.get('resource', '')})"


def _mounts(container: Tree) -> list[str] | str:
    found = []
    for mount in container.get("volumeMounts") or []:
        flags = ["ro" if mount.get("readOnly") else "rw"]
        if mount.get("subPath"):
            flags.append(f'path="{mount["subPath"]}"')
        found.append(f"{mount.get('mountPath')} from {mount.get('name')} ({','.join(flags)})")
    return sorted(found) or NONE


def volumes(spec: Tree) -> list[Line] | str:
    """Volumes with their source."""
    return [(str(v.get("name")), _volume(v)) for v in spec.get("volumes") or []] or NONE


def _volume(volume: Tree) -> list[Line]:
    source = next((k for k in volume if k != "name"), "")
    at = volume.get(source) or {}
    if source == "configMap":
        what = "ConfigMap (a volume populated by a ConfigMap)"
        return [("Type", what), ("Name", at.get("name")), _optional(at)]
    if source == "secret":
        what = "Secret (a volume populated by a Secret)"
        return [("Type", what), ("SecretName", at.get("secretName")), _optional(at)]
    if source == "persistentVolumeClaim":
        what = (
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)"
        )
        read_only = str(bool(at.get("readOnly", False))).lower()
        return [("Type", what), ("ClaimName", at.get("claimName")), ("ReadOnly", read_only)]
    if source == "emptyDir":
        what = "EmptyDir (a temporary directory that shares a pod's lifetime)"
        size = at.get("sizeLimit", "<unset>")
        return [("Type", what), ("Medium", at.get("medium", "")), ("SizeLimit", size)]
    if source == "hostPath":
        what = "HostPath (bare host directory volume)"
        return [("Type", what), ("Path", at.get("path")), ("HostPathType", at.get("type", ""))]
    if source == "projected":
        return _projected(at)
    return [("Type", source), *((str(k), str(v)) for k, v in at.items())]


def _projected(at: Tree) -> list[Line]:
    lines: list[Line] = [
        ("Type", "Projected (a volume that contains injected data from multiple sources)")
    ]
    for source in at.get("sources") or []:
        if source.get("secret"):
            lines.append(("SecretName", source["secret"].get("name")))
        if source.get("configMap"):
            lines.append(("ConfigMapName", source["configMap"].get("name")))
        if source.get("downwardAPI"):
            lines.append(("DownwardAPI", "true"))
        if source.get("serviceAccountToken"):
            seconds = source["serviceAccountToken"].get("expirationSeconds")
            lines.append(("TokenExpirationSeconds", seconds))
    return lines


def _optional(at: Tree) -> Line:
    return ("Optional", str(bool(at.get("optional", False))).lower())


def tolerations(spec: Tree) -> str:
    """``node.kubernetes.io/not-ready:NoExecute op=Exists for 300s``, one a line."""
    found = []
    for one in spec.get("tolerations") or []:
        text = str(one.get("key", ""))
        if one.get("value"):
            text += f"={one['value']}"
        if one.get("effect"):
            text += f":{one['effect']}"
        if one.get("operator") == "Exists" and not one.get("value"):
            text += " op=Exists" if text else "op=Exists"
        if one.get("tolerationSeconds") is not None:
            text += f" for {one['tolerationSeconds']}s"
        found.append(text)
    return "\n".join(found) or NONE


def _spread(spec: Tree) -> str | None:
    found = [
        f"{c.get('topologyKey')}:{c.get('whenUnsatisfiable')} when max skew {c.get('maxSkew')} "
        f"is exceeded"
        for c in spec.get("topologySpreadConstraints") or []
    ]
    return "\n".join(found) or None


def _names(items: list[Tree] | None) -> str | None:
    return ", ".join(str(i.get("name")) for i in items or []) or None
