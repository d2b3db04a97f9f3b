"""The machines: a control plane, three workers in three zones, and what runs on every one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shop import identity
from shop.apps import App, Place, Revision, value
from shop.cluster import Cluster, Object
from shop.controllers import renewed
from shop.objects import make, owner_reference, written_by
from shop.pods import NODE_ADDRESSES, pod
from shop.timeline import CLUSTER_BORN, NODE_UNCORDONED, UPGRADED, after, ago, micro, stamp
from shop.workloads import daemon_set

CONTROL_PLANE = "control-plane-1"
WORKERS = ("worker-1", "worker-2", "worker-3")

# Type, reason and message of each condition of a node that is well (kubelet, nodestatus setters).
_WELL = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "KubeletReady", "kubelet is posting ready status"),
)


def join(cluster: Cluster) -> None:
    """Nodes with their leases, the control plane's static pods and the node agents."""
    for index, name in enumerate(NODE_ADDRESSES):
        node = cluster.add(_node(name, index))
        _lease(cluster, node, index)
    _control_plane(cluster)
    for app in _agents():
        daemon_set(cluster, app)


def _node(name: str, index: int) -> Object:
    master = name == CONTROL_PLANE
    zone = f"zone-{'aabc'[index]}"
    labels = {
        "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "standard-2" if master else "standard-4",
        "topology.kubernetes.io/region": "region-1", "topology.kubernetes.io/zone": zone,
    }  # fmt: skip
    spec: Object = {"podCIDR": f"10.244.{index}.0/24", "podCIDRs": [f"10.244.{index}.0/24"]}
    if master:
        labels["node-role.kubernetes.io/control-plane"] = ""
        spec["taints"] = [{"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"}]
    made = make(
        "v1", "Node", "", name, after(CLUSTER_BORN, 60 + index * 45), labels=labels, spec=spec,
        annotations={
            "node.alpha.kubernetes.io/ttl": "0",
            "volumes.kubernetes.io/controller-managed-attach-detach": "true",
        },
        status=_status(name, master, index),
    )  # fmt: skip
    if name == "worker-2":
        written_by(made, "kubectl-uncordon", NODE_UNCORDONED, "spec/unschedulable")
    return made


def _status(name: str, master: bool, index: int) -> Object:
    cpu, memory = (2, 8_148_936) if master else (4, 16_393_244)
    shared = {"hugepages-1Gi": "0", "hugepages-2Mi": "0", "pods": "110"}
    return {
        "addresses": [
            {"address": NODE_ADDRESSES[name], "type": "InternalIP"},
            {"address": name, "type": "Hostname"},
        ],
        "allocatable": shared | {
            "cpu": f"{cpu * 1000 - 80}m", "ephemeral-storage": "94477937300",
            "memory": f"{memory - 614_400}Ki",
        },
        "capacity": shared | {
            "cpu": str(cpu), "ephemeral-storage": "102514040Ki", "memory": f"{memory}Ki",
        },
        "conditions": [
            {
                "lastHeartbeatTime": stamp(renewed(40 + index * 31)),
                "lastTransitionTime": stamp(after(UPGRADED, index * 900)),
                "message": message, "reason": reason,
                "status": "True" if type_ == "Ready" else "False", "type": type_,
            }
            for type_, reason, message in _WELL
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "architecture": "amd64", "bootID": identity.uid("boot", name),
            "containerRuntimeVersion": "containerd://2.0.5",
            "kernelVersion": "6.8.0-79-generic", "kubeProxyVersion": "",
            "kubeletVersion": "v1.33.4",
            "machineID": identity.sha256("machine", name)[:32], "operatingSystem": "linux",
            "osImage": "Ubuntu 24.04.3 LTS", "systemUUID": identity.uid("system", name),
        },
    }  # fmt: skip


def _lease(cluster: Cluster, node: Object, index: int) -> None:
    name = node["metadata"]["name"]
    made = make(
        "coordination.k8s.io/v1", "Lease", "kube-node-lease", name, after(CLUSTER_BORN, 61),
        spec={
            "holderIdentity": name, "leaseDurationSeconds": 40,
            "renewTime": micro(renewed(1.5 + index * 2.1)),
        },
    )  # fmt: skip
    made["metadata"]["ownerReferences"] = [owner_reference(node, controller=False)]
    cluster.add(made)


