"""Pods: the template they are cut from, and what the kubelet says about each."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta

from shop import identity
from shop.cluster import Cluster, Object
from shop.objects import make
from shop.timeline import NOW, after, stamp

NODE_ADDRESSES = {
    "control-plane-1": "10.0.0.10",
    "worker-1": "10.0.0.21",
    "worker-2": "10.0.0.22",
    "worker-3": "10.0.0.23",
}

CONDITIONS = (
    "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
)  # fmt: skip

# Kubelet defaults: the first back-off after a crash, doubled each time, and the most it becomes.
BACK_OFF_FIRST = timedelta(seconds=10)
BACK_OFF_MOST = timedelta(minutes=5)


def pod(
    cluster: Cluster, template: Object, owner: Object, name: str, node: str, created: datetime
) -> Object:
    """A pod cut from ``template``, scheduled to ``node`` ("" for nowhere) and running well."""
    namespace = owner["metadata"].get("namespace", "kube-system")
    spec = deepcopy(template["spec"])
    made = make(
        "v1", "Pod", namespace, name, created,
        labels=template["metadata"].get("labels"),
        annotations=template["metadata"].get("annotations"),
        owner=owner, spec=spec,
    )  # fmt: skip
    _admit(spec, made["metadata"]["uid"])
    spec["nodeName"] = node
    made["status"] = {"phase": "Running", "qosClass": quality_of_service(spec)}
    _run(cluster, made, created)
    return cluster.add(made)


def _admit(spec: Object, uid: str) -> None:
    """What admission adds: the service account's token, default tolerations and priority."""
    if "serviceAccountName" not in spec:  # a static pod: the kubelet made it, not the API server
        return
    token = f"kube-api-access-{identity.suffix(5, uid, 'token')}"
    mount = {
        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        "name": token, "readOnly": True,
    }  # fmt: skip
    for container in spec["containers"] + spec.get("initContainers", []):
        container.setdefault("volumeMounts", []).append(dict(mount))
    spec.setdefault("volumes", []).append({"name": token, "projected": _token_volume()})
    spec |= {
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "serviceAccount": spec["serviceAccountName"],
    }
    spec.setdefault("priority", 0)
    spec.setdefault("tolerations", []).extend(
        {
            "effect": "NoExecute", "key": f"node.kubernetes.io/{key}", "operator": "Exists",
            "tolerationSeconds": 300,
        }
        for key in ("not-ready", "unreachable")
    )  # fmt: skip


def _token_volume() -> Object:
    return {
        "defaultMode": 420,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {
                "configMap": {
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                    "name": "kube-root-ca.crt",
                }
            },
        ],
    }


def quality_of_service(spec: Object) -> str:
    """Guaranteed, Burstable or BestEffort (Kubernetes documentation, Pod QoS classes)."""
    resources = [c["resources"] for c in spec["containers"]]
    if not any(resources):
        return "BestEffort"
    whole = all(
        set(r.get("limits", ())) >= {"cpu", "memory"} and r["limits"] == r.get("requests")
        for r in resources
    )
    return "Guaranteed" if whole else "Burstable"


def _run(cluster: Cluster, pod: Object, created: datetime) -> None:
    status, node = pod["status"], pod["spec"]["nodeName"]
    address = NODE_ADDRESSES[node]
    own = address if pod["spec"].get("hostNetwork") else _next_address(cluster, node)
    status |= {
        "hostIP": address, "hostIPs": [{"ip": address}],
        "podIP": own, "podIPs": [{"ip": own}],
        "startTime": stamp(created),
    }  # fmt: skip
    started = after(created, 2)
    status["containerStatuses"] = [
        container_status(pod, container, started) for container in pod["spec"]["containers"]
    ]
    ready = after(created, identity.number(4, 12, pod["metadata"]["uid"]))
    times = {"Ready": ready, "ContainersReady": ready, "PodReadyToStartContainers": started}
    status["conditions"] = [
        {
            "lastProbeTime": None, "lastTransitionTime": stamp(times.get(type_, created)),
            "status": "True", "type": type_,
        }
        for type_ in CONDITIONS
    ]  # fmt: skip


def _next_address(cluster: Cluster, node: str) -> str:
    subnet = list(NODE_ADDRESSES).index(node)
    cluster.addresses[node] += 3
    return f"10.244.{subnet}.{cluster.addresses[node]}"


def container_status(pod: Object, container: Object, started: datetime) -> Object:
    image = container["image"]
    status: Object = {
        "name": container["name"],
        "image": image,
        "imageID": f"{image.rpartition(':')[0]}@sha256:{identity.sha256(image)}",
        "containerID": _container_id(pod, started),
        "lastState": {},
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": stamp(started)}},
    }
    if container["resources"]:
        status["resources"] = deepcopy(container["resources"])
        status["allocatedResources"] = dict(container["resources"].get("requests", {}))
    return status


def condition(pod: Object, type_: str) -> Object:
    return next(c for c in pod["status"]["conditions"] if c["type"] == type_)


