"""What each object leans on: the edges along which a fault spreads.

An edge goes from the object that suffers to the object that may be the reason, and has a kind:

=========  ===========================================================================
same       another finding about the same object
shared     the missing object that several findings name (see shared.py)
owned      a workload's pods, a CronJob's Jobs, an owner's children
node       the node a pod runs on
claim      the claims a pod mounts; a claim's volume
class      a claim's StorageClass, a Gateway's class
calls      Services that a pod's log blames or that its environment names
selects    the pods a Service selects, and the workload that would make them
backend    the Services behind an Ingress, a route, a webhook or an aggregated API
target     what an autoscaler scales or a budget covers
related    what the finding itself names
harms      findings that name the object as what suffers from them (see causes.py)
dns        cluster DNS, from whatever says that a name does not resolve
agent      the network and storage agents on the pod's node
echo       a pod that says at first hand what this one's log passes on (see relays.py)
control    the part of the control plane whose silence the finding is
=========  ===========================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from workbench.analyzers.history import once
from workbench.analyzers.logs.relays import blames_others
from workbench.analyzers.networking import dns
from workbench.analyzers.networking.peers import services_in_env
from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.workload import controller, ready, volume_claims, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import (
    APIService,
    CronJob,
    Custom,
    DaemonSet,
    Deployment,
    Gateway,
    HorizontalPodAutoscaler,
    HTTPRoute,
    Ingress,
    Job,
    KubeObject,
    PersistentVolumeClaim,
    Pod,
    PodDisruptionBudget,
    ReplicaSet,
    ReplicationController,
    Service,
    StatefulSet,
)

Edge = tuple[str, ObjectRef]

CONTROLLED = {
    "POD_NOT_SCHEDULED": "kube-scheduler",
    "WORKLOAD_NOT_OBSERVED": "kube-controller-manager",
}
"""Codes that are the silence of a part of the control plane."""

AGENT = re.compile(
    r"calico|cilium|flannel|weave|antrea|canal|kube-router|multus|aws-node|azure-cni|kindnet|ovn"
    r"|kube-proxy|cni|csi|ebs|efs|ceph|longhorn|openebs"
)
"""Names of the network and storage agents in use."""

_DEVICE = re.compile(r"Insufficient (?:[\w-]+\.)*([\w-]+)\.\w+/")
"""``Insufficient nvidia.com/gpu``: an extended resource, by its vendor."""
_PLUGIN = re.compile(r"device|gpu|plugin|neuron")

_SERVICE = re.compile(r"-(?:service|svc)$")

_PEERS = re.compile(
    r"connect|econn|enotfound|etimedout|refused|reach|unavailable|no response|timed? ?out|broker"
    r"|upstream|\bdb\b|database|server|host|dial|socket|cluster|cache|queue",
    re.IGNORECASE,
)

CALLERS = frozenset(
    {
        "POD_CRASH_LOOP", "CONTAINER_FAILED", "READINESS_PROBE_FAILING", "LIVENESS_PROBE_FAILING",
        "STARTUP_PROBE_FAILING", "POD_RESTARTING", "INIT_CONTAINER_WAITS",
    }
)  # fmt: skip
"""Codes for which the environment's Services are suspects when the log names none."""


HOPS = 2
"""How many Services behind each other are followed while the pods between them say nothing."""

SPEAKERS = frozenset({"LOG_ERRORS", "LOG_TREND", "PEER_UNREACHABLE"})
"""Codes that a log raised: whoever stands behind a Service may be the reason while it is ready."""


