"""Nodes, namespaces, events, configuration, quotas and classes: what the rest leans on."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.objects.meta import (
    AnnotatedMeta,
    Condition,
    KubeObject,
    LocalReference,
    Part,
    Quantity,
    Time,
    WrittenMeta,
)
from workbench.core.objects.words import Word


class Taint(Part):
    key: str = ""
    value: str = ""
    effect: Word = ""
    time_added: Time | None = None


class NodeSpec(Part):
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()
    pod_cidr: str = msgspec.field(name="podCIDR", default="")
    provider_id: str = msgspec.field(name="providerID", default="")


class NodeInfo(Part):
    kubelet_version: str = ""
    kube_proxy_version: str = ""
    container_runtime_version: str = ""
    kernel_version: str = ""
    os_image: str = ""
    operating_system: str = ""
    architecture: str = ""


class NodeStatus(Part):
    capacity: dict[str, Quantity] = {}
    allocatable: dict[str, Quantity] = {}
    conditions: tuple[Condition, ...] = ()
    node_info: NodeInfo = NodeInfo()


class Node(KubeObject):
    KIND = "Node"
    PLURAL = "nodes"
    NAMESPACED = False
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class NamespaceStatus(Part):
    phase: Word = ""
    conditions: tuple[Condition, ...] = ()


class Namespace(KubeObject):
    KIND = "Namespace"
    PLURAL = "namespaces"
    NAMESPACED = False
    status: NamespaceStatus = NamespaceStatus()


class InvolvedObject(Part):
    api_version: Word = ""
    kind: Word = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    field_path: str = ""


class EventSource(Part):
    component: Word = ""
    host: str = ""


class EventSeries(Part):
    count: int = 0
    last_observed_time: Time | None = None


class Event(KubeObject):
    """A core/v1 Event. Which time fields are set varies by sender: use ``first_seen`` and
    ``last_seen``."""

    KIND = "Event"
    PLURAL = "events"
    involved_object: InvolvedObject = InvolvedObject()
    type: Word = ""
    reason: Word = ""
    message: str = ""
    count: int = 0
    first_timestamp: Time | None = None
    last_timestamp: Time | None = None
    event_time: Time | None = None
    series: EventSeries | None = None
    source: EventSource = EventSource()
    reporting_component: Word = ""

    @property
    def first_seen(self) -> Time | None:
        return self.first_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def last_seen(self) -> Time | None:
        if self.series and self.series.last_observed_time:
            return self.series.last_observed_time
        return self.last_timestamp or self.event_time or self.first_seen

    @property
    def times(self) -> int:
        """How often it was seen; at least 1."""
        return max(self.series.count if self.series else 0, self.count, 1)


class ConfigMap(KubeObject):
    """A ConfigMap. Long values are "" when it is read from a cluster; see kubernetes/listing.py."""

    KIND = "ConfigMap"
    PLURAL = "configmaps"
    metadata: AnnotatedMeta = AnnotatedMeta()
    data: dict[str, str] = {}
    binary_data: dict[str, str] = {}
    immutable: bool = False


class Secret(KubeObject):
    """A Secret's keys. Values are replaced before a snapshot is made; see core/redaction.py."""

    KIND = "Secret"
    PLURAL = "secrets"
    metadata: WrittenMeta = WrittenMeta()
    type: str = ""
    data: dict[str, Any] = {}


class ServiceAccount(KubeObject):
    KIND = "ServiceAccount"
    PLURAL = "serviceaccounts"
    image_pull_secrets: tuple[LocalReference, ...] = ()
    secrets: tuple[LocalReference, ...] = ()


class QuotaSpec(Part):
    hard: dict[str, Quantity] = {}
    scopes: tuple[str, ...] = ()


class QuotaStatus(Part):
    hard: dict[str, Quantity] = {}
    used: dict[str, Quantity] = {}


class ResourceQuota(KubeObject):
    KIND = "ResourceQuota"
    PLURAL = "resourcequotas"
    metadata: WrittenMeta = WrittenMeta()
    spec: QuotaSpec = QuotaSpec()
    status: QuotaStatus = QuotaStatus()


class LimitRangeItem(Part):
    type: str = ""
    max: dict[str, Quantity] = {}
    min: dict[str, Quantity] = {}
    default: dict[str, Quantity] = {}
    default_request: dict[str, Quantity] = {}


class LimitRangeSpec(Part):
    limits: tuple[LimitRangeItem, ...] = ()


class LimitRange(KubeObject):
    KIND = "LimitRange"
    PLURAL = "limitranges"
    metadata: WrittenMeta = WrittenMeta()
    spec: LimitRangeSpec = LimitRangeSpec()


class PriorityClass(KubeObject):
    KIND = "PriorityClass"
    API_VERSION = "scheduling.k8s.io/v1"
    PLURAL = "priorityclasses"
    NAMESPACED = False
    value: int = 0
    global_default: bool = False


class RuntimeClass(KubeObject):
    KIND = "RuntimeClass"
    API_VERSION = "node.k8s.io/v1"
    PLURAL = "runtimeclasses"
    NAMESPACED = False
    handler: str = ""


class CustomResourceNames(Part):
    kind: str = ""
    plural: str = ""


class CustomResourceVersion(Part):
    name: str = ""
    served: bool = False
    storage: bool = False


class CustomResourceSpec(Part):
    group: str = ""
    scope: str = ""
    names: CustomResourceNames = CustomResourceNames()
    versions: tuple[CustomResourceVersion, ...] = ()


class CustomResourceStatus(Part):
    conditions: tuple[Condition, ...] = ()


class CustomResourceDefinition(KubeObject):
    KIND = "CustomResourceDefinition"
    API_VERSION = "apiextensions.k8s.io/v1"
    PLURAL = "customresourcedefinitions"
    NAMESPACED = False
    spec: CustomResourceSpec = CustomResourceSpec()
    status: CustomResourceStatus = CustomResourceStatus()
