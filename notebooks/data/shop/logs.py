"""What the programs write. Each application has a handful of lines it repeats; faults and old
trouble have their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from shop import identity
from shop.cluster import Cluster, Line, Object
from shop.timeline import (
    FRONTEND_ROLLED_OUT,
    NOW,
    PAYMENTS_ROLLED_OUT,
    REDIS_HUNG,
    after,
    ago,
    nano,
    parsed,
)

LOGGED_NAMESPACES = ("shop", "payments", "platform")
LINES_MOST = 36
"""How many lines of everyday talk a container's log ends with."""

# Seconds between two lines, and the lines. {id} {n} {ms} {ip} {time} are filled in.
TALK: dict[str, tuple[float, tuple[str, ...]]] = {
    "frontend": (11, (
        'level=info msg=request method=GET path=/ status=200 ms={ms}',
        'level=info msg=request method=GET path=/c/{n} status=200 ms={ms}',
        'level=error msg="write response" path=/c/{n} error="write tcp {ip}: broken pipe"',
        'level=warn msg="flags: using defaults" error="dial tcp {flags}: connection refused"',
        'level=info msg=request method=GET path=/p/{id} status=200 ms={ms}',
        'level=error msg="read request body" error="read tcp {ip}: connection reset by peer"',
    )),
    "cart": (9, (
        'level=info msg="item added" cart={id} items={n}',
        'level=info msg="cart read" cart={id} ms={ms}',
        'level=info msg="cart read" cart={id} ms={ms}',
    )),
    "catalog": (10, (
        'INFO  catalog.http GET /products/{id} 200 {ms}ms',
        'INFO  catalog.http GET /categories/{n} 200 {ms}ms',
        'DEBUG catalog.cache hit ratio 0.9{n}',
    )),
    "orders": (17, (
        'level=info msg="order stored" order={id} ms={ms}',
        'level=info msg="order shipped" order={id}',
        'level=info msg="outbox flushed" events={n}',
    )),
    "inventory": (14, (
        'level=info msg="stock read" sku={id} ms={ms}',
        'level=info msg="stock reserved" sku={id} quantity={n}',
    )),
    "search": (12, (
        'INFO  search: query "{id}" hits={n} took={ms}ms',
        'INFO  search: query "{id}" hits={n} took={ms}ms',
        'WARN  search: slow query "{id}" took=1{ms}ms',
    )),
    "mailer": (61, (
        'sent order-confirmation message={id}',
        'sent shipping-notice message={id}',
        'ERROR recipient rejected: 550 5.1.1 mailbox unavailable message={id}, will not retry',
    )),
    "payments-worker": (29, (
        'level=info msg="settlement batch" batch={id} payments={n}',
        'level=info msg="provider webhook" event={id} ms={ms}',
        'level=info msg="refund done" refund={id}',
    )),
    "fraud-check": (54, ('level=info msg="stats" window=60s scored=0 model=2026-10-02',)),
    "postgres": (95, (
        '{time} UTC [27] LOG:  checkpoint starting: time',
        '{time} UTC [27] LOG:  checkpoint complete: wrote {n} buffers (0.1%); write={n}.{n} s',
        '{time} UTC [{n}] ERROR:  canceling statement due to user request',
    )),
    "ledger-db": (120, (
        '{time} UTC [27] LOG:  checkpoint starting: time',
        '{time} UTC [27] LOG:  checkpoint complete: wrote {n} buffers (0.0%); write={n}.{n} s',
    )),
    "redis": (150, (
        '1:M * 100 changes in 300 seconds. Saving...',
        '1:M * Background saving started by pid {n}',
        '1:M * Background saving terminated with success',
    )),
    "broker": (70, (
        'INFO [GroupCoordinator] Stabilized group orders generation {n} with 3 members',
        'INFO [ProducerStateManager partition=orders-{n}] Wrote producer snapshot',
        'INFO [LocalLog partition=mail-0] Rolled new log segment in {n} ms.',
    )),
    "ingress-nginx-controller": (8, (
        '{ip} - - "GET / HTTP/2.0" 200 {ms} "-" [shop-frontend-http] 0.0{ms} 200',
        '{ip} - - "GET /c/{n} HTTP/2.0" 200 {ms} "-" [shop-frontend-http] 0.0{ms} 200',
        '{ip} - - "GET /p/{id} HTTP/2.0" 499 0 "-" [shop-frontend-http] 1.{ms} -',
        '{ip} - - "GET /api/search?q={id} HTTP/2.0" 200 {ms} "-" [shop-search-http] 0.0{ms} 200',
    )),
    "feature-flags": (300, ('level=info msg="flags reloaded" count={n} ms={ms}',)),
    "kube-state-metrics": (600, ('I main.go] "Tested communication with server"',)),
    "external-secrets": (300, (
        '{{"level":"info","logger":"controllers.ExternalSecret","msg":"reconciled secret",'
        '"ExternalSecret":{{"name":"shop-db","namespace":"shop"}}}}',
    )),
    "log-agent": (240, (
        '[ info] [output:forward:forward.0] worker #0 flushed {n} chunks',
        '[ warn] [input:tail:tail.0] inotify: file {id}.log rotated',
    )),
    "node-exporter": (3600, ('level=INFO source=node_exporter.go msg="scrape done" ms={ms}',)),
}  # fmt: skip


