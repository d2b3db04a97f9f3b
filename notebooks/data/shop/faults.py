"""What is broken. One function a fault: the change somebody made, and what it does to the pods.

Only first causes and what kubelets and the scheduler report are set here; the statuses, endpoints
and budgets that follow are left to ``controllers``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shop import logs, pods
from shop.apps import App, Place, Revision, from_config, from_secret, value
from shop.autoscaling import autoscaler, condition
from shop.claims import never_bound
from shop.cluster import Cluster, Object
from shop.jobs import cron_job, job
from shop.neighbours import service
from shop.timeline import (
    EXPORT_RAN,
    FLAGS_ROLLED_OUT,
    INDEXER_DEPLOYED,
    METRICS_STORE_DEPLOYED,
    NOW,
    PAYMENTS_ROLLED_OUT,
    SEARCH_ROLLED_OUT,
    STOREFRONT_RENAMED,
    after,
    ago,
    parsed,
)
from shop.workloads import deployment, stateful_set

ONE, TWO, THREE = (f"worker-{n}" for n in (1, 2, 3))


def strike(cluster: Cluster) -> None:
    for fault in FAULTS:
        fault(cluster)


def secret_key_renamed(cluster: Cluster) -> None:
    """payments/payments-db now holds its password under ``db-password``.

    Environment variables are read once, so the running payments-api did not notice. Two minutes
    later a release replaced it (Recreate: there is only ever one writer to the ledger) and no new
    pod finds ``password``. The reference is optional, so the kubelet starts the container and the
    program gives up. Nothing answers checkout, which takes itself out of its Service.
    """
    app = App(
        namespace="payments", name="payments-api", strategy="Recreate",
        places=(Place(ONE), Place(TWO)),
        revisions=(
            Revision(7, "3.7.1", ago(days=21)),
            Revision(8, "3.7.2", ago(days=6, hours=4)),
            Revision(9, "3.8.0", PAYMENTS_ROLLED_OUT, replicas=2),
        ),
        cpu="250m", memory="256Mi", limits={"memory": "512Mi"},
        env=(
            from_config("PAYMENTS_DB_HOST", "payments-config", "database_host"),
            from_config("PAYMENTS_DB_NAME", "payments-config", "database_name"),
            from_secret("PAYMENTS_DB_USER", "payments-db", "username"),
            from_secret("PAYMENTS_DB_PASSWORD", "payments-db", "password", optional=True),
            from_config("FRAUD_CHECK_ADDR", "payments-config", "fraud_addr"),
        ),
    )  # fmt: skip
    for pod in deployment(cluster, app):
        first = after(parsed(pod["metadata"]["creationTimestamp"]), 2.4 + len(cluster.logs) % 5)
        runs = pods.crashes(first, timedelta(seconds=2))
        pods.crash_looping(pod, runs, exit_code=1)
        _back_off(cluster, pod, first, len(runs) * 14)
        cluster.log(pod, logs.payments_start(runs[-1][0]))
        cluster.log(pod, logs.payments_start(runs[-1][0]), previous=True)
    _checkout_unready(cluster)


def _checkout_unready(cluster: Cluster) -> None:
    """Three failed probes, ten seconds apart, after the last payments pod went away."""
    for index, pod in enumerate(cluster.pods_of("shop", "checkout")):
        first = after(PAYMENTS_ROLLED_OUT, 4 + index * 3)
        pods.not_ready(pod, after(first, 20))
        last = ago(seconds=2 + index * 3)
        cluster.event(
            pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503",
            component="kubelet", host=pod["spec"]["nodeName"], container="checkout",
            warning=True, first=first, at=last, count=int((last - first).total_seconds()) // 10 + 1,
        )  # fmt: skip
        cluster.log(pod, logs.checkout(pod, first, _address(cluster, "payments", "payments-api")))


def image_tag_missing(cluster: Cluster) -> None:
    """search was released with a tag that was never pushed; the old pods keep serving."""
    app = App(
        namespace="shop", name="search", places=(Place(ONE), Place(THREE), Place(TWO)),
        revisions=(
            Revision(13, "5.1.3", ago(days=16, hours=2), replicas=2),
            Revision(14, "5.2.1", SEARCH_ROLLED_OUT, replicas=1),
        ),
        cpu="250m", memory="512Mi", limits={"memory": "1Gi"},
        env=(value("INDEX_PATH", "/var/lib/search"),),
    )  # fmt: skip
    pod = deployment(cluster, app)[-1]
    image = pod["spec"]["containers"][0]["image"]
    cause = (
        f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": '
        f"{image}: not found"
    )
    pulled = f"rpc error: code = NotFound desc = {cause}"
    since = parsed(pod["metadata"]["creationTimestamp"])
    pods.image_missing(pod, since, f'Back-off pulling image "{image}": ErrImagePull: {pulled}')
    tries = len(pods.crashes(since, timedelta(seconds=1)))
    told = (
        ("Pulling", f'Pulling image "{image}"', False, tries, 214),
        ("Failed", f'Failed to pull image "{image}": {pulled}', True, tries, 213),
        ("Failed", "Error: ErrImagePull", True, tries, 213),
        ("BackOff", f'Back-off pulling image "{image}"', False, tries * 20, 7),
        ("Failed", "Error: ImagePullBackOff", True, tries * 20, 7),
    )
    for reason, message, warning, count, last in told:
        cluster.event(
            pod, reason, message, component="kubelet", host=TWO, container="search",
            warning=warning, first=after(since, 2), at=ago(seconds=last), count=count,
        )  # fmt: skip


def request_too_large(cluster: Cluster) -> None:
    """catalog-indexer asks for 12Gi of memory; no worker has that much left."""
    app = App(
        namespace="shop", name="catalog-indexer", created=INDEXER_DEPLOYED, places=(Place(ONE),),
        revisions=(Revision(1, "0.4.0", INDEXER_DEPLOYED, replicas=1),), port=None,
        cpu="500m", memory="12Gi", limits={"memory": "12Gi"},
        env=(from_secret("DATABASE_PASSWORD", "shop-db", "password"),),
    )  # fmt: skip
    _unscheduled(
        cluster, deployment(cluster, app)[0],
        "0/4 nodes are available: 1 node(s) had untolerated taint "
        "{node-role.kubernetes.io/control-plane: }, 3 Insufficient memory. preemption: 0/4 nodes "
        "are available: 1 Preemption is not helpful for scheduling, 3 No preemption victims found "
        "for incoming pod.", tries=34,
    )  # fmt: skip


def memory_limit_too_small(cluster: Cluster) -> None:
    """recommendations fills its model cache until it meets its limit, every twenty minutes."""
    rolled = ago(hours=4, minutes=24)
    app = App(
        namespace="shop", name="recommendations", places=(Place(THREE), Place(TWO)),
        revisions=(
            Revision(20, "2.3.1", ago(days=18)),
            Revision(21, "2.4.0", rolled, replicas=2),
        ),
        memory="192Mi", limits={"memory": "256Mi"},
        env=(value("MODEL_CACHE_ENTRIES", "250000"),),
    )  # fmt: skip
    for pod, ran in zip(
        deployment(cluster, app), (timedelta(minutes=18), timedelta(minutes=19)), strict=True
    ):
        first = after(parsed(pod["metadata"]["creationTimestamp"]), 2)
        count, since = divmod(NOW - first, ran + timedelta(seconds=2))
        died = NOW - since - timedelta(seconds=2)
        pods.restarted(pod, count, died=died, ran=ran, exit_code=137, reason="OOMKilled")
        cluster.log(pod, logs.recommendations(after(died, 2), NOW))
        cluster.log(pod, logs.recommendations(died - ran, died), previous=True)


def storage_class_missing(cluster: Cluster) -> None:
    """metrics-store claims storage of a class that this cluster does not have."""
    app = App(
        namespace="platform", name="metrics-store", created=METRICS_STORE_DEPLOYED,
        image="quay.io/prometheus/prometheus", places=(Place(ONE),),
        revisions=(Revision(1, "v3.5.0", METRICS_STORE_DEPLOYED),), port=9090,
        cpu="250m", memory="1Gi", limits={"memory": "2Gi"}, claim="200Gi", storage_class="fast-ssd",
        mount="/prometheus", probe="/-/healthy", ready_probe="/-/ready",
    )  # fmt: skip
    pod = stateful_set(cluster, app)[0]
    claim = cluster.get("PersistentVolumeClaim", "platform", "data-metrics-store-0")
    never_bound(cluster, claim)
    cluster.event(
        claim, "ProvisioningFailed", 'storageclass.storage.k8s.io "fast-ssd" not found',
        component="persistentvolume-controller", warning=True,
        first=after(METRICS_STORE_DEPLOYED, 1), at=ago(seconds=6), count=5291,
    )  # fmt: skip
    _unscheduled(
        cluster, pod,
        "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: "
        "0/4 nodes are available: 4 Preemption is not helpful for scheduling.", tries=265,
    )  # fmt: skip
    service(cluster, "platform", "metrics-store", (("http", 9090, "http"),),
            clusterIP="None", clusterIPs=["None"])  # fmt: skip


def bucket_missing(cluster: Cluster) -> None:
    """orders-export has nowhere to write to since its bucket went, four nights ago."""
    app = App(
        namespace="shop", name="orders-export", image="registry.demo-shop.example/shop/orders",
        places=(), revisions=(Revision(1, "2.9.1", ago(days=13, hours=7)),), port=None,
        memory="256Mi", limits={"memory": "512Mi"},
        command=("orders", "export", "--day=yesterday", "--to=s3://demo-shop-orders-eu"),
        env=(
            from_secret("DATABASE_PASSWORD", "shop-db", "password"),
            from_secret("ACCESS_KEY", "orders-export-bucket", "access-key"),
            from_secret("SECRET_KEY", "orders-export-bucket", "secret-key"),
        ),
    )  # fmt: skip
    parent = cron_job(cluster, app, "30 2 * * *")
    night = EXPORT_RAN - timedelta(days=4)
    _, good = job(cluster, parent, night, THREE, seconds=51)
    cluster.log(good[0], logs.export(night, works=True))
    _, bad = job(cluster, parent, EXPORT_RAN, THREE, seconds=12, failures=3)
    for nights in (2, 1):
        _failed_before(cluster, parent, EXPORT_RAN - timedelta(days=nights))
    for pod in bad:
        cluster.log(pod, logs.export(parsed(pod["metadata"]["creationTimestamp"]), works=False))


def _failed_before(cluster: Cluster, parent: Object, at: datetime) -> None:
    """An earlier failed run: only the newest is kept, the one before goes when it fails."""
    name = f"{parent['metadata']['name']}-{int(at.timestamp()) // 60}"
    ended = after(at, 74)
    for reason, message, when in (
        ("SuccessfulCreate", f"Created job {name}", at),
        ("SawCompletedJob", f"Saw completed job: {name}, condition: Failed", ended),
        ("SuccessfulDelete", f"Deleted job {name}", after(ended, 86_400)),
    ):
        cluster.event(parent, reason, message, component="cronjob-controller", at=when)


def selector_matches_nothing(cluster: Cluster) -> None:
    """flagd was deployed again as feature-flags; its Service still looks for the old name."""
    app = App(
        namespace="platform", name="feature-flags", created=FLAGS_ROLLED_OUT,
        image="registry.demo-shop.example/platform/flagd", port=8013,
        places=(Place(TWO), Place(THREE)),
        revisions=(Revision(1, "0.12.9", FLAGS_ROLLED_OUT, replicas=2),),
        memory="64Mi", limits={"memory": "128Mi"},
    )  # fmt: skip
    deployment(cluster, app)
    service(cluster, "platform", "feature-flags", (("http", 8013, "http"),),
            {"app.kubernetes.io/name": "flagd"}, FLAGS_ROLLED_OUT)  # fmt: skip


def autoscaler_target_missing(cluster: Cluster) -> None:
    """storefront was renamed to frontend; its autoscaler stayed behind."""
    made = autoscaler(cluster, "storefront", 3, 8, ago(days=201))
    missing = 'deployments.apps "storefront" not found'
    made["status"] = {
        "conditions": [
            condition(
                "AbleToScale", False, "FailedGetScale",
                f"the HPA controller was unable to get the target's current scale: {missing}",
                STOREFRONT_RENAMED,
            )
        ],
        "currentMetrics": None,
        "currentReplicas": 3,
        "desiredReplicas": 3,
    }  # fmt: skip
    cluster.event(
        made, "FailedGetScale", missing, component="horizontal-pod-autoscaler", warning=True,
        first=STOREFRONT_RENAMED, at=ago(seconds=11), count=11_742,
    )  # fmt: skip


FAULTS = (
    secret_key_renamed,
    image_tag_missing,
    request_too_large,
    memory_limit_too_small,
    storage_class_missing,
    bucket_missing,
    selector_matches_nothing,
    autoscaler_target_missing,
)


def _unscheduled(cluster: Cluster, pod: Object, message: str, *, tries: int) -> None:
    since = parsed(pod["metadata"]["creationTimestamp"])
    pods.unscheduled(pod, since, message)
    cluster.scheduler_event(
        pod, "FailedScheduling", message, at=since, action="Scheduling",
        series=(tries, ago(minutes=2, seconds=51)),
    )  # fmt: skip


def _back_off(cluster: Cluster, pod: Object, first: datetime, count: int) -> None:
    meta, container = pod["metadata"], pod["spec"]["containers"][0]["name"]
    cluster.event(
        pod, "BackOff",
        f"Back-off restarting failed container {container} in pod "
        f"{meta['name']}_{meta['namespace']}({meta['uid']})",
        component="kubelet", host=pod["spec"]["nodeName"], container=container, warning=True,
        first=after(first, 4), at=ago(seconds=9), count=count,
    )  # fmt: skip


def _address(cluster: Cluster, namespace: str, name: str) -> str:
    return str(cluster.get("Service", namespace, name)["spec"]["clusterIP"])
