"""What the control plane says about the pods as they are: status, endpoints, budgets, quotas.

Everything here is derived. A fault changes what a kubelet or the scheduler reports of a pod, and
the consequences one, two or three objects away follow from these rules, as they do in a cluster.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby

from shop import identity
from shop.cluster import Cluster, Object
from shop.objects import make, written_by
from shop.pods import condition, is_ready
from shop.timeline import NOW, after, parsed, stamp


def settle(cluster: Cluster) -> None:
    """Fill in every status that follows from the pods."""
    for replica_set in cluster.all("ReplicaSet"):
        _replica_set(cluster, replica_set)
    for deployment in cluster.all("Deployment"):
        _deployment(cluster, deployment)
    for stateful_set in cluster.all("StatefulSet"):
        _stateful_set(cluster, stateful_set)
    for daemon_set in cluster.all("DaemonSet"):
        _daemon_set(cluster, daemon_set)
    for service in cluster.all("Service"):
        if "selector" in service["spec"]:
            _endpoints(cluster, service)
    for budget in cluster.all("PodDisruptionBudget"):
        _budget(cluster, budget)
    for quota in cluster.all("ResourceQuota"):
        _quota(cluster, quota)


def _replica_set(cluster: Cluster, replica_set: Object) -> None:
    pods = cluster.owned("Pod", replica_set)
    ready = sum(map(is_ready, pods))
    status = {"observedGeneration": replica_set["metadata"]["generation"], "replicas": len(pods)}
    if pods:
        status["fullyLabeledReplicas"] = len(pods)
    if ready:
        status |= {"readyReplicas": ready, "availableReplicas": ready}
    replica_set["status"] = status


def _deployment(cluster: Cluster, deployment: Object) -> None:
    newest = _newest(cluster, deployment)
    replica_sets = cluster.owned("ReplicaSet", deployment)
    pods = [pod for rs in replica_sets for pod in cluster.owned("Pod", rs)]
    ready = sum(map(is_ready, pods))
    status = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": len(pods),
        "updatedReplicas": newest["status"]["replicas"],
    }
    if ready:
        status |= {"readyReplicas": ready, "availableReplicas": ready}
    if ready < len(pods):
        status["unavailableReplicas"] = len(pods) - ready
    progressing = _progressing(cluster, newest)
    available = _available(deployment, pods, ready)
    deployment["status"] = status | {"conditions": [available, progressing]}
    last = max(parsed(c["lastUpdateTime"]) for c in (available, progressing))
    fields = ("status/conditions", "status/replicas", "status/updatedReplicas")
    written_by(deployment, "kube-controller-manager", last, *fields, subresource="status")


def _newest(cluster: Cluster, deployment: Object) -> Object:
    key = "deployment.kubernetes.io/revision"
    number = deployment["metadata"]["annotations"][key]
    owned = cluster.owned("ReplicaSet", deployment)
    return next(rs for rs in owned if rs["metadata"]["annotations"][key] == number)


def _available(deployment: Object, pods: list[Object], ready: int) -> Object:
    """Available while no more pods are missing than the strategy allows to be unavailable."""
    wanted = deployment["spec"]["replicas"]
    slack = wanted // 4 if deployment["spec"]["strategy"]["type"] == "RollingUpdate" else 0
    if ready >= wanted - slack:
        at = min(
            parsed(condition(pod, "Ready")["lastTransitionTime"]) for pod in pods if is_ready(pod)
        )
        return _condition(
            "Available",
            True,
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
            at,
        )
    at = max(_unready_since(pod) for pod in pods if not is_ready(pod))
    return _condition(
        "Available", False, "MinimumReplicasUnavailable",
        "Deployment does not have minimum availability.", at,
    )  # fmt: skip


def _progressing(cluster: Cluster, newest: Object) -> Object:
    """Done once every pod of the newest revision was ready; given up after ten minutes."""
    name = newest["metadata"]["name"]
    started = parsed(newest["metadata"]["creationTimestamp"])
    pods = cluster.owned("Pod", newest)
    if any(_was_never_ready(pod) for pod in pods):
        message = f'ReplicaSet "{name}" has timed out progressing.'
        deadline = after(started, 601)
        return _condition("Progressing", False, "ProgressDeadlineExceeded", message, deadline)
    message = f'ReplicaSet "{name}" has successfully progressed.'
    first = [t for t in map(_created, pods) if t < after(started, 60)]
    at = after(max(first, default=started), 14)
    made = _condition("Progressing", True, "NewReplicaSetAvailable", message, at)
    made["lastTransitionTime"] = stamp(started)
    return made


def _created(pod: Object) -> datetime:
    return parsed(pod["metadata"]["creationTimestamp"])


def _was_never_ready(pod: Object) -> bool:
    soon = after(_created(pod), 5)
    return not is_ready(pod) and _unready_since(pod) <= soon


def _unready_since(pod: Object) -> datetime:
    """Since when the pod has not been ready: as its condition says, else since it exists."""
    for found in pod["status"]["conditions"]:
        if found["type"] == "Ready":
            return parsed(found["lastTransitionTime"])
    return _created(pod)


def _condition(type_: str, status: bool, reason: str, message: str, at: datetime) -> Object:
    return {
        "lastTransitionTime": stamp(at), "lastUpdateTime": stamp(at),
        "message": message, "reason": reason, "status": str(status), "type": type_,
    }  # fmt: skip


def _stateful_set(cluster: Cluster, stateful_set: Object) -> None:
    pods = cluster.owned("Pod", stateful_set)
    ready = sum(map(is_ready, pods))
    stateful_set["status"] |= {
        "availableReplicas": ready,
        "collisionCount": 0,
        "currentReplicas": len(pods),
        "observedGeneration": stateful_set["metadata"]["generation"],
        "replicas": len(pods),
        "updatedReplicas": len(pods),
    }
    if ready:
        stateful_set["status"]["readyReplicas"] = ready


def _daemon_set(cluster: Cluster, daemon_set: Object) -> None:
    pods = cluster.owned("Pod", daemon_set)
    ready = sum(map(is_ready, pods))
    daemon_set["status"] = {
        "currentNumberScheduled": len(pods),
        "desiredNumberScheduled": len(pods),
        "numberAvailable": ready,
        "numberMisscheduled": 0,
        "numberReady": ready,
        "observedGeneration": daemon_set["metadata"]["generation"],
        "updatedNumberScheduled": len(pods),
    }


def _endpoints(cluster: Cluster, service: Object) -> None:
    """The Endpoints and the EndpointSlice of a Service: the pods its selector matches."""
    meta = service["metadata"]
    selector = service["spec"]["selector"].items()
    pods = [
        pod
        for pod in cluster.all("Pod", meta["namespace"])
        if selector <= pod["metadata"]["labels"].items() and "podIP" in pod["status"]
    ]
    changed = max((_unready_since(pod) for pod in pods), default=parsed(meta["creationTimestamp"]))
    trigger = {"endpoints.kubernetes.io/last-change-trigger-time": stamp(changed)}
    _endpoint_slice(cluster, service, pods, trigger)
    cluster.add(
        make(
            "v1", "Endpoints", meta["namespace"], meta["name"], parsed(meta["creationTimestamp"]),
            labels=meta.get("labels"), annotations=trigger, **_subsets(service, pods),
        )
    )  # fmt: skip


def _subsets(service: Object, pods: list[Object]) -> Object:
    if not pods:
        return {}
    subset: Object = {"ports": _ports(service, pods)}
    for ready, group in groupby(sorted(pods, key=is_ready), key=is_ready):
        subset["addresses" if ready else "notReadyAddresses"] = [
            {
                "ip": pod["status"]["podIP"],
                "nodeName": pod["spec"]["nodeName"],
                "targetRef": _target(pod),
            }
            for pod in group
        ]
    return {"subsets": [subset]}


def _endpoint_slice(
    cluster: Cluster, service: Object, pods: list[Object], trigger: dict[str, str]
) -> None:
    meta = service["metadata"]
    name = f"{meta['name']}-{identity.suffix(5, 'slice', meta['namespace'], meta['name'])}"
    endpoints = [
        {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {
                "ready": is_ready(pod), "serving": is_ready(pod), "terminating": False,
            },
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": _target(pod),
            "zone": f"zone-{'abc'[int(pod['spec']['nodeName'][-1]) - 1]}",
        }
        for pod in pods
    ]  # fmt: skip
    made = make(
        "discovery.k8s.io/v1", "EndpointSlice", meta["namespace"], name,
        parsed(meta["creationTimestamp"]), annotations=trigger, owner=service,
        labels={
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            "kubernetes.io/service-name": meta["name"],
        },
        addressType="IPv4", endpoints=endpoints or None, ports=_ports(service, pods) or None,
    )  # fmt: skip
    made["metadata"] |= {"generateName": f"{meta['name']}-", "generation": 2 + len(pods)}
    cluster.add(made)


def _ports(service: Object, pods: list[Object]) -> list[Object]:
    """The Service's ports as the pods number them; named target ports are looked up."""
    if not pods:
        return []
    named = {
        port["name"]: port["containerPort"]
        for container in pods[0]["spec"]["containers"]
        for port in container.get("ports", [])
    }
    return [
        {
            "name": port["name"],
            "port": named.get(port["targetPort"], port["targetPort"]),
            "protocol": "TCP",
        }
        for port in service["spec"]["ports"]
    ]


