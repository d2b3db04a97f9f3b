"""What the programs are configured with: ConfigMaps, Secrets, and where the Secrets come from."""

from __future__ import annotations

from datetime import datetime

from shop import identity
from shop.cluster import Cluster, Object
from shop.objects import make, written_by
from shop.timeline import DATABASE_SECRET_ROTATED, SETTLED, after, ago, stamp

CONFIG: dict[tuple[str, str], dict[str, str]] = {
    ("shop", "frontend-config"): {
        "catalog_url": "http://catalog.shop.svc.cluster.local:8080",
        "checkout_url": "http://checkout.shop.svc.cluster.local:8080",
        "locale": "en-GB",
    },
    ("shop", "checkout-config"): {
        "cart_url": "http://cart.shop.svc.cluster.local:8080",
        "orders_url": "http://orders.shop.svc.cluster.local:8080",
        "readiness_dependencies": "cart,orders,payments",
    },
    ("payments", "payments-config"): {
        "fraud_model": "2026-10-02",
        "database_host": "ledger-db.payments.svc.cluster.local",
        "database_name": "ledger",
        "fraud_addr": "fraud-check.payments.svc.cluster.local:9000",
    },
    ("platform", "log-agent-config"): {
        "fluent-bit.conf": "[SERVICE]\n    Flush 5\n    HTTP_Server On\n[INPUT]\n    Name tail\n"
        "    Path /var/log/containers/*.log\n[OUTPUT]\n    Name forward\n    Match *\n"
    },
    ("platform", "broker-config"): {
        "server.properties": "num.partitions=6\nmin.insync.replicas=2\n"
    },
    ("kube-system", "coredns"): {
        "Corefile": ".:53 {\n    errors\n    health\n    ready\n    kubernetes cluster.local\n"
        "    forward . /etc/resolv.conf\n    cache 30\n}\n"
    },
}

SECRETS: dict[tuple[str, str], dict[str, int]] = {
    ("shop", "shop-db"): {"username": 4, "password": 32},
    ("shop", "frontend-session"): {"session-key": 64},
    ("shop", "mailer-smtp"): {"username": 18, "password": 24},
    ("shop", "orders-export-bucket"): {"access-key": 20, "secret-key": 40},
    ("payments", "payments-db"): {"username": 12, "db-password": 40, "sslmode": 7},
    ("payments", "ledger-db-superuser"): {"username": 8, "password": 40},
    ("payments", "payment-provider"): {"token": 51},
    ("platform", "backup-bucket"): {"token": 64},
}
"""Keys of each Secret and the length of the value, which is all a snapshot keeps of it."""


def configure(cluster: Cluster) -> None:
    for (namespace, name), data in CONFIG.items():
        made = make("v1", "ConfigMap", namespace, name, SETTLED, data=data)
        written_by(made, "argocd-controller", ago(days=13, hours=7), *(f"data/{k}" for k in data))
        cluster.add(made)
    for (namespace, name), sizes in SECRETS.items():
        synced = DATABASE_SECRET_ROTATED if name == "payments-db" else ago(days=90)
        source = cluster.add(_external_secret(namespace, name, tuple(sizes), synced))
        cluster.event(source, "Updated", "secret updated", component="external-secrets", at=synced)
        made = _secret(namespace, name, "Opaque", sizes, source)
        written_by(made, "external-secrets", synced, *(f"data/{key}" for key in sizes))
        cluster.add(made)
    pair = {"tls.crt": 5471, "tls.key": 1704}
    cluster.add(_secret("shop", "shop-tls", "kubernetes.io/tls", pair, None))
    _external_secrets_operator(cluster)


def _secret(
    namespace: str, name: str, type_: str, sizes: dict[str, int], owner: Object | None
) -> Object:
    data = {key: f"REDACTED ({size} bytes)" for key, size in sizes.items()}
    return make("v1", "Secret", namespace, name, SETTLED, owner=owner, type=type_, data=data)


def _external_secret(namespace: str, name: str, keys: tuple[str, ...], synced: datetime) -> Object:
    """Where the Secret comes from: keys of an entry in a vault, under names chosen here."""
    ready = {
        "lastTransitionTime": stamp(after(SETTLED, 9)), "message": "secret synced",
        "reason": "SecretSynced", "status": "True", "type": "Ready",
    }  # fmt: skip
    entry = f"{namespace}/{name}"
    made = make(
        "external-secrets.io/v1", "ExternalSecret", namespace, name, SETTLED, generation=2,
        spec={
            "data": [{"remoteRef": {"key": entry, "property": k}, "secretKey": k} for k in keys],
            "refreshInterval": "1h0m0s",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": "vault"},
            "target": {"creationPolicy": "Owner", "name": name},
        },
        status={"conditions": [ready], "refreshTime": stamp(_refreshed(name, synced))},
    )  # fmt: skip
    written_by(made, "argocd-controller", after(synced, -4), "spec/data")
    return made


def _refreshed(name: str, synced: datetime) -> datetime:
    """The vault is read every hour, whether something changed or not."""
    return max(synced, ago(minutes=identity.number(3, 58, name, "refreshed")))


def _external_secrets_operator(cluster: Cluster) -> None:
    _definition(cluster, "ExternalSecret", "externalsecrets", "Namespaced")
    _definition(cluster, "ClusterSecretStore", "clustersecretstores", "Cluster")
    provider = {
        "vault": {"path": "kv", "server": "https://vault.demo-shop.example", "version": "v2"}
    }
    cluster.add(
        make(
            "external-secrets.io/v1", "ClusterSecretStore", "", "vault", SETTLED,
            spec={"provider": provider},
            status={
                "conditions": [
                    {
                        "lastTransitionTime": stamp(SETTLED), "message": "store validated",
                        "reason": "Valid", "status": "True", "type": "Ready",
                    }
                ]
            },
        )
    )  # fmt: skip


def _definition(cluster: Cluster, kind: str, plural: str, scope: str) -> None:
    """The CustomResourceDefinition of one of external-secrets' kinds."""
    names = {
        "kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower(),
    }  # fmt: skip
    established = {
        "lastTransitionTime": stamp(SETTLED), "message": "the initial names have been accepted",
        "reason": "InitialNamesAccepted", "status": "True", "type": "Established",
    }  # fmt: skip
    cluster.add(
        make(
            "apiextensions.k8s.io/v1", "CustomResourceDefinition", "",
            f"{plural}.external-secrets.io", SETTLED,
            spec={
                "group": "external-secrets.io", "names": names, "scope": scope,
                "versions": [{"name": "v1", "served": True, "storage": True}],
            },
            status={"conditions": [established]},
        )
    )  # fmt: skip