def upstream(snapshot: ClusterSnapshot, finding: Finding) -> Iterator[Edge]:
    """Objects whose fault may be the reason for the finding, with the kind of edge to each."""
    yield "same", finding.subject
    if "does not resolve" in finding.message:
        yield from (("dns", ref) for ref in cluster_dns(snapshot))
    if finding.code in CONTROLLED:
        yield from (("control", ref) for ref in _control_plane(snapshot, finding.code))
    if finding.subject.kind == "Node":
        yield from (("agent", ref) for ref in agents(snapshot, finding.subject.name))
    replicas = 0
    for ref in finding.related:
        if ref.name == finding.detail:
            yield "shared", ref
        yield "related", ref
        if ref.kind == "Service":
            yield "calls", ref
            yield "backend", ref
            if finding.code in SPEAKERS | CALLERS:
                yield from _behind(snapshot, ref, HOPS)
        elif ref.kind == "Secret":
            yield from (("related", maker) for maker in makers(snapshot, ref))
        elif ref.kind in ("Pod", "Node"):
            yield from _pod_edges(snapshot, finding, ref, calls=replicas == 0)
            replicas += ref.kind == "Pod"
    for device in _DEVICE.findall(finding.message) if finding.code == "POD_UNSCHEDULABLE" else ():
        yield from (("agent", ref) for ref in _device_plugins(snapshot, device))
    obj = snapshot.find(finding.subject)
    if obj is not None:
        yield from _edges(snapshot, finding, obj)


def _edges(snapshot: ClusterSnapshot, finding: Finding, obj: KubeObject) -> Iterator[Edge]:
    match obj:
        case Pod():
            yield from _pod_edges(snapshot, finding, finding.subject)
        case Service():
            for pod in selected_pods(snapshot, obj):
                yield "selects", ObjectRef.of(pod)
                yield "selects", workload(snapshot, pod)
        case PersistentVolumeClaim():
            yield "class", ObjectRef("StorageClass", "", obj.spec.storage_class_name or "")
            yield "claim", ObjectRef("PersistentVolume", "", obj.spec.volume_name)
        case Ingress() | HTTPRoute():
            yield from (("backend", ref) for ref in _backends(obj))
            if isinstance(obj, HTTPRoute):
                for parent in obj.spec.parent_refs:
                    home = parent.namespace or obj.namespace
                    yield "class", ObjectRef("Gateway", home, parent.name)
        case Gateway():
            yield "class", ObjectRef("GatewayClass", "", obj.spec.gateway_class_name)
        case HorizontalPodAutoscaler():
            target = obj.spec.scale_target_ref
            yield "target", ObjectRef(target.kind, obj.namespace, target.name)
        case PodDisruptionBudget():
            yield from _covered(snapshot, obj)
        case APIService():
            if obj.spec.service:
                yield (
                    "backend",
                    ObjectRef("Service", obj.spec.service.namespace, obj.spec.service.name),
                )
        case StatefulSet():
            yield from _owned(snapshot, obj)
            for template in obj.spec.volume_claim_templates:
                for ordinal in range(min(obj.spec.replicas, 100)):
                    name = f"{template.name}-{obj.name}-{ordinal}"
                    yield "claim", ObjectRef("PersistentVolumeClaim", obj.namespace, name)
        case Deployment() | ReplicaSet() | DaemonSet() | Job() | CronJob():
            yield from _owned(snapshot, obj)
        case ReplicationController() | Custom():
            yield from _owned(snapshot, obj)


def _pod_edges(
    snapshot: ClusterSnapshot, finding: Finding, ref: ObjectRef, calls: bool = True
) -> Iterator[Edge]:
    """Edges of a pod that the finding is about, itself or as one of a workload's; ``calls`` for
    the first of replicas, which all call the same."""
    if ref.kind == "Node":
        yield "node", ref
        return
    pod = snapshot.get(Pod, ref.namespace, ref.name)
    if pod is None or (ref != finding.subject and workload(snapshot, pod) != finding.subject):
        return
    if pod.spec.node_name:
        yield "node", ObjectRef("Node", "", pod.spec.node_name)
        yield from (("agent", ref) for ref in agents(snapshot, pod.spec.node_name))
    for claim in volume_claims(pod):
        yield "claim", ObjectRef("PersistentVolumeClaim", pod.namespace, claim)
    if calls and finding.code in CALLERS and not _log_speaks(finding):
        yield from (("calls", service) for service in services_in_env(snapshot, pod))
    elif calls and finding.code in SPEAKERS and _blames_unnamed(finding):
        for service in _suspects(snapshot, pod, finding):
            yield "calls", service
            yield from _behind(snapshot, service, HOPS)


