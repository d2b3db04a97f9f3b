"""What looks broken and is not: trouble that is over, and trouble that never was.

A cluster that has run for a year is full of it, and a person on call has to tell it apart from
what is wrong now by the times alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shop import logs, pods
from shop.cluster import Cluster, Object
from shop.timeline import NODE_DRAINED, NODE_UNCORDONED, REDIS_HUNG, after, ago, parsed, stamp


def disturb(cluster: Cluster) -> None:
    _node_was_drained(cluster)
    _broker_waited_for_the_node(cluster)
    _broker_used_to_crash(cluster)
    _redis_hung_once(cluster)
    _inventory_was_slow(cluster)
    _leaders_were_elected(cluster)
    logs.healthy(cluster)


def _node_was_drained(cluster: Cluster) -> None:
    """worker-2 was cordoned, drained and rebooted for a kernel, and has been fine for a day."""
    node = cluster.get("Node", "", "worker-2")
    rebooted, ready = after(NODE_DRAINED, 1500), after(NODE_DRAINED, 1580)
    boot = node["status"]["nodeInfo"]["bootID"]
    told = (
        ("NodeNotSchedulable", "Node worker-2 status is now: NodeNotSchedulable", NODE_DRAINED),
        ("NodeNotReady", "Node worker-2 status is now: NodeNotReady", after(rebooted, -20)),
        ("Starting", "Starting kubelet.", after(rebooted, 30)),
        ("Rebooted", f"Node worker-2 has been rebooted, boot id: {boot}", after(rebooted, 31)),
        ("NodeReady", "Node worker-2 status is now: NodeReady", ready),
        ("NodeSchedulable", "Node worker-2 status is now: NodeSchedulable", NODE_UNCORDONED),
    )
    for reason, message, at in told:
        by_controller = reason == "NodeNotReady"
        cluster.event(
            node, reason, message, at=at, warning=reason == "Rebooted",
            component="node-controller" if by_controller else "kubelet",
            host="" if by_controller else "worker-2",
        )  # fmt: skip
    for condition in node["status"]["conditions"]:
        condition["lastTransitionTime"] = stamp(ready)
    for pod in cluster.all("Pod"):
        if pod["spec"].get("nodeName") == "worker-2" and _belongs_to_a_daemon(pod):
            ran = rebooted - parsed(pod["metadata"]["creationTimestamp"])
            pods.restarted(pod, 1, died=rebooted, ran=ran, exit_code=255, reason="Unknown", back=45)


def _belongs_to_a_daemon(pod: Object) -> bool:
    return bool(pod["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet")


def _broker_waited_for_the_node(cluster: Cluster) -> None:
    """broker-2's volume is on worker-2, so it could not go elsewhere and waited."""
    pod = cluster.get("Pod", "platform", "broker-2")
    evicted = parsed(pod["metadata"]["creationTimestamp"])
    cluster.scheduler_event(
        pod, "FailedScheduling",
        "0/4 nodes are available: 1 node(s) had untolerated taint "
        "{node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2 node(s) had "
        "volume node affinity conflict. preemption: 0/4 nodes are available: 4 Preemption is not "
        "helpful for scheduling.",
        at=evicted, action="Scheduling", series=(11, after(NODE_UNCORDONED, -120)),
    )  # fmt: skip
    scheduled = after(NODE_UNCORDONED, 1)
    for condition in pod["status"]["conditions"]:
        condition["lastTransitionTime"] = stamp(scheduled)
    pods.ready_again(pod, after(NODE_UNCORDONED, 38))
    pod["status"]["startTime"] = stamp(scheduled)
    state = pod["status"]["containerStatuses"][0]["state"]
    state["running"]["startedAt"] = stamp(after(scheduled, 3))


def _broker_used_to_crash(cluster: Cluster) -> None:
    """Twenty-three restarts, the last one nine days ago, when its heap was made larger."""
    pod = cluster.get("Pod", "platform", "broker-1")
    died = ago(days=9, hours=3, minutes=14)
    pods.restarted(pod, 23, died=died, ran=timedelta(hours=17), exit_code=1)


def _redis_hung_once(cluster: Cluster) -> None:
    """Five hours ago redis stopped answering, was restarted, and cart was away for two minutes."""
    redis = cluster.get("Pod", "shop", "redis-0")
    killed = after(REDIS_HUNG, 60)
    age = killed - parsed(redis["metadata"]["creationTimestamp"])
    pods.restarted(redis, 1, died=killed, ran=age, exit_code=137)
    address = redis["status"]["podIP"]
    for reason, message, at, count in (
        (
            "Unhealthy",
            f"Liveness probe failed: dial tcp {address}:6379: i/o timeout",
            after(REDIS_HUNG, 40),
            3,
        ),
        ("Killing", "Container redis failed liveness probe, will be restarted", killed, 1),
    ):
        cluster.event(
            redis, reason, message, component="kubelet", host="worker-3", container="redis",
            warning=reason == "Unhealthy", at=at, count=count,
            first=REDIS_HUNG if count > 1 else at,
        )  # fmt: skip
    for pod in cluster.pods_of("shop", "cart"):
        pods.ready_again(pod, after(killed, 64))
        cluster.event(
            pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503",
            component="kubelet", host=pod["spec"]["nodeName"], container="cart", warning=True,
            first=after(REDIS_HUNG, 5), at=after(killed, 55), count=12,
        )  # fmt: skip


def _inventory_was_slow(cluster: Cluster) -> None:
    """Two days ago, during a stock count, one pod missed a few probes."""
    pod = cluster.pods_of("shop", "inventory")[0]
    url = f"http://{pod['status']['podIP']}:8080/ready"
    at = ago(hours=50, minutes=12)
    cluster.event(
        pod, "Unhealthy",
        f'Readiness probe failed: Get "{url}": context deadline exceeded '
        "(Client.Timeout exceeded while awaiting headers)",
        component="kubelet", host=pod["spec"]["nodeName"], container="inventory", warning=True,
        first=after(at, -310), at=at, count=7,
    )  # fmt: skip
    pods.ready_again(pod, after(at, 9))


def _leaders_were_elected(cluster: Cluster) -> None:
    for namespace, name, at in (
        ("kube-system", "kube-controller-manager", ago(hours=30, minutes=2)),
        ("kube-system", "kube-scheduler", ago(hours=30, minutes=2)),
        ("platform", "ingress-nginx-leader", after(NODE_DRAINED, 82)),
    ):
        lease = cluster.get("Lease", namespace, name)
        if namespace == "platform":  # it calls itself by its pod's name
            moved = cluster.pods_of("platform", "ingress-nginx-controller")[-1]
            lease["spec"]["holderIdentity"] = moved["metadata"]["name"]
        _elected(cluster, lease, at)


def _elected(cluster: Cluster, lease: Object, at: datetime) -> None:
    holder = lease["spec"]["holderIdentity"]
    lease["spec"]["acquireTime"] = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    cluster.event(
        lease, "LeaderElection", f"{holder} became leader",
        component=lease["metadata"]["name"].replace("-leader", "-controller"), at=at,
    )  # fmt: skip