def _control_plane(cluster: Cluster) -> None:
    node = cluster.get("Node", "", CONTROL_PLANE)
    parts = {
        "etcd": ("etcd:3.5.21-0", "100m", ["etcd", "--data-dir=/var/lib/etcd"]),
        "kube-apiserver": (
            "kube-apiserver:v1.33.4",
            "250m",
            ["kube-apiserver", "--event-ttl=72h", "--service-cluster-ip-range=10.96.0.0/12"],
        ),
        "kube-controller-manager": (
            "kube-controller-manager:v1.33.4",
            "200m",
            ["kube-controller-manager", "--leader-elect=true", "--allocate-node-cidrs=true"],
        ),
        "kube-scheduler": (
            "kube-scheduler:v1.33.4", "100m", ["kube-scheduler", "--leader-elect=true"],
        ),
    }  # fmt: skip
    for name, (image, cpu, command) in parts.items():
        cut = _static_template(name, image, cpu, command)
        made = pod(cluster, cut, node, f"{name}-{CONTROL_PLANE}", CONTROL_PLANE, UPGRADED)
        made["metadata"]["ownerReferences"] = [
            owner_reference(node, controller=False) | {"controller": True}
        ]
    for leader in ("kube-controller-manager", "kube-scheduler"):
        cluster.add(_leader_lease(leader))


def _static_template(name: str, image: str, cpu: str, command: list[str]) -> Object:
    container = {
        "command": command, "image": f"registry.k8s.io/{image}", "imagePullPolicy": "IfNotPresent",
        "name": name, "resources": {"requests": {"cpu": cpu, "memory": "256Mi"}},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
    }  # fmt: skip
    source = {"kubernetes.io/config.source": "file", "kubernetes.io/config.seen": stamp(UPGRADED)}
    return {
        "metadata": {"labels": {"component": name, "tier": "control-plane"}, "annotations": source},
        "spec": {
            "containers": [container], "dnsPolicy": "ClusterFirst", "hostNetwork": True,
            "priority": 2000001000, "priorityClassName": "system-node-critical",
            "restartPolicy": "Always", "schedulerName": "default-scheduler", "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        },
    }  # fmt: skip


def _leader_lease(name: str) -> Object:
    holder = f"{CONTROL_PLANE}_{identity.uid('leader', name)}"
    return make(
        "coordination.k8s.io/v1", "Lease", "kube-system", name, CLUSTER_BORN,
        spec={
            "acquireTime": micro(after(UPGRADED, 20)), "holderIdentity": holder,
            "leaseDurationSeconds": 15, "leaseTransitions": 6, "renewTime": micro(renewed(1.1)),
        },
    )  # fmt: skip


def _agents() -> tuple[App, ...]:
    """What runs on each node."""
    everywhere = tuple(Place(node) for node in NODE_ADDRESSES)
    host = {
        "hostNetwork": True,
        "priority": 2000001000,
        "priorityClassName": "system-node-critical",
    }
    agent: dict[str, Any] = {
        "namespace": "kube-system", "places": everywhere, "port": None, "spec": host,
    }  # fmt: skip
    rolled = UPGRADED + timedelta(hours=1)
    return (
        App(
            **agent, name="kube-proxy", image="registry.k8s.io/kube-proxy", cpu="",
            revisions=(Revision(3, "v1.33.4", rolled),),
            command=("/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf"),
        ),
        App(
            **agent, name="calico-node", image="docker.io/calico/node", cpu="250m", memory="160Mi",
            revisions=(Revision(5, "v3.30.2", rolled),),
        ),
        App(
            namespace="platform", name="log-agent", image="docker.io/fluent/fluent-bit",
            places=everywhere, port=2020, memory="96Mi", limits={"memory": "256Mi"},
            config="log-agent-config", revisions=(Revision(7, "4.0.7", ago(days=19)),),
            env=(value("FORWARD_TO", "logs.demo-shop.example:24224"),),
            probe="/", ready_probe="/api/v1/health",
        ),
        App(
            namespace="platform", name="node-exporter", image="quay.io/prometheus/node-exporter",
            places=everywhere, port=9100, port_name="metrics", cpu="50m", memory="48Mi",
            limits={"memory": "128Mi"}, spec={"hostNetwork": True, "hostPID": True},
            revisions=(Revision(2, "v1.9.1", ago(days=64)),), probe="/", ready_probe="/",
        ),
    )  # fmt: skip
