"""Codes about pods: containers that fail, references, probes and scheduling."""

from __future__ import annotations

from workbench.analyzers.codes import images
from workbench.analyzers.codes.entry import Entry
from workbench.core.findings import Severity

_DESCRIBE = "kubectl describe pod {pod} -n {namespace}"
_PREVIOUS = "kubectl logs {pod} -n {namespace} -c {container} --previous --tail=100"
_LOGS = "kubectl logs {pod} -n {namespace} -c {container} --tail=100"

CODES: dict[str, Entry] = {
    "POD_CRASH_LOOP": Entry(
        "Container keeps crashing",
        meaning="The container starts, exits and is restarted by the kubelet with a growing "
        "back-off (10 s up to 5 min). The reason is in the container itself or in something it "
        "needs at start: read its last lines before the exit.",
        next_steps=(_PREVIOUS, _DESCRIBE),
        explained_by=("same", "calls", "related", "node", "harms", "dns"),
        runbook="crash-looping-workload",
    ),
    "POD_OOM_KILLED": Entry(
        "Container is killed for using too much memory",
        meaning="The kernel killed the container because it went over its memory limit (or the "
        "node ran out). Either the limit is too low for what the program needs, or it leaks.",
        next_steps=(
            "kubectl top pod {pod} -n {namespace} --containers",
            _PREVIOUS,
            "Raise resources.limits.memory of container {container}, or make it use less",
        ),
        explained_by=("harms",),
        runbook="out-of-memory",
    ),
    "POD_RESTARTING": Entry(
        "Container restarted recently",
        Severity.WARNING,
        "The container is up again, but it ended with an error within the last hour.",
        (_PREVIOUS, _DESCRIBE),
        ("same", "calls", "node", "related", "harms", "dns"),
        runbook="crash-looping-workload",
    ),
    "CONTAINER_FAILED": Entry(
        "Container exited with an error",
        meaning="A container of a pod that is not restarted ended with a non-zero exit code.",
        next_steps=(_LOGS, _DESCRIBE),
        explained_by=("same", "calls", "related", "node", "harms", "dns"),
        runbook="crash-looping-workload",
    ),
    "CONTAINER_START_FAILED": Entry(
        "Container cannot be started",
        meaning="The container runtime could not start the process: the command does not exist in "
        "the image or is not executable, a mount or working directory is wrong, or a security "
        "setting forbids it. The application itself never ran.",
        next_steps=(_DESCRIBE, "Check command, args and image of container {container}"),
        runbook="crash-looping-workload",
    ),
    "CONTAINER_HOOK_FAILED": Entry(
        "Lifecycle hook failed",
        meaning="A postStart hook failed, so the kubelet killed the container.",
        next_steps=(_DESCRIBE, "Check lifecycle.postStart of container {container}"),
        runbook="crash-looping-workload",
    ),
    "POD_EVICTED": Entry(
        "Pod was evicted",
        Severity.WARNING,
        "The kubelet removed the pod to protect its node (memory, disk or process ids ran low), or "
        "the pod went over its ephemeral-storage limit.",
        (_DESCRIBE, "kubectl describe node {node}", "kubectl delete pod {pod} -n {namespace}"),
        ("node",),
        runbook="out-of-memory",
    ),
    "POD_DISPLACED": Entry(
        "Pod was moved away from its node",
        Severity.INFO,
        "The scheduler preempted it for a pod of higher priority, a taint drove it away, or a "
        "descheduler evicted it. Its controller makes another one, if there is room.",
        (
            "kubectl get events -n {namespace} --field-selector involvedObject.name={name}",
            "kubectl get pods -n {namespace} -o wide",
            "kubectl get priorityclasses",
        ),
        explained_by=("node",),
        runbook="pending-pod",
    ),
    "POD_REJECTED": Entry(
        "Pod was rejected or ended by its node",
        meaning="The kubelet refused the pod after it was scheduled (resources or affinity no "
        "longer fit), or ended it (node shutdown, active deadline).",
        next_steps=(_DESCRIBE, "kubectl describe node {node}"),
        explained_by=("node",),
        runbook="pending-pod",
    ),
    "POD_STUCK_TERMINATING": Entry(
        "Pod does not go away",
        Severity.WARNING,
        "The pod was deleted but is still there long after its grace period: its node does not "
        "answer, a finalizer is not removed, or a volume cannot be unmounted.",
        (_DESCRIBE, "kubectl get pod {pod} -n {namespace} -o jsonpath='{.metadata.finalizers}'"),
        ("node", "related"),
        runbook="pending-pod",
    ),
    "POD_SANDBOX_FAILED": Entry(
        "Pod network cannot be set up",
        meaning="The container runtime could not create the pod's sandbox: usually the network "
        "plugin (CNI) is not running on the node or has no addresses left.",
        next_steps=(
            _DESCRIBE,
            "kubectl get pods -n kube-system -o wide --field-selector spec.nodeName={node}",
        ),
        explained_by=("node", "related", "agent"),
        runbook="pending-pod",
    ),
    "POD_STUCK_CREATING": Entry(
        "Pod does not get past creating its containers",
        Severity.WARNING,
        "The pod is on a node, but its containers have not been created and no event says why.",
        (_DESCRIBE, "kubectl describe node {node}"),
        ("node", "claim", "related", "agent"),
        runbook="pending-pod",
    ),
    "POD_NOT_READY": Entry(
        "Pod is not ready",
        Severity.WARNING,
        "The pod runs but its Ready condition is false, so no Service sends it traffic.",
        (_DESCRIBE,),
        ("same", "node", "claim", "calls", "related", "harms", "dns"),
        runbook="service-without-endpoints",
    ),
    "POD_NODE_LOST": Entry(
        "Pod is on a node that does not answer",
        meaning="The node controller marked the pod because its node stopped reporting. The "
        "containers may or may not still be running.",
        next_steps=("kubectl describe node {node}", _DESCRIBE),
        explained_by=("node",),
        runbook="node-not-ready",
    ),
    **images.CODES,
    "CONFIG_MAP_MISSING": Entry(
        "ConfigMap does not exist",
        meaning="A container or volume needs a ConfigMap that is not in the pod's namespace: it "
        "was never created, has another name, or is in another namespace.",
        next_steps=(
            "kubectl get configmaps -n {namespace}",
            "Create ConfigMap {missing} in {namespace}, or correct the reference to it",
            _DESCRIBE,
        ),
        explained_by=("shared",),
        runbook="crash-looping-workload",
    ),
    "SECRET_MISSING": Entry(
        "Secret does not exist",
        meaning="A container or volume needs a Secret that is not in the pod's namespace. Secrets "
        "made by an operator (certificates, external secrets) are missing when it failed.",
        next_steps=(
            "kubectl get secrets -n {namespace}",
            "Create Secret {missing} in {namespace}, or correct the reference to it",
            _DESCRIBE,
        ),
        explained_by=("related", "shared"),
        runbook="crash-looping-workload",
    ),
    "CONFIG_KEY_MISSING": Entry(
        "ConfigMap or Secret lacks a key",
        meaning="The ConfigMap or Secret exists, but not the key that the pod asks for.",
        next_steps=(
            "kubectl describe {missing_kind} {missing} -n {namespace}",
            "Add key {key} to {missing}, or correct the key in the pod's spec",
        ),
        explained_by=("shared",),
        runbook="crash-looping-workload",
    ),
    "SETTING_MISSING": Entry(
        "Container wants a setting that nothing sets",
        meaning="The log names an environment variable or setting that the container needs, and "
        "neither its spec nor the ConfigMaps and Secrets it reads whole set it.",
        next_steps=(
            "kubectl get pod {pod} -n {namespace} -o jsonpath='{.spec.containers[*].env}'",
            "Set {variable} on container {container}, or correct its name",
        ),
        runbook="crash-looping-workload",
    ),
    "SERVICE_ACCOUNT_MISSING": Entry(
        "ServiceAccount does not exist",
        meaning="Pods that name a ServiceAccount which does not exist are rejected on creation.",
        next_steps=("kubectl create serviceaccount {missing} -n {namespace}",),
        explained_by=("shared",),
        runbook="pending-pod",
    ),
    "CLAIM_MISSING": Entry(
        "PersistentVolumeClaim does not exist",
        meaning="The pod mounts a claim that is not in its namespace, so it cannot be scheduled.",
        next_steps=("kubectl get pvc -n {namespace}", _DESCRIBE),
        explained_by=("shared",),
        runbook="storage-pending",
    ),
    "IMAGE_PULL_SECRET_MISSING": Entry(
        "imagePullSecret does not exist",
        Severity.WARNING,
        "The pod names an imagePullSecret that does not exist. Images that need it cannot be "
        "pulled; images that are public or already on the node still work.",
        ("kubectl get secrets -n {namespace}", "Create Secret {missing} in {namespace}"),
        runbook="image-pull",
    ),
    "PRIORITY_CLASS_MISSING": Entry(
        "PriorityClass does not exist",
        meaning="Pods that name a PriorityClass which does not exist are rejected on creation.",
        next_steps=("kubectl get priorityclasses",),
        explained_by=("shared",),
        runbook="pending-pod",
    ),
    "RUNTIME_CLASS_MISSING": Entry(
        "RuntimeClass does not exist",
        meaning="Pods that name a RuntimeClass which does not exist are rejected on creation.",
        next_steps=("kubectl get runtimeclasses",),
        explained_by=("shared",),
        runbook="pending-pod",
    ),
    "CONTAINER_CONFIG_INVALID": Entry(
        "Container configuration is not acceptable",
        meaning="The kubelet could not build the container's configuration, for instance because "
        "runAsNonRoot is set and the image runs as root, or a subPath does not exist.",
        next_steps=(_DESCRIBE,),
        runbook="crash-looping-workload",
    ),
    "VOLUME_MOUNT_FAILED": Entry(
        "Volume cannot be mounted",
        meaning="The kubelet cannot mount a volume, so the containers are not started. The "
        "message names the volume and the driver's reason.",
        next_steps=(_DESCRIBE, "kubectl get pvc -n {namespace}"),
        explained_by=("claim", "node", "related", "agent"),
        runbook="storage-pending",
    ),
    "VOLUME_ATTACH_FAILED": Entry(
        "Volume cannot be attached to the node",
        meaning="The disk cannot be attached: often it is still attached to another node (a "
        "ReadWriteOnce volume of a pod that is not gone yet), or the cloud refuses.",
        next_steps=(_DESCRIBE, "kubectl get volumeattachments"),
        explained_by=("claim", "related", "agent"),
        runbook="storage-pending",
    ),
    "POD_UNSCHEDULABLE": Entry(
        "No node fits the pod",
        meaning="The scheduler found no node on which the pod may and can run. Each node is "
        "counted under the first reason that ruled it out.",
        next_steps=(_DESCRIBE, "kubectl describe nodes"),
        explained_by=("claim", "related", "agent"),
        runbook="pending-pod",
    ),
    "POD_NOT_SCHEDULED": Entry(
        "Nobody schedules the pod",
        meaning="The pod has no node and the scheduler has said nothing about it: the scheduler "
        "is not running, or spec.schedulerName names one that does not exist.",
        next_steps=(_DESCRIBE, "kubectl get pods -n kube-system -l component=kube-scheduler"),
        explained_by=("control",),
        runbook="pending-pod",
    ),
    "POD_ON_UNKNOWN_NODE": Entry(
        "Pod is bound to a node that does not exist",
        meaning="spec.nodeName names a node that is not in the cluster, so no kubelet starts the "
        "pod and the scheduler does not look at it.",
        next_steps=("kubectl get nodes", _DESCRIBE),
        runbook="pending-pod",
    ),
    "POD_SCHEDULING_GATED": Entry(
        "Pod is held back by a scheduling gate",
        Severity.WARNING,
        "The pod has spec.schedulingGates; the scheduler ignores it until whoever set the gate "
        "removes it.",
        ("kubectl get pod {pod} -n {namespace} -o jsonpath='{.spec.schedulingGates}'",),
        runbook="pending-pod",
    ),
    "POD_BYPASSES_CLUSTER_DNS": Entry(
        "Pods do not use cluster DNS",
        meaning="dnsPolicy is None or Default (or ClusterFirst with hostNetwork, which counts as "
        "Default), so Service names are asked of a resolver that does not know them.",
        next_steps=(
            "kubectl get pod {pod} -n {namespace} -o jsonpath='{.spec.dnsPolicy}'",
            "Set dnsPolicy to ClusterFirst (ClusterFirstWithHostNet with hostNetwork)",
        ),
        runbook="dns",
    ),
    "READINESS_PROBE_FAILING": Entry(
        "Readiness probe fails",
        meaning="The container runs but its readiness probe fails, so Services send it no traffic. "
        "Refused: nothing listens on that port. Timeout: it is too slow or blocked. A status "
        "code: the application answered and said no.",
        next_steps=(_DESCRIBE, _LOGS),
        explained_by=("same", "calls", "node", "related", "harms", "dns"),
        runbook="service-without-endpoints",
    ),
    "LIVENESS_PROBE_FAILING": Entry(
        "Liveness probe fails",
        meaning="The kubelet restarts the container because its liveness probe fails. A probe "
        "that is stricter than the application (wrong port or path, short timeout, no startup "
        "probe) kills healthy containers.",
        next_steps=(_DESCRIBE, _PREVIOUS),
        explained_by=("same", "calls", "node", "related", "harms", "dns"),
        runbook="crash-looping-workload",
    ),
    "STARTUP_PROBE_FAILING": Entry(
        "Startup probe fails",
        meaning="The container does not pass its startup probe in time and is restarted before "
        "it ever became ready.",
        next_steps=(_DESCRIBE, _PREVIOUS),
        explained_by=("calls", "node", "related", "harms", "dns"),
        runbook="crash-looping-workload",
    ),
    "INIT_CONTAINER_WAITS": Entry(
        "Init container does not end",
        meaning="The containers of a pod start after its init containers have ended, one by one. "
        "This one runs on, mostly because what it waits for never comes.",
        next_steps=(_LOGS, _DESCRIBE),
        explained_by=("calls", "related", "harms", "dns", "node"),
        runbook="crash-looping-workload",
    ),
    "SETTING_STALE": Entry(
        "Container runs with a setting from before a change",
        meaning="Environment variables are read when a container starts. The ConfigMap or Secret "
        "was changed since, and the log complains of the old value.",
        next_steps=("kubectl rollout restart {kind}/{name} -n {namespace}",),
        runbook="namespace-health",
    ),
    "REPLICAS_DISAGREE": Entry(
        "Replicas run with different settings",
        Severity.INFO,
        "Variables, and files mounted with subPath, are read when a container starts. The "
        "ConfigMap was changed after some of the replicas did and before others, so that two of "
        "them answer the same question differently.",
        ("kubectl rollout restart {kind}/{name} -n {namespace}",),
        runbook="namespace-health",
    ),
    "PEER_UNREACHABLE": Entry(
        "Log shows that a dependency cannot be reached",
        Severity.WARNING,
        "The container runs, but its log says that another host refuses, does not answer or does "
        "not resolve.",
        (_LOGS,),
        ("calls", "related", "harms", "dns", "node"),
        runbook="dns",
    ),
    "LOG_ERRORS": Entry(
        "Log shows errors",
        Severity.INFO,
        "The container is running and ready; its log holds lines at error level. What it says "
        "again and again and still says at its end is a warning, and an error where such trouble "
        "does not pass by itself: rejected credentials, a full disk, an exhausted pool.",
        (_LOGS,),
        ("calls", "related", "harms", "dns", "node", "agent", "echo"),
        runbook="namespace-health",
    ),
    "STORE_REFUSES_CLIENTS": Entry(
        "A store turns its clients away",
        meaning="The database or cache is up, and its clients' logs say that it refuses what they "
        "ask: it is at its memory limit, cannot save, or only reads.",
        next_steps=(
            "kubectl describe {kind} {name} -n {namespace}",
            "Look at the store's own limits (maxmemory and its policy, disk, role) and at what "
            "fills it",
        ),
        explained_by=("owned", "claim", "node"),
        runbook="namespace-health",
    ),
    "LOG_TREND": Entry(
        "Log shows a trend",
        Severity.INFO,
        "Latencies or memory in the log's lines are at least twice as large at its end as at its "
        "start (a warning from half a second and 64 MiB on); or the log says four times or more, "
        "and still at its end, that something it depends on is down and up again (a warning).",
        (_LOGS,),
        ("same", "calls", "related", "harms", "node"),
        runbook="namespace-health",
    ),
}
