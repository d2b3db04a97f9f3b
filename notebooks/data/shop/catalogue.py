"""What runs, as the teams meant it: every application that works."""

from __future__ import annotations

from datetime import datetime, timedelta

from shop.apps import App, Place, Revision, from_config, from_secret, value
from shop.cluster import Cluster
from shop.jobs import cron_job, job
from shop.timeline import (
    CART_ROLLED_OUT,
    CATALOG_SCALED_UP,
    FRAUD_CHECK_ROLLED_OUT,
    FRONTEND_ROLLED_OUT,
    NODE_DRAINED,
    NOW,
    UPGRADED,
    after,
    ago,
)
from shop.workloads import deployment, stateful_set

PAYMENTS_URL = "http://payments-api.payments.svc.cluster.local:8080"
ONE, TWO, THREE = (f"worker-{n}" for n in (1, 2, 3))
MOVED = after(NODE_DRAINED, 75)
"""When the pods that were on the drained node started elsewhere."""

DEPLOYMENTS = (
    App(
        namespace="shop", name="frontend", places=(Place(ONE), Place(TWO), Place(THREE)),
        revisions=(
            Revision(22, "1.61.0", ago(days=5, hours=2)),
            Revision(23, "1.62.0", FRONTEND_ROLLED_OUT, replicas=3),
        ),
        cpu="200m", memory="256Mi", limits={"cpu": "1", "memory": "512Mi"},
        env=(
            from_config("CATALOG_URL", "frontend-config", "catalog_url"),
            from_config("CHECKOUT_URL", "frontend-config", "checkout_url"),
            value("FLAGS_URL", "http://feature-flags.platform.svc.cluster.local:8013"),
            from_secret("SESSION_KEY", "frontend-session", "session-key"),
        ),
    ),
    App(
        namespace="shop", name="checkout", created=ago(days=301),
        places=(Place(ONE), Place(THREE), Place(ONE, MOVED)),
        revisions=(
            Revision(30, "2.13.4", ago(days=20, hours=3)),
            Revision(31, "2.14.0", ago(days=6, hours=1), replicas=3),
        ),
        cpu="200m", memory="256Mi", limits={"memory": "512Mi"},
        env=(
            value("PAYMENTS_URL", PAYMENTS_URL),
            from_config("ORDERS_URL", "checkout-config", "orders_url"),
            from_config("CART_URL", "checkout-config", "cart_url"),
            from_config("READINESS_DEPENDENCIES", "checkout-config", "readiness_dependencies"),
            from_secret("DATABASE_PASSWORD", "shop-db", "password"),
        ),
    ),
    App(
        namespace="shop", name="cart", places=(Place(TWO), Place(THREE)),
        revisions=(
            Revision(17, "3.4.1", ago(days=33)),
            Revision(18, "3.5.0", CART_ROLLED_OUT, replicas=2),
        ),
        limits={"memory": "256Mi"},
        env=(value("REDIS_ADDR", "redis.shop.svc.cluster.local:6379"),),
    ),
    App(
        namespace="shop", name="catalog",
        places=(Place(ONE), Place(THREE), Place(TWO, CATALOG_SCALED_UP)),
        revisions=(
            Revision(11, "4.0.2", ago(days=40)),
            Revision(12, "4.1.0", ago(days=11, hours=5), replicas=3),
        ),
        cpu="250m", memory="384Mi", limits={"memory": "768Mi"},
        env=(from_secret("DATABASE_PASSWORD", "shop-db", "password"),),
    ),
    App(
        namespace="shop", name="orders", places=(Place(ONE), Place(THREE, MOVED)),
        revisions=(
            Revision(25, "2.8.0", ago(days=48)),
            Revision(26, "2.9.1", ago(days=13, hours=7), replicas=2),
        ),
        cpu="500m", memory="512Mi", limits={"memory": "1Gi"},
        env=(
            value("BROKERS", "broker.platform.svc.cluster.local:9092"),
            from_secret("DATABASE_PASSWORD", "shop-db", "password"),
        ),
    ),
    App(
        namespace="shop", name="inventory", places=(Place(ONE), Place(THREE)),
        revisions=(
            Revision(8, "1.19.0", ago(days=60)),
            Revision(9, "1.20.3", ago(days=27), replicas=2),
        ),
        memory="256Mi", limits={"memory": "512Mi"},
        env=(from_secret("DATABASE_PASSWORD", "shop-db", "password"),),
    ),
    App(
        namespace="shop", name="mailer", places=(Place(THREE),), port=None,
        revisions=(Revision(4, "0.9.6", ago(days=52), replicas=1),),
        env=(
            value("BROKERS", "broker.platform.svc.cluster.local:9092"),
            from_secret("SMTP_PASSWORD", "mailer-smtp", "password"),
        ),
    ),
    App(
        namespace="payments", name="payments-worker", places=(Place(ONE), Place(THREE)), port=None,
        revisions=(
            Revision(14, "3.6.9", ago(days=30)),
            Revision(15, "3.7.2", ago(days=6, hours=4), replicas=2),
        ),
        memory="256Mi", limits={"memory": "512Mi"},
        env=(
            value("BROKERS", "broker.platform.svc.cluster.local:9092"),
            from_secret("PROVIDER_TOKEN", "payment-provider", "token"),
        ),
    ),
    App(
        namespace="payments", name="fraud-check", places=(Place(TWO),), port=9000,
        port_name="grpc", probe="", ready_probe="",
        revisions=(
            Revision(6, "0.14.1", ago(days=22)),
            Revision(7, "0.15.0", FRAUD_CHECK_ROLLED_OUT, replicas=1),
        ),
        cpu="250m", memory="512Mi", limits={"memory": "1Gi"},
        env=(from_config("MODEL_VERSION", "payments-config", "fraud_model"),),
    ),
    App(
        namespace="platform", name="ingress-nginx-controller", port=80,
        image="registry.k8s.io/ingress-nginx/controller",
        places=(Place(ONE), Place(THREE, MOVED)),
        revisions=(Revision(10, "v1.13.2", ago(days=45), replicas=2),),
        memory="192Mi", args=("/nginx-ingress-controller", "--ingress-class=nginx"),
        probe="/healthz", ready_probe="/healthz",
    ),
    App(
        namespace="platform", name="kube-state-metrics", places=(Place(THREE),),
        image="registry.k8s.io/kube-state-metrics/kube-state-metrics",
        revisions=(Revision(3, "v2.17.0", ago(days=64), replicas=1),),
        memory="128Mi", limits={"memory": "256Mi"},
    ),
    App(
        namespace="platform", name="external-secrets", places=(Place(ONE),), port=8081,
        image="ghcr.io/external-secrets/external-secrets", probe="", ready_probe="",
        revisions=(Revision(2, "v0.20.1", ago(days=38), replicas=1),),
        cpu="50m", memory="96Mi", limits={"memory": "256Mi"},
    ),
    App(
        namespace="kube-system", name="coredns", image="registry.k8s.io/coredns/coredns",
        places=(Place(ONE), Place(THREE, MOVED)), port=53, port_name="dns-tcp",
        revisions=(Revision(4, "v1.12.0", UPGRADED, replicas=2),),
        memory="70Mi", limits={"memory": "170Mi"}, labels={"k8s-app": "kube-dns"},
        probe="", ready_probe="", config="coredns",
        spec={"priority": 2000000000, "priorityClassName": "system-cluster-critical"},
    ),
    App(
        namespace="kube-system", name="metrics-server", places=(Place(THREE),),
        image="registry.k8s.io/metrics-server/metrics-server", port=10250, port_name="https",
        revisions=(Revision(3, "v0.8.0", UPGRADED, replicas=1),), memory="200Mi",
        probe="", ready_probe="",
    ),
)  # fmt: skip