def is_ready(pod: Object) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"]["conditions"])


def not_ready(pod: Object, since: datetime) -> None:
    """Its containers run (or not) but do not count as ready since ``since``."""
    names = " ".join(c["name"] for c in pod["spec"]["containers"])
    for type_ in ("Ready", "ContainersReady"):
        condition(pod, type_).update(
            status="False", reason="ContainersNotReady", lastTransitionTime=stamp(since),
            message=f"containers with unready status: [{names}]",
        )  # fmt: skip
    for status in pod["status"]["containerStatuses"]:
        status["ready"] = False


def ready_again(pod: Object, since: datetime) -> None:
    for type_ in ("Ready", "ContainersReady"):
        condition(pod, type_)["lastTransitionTime"] = stamp(since)


def restarted(
    pod: Object, count: int, *, died: datetime, ran: timedelta, exit_code: int,
    reason: str = "Error", back: float = 2,
) -> None:  # fmt: skip
    """The container runs now; it died ``count`` times, last at ``died``, and came ``back``
    seconds later."""
    status = pod["status"]["containerStatuses"][0]
    started = after(died, back)
    status |= {"restartCount": count, "containerID": _container_id(pod, started)}
    status["lastState"] = _terminated(pod, died - ran, died, exit_code, reason)
    status["state"] = {"running": {"startedAt": stamp(started)}}
    ready_again(pod, after(started, 6))


def crashes(first: datetime, ran: timedelta) -> list[tuple[datetime, datetime]]:
    """Start and end of each run until now of a container that dies ``ran`` after each start."""
    runs, start, wait = [], first, BACK_OFF_FIRST
    while start + ran <= NOW:
        runs.append((start, start + ran))
        start, wait = start + ran + wait, min(wait * 2, BACK_OFF_MOST)
    return runs


def crash_looping(pod: Object, runs: list[tuple[datetime, datetime]], exit_code: int) -> None:
    """Every run ended with ``exit_code``; the kubelet waits before the next one."""
    meta, status = pod["metadata"], pod["status"]["containerStatuses"][0]
    not_ready(pod, runs[0][0] - timedelta(seconds=2))
    status |= {"restartCount": len(runs) - 1, "started": False}
    status["lastState"] = _terminated(pod, *runs[-1], exit_code, "Error")
    status["containerID"] = status["lastState"]["terminated"]["containerID"]
    status["state"] = {
        "waiting": {
            "reason": "CrashLoopBackOff",
            "message": f"back-off 5m0s restarting failed container={status['name']} "
            f"pod={meta['name']}_{meta['namespace']}({meta['uid']})",
        }
    }


def image_missing(pod: Object, since: datetime, message: str) -> None:
    """The image cannot be pulled; the container never ran."""
    not_ready(pod, since)
    status = pod["status"]["containerStatuses"][0]
    status |= {"imageID": "", "started": False}
    del status["containerID"]
    status["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
    condition(pod, "PodReadyToStartContainers")["lastTransitionTime"] = stamp(after(since, 1))
    pod["status"]["phase"] = "Pending"


def unscheduled(pod: Object, since: datetime, message: str) -> None:
    """No node takes the pod, so no kubelet has anything to say."""
    del pod["spec"]["nodeName"]
    pod["status"] = {
        "phase": "Pending",
        "qosClass": pod["status"]["qosClass"],
        "conditions": [
            {
                "lastProbeTime": None, "lastTransitionTime": stamp(since), "type": "PodScheduled",
                "status": "False", "reason": "Unschedulable", "message": message,
            }
        ],
    }  # fmt: skip


def finished(pod: Object, started: datetime, ended: datetime, exit_code: int) -> None:
    """A Job's pod after its run."""
    phase, reason = ("Failed", "Error") if exit_code else ("Succeeded", "Completed")
    status = pod["status"]["containerStatuses"][0]
    status |= {"ready": False, "started": False}
    status["state"] = _terminated(pod, started, ended, exit_code, reason)
    status["containerID"] = status["state"]["terminated"]["containerID"]
    pod["status"]["phase"] = phase
    for type_ in ("PodReadyToStartContainers", "Ready", "ContainersReady"):
        condition(pod, type_).update(status="False", lastTransitionTime=stamp(after(ended, 1)))
    for type_ in ("Ready", "ContainersReady"):
        condition(pod, type_)["reason"] = "PodFailed" if exit_code else "PodCompleted"
    if not exit_code:
        condition(pod, "Initialized")["reason"] = "PodCompleted"


def _terminated(
    pod: Object, started: datetime, ended: datetime, exit_code: int, reason: str
) -> Object:
    return {
        "terminated": {
            "containerID": _container_id(pod, started),
            "exitCode": exit_code,
            "reason": reason,
            "startedAt": stamp(started),
            "finishedAt": stamp(ended),
        }
    }


def _container_id(pod: Object, started: datetime) -> str:
    return f"containerd://{identity.sha256(pod['metadata']['uid'], stamp(started))}"
