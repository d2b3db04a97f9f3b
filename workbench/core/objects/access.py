"""RBAC, admission webhooks and aggregated APIs: who may do what, and who is asked first."""

from __future__ import annotations

import msgspec

from workbench.core.objects.meta import (
    Condition,
    KubeObject,
    LabelSelector,
    Part,
    TypedReference,
    WrittenMeta,
)


class PolicyRule(Part):
    """rules[] of a Role: which verbs on which resources."""

    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = msgspec.field(name="nonResourceURLs", default=())


class Role(KubeObject):
    KIND = "Role"
    API_VERSION = "rbac.authorization.k8s.io/v1"
    PLURAL = "roles"
    metadata: WrittenMeta = WrittenMeta()
    rules: tuple[PolicyRule, ...] = ()


class ClusterRole(KubeObject):
    KIND = "ClusterRole"
    API_VERSION = "rbac.authorization.k8s.io/v1"
    PLURAL = "clusterroles"
    NAMESPACED = False
    rules: tuple[PolicyRule, ...] = ()


class RoleBinding(KubeObject):
    KIND = "RoleBinding"
    API_VERSION = "rbac.authorization.k8s.io/v1"
    PLURAL = "rolebindings"
    metadata: WrittenMeta = WrittenMeta()
    role_ref: TypedReference = TypedReference()
    subjects: tuple[TypedReference, ...] = ()


class ClusterRoleBinding(KubeObject):
    KIND = "ClusterRoleBinding"
    API_VERSION = "rbac.authorization.k8s.io/v1"
    PLURAL = "clusterrolebindings"
    NAMESPACED = False
    role_ref: TypedReference = TypedReference()
    subjects: tuple[TypedReference, ...] = ()


class WebhookService(Part):
    namespace: str = ""
    name: str = ""
    path: str = ""
    port: int = 443


class WebhookClient(Part):
    url: str = ""
    service: WebhookService | None = None
    ca_bundle: str = ""


class RuleWithOperations(Part):
    operations: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


class Webhook(Part):
    name: str = ""
    client_config: WebhookClient = WebhookClient()
    failure_policy: str = ""
    timeout_seconds: int = 10
    rules: tuple[RuleWithOperations, ...] = ()
    namespace_selector: LabelSelector | None = None


class ValidatingWebhookConfiguration(KubeObject):
    KIND = "ValidatingWebhookConfiguration"
    API_VERSION = "admissionregistration.k8s.io/v1"
    PLURAL = "validatingwebhookconfigurations"
    NAMESPACED = False
    webhooks: tuple[Webhook, ...] = ()


class MutatingWebhookConfiguration(KubeObject):
    KIND = "MutatingWebhookConfiguration"
    API_VERSION = "admissionregistration.k8s.io/v1"
    PLURAL = "mutatingwebhookconfigurations"
    NAMESPACED = False
    webhooks: tuple[Webhook, ...] = ()


class APIServiceSpec(Part):
    group: str = ""
    version: str = ""
    service: WebhookService | None = None
    ca_bundle: str = ""


class APIServiceStatus(Part):
    conditions: tuple[Condition, ...] = ()


class APIService(KubeObject):
    KIND = "APIService"
    API_VERSION = "apiregistration.k8s.io/v1"
    PLURAL = "apiservices"
    NAMESPACED = False
    spec: APIServiceSpec = APIServiceSpec()
    status: APIServiceStatus = APIServiceStatus()
