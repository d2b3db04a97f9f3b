"""What surrounds the workloads: namespaces, configuration, secrets, access, policies, classes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from shop import identity
from shop.cluster import Cluster, Object
from shop.configuration import configure
from shop.objects import make
from shop.timeline import CLUSTER_BORN, NOW, SETTLED, after, micro

APPLICATION_NAMESPACES = ("shop", "payments", "platform")
SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")

# Namespace, name and ports of each Service; a port is its name, number and target.
SERVICES: dict[tuple[str, str], tuple[tuple[str, int, str], ...]] = {
    ("shop", "frontend"): (("http", 80, "http"),),
    ("shop", "checkout"): (("http", 8080, "http"),),
    ("shop", "cart"): (("http", 8080, "http"),),
    ("shop", "catalog"): (("http", 8080, "http"),),
    ("shop", "orders"): (("http", 8080, "http"),),
    ("shop", "inventory"): (("http", 8080, "http"),),
    ("shop", "search"): (("http", 8080, "http"),),
    ("shop", "recommendations"): (("http", 8080, "http"),),
    ("payments", "payments-api"): (("http", 8080, "http"),),
    ("payments", "fraud-check"): (("grpc", 9000, "grpc"),),
    ("platform", "kube-state-metrics"): (("http", 8080, "http"),),
    ("kube-system", "metrics-server"): (("https", 443, "https"),),
}

HEADLESS = {
    ("shop", "postgres"): ("postgres", 5432),
    ("shop", "redis"): ("redis", 6379),
    ("payments", "ledger-db"): ("postgres", 5432),
    ("platform", "broker"): ("kafka", 9092),
}


def surround(cluster: Cluster) -> None:
    _namespaces(cluster)
    configure(cluster)
    _services(cluster)
    _ingresses(cluster)
    _policies(cluster)
    _access(cluster)
    _limits(cluster)
    _classes(cluster)


def _namespaces(cluster: Cluster) -> None:
    for name in APPLICATION_NAMESPACES + SYSTEM_NAMESPACES:
        created = CLUSTER_BORN if name in SYSTEM_NAMESPACES else SETTLED
        cluster.add(
            make(
                "v1", "Namespace", "", name, created,
                labels={"kubernetes.io/metadata.name": name},
                spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"},
            )
        )  # fmt: skip
        cluster.add(make("v1", "ServiceAccount", name, "default", after(created, 2)))
        authority = {
            "ca.crt": "-----BEGIN CERTIFICATE-----\n(left out)\n-----END CERTIFICATE-----\n"
        }
        cluster.add(
            make("v1", "ConfigMap", name, "kube-root-ca.crt", after(created, 2), data=authority)
        )


def service(
    cluster: Cluster,
    namespace: str,
    name: str,
    ports: tuple[tuple[str, int, Any], ...],
    selector: dict[str, str] | None = None,
    created: datetime = SETTLED,
    **spec: Any,
) -> Object:
    """A Service selecting ``app.kubernetes.io/name`` unless told otherwise."""
    address = f"10.96.{identity.number(4, 250, namespace, name)}.{identity.number(2, 250, name)}"
    whole: Object = {
        "clusterIP": address, "clusterIPs": [address], "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
        "ports": [
            {"name": port, "port": number, "protocol": "TCP", "targetPort": target}
            for port, number, target in ports
        ],
        "selector": selector or {"app.kubernetes.io/name": name},
        "sessionAffinity": "None", "type": "ClusterIP",
    } | spec  # fmt: skip
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace}
    return cluster.add(
        make("v1", "Service", namespace, name, created, labels=labels, spec=whole,
             status={"loadBalancer": {}})
    )  # fmt: skip


def _services(cluster: Cluster) -> None:
    for (namespace, name), ports in SERVICES.items():
        service(cluster, namespace, name, ports)
    for (namespace, name), (port, number) in HEADLESS.items():
        none: Object = {"clusterIP": "None", "clusterIPs": ["None"]}
        service(cluster, namespace, name, ((port, number, port),), **none)
    dns: Object = {"clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10"]}
    service(
        cluster,
        "kube-system",
        "kube-dns",
        (("dns-tcp", 53, "dns-tcp"),),
        {"k8s-app": "kube-dns"},
        **dns,
    )
    ingress = service(
        cluster, "platform", "ingress-nginx-controller", (("http", 80, "http"),),
        type="LoadBalancer", externalTrafficPolicy="Cluster", allocateLoadBalancerNodePorts=True,
    )  # fmt: skip
    ingress["spec"]["ports"][0]["nodePort"] = 30_080
    ingress["status"] = {"loadBalancer": {"ingress": [{"ip": "203.0.113.24", "ipMode": "VIP"}]}}
    _api_server(cluster)


def _api_server(cluster: Cluster) -> None:
    """The Service in default that stands for the API server itself; it has no selector."""
    address: Object = {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"]}
    made = service(cluster, "default", "kubernetes", (("https", 443, 6443),), **address)
    del made["spec"]["selector"]
    made["metadata"]["labels"] = {"component": "apiserver", "provider": "kubernetes"}
    ports = [{"name": "https", "port": 6443, "protocol": "TCP"}]
    cluster.add(
        make("v1", "Endpoints", "default", "kubernetes", SETTLED,
             subsets=[{"addresses": [{"ip": "10.0.0.10"}], "ports": ports}])
    )  # fmt: skip
    cluster.add(
        make("discovery.k8s.io/v1", "EndpointSlice", "default", "kubernetes", SETTLED,
             labels={"kubernetes.io/service-name": "kubernetes"}, addressType="IPv4", ports=ports,
             endpoints=[{"addresses": ["10.0.0.10"], "conditions": {"ready": True}}])
    )  # fmt: skip


def _ingresses(cluster: Cluster) -> None:
    cluster.add(
        make("networking.k8s.io/v1", "IngressClass", "", "nginx", SETTLED,
             spec={"controller": "k8s.io/ingress-nginx"})
    )  # fmt: skip
    routes = (("/api/checkout", "checkout"), ("/api/search", "search"), ("/", "frontend"))
    paths = [
        {
            "backend": {"service": {"name": name, "port": {"name": "http"}}},
            "path": path,
            "pathType": "Prefix",
        }
        for path, name in routes
    ]
    host = "www.demo-shop.example"
    cluster.add(
        make(
            "networking.k8s.io/v1", "Ingress", "shop", "shop", SETTLED, generation=4,
            spec={
                "ingressClassName": "nginx",
                "rules": [{"host": host, "http": {"paths": paths}}],
                "tls": [{"hosts": [host], "secretName": "shop-tls"}],
            },
            status={"loadBalancer": {"ingress": [{"ip": "203.0.113.24"}]}},
        )
    )  # fmt: skip


def _policies(cluster: Cluster) -> None:
    def policy(namespace: str, name: str, pods: Object, sources: list[Object], *ports: int) -> None:
        rule: Object = {"from": sources} if sources else {}
        if ports:
            rule["ports"] = [{"port": port, "protocol": "TCP"} for port in ports]
        spec: Object = {"podSelector": pods, "policyTypes": ["Ingress"]}
        if rule:
            spec["ingress"] = [rule]
        cluster.add(
            make("networking.k8s.io/v1", "NetworkPolicy", namespace, name, SETTLED, spec=spec)
        )

    def named(app: str) -> Object:
        return {"matchLabels": {"app.kubernetes.io/name": app}}

    def space(name: str) -> Object:
        return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}

    policy("payments", "default-deny", {}, [])
    inside: Object = {"podSelector": {}}
    policy("payments", "allow-shop", named("payments-api"), [space("shop"), inside], 8080)
    policy("payments", "allow-inside", {}, [inside])
    clients = [{"podSelector": named("cart")}, {"podSelector": named("cart-cleanup")}]
    policy("shop", "redis-clients", named("redis"), clients, 6379)


def _access(cluster: Cluster) -> None:
    rbac = "rbac.authorization.k8s.io/v1"
    read = ["get", "list", "watch"]
    watched = {"apiGroups": [""], "resources": ["pods", "nodes", "services"], "verbs": read}
    leases = {
        "apiGroups": ["coordination.k8s.io"], "resources": ["leases"],
        "verbs": ["get", "create", "update"],
    }  # fmt: skip
    for name in ("kube-state-metrics", "ingress-nginx-controller"):
        cluster.add(make(rbac, "ClusterRole", "", name, SETTLED, rules=[watched]))
        _bind(cluster, "ClusterRoleBinding", "", "ClusterRole", name)
    name = "ingress-nginx-controller"
    cluster.add(make(rbac, "Role", "platform", name, SETTLED, rules=[leases]))
    _bind(cluster, "RoleBinding", "platform", "Role", name)
    view = {"apiGroups": ["", "apps", "batch"], "resources": ["*"], "verbs": read}
    cluster.add(make(rbac, "ClusterRole", "", "view", CLUSTER_BORN, rules=[view]))
    cluster.add(
        make("coordination.k8s.io/v1", "Lease", "platform", "ingress-nginx-leader", SETTLED,
             spec={"leaseDurationSeconds": 30,
                   "renewTime": micro(NOW - timedelta(seconds=4))})
    )  # fmt: skip


def _bind(cluster: Cluster, kind: str, namespace: str, role_kind: str, name: str) -> None:
    rbac = "rbac.authorization.k8s.io"
    cluster.add(
        make(f"{rbac}/v1", kind, namespace, name, SETTLED,
             roleRef={"apiGroup": rbac, "kind": role_kind, "name": name},
             subjects=[{"kind": "ServiceAccount", "name": name, "namespace": "platform"}])
    )  # fmt: skip


def _limits(cluster: Cluster) -> None:
    hard = {"pods": "60", "requests.cpu": "14", "requests.memory": "40Gi"}
    quota = make("v1", "ResourceQuota", "shop", "team-shop", SETTLED, spec={"hard": hard})
    cluster.add(quota)
    default = {
        "default": {"memory": "256Mi"}, "defaultRequest": {"cpu": "50m", "memory": "64Mi"},
        "type": "Container",
    }  # fmt: skip
    for namespace in ("shop", "payments"):
        limits = {"limits": [default]}
        cluster.add(make("v1", "LimitRange", namespace, "defaults", SETTLED, spec=limits))
    for namespace, app, least in (
        ("shop", "frontend", 2), ("shop", "checkout", 2), ("payments", "payments-api", 1),
        ("platform", "broker", 2), ("platform", "ingress-nginx-controller", 1),
    ):  # fmt: skip
        match = {"matchLabels": {"app.kubernetes.io/name": app}}
        cluster.add(
            make("policy/v1", "PodDisruptionBudget", namespace, app, SETTLED, generation=1,
                 spec={"minAvailable": least, "selector": match})
        )  # fmt: skip


def _classes(cluster: Cluster) -> None:
    cluster.add(
        make(
            "storage.k8s.io/v1", "StorageClass", "", "standard", SETTLED,
            annotations={"storageclass.kubernetes.io/is-default-class": "true"},
            provisioner="local.csi.openebs.io", reclaimPolicy="Delete", allowVolumeExpansion=True,
            volumeBindingMode="WaitForFirstConsumer", parameters={"storage": "lvm"},
        )
    )  # fmt: skip
    driver = "local.csi.openebs.io"
    cluster.add(make("storage.k8s.io/v1", "CSIDriver", "", driver, SETTLED, spec={}))
    for node in ("worker-1", "worker-2", "worker-3"):
        drivers = [{"name": driver, "nodeID": node, "topologyKeys": ["kubernetes.io/hostname"]}]
        made = make("storage.k8s.io/v1", "CSINode", "", node, SETTLED, spec={"drivers": drivers})
        cluster.add(made)
    for name, value in (
        ("system-cluster-critical", 2000000000),
        ("system-node-critical", 2000001000),
    ):
        cluster.add(
            make("scheduling.k8s.io/v1", "PriorityClass", "", name, CLUSTER_BORN, value=value,
                 preemptionPolicy="PreemptLowerPriority")
        )  # fmt: skip
