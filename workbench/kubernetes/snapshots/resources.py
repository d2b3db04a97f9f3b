"""Where each kind is served: its group, version, plural, scope, short names and categories."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from workbench.kubernetes.snapshots.trees import texts

READING = ("get", "list", "watch")


class Resource(msgspec.Struct, frozen=True):
    """One entry of the API's discovery. ``group`` is "" for the core group."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = READING

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """As error messages name it: ``pods``, ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def _resources(group_version: str, lines: str) -> Iterable[Resource]:
    """Read ``plural Kind scope short,names categories subresources``; "-" for none."""
    group, _, version = group_version.rpartition("/")
    for line in lines.strip().splitlines():
        plural, kind, scope, *rest = line.split()
        short, categories, subresources = (
            () if part == "-" else tuple(part.split(",")) for part in (*rest, "-", "-", "-")[:3]
        )
        yield Resource(group, version, plural, kind, scope == "ns", short, categories, subresources)


def _reviews(group_version: str, kinds: str) -> Iterable[Resource]:
    group, _, version = group_version.rpartition("/")
    for kind in kinds.split():
        yield Resource(group, version, kind.lower() + "s", kind, False, verbs=("create",))


BUILT_IN: tuple[Resource, ...] = (
    *_resources(
        "v1",
        """
        componentstatuses ComponentStatus cluster cs
        configmaps ConfigMap ns cm
        endpoints Endpoints ns ep
        events Event ns ev
        limitranges LimitRange ns limits
        namespaces Namespace cluster ns - status
        nodes Node cluster no - status
        persistentvolumeclaims PersistentVolumeClaim ns pvc - status
        persistentvolumes PersistentVolume cluster pv - status
        pods Pod ns po all log,status
        podtemplates PodTemplate ns
        replicationcontrollers ReplicationController ns rc all scale,status
        resourcequotas ResourceQuota ns quota - status
        secrets Secret ns
        serviceaccounts ServiceAccount ns sa
        services Service ns svc all status
        """,
    ),
    *_resources(
        "apiregistration.k8s.io/v1", "apiservices APIService cluster - api-extensions status"
    ),
    *_resources(
        "apps/v1",
        """
        controllerrevisions ControllerRevision ns
        daemonsets DaemonSet ns ds all status
        deployments Deployment ns deploy all scale,status
        replicasets ReplicaSet ns rs all scale,status
        statefulsets StatefulSet ns sts all scale,status
        """,
    ),
    *_reviews("authentication.k8s.io/v1", "SelfSubjectReview"),
    *_reviews("authorization.k8s.io/v1", "SelfSubjectAccessReview SelfSubjectRulesReview"),
    *_resources(
        "autoscaling/v2", "horizontalpodautoscalers HorizontalPodAutoscaler ns hpa all status"
    ),
    *_resources(
        "batch/v1",
        """
        cronjobs CronJob ns cj all status
        jobs Job ns - all status
        """,
    ),
    *_resources(
        "certificates.k8s.io/v1",
        "certificatesigningrequests CertificateSigningRequest cluster csr - status",
    ),
    *_resources(
        "networking.k8s.io/v1",
        """
        ingressclasses IngressClass cluster
        ingresses Ingress ns ing - status
        ipaddresses IPAddress cluster ip
        networkpolicies NetworkPolicy ns netpol
        servicecidrs ServiceCIDR cluster - - status
        """,
    ),
    *_resources("policy/v1", "poddisruptionbudgets PodDisruptionBudget ns pdb - status"),
    *_resources(
        "rbac.authorization.k8s.io/v1",
        """
        clusterrolebindings ClusterRoleBinding cluster
        clusterroles ClusterRole cluster
        rolebindings RoleBinding ns
        roles Role ns
        """,
    ),
    *_resources(
        "storage.k8s.io/v1",
        """
        csidrivers CSIDriver cluster
        csinodes CSINode cluster
        csistoragecapacities CSIStorageCapacity ns
        storageclasses StorageClass cluster sc
        volumeattachments VolumeAttachment cluster - - status
        volumeattributesclasses VolumeAttributesClass cluster vac
        """,
    ),
    *_resources(
        "admissionregistration.k8s.io/v1",
        """
        mutatingadmissionpolicies MutatingAdmissionPolicy cluster - api-extensions
        mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding cluster - api-extensions
        mutatingwebhookconfigurations MutatingWebhookConfiguration cluster - api-extensions
        validatingadmissionpolicies ValidatingAdmissionPolicy cluster - api-extensions status
        validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding cluster - api-extensions
        validatingwebhookconfigurations ValidatingWebhookConfiguration cluster - api-extensions
        """,
    ),
    *_resources(
        "apiextensions.k8s.io/v1",
        "customresourcedefinitions CustomResourceDefinition cluster crd,crds api-extensions status",
    ),
    *_resources("scheduling.k8s.io/v1", "priorityclasses PriorityClass cluster pc"),
    *_resources("coordination.k8s.io/v1", "leases Lease ns"),
    *_resources("node.k8s.io/v1", "runtimeclasses RuntimeClass cluster"),
    *_resources("discovery.k8s.io/v1", "endpointslices EndpointSlice ns"),
    *_resources(
        "resource.k8s.io/v1",
        """
        deviceclasses DeviceClass cluster
        resourceclaims ResourceClaim ns - - status
        resourceclaimtemplates ResourceClaimTemplate ns
        resourceslices ResourceSlice cluster
        """,
    ),
    *_resources(
        "flowcontrol.apiserver.k8s.io/v1",
        """
        flowschemas FlowSchema cluster - - status
        prioritylevelconfigurations PriorityLevelConfiguration cluster - - status
        """,
    ),
)
"""What every API server serves (kubectl api-resources of v1.36), as far as it can be read."""

BUILT_IN_BY_KIND: dict[str, Resource] = {r.kind: r for r in reversed(BUILT_IN)}

_METRICS = {"PodMetrics": "pods", "NodeMetrics": "nodes"}


def resource_of(
    api_version: str, kind: str, namespaced: bool, definitions: Iterable[dict[str, Any]] = ()
) -> Resource:
    """Where objects of this kind are served.

    namespaced: what the objects themselves look like, for a kind nobody describes.
    definitions: CustomResourceDefinition objects that may describe it.
    """
    group, _, version = api_version.rpartition("/")
    known = BUILT_IN_BY_KIND.get(kind)
    if known and (known.group == group or group == "extensions"):
        return msgspec.structs.replace(known, group=group, version=version)
    for definition in definitions:
        found = _defined(definition, group, version, kind)
        if found:
            return found
    if group == "metrics.k8s.io" and kind in _METRICS:
        return Resource(group, version, _METRICS[kind], kind, namespaced, verbs=("get", "list"))
    return Resource(group, version, plural_of(kind), kind, namespaced)


def plural_of(kind: str) -> str:
    """The plural a kind most likely has (the rule of meta.UnsafeGuessKindToResource)."""
    singular = kind.lower()
    if singular.endswith("s"):
        return singular + "es"
    if singular.endswith("y"):
        return singular[:-1] + "ies"
    return singular + "s"


def _defined(tree: dict[str, Any], group: str, version: str, kind: str) -> Resource | None:
    spec = tree.get("spec")
    names = spec.get("names") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(names, dict):
        return None
    plural = names.get("plural")
    if spec.get("group") != group or names.get("kind") != kind or not isinstance(plural, str):
        return None
    return Resource(
        group,
        version,
        plural,
        kind,
        spec.get("scope") != "Cluster",
        texts(names.get("shortNames")),
        texts(names.get("categories")),
    )
