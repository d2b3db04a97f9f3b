"""Words that every cluster repeats by the thousand, each held once.

A field of type ``Word`` is an ordinary ``str``. While msgspec parses it, a word that stands here
becomes the one string there is of it, which is faster than making a new one; any other word is
kept as it came. Of 10,000 pods that saves some 10 MB.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

_KNOWN = """
True False Unknown
Always Never OnFailure IfNotPresent ClusterFirst ClusterFirstWithHostNet Default None
default-scheduler system-cluster-critical system-node-critical Guaranteed Burstable BestEffort
TCP UDP SCTP HTTP HTTPS http https metrics grpc web IPv4 IPv6 FQDN
Exists Equal In NotIn DoesNotExist NoSchedule PreferNoSchedule NoExecute
node.kubernetes.io/not-ready node.kubernetes.io/unreachable node.kubernetes.io/memory-pressure
node.kubernetes.io/disk-pressure node.kubernetes.io/pid-pressure node.kubernetes.io/unschedulable
node.kubernetes.io/network-unavailable
Pending Running Succeeded Failed Active Terminating Bound Available Released Lost
Ready Initialized ContainersReady PodScheduled PodReadyToStartContainers DisruptionTarget
MemoryPressure DiskPressure PIDPressure NetworkUnavailable Progressing ReplicaFailure Complete
AbleToScale ScalingActive ScalingLimited ContainersNotReady ContainersNotInitialized PodCompleted
MinimumReplicasAvailable MinimumReplicasUnavailable NewReplicaSetAvailable ReplicaSetUpdated
KubeletReady KubeletHasSufficientMemory KubeletHasNoDiskPressure KubeletHasSufficientPID
Completed Error OOMKilled CrashLoopBackOff ImagePullBackOff ErrImagePull ContainerCreating
PodInitializing ContainerStatusUnknown Evicted
Normal Warning Scheduled Pulling Pulled Created Started Killing BackOff Unhealthy FailedScheduling
FailedMount FailedCreate SuccessfulCreate SuccessfulDelete ScalingReplicaSet NodeNotReady
kubelet default-scheduler kube-scheduler kube-controller-manager replicaset-controller
deployment-controller job-controller node-controller helm kubectl kubectl-client-side-apply
kubectl-rollout argocd-controller kustomize-controller helm-controller status scale
Pod ReplicaSet Deployment StatefulSet DaemonSet Job CronJob Node Service Endpoints EndpointSlice
PersistentVolumeClaim HorizontalPodAutoscaler ReplicationController ConfigMap Secret ServiceAccount
Role ClusterRole Ingress Namespace Event
v1 apps/v1 batch/v1 autoscaling/v2 policy/v1 rbac.authorization.k8s.io networking.k8s.io/v1
ClusterIP NodePort LoadBalancer ExternalName RollingUpdate Recreate
""".split()  # noqa: SIM905 - as prose it can be read
"""Values of enumerated fields, reasons and names that Kubernetes itself writes (Kubernetes API
reference; kubelet, scheduler and controller sources), and the commonest names of ports."""

if TYPE_CHECKING:
    Word = str
else:

    class _Word(StrEnum):
        __str__, __repr__, __format__ = str.__str__, str.__repr__, str.__format__

        @classmethod
        def _missing_(cls, value: object) -> object:
            return value  # msgspec takes what comes from here as the field's value

    Word = _Word("Word", {word: word for word in _KNOWN}, module=__name__)