IN_ORDER = ("postgres", "ledger-db", "redis")
"""Programs whose lines follow one another; the others' come as the requests do."""

FLAGS = "feature-flags.platform.svc.cluster.local:8013"


def healthy(cluster: Cluster) -> None:
    """A log for every container that runs and has none yet."""
    for pod in cluster.all("Pod"):
        meta = pod["metadata"]
        app = meta["labels"].get("app.kubernetes.io/name", "")
        key = (meta["namespace"], meta["name"], app, False)
        running = pod["status"]["phase"] == "Running" and meta["namespace"] in LOGGED_NAMESPACES
        if running and key not in cluster.logs:
            lines = [*_start(pod, app), *_talk(pod, app), *_special(cluster, pod, app)]
            cluster.log(pod, lines)


def _start(pod: Object, app: str) -> Iterator[Line]:
    """The first line; old containers' logs were rotated since and have lost it."""
    started = _started(pod)
    if started > ago(hours=30):
        image = pod["spec"]["containers"][0]["image"]
        yield after(started, 0.4), f"starting {app} {image.rpartition(':')[2]}"


def _started(pod: Object) -> datetime:
    return parsed(pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"])


def _talk(pod: Object, app: str) -> Iterator[Line]:
    every, sentences = TALK[app]
    name, at = pod["metadata"]["name"], NOW - timedelta(seconds=every * LINES_MOST)
    for index in range(LINES_MOST):
        jitter = identity.number(0, int(every * 900), name, index) / 1000
        moment = at + timedelta(seconds=index * every + jitter, microseconds=jitter * 997 % 999)
        if _started(pod) < moment < NOW:
            sentence = identity.choice(sentences, name, "says", index)
            if app in IN_ORDER:
                sentence = sentences[index % len(sentences)]
            yield moment, sentence.format(flags=FLAGS, **_fillings(name, index, moment))


def _fillings(name: str, index: int, moment: datetime) -> dict[str, object]:
    return {
        "id": identity.sha256(name, index)[:10],
        "n": identity.number(2, 60, name, index, "n"),
        "ms": identity.number(3, 89, name, index, "ms"),
        "ip": f"198.51.100.{identity.number(2, 250, name, index, 'ip')}",
        "time": nano(moment).replace("T", " ")[:23],
    }


def _special(cluster: Cluster, pod: Object, app: str) -> Iterator[Line]:
    """What an application says about the trouble of others."""
    if app == "ingress-nginx-controller":
        yield from _refused_requests(pod)
    if app == "frontend":
        yield from _failed_checkouts(pod)
    if app == "cart":
        for second in range(10, 120, 20):
            yield (
                after(REDIS_HUNG, second),
                'level=error msg="redis: get" error="dial tcp: lookup redis: i/o timeout"',
            )
        yield after(REDIS_HUNG, 124), 'level=info msg="redis: connected again"'
    if app == "redis":
        yield after(REDIS_HUNG, 62), "1:M * DB loaded from append only file: 1.904 seconds"
        yield after(REDIS_HUNG, 63), "1:M * Ready to accept connections tcp"


def _refused_requests(pod: Object) -> Iterator[Line]:
    name = pod["metadata"]["name"]
    for index in range(24):
        at = after(PAYMENTS_ROLLED_OUT, 40 + index * 80 + identity.number(0, 40, name, index, "at"))
        fill = _fillings(name, index, at)
        if index % 6 == 0:
            yield at, 'W controller.go] Service "shop/checkout" does not have any active Endpoint.'
        yield (
            after(at, 1.3),
            '{ip} - - "POST /api/checkout HTTP/2.0" 503 190 "-" [shop-checkout-http] - -'.format(
                **fill
            ),
        )


def _failed_checkouts(pod: Object) -> Iterator[Line]:
    name, first = pod["metadata"]["name"], max(PAYMENTS_ROLLED_OUT, FRONTEND_ROLLED_OUT)
    for index in range(14):
        at = after(first, 35 + index * 140 + identity.number(0, 90, name, index, "fail"))
        order = identity.sha256(name, index, "cart")[:10]
        yield (
            at,
            f'level=error msg="checkout failed" cart={order} '
            'url=http://checkout.shop.svc.cluster.local:8080/orders error="connection refused"',
        )


def checkout(pod: Object, first_failure: datetime, payments: str) -> Iterator[Line]:
    """Orders going through until payments went away, and nothing but refusals after."""
    name, at = pod["metadata"]["name"], after(first_failure, -240)
    for index in range(16):
        order = identity.sha256(name, index)[:10]
        ms = identity.number(120, 480, name, index)
        moment = after(at, index * 14 + identity.number(0, 9000, name, index, "ok") / 1000)
        yield moment, f'{{"level":"info","msg":"order placed","order":"{order}","ms":{ms}}}'
    yield from _refusals(name, first_failure, payments)


def _refusals(name: str, first: datetime, payments: str) -> Iterator[Line]:
    host = "payments-api.payments.svc.cluster.local:8080"
    for index in range(6):
        order = identity.sha256(name, index, "lost")[:10]
        yield (
            after(first, index * 3.1),
            f'{{"level":"error","msg":"payments: authorize failed","order":"{order}","error":"Post '
            f'\\"http://{host}/v1/authorizations\\": dial tcp {payments}:8080: connect: '
            'connection refused"}',
        )
    for start in (first, after(NOW, -260)):
        for index in range(24):
            yield (
                after(start, index * 10 + 1.6),
                '{"level":"warn","msg":"not ready: no answer","dependency":"payments","url":'
                f'"http://{host}/healthz","error":"connect: connection refused"}}',
            )


def payments_start(at: datetime) -> Iterator[Line]:
    """One run of payments-api, from start to giving up."""
    said = (
        '{"level":"info","msg":"starting payments-api","version":"3.8.0","commit":"9f2c1ab"}',
        '{"level":"info","msg":"config: reading environment"}',
        '{"level":"info","msg":"config: database","host":"ledger-db.payments.svc.cluster.local",'
        '"name":"ledger"}',
        '{"level":"fatal","msg":"config: required setting PAYMENTS_DB_PASSWORD is not set"}',
    )
    for index, text in enumerate(said):
        yield after(at, 0.21 + index * 0.37), text


def recommendations(started: datetime, until: datetime) -> Iterator[Line]:
    """Memory grows with the cache; when the kernel ends it the log just stops."""
    yield (
        after(started, 0.6),
        "INFO  recommendations 2.4.0 starting, model cache up to 250000 entries",
    )
    seconds = int((until - started).total_seconds())
    for passed in range(30, seconds, 30):
        entries, rss = passed * 141, 61 + passed * 190 // 1130
        line = f"INFO  cache: {entries} of 250000 entries, rss {rss} MiB"
        if rss > 215:
            line = line.replace("INFO ", "WARN ") + ", allocation slow"
        yield after(started, passed + 0.2), line


def export(at: datetime, *, works: bool) -> Iterator[Line]:
    yield (
        after(at, 2.6),
        "orders export: day 2026-11-16" if not works else "orders export: day 2026-11-12",
    )
    yield after(at, 6.1), "orders export: 4 shards read"
    if works:
        yield after(at, 52), "orders export: written to s3://demo-shop-orders-eu"
        return
    yield (
        after(at, 13.2),
        "orders export: put s3://demo-shop-orders-eu/part-0: NoSuchBucket: The specified "
        "bucket does not exist (status 404)",
    )
    yield after(at, 13.3), "orders export: failed, nothing was written"