def _blames_unnamed(finding: Finding) -> bool:
    return not any(ref.kind == "Service" for ref in finding.related) and blames_others(finding)


def _suspects(snapshot: ClusterSnapshot, pod: Pod, finding: Finding) -> tuple[ObjectRef, ...]:
    """Whom a complaint without an address means: a Service that it names all the same, or that the
    pod is set up to call; where neither is known, those of its namespace that lack pods."""
    line = next((p.value for p in finding.evidence if p.path.startswith("log ")), "")
    others = [
        s
        for s in snapshot.all(Service, pod.namespace)
        if not any(p is pod for p in selected_pods(snapshot, s))
    ]
    words = set(re.findall(r"[a-z][a-z0-9-]+", line.lower()))
    said = [ObjectRef.of(s) for s in others if words & {s.name, _SERVICE.sub("", s.name)}]
    own = ObjectRef("Service", pod.namespace, workload(snapshot, pod).name)
    set_up = [r for r in services_in_env(snapshot, pod) if r != own]
    if said or set_up or not _PEERS.search(line):
        return tuple(dict.fromkeys((*said, *set_up)))
    return tuple(ObjectRef.of(s) for s in others if _lacks_pods(snapshot, s))


def _lacks_pods(snapshot: ClusterSnapshot, service: Service) -> bool:
    pods = selected_pods(snapshot, service)
    return bool(service.spec.selector) and not (pods and all(map(ready, pods)))


def _behind(snapshot: ClusterSnapshot, ref: ObjectRef, hops: int) -> Iterator[Edge]:
    """The pods of a Service and their workloads, which may be up and yet fail whoever calls; and,
    one hop less, those that they are set up to call themselves."""
    service = snapshot.get(Service, ref.namespace, ref.name)
    pods = selected_pods(snapshot, service) if service else ()
    for pod in pods:
        yield "calls", ObjectRef.of(pod)
        yield "calls", workload(snapshot, pod)
        if pod.spec.node_name:
            yield from (("agent", ref) for ref in agents(snapshot, pod.spec.node_name))
            yield "node", ObjectRef("Node", "", pod.spec.node_name)
    for next_ in services_in_env(snapshot, pods[0]) if pods and hops > 1 else ():
        yield "calls", next_
        yield from _behind(snapshot, next_, hops - 1)


def _log_speaks(finding: Finding) -> bool:
    """Whether the log gives a reason that has nothing to do with others; else the environment
    says whom the pod calls."""
    lines = [p.value for p in finding.evidence if p.path.startswith("log ")]
    return bool(lines) and not any(_PEERS.search(line) for line in lines)


def _owned(snapshot: ClusterSnapshot, owner: KubeObject) -> Iterator[Edge]:
    for child in snapshot.owned_by(owner):
        yield "owned", ObjectRef.of(child)
        if isinstance(child, ReplicaSet | Job):
            for pod in snapshot.owned_by(child):
                yield "owned", ObjectRef.of(pod)
    if isinstance(owner, Custom):
        return
    yield from (("owned", ref) for ref in _unowned_pods(snapshot, owner))


def _unowned_pods(snapshot: ClusterSnapshot, owner: KubeObject) -> Iterator[ObjectRef]:
    """StatefulSet pods by name, for lists without owner references."""
    if isinstance(owner, StatefulSet) and not snapshot.owned_by(owner):
        for ordinal in range(min(owner.spec.replicas, 1000)):
            yield ObjectRef("Pod", owner.namespace, f"{owner.name}-{ordinal}")


def _backends(obj: Ingress | HTTPRoute) -> Iterable[ObjectRef]:
    if isinstance(obj, HTTPRoute):
        for rule in obj.spec.rules:
            for backend in rule.backend_refs:
                yield ObjectRef("Service", backend.namespace or obj.namespace, backend.name)
        return
    paths = [p.backend for r in obj.spec.rules if r.http for p in r.http.paths]
    for choice in (*paths, obj.spec.default_backend):
        if choice and choice.service:
            yield ObjectRef("Service", obj.namespace, choice.service.name)


