"""Which kind is printed with which columns."""

from __future__ import annotations

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.resources import Resource
from workbench.kubernetes.snapshots.serve.columns import (
    Column,
    access,
    cluster_wide,
    networking,
    storage,
    workloads,
)
from workbench.kubernetes.snapshots.serve.columns.custom import GENERIC, custom_columns
from workbench.kubernetes.snapshots.serve.columns.pods import POD

_RBAC, _ADMISSION = "rbac.authorization.k8s.io", "admissionregistration.k8s.io"
_STORAGE, _NETWORKING = "storage.k8s.io", "networking.k8s.io"

COLUMNS: dict[tuple[str, str], tuple[Column, ...]] = {
    ("", "Pod"): POD,
    ("", "Node"): cluster_wide.NODE,
    ("", "Namespace"): cluster_wide.NAMESPACE,
    ("", "Event"): cluster_wide.EVENT,
    ("", "ConfigMap"): cluster_wide.CONFIG_MAP,
    ("", "Secret"): cluster_wide.SECRET,
    ("", "ResourceQuota"): cluster_wide.QUOTA,
    ("", "LimitRange"): cluster_wide.LIMIT_RANGE,
    ("", "Service"): networking.SERVICE,
    ("", "Endpoints"): networking.ENDPOINTS,
    ("", "PersistentVolumeClaim"): storage.CLAIM,
    ("", "PersistentVolume"): storage.VOLUME,
    ("", "ReplicationController"): workloads.REPLICATION_CONTROLLER,
    ("apps", "Deployment"): workloads.DEPLOYMENT,
    ("apps", "ReplicaSet"): workloads.REPLICA_SET,
    ("apps", "StatefulSet"): workloads.STATEFUL_SET,
    ("apps", "DaemonSet"): workloads.DAEMON_SET,
    ("apps", "ControllerRevision"): workloads.CONTROLLER_REVISION,
    ("extensions", "Deployment"): workloads.DEPLOYMENT,
    ("extensions", "ReplicaSet"): workloads.REPLICA_SET,
    ("extensions", "DaemonSet"): workloads.DAEMON_SET,
    ("extensions", "Ingress"): networking.INGRESS,
    ("extensions", "NetworkPolicy"): networking.NETWORK_POLICY,
    ("batch", "Job"): workloads.JOB,
    ("batch", "CronJob"): workloads.CRON_JOB,
    ("autoscaling", "HorizontalPodAutoscaler"): workloads.AUTOSCALER,
    ("policy", "PodDisruptionBudget"): workloads.DISRUPTION_BUDGET,
    (_NETWORKING, "Ingress"): networking.INGRESS,
    (_NETWORKING, "IngressClass"): networking.INGRESS_CLASS,
    (_NETWORKING, "NetworkPolicy"): networking.NETWORK_POLICY,
    ("discovery.k8s.io", "EndpointSlice"): networking.ENDPOINT_SLICE,
    (_STORAGE, "StorageClass"): storage.STORAGE_CLASS,
    (_STORAGE, "VolumeAttachment"): storage.ATTACHMENT,
    (_STORAGE, "CSINode"): storage.CSI_NODE,
    (_STORAGE, "CSIDriver"): storage.CSI_DRIVER,
    (_RBAC, "Role"): access.ROLE,
    (_RBAC, "ClusterRole"): access.ROLE,
    (_RBAC, "RoleBinding"): access.BINDING,
    (_RBAC, "ClusterRoleBinding"): access.BINDING,
    (_ADMISSION, "ValidatingWebhookConfiguration"): access.WEBHOOKS,
    (_ADMISSION, "MutatingWebhookConfiguration"): access.WEBHOOKS,
    ("apiregistration.k8s.io", "APIService"): access.API_SERVICE,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): access.DEFINITION,
    ("scheduling.k8s.io", "PriorityClass"): cluster_wide.PRIORITY_CLASS,
    ("node.k8s.io", "RuntimeClass"): cluster_wide.RUNTIME_CLASS,
    ("coordination.k8s.io", "Lease"): access.LEASE,
}
"""Columns by (group, kind); other kinds have a name and an age."""


def columns_of(resource: Resource, definition: Tree | None) -> tuple[Column, ...]:
    """The resource's columns; a custom resource's are those its definition names."""
    found = COLUMNS.get((resource.group, resource.kind))
    if found:
        return found
    return custom_columns(definition, resource.version) if definition else GENERIC