def _target(pod: Object) -> Object:
    meta = pod["metadata"]
    return {
        "kind": "Pod", "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"],
    }  # fmt: skip


def _budget(cluster: Cluster, budget: Object) -> None:
    selector = budget["spec"]["selector"]["matchLabels"].items()
    pods = [
        pod
        for pod in cluster.all("Pod", budget["metadata"]["namespace"])
        if selector <= pod["metadata"]["labels"].items()
    ]
    healthy = sum(map(is_ready, pods))
    least = budget["spec"].get("minAvailable", len(pods) - budget["spec"].get("maxUnavailable", 0))
    allowed = max(healthy - least, 0)
    since = max(_unready_since(pod) for pod in pods)
    budget["status"] = {
        "conditions": [
            {
                "lastTransitionTime": stamp(since), "message": "",
                "observedGeneration": 1, "type": "DisruptionAllowed",
                "reason": "SufficientPods" if allowed else "InsufficientPods",
                "status": str(bool(allowed)),
            }
        ],
        "currentHealthy": healthy, "desiredHealthy": least, "disruptionsAllowed": allowed,
        "expectedPods": len(pods), "observedGeneration": 1,
    }  # fmt: skip


def _quota(cluster: Cluster, quota: Object) -> None:
    """What the live pods of the namespace ask for, against what they may."""
    pods = [
        pod
        for pod in cluster.all("Pod", quota["metadata"]["namespace"])
        if pod["status"]["phase"] in ("Pending", "Running")
    ]
    requests = [c["resources"].get("requests", {}) for p in pods for c in p["spec"]["containers"]]
    used = {
        "pods": str(len(pods)),
        "requests.cpu": f"{sum(millicores(r.get('cpu', '0')) for r in requests)}m",
        "requests.memory": f"{sum(mebibytes(r.get('memory', '0Mi')) for r in requests)}Mi",
    }
    quota["status"] = {"hard": dict(quota["spec"]["hard"]), "used": used}


def millicores(quantity: str) -> int:
    return int(quantity[:-1]) if quantity.endswith("m") else int(quantity) * 1000


def mebibytes(quantity: str) -> int:
    return int(quantity[:-2]) * (1024 if quantity.endswith("Gi") else 1)


def renewed(seconds: float) -> datetime:
    """The time of a lease renewed so many seconds before the snapshot."""
    return NOW - timedelta(seconds=seconds)