def _covered(snapshot: ClusterSnapshot, budget: PodDisruptionBudget) -> Iterator[Edge]:
    if budget.spec.selector is None:
        return
    for pod in snapshot.select(Pod, budget.namespace, budget.spec.selector):
        yield "target", ObjectRef.of(pod)
        yield "target", workload(snapshot, pod)


def cluster_dns(snapshot: ClusterSnapshot) -> tuple[ObjectRef, ...]:
    """What cluster DNS consists of: its Service, its pods and their workload, its configuration."""
    return _cluster_dns(snapshot)


@once
def _cluster_dns(snapshot: ClusterSnapshot) -> tuple[ObjectRef, ...]:
    pods = [p for p in snapshot.all(Pod, "kube-system") if p.labels.get("k8s-app") == "kube-dns"]
    found = [ObjectRef("ConfigMap", "kube-system", name) for name in dns.NAMES]
    found += [ObjectRef("Service", "kube-system", "kube-dns")]
    found += [ref for p in pods for ref in (ObjectRef.of(p), workload(snapshot, p))]
    return tuple(dict.fromkeys(found))


def agents(snapshot: ClusterSnapshot, node: str) -> tuple[ObjectRef, ...]:
    """The network and storage agents on a node: the pods of DaemonSets of such names."""
    return _agents(snapshot).get(node, ())


@once
def _agents(snapshot: ClusterSnapshot) -> dict[str, tuple[ObjectRef, ...]]:
    found: dict[str, tuple[ObjectRef, ...]] = {}
    for pod, above in _of_daemon_sets(snapshot):
        if AGENT.search(pod.name):
            node = pod.spec.node_name
            found[node] = (*found.get(node, ()), ObjectRef.of(pod), above)
    return found


@once
def _of_daemon_sets(snapshot: ClusterSnapshot) -> tuple[tuple[Pod, ObjectRef], ...]:
    """The pods of DaemonSets, each with its DaemonSet."""
    owned = (
        (pod, controller(pod))
        for pod in snapshot.all(Pod)
        if any(owner.kind == "DaemonSet" for owner in pod.metadata.owner_references)
    )
    return tuple((pod, above) for pod, above in owned if above and above.kind == "DaemonSet")


def _device_plugins(snapshot: ClusterSnapshot, vendor: str) -> Iterator[ObjectRef]:
    """What announces a vendor's devices to the kubelets: DaemonSets of its name."""
    return (ref for ref in _plugins(snapshot) if vendor in ref.name)


@once
def _plugins(snapshot: ClusterSnapshot) -> tuple[ObjectRef, ...]:
    """DaemonSets that may be device plugins, with their pods."""
    found: dict[ObjectRef, None] = {}
    for pod, above in _of_daemon_sets(snapshot):
        if _PLUGIN.search(above.name):
            found |= dict.fromkeys((ObjectRef.of(pod), above))
    return tuple(found)


def _control_plane(snapshot: ClusterSnapshot, code: str) -> Iterator[ObjectRef]:
    part = CONTROLLED[code]
    yield ObjectRef("Pod", "kube-system", part)
    for pod in snapshot.all(Pod, "kube-system"):
        if pod.labels.get("component") == part or pod.name.startswith(f"{part}-"):
            yield ObjectRef.of(pod)


def makers(snapshot: ClusterSnapshot, secret: ObjectRef) -> tuple[ObjectRef, ...]:
    """Custom resources that are to make the Secret: a Certificate, an ExternalSecret …"""
    return _makers(snapshot).get(secret, ())


@once
def _makers(snapshot: ClusterSnapshot) -> dict[ObjectRef, tuple[ObjectRef, ...]]:
    found: dict[ObjectRef, tuple[ObjectRef, ...]] = {}
    for one in snapshot.customs():
        spec = one.spec if isinstance(one.spec, dict) else {}
        target = spec.get("target")
        name = spec.get("secretName") or (target.get("name") if isinstance(target, dict) else "")
        if one.kind in ("ExternalSecret", "SealedSecret"):
            name = name or one.name
        if isinstance(name, str) and name:
            ref = ObjectRef("Secret", one.namespace, name)
            found[ref] = (*found.get(ref, ()), ObjectRef.of(one))
    return found
