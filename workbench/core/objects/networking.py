"""Services, endpoints, ingresses, gateways and network policies."""

from __future__ import annotations

import msgspec

from workbench.core.objects.meta import (
    AnnotatedMeta,
    Condition,
    IntOrString,
    KubeObject,
    LabelSelector,
    Part,
    TypedReference,
    WrittenMeta,
)
from workbench.core.objects.words import Word


class ServicePort(Part):
    name: Word = ""
    port: int = 0
    target_port: IntOrString | None = None
    node_port: int = 0
    protocol: Word = "TCP"
    app_protocol: Word = ""


class LoadBalancerIngress(Part):
    ip: str = ""
    hostname: str = ""


class LoadBalancerStatus(Part):
    ingress: tuple[LoadBalancerIngress, ...] = ()


class ServiceSpec(Part):
    type: Word = "ClusterIP"
    selector: dict[str, str] = {}
    ports: tuple[ServicePort, ...] = ()
    cluster_ip: str = msgspec.field(name="clusterIP", default="")
    external_name: str = ""
    publish_not_ready_addresses: bool = False


class ServiceStatus(Part):
    load_balancer: LoadBalancerStatus = LoadBalancerStatus()
    conditions: tuple[Condition, ...] = ()


class Service(KubeObject):
    KIND = "Service"
    PLURAL = "services"
    metadata: WrittenMeta = WrittenMeta()
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()


class EndpointAddress(Part):
    ip: str = ""
    node_name: str = ""
    target_ref: TypedReference | None = None


class EndpointPort(Part):
    name: Word = ""
    port: int | None = None
    protocol: Word = "TCP"


class EndpointSubset(Part):
    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class Endpoints(KubeObject):
    KIND = "Endpoints"
    PLURAL = "endpoints"
    metadata: AnnotatedMeta = AnnotatedMeta()
    subsets: tuple[EndpointSubset, ...] = ()


class EndpointConditions(Part):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(Part):
    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()
    target_ref: TypedReference | None = None
    node_name: str = ""


class EndpointSlice(KubeObject):
    KIND = "EndpointSlice"
    API_VERSION = "discovery.k8s.io/v1"
    PLURAL = "endpointslices"
    address_type: Word = ""
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class BackendPort(Part):
    name: str = ""
    number: int = 0


class BackendService(Part):
    name: str = ""
    port: BackendPort = BackendPort()


class IngressBackend(Part):
    service: BackendService | None = None
    resource: TypedReference | None = None


class IngressPath(Part):
    path: str = ""
    path_type: str = ""
    backend: IngressBackend = IngressBackend()


class IngressHttp(Part):
    paths: tuple[IngressPath, ...] = ()


class IngressRule(Part):
    host: str = ""
    http: IngressHttp | None = None


class IngressTls(Part):
    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(Part):
    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTls, ...] = ()


class IngressStatus(Part):
    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


class Ingress(KubeObject):
    KIND = "Ingress"
    API_VERSION = "networking.k8s.io/v1"
    PLURAL = "ingresses"
    metadata: AnnotatedMeta = AnnotatedMeta()
    spec: IngressSpec = IngressSpec()
    status: IngressStatus = IngressStatus()


class IngressClassSpec(Part):
    controller: str = ""


class IngressClass(KubeObject):
    KIND = "IngressClass"
    API_VERSION = "networking.k8s.io/v1"
    PLURAL = "ingressclasses"
    NAMESPACED = False
    metadata: AnnotatedMeta = AnnotatedMeta()
    spec: IngressClassSpec = IngressClassSpec()


class PolicyPort(Part):
    protocol: str = "TCP"
    port: IntOrString | None = None
    end_port: int | None = None


class IPBlock(Part):
    cidr: str = ""
    except_: tuple[str, ...] = msgspec.field(name="except", default=())


class PolicyPeer(Part):
    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


class PolicyRule(Part):
    """One ingress or egress rule; ``from``/``to`` absent means every peer."""

    from_: tuple[PolicyPeer, ...] = msgspec.field(name="from", default=())
    to: tuple[PolicyPeer, ...] = ()
    ports: tuple[PolicyPort, ...] = ()


class NetworkPolicySpec(Part):
    pod_selector: LabelSelector = LabelSelector()
    policy_types: tuple[str, ...] = ()
    ingress: tuple[PolicyRule, ...] = ()
    egress: tuple[PolicyRule, ...] = ()


class NetworkPolicy(KubeObject):
    KIND = "NetworkPolicy"
    API_VERSION = "networking.k8s.io/v1"
    PLURAL = "networkpolicies"
    metadata: WrittenMeta = WrittenMeta()
    spec: NetworkPolicySpec = NetworkPolicySpec()


class GatewayClassSpec(Part):
    controller_name: str = ""


class GatewayClassStatus(Part):
    conditions: tuple[Condition, ...] = ()


class GatewayClass(KubeObject):
    KIND = "GatewayClass"
    API_VERSION = "gateway.networking.k8s.io/v1"
    PLURAL = "gatewayclasses"
    NAMESPACED = False
    spec: GatewayClassSpec = GatewayClassSpec()
    status: GatewayClassStatus = GatewayClassStatus()


class RouteNamespaces(Part):
    from_: str = msgspec.field(name="from", default="Same")
    selector: LabelSelector | None = None


class AllowedRoutes(Part):
    namespaces: RouteNamespaces = RouteNamespaces()


class ListenerTls(Part):
    mode: str = ""
    certificate_refs: tuple[TypedReference, ...] = ()


class Listener(Part):
    name: str = ""
    hostname: str = ""
    port: int = 0
    protocol: str = ""
    allowed_routes: AllowedRoutes = AllowedRoutes()
    tls: ListenerTls | None = None


class GatewaySpec(Part):
    gateway_class_name: str = ""
    listeners: tuple[Listener, ...] = ()


class ListenerStatus(Part):
    name: str = ""
    attached_routes: int = 0
    conditions: tuple[Condition, ...] = ()


class GatewayStatus(Part):
    conditions: tuple[Condition, ...] = ()
    listeners: tuple[ListenerStatus, ...] = ()


class Gateway(KubeObject):
    KIND = "Gateway"
    API_VERSION = "gateway.networking.k8s.io/v1"
    PLURAL = "gateways"
    spec: GatewaySpec = GatewaySpec()
    status: GatewayStatus = GatewayStatus()


class ParentReference(TypedReference):
    section_name: str = ""


class RouteRule(Part):
    backend_refs: tuple[TypedReference, ...] = ()


class RouteSpec(Part):
    parent_refs: tuple[ParentReference, ...] = ()
    hostnames: tuple[str, ...] = ()
    rules: tuple[RouteRule, ...] = ()


class RouteParentStatus(Part):
    parent_ref: ParentReference = ParentReference()
    controller_name: str = ""
    conditions: tuple[Condition, ...] = ()


class RouteStatus(Part):
    parents: tuple[RouteParentStatus, ...] = ()


class HTTPRoute(KubeObject):
    KIND = "HTTPRoute"
    API_VERSION = "gateway.networking.k8s.io/v1"
    PLURAL = "httproutes"
    spec: RouteSpec = RouteSpec()
    status: RouteStatus = RouteStatus()