STATEFUL_SETS = (
    App(
        namespace="shop", name="postgres", image="docker.io/library/postgres", places=(Place(ONE),),
        revisions=(Revision(5, "17.6", ago(days=31, hours=2)),), port=5432, port_name="postgres",
        cpu="500m", memory="2Gi", limits={"memory": "3Gi"}, claim="50Gi",
        mount="/var/lib/postgresql/data", probe="", ready_probe="",
        env=(from_secret("POSTGRES_PASSWORD", "shop-db", "password"),),
    ),
    App(
        namespace="shop", name="redis", image="docker.io/library/redis", places=(Place(THREE),),
        revisions=(Revision(4, "8.2.1", ago(days=24)),), port=6379, port_name="redis",
        memory="512Mi", limits={"memory": "1Gi"}, claim="8Gi", mount="/data", probe="",
        ready_probe="",
    ),
    App(
        namespace="payments", name="ledger-db", image="docker.io/library/postgres",
        places=(Place(THREE),), revisions=(Revision(3, "17.6", ago(days=31)),),
        port=5432, port_name="postgres", cpu="500m", memory="2Gi", limits={"memory": "3Gi"},
        claim="100Gi", mount="/var/lib/postgresql/data", probe="", ready_probe="",
        env=(from_secret("POSTGRES_PASSWORD", "ledger-db-superuser", "password"),),
    ),
    App(
        namespace="platform", name="broker", image="docker.io/apache/kafka",
        places=(Place(ONE), Place(THREE), Place(TWO, MOVED)),
        revisions=(Revision(6, "4.1.0", ago(days=31)),), port=9092, port_name="kafka",
        cpu="250m", memory="1536Mi", limits={"memory": "2Gi"}, claim="40Gi",
        mount="/var/lib/kafka", probe="", ready_probe="", config="broker-config",
    ),
)  # fmt: skip

CART_CLEANUP = App(
    namespace="shop", name="cart-cleanup", image="registry.demo-shop.example/shop/cart",
    places=(), revisions=(Revision(1, "3.5.0", CART_ROLLED_OUT),), port=None,
    cpu="50m", memory="64Mi", limits={"memory": "128Mi"},
    command=("cart", "expire", "--older-than=72h"),
    env=(value("REDIS_ADDR", "redis.shop.svc.cluster.local:6379"),),
)  # fmt: skip

ETCD_BACKUP = App(
    namespace="platform", name="etcd-backup",
    places=(), revisions=(Revision(1, "0.3.2", ago(days=90)),), port=None,
    cpu="50m", memory="64Mi", env=(from_secret("BUCKET_TOKEN", "backup-bucket", "token"),),
)  # fmt: skip


def deploy(cluster: Cluster) -> None:
    """Everything that works."""
    for app in DEPLOYMENTS:
        deployment(cluster, app)
    for app in STATEFUL_SETS:
        stateful_set(cluster, app)
    _run_every(cluster, CART_CLEANUP, "*/15 * * * *", ago(minutes=12), timedelta(minutes=15), TWO)
    night = datetime(2026, 11, 17, 1, 0, tzinfo=NOW.tzinfo)
    _run_every(cluster, ETCD_BACKUP, "0 1 * * *", night, timedelta(days=1), ONE)


def _run_every(
    cluster: Cluster, app: App, schedule: str, last: datetime, every: timedelta, node: str
) -> None:
    """The CronJob and its three newest runs, which is as many as are kept."""
    parent = cron_job(cluster, app, schedule)
    for back in (2, 1, 0):
        _, runs = job(cluster, parent, last - back * every, node, seconds=7)
        at = last - back * every
        cluster.log(runs[0], [(after(at, 3), f"{app.name}: started"), (after(at, 8), "done")])
