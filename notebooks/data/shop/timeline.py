"""When things happened, told backwards from the moment the snapshot was taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 17, 9, 42, tzinfo=UTC)
"""The snapshot's time. Nothing in the generator reads a clock."""

EVENTS_KEPT = timedelta(hours=72)
"""How long this API server keeps events (kube-apiserver --event-ttl; the default is one hour)."""


def ago(*, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def after(moment: datetime, seconds: float) -> datetime:
    return moment + timedelta(seconds=seconds)


def stamp(moment: datetime) -> str:
    """RFC 3339 in whole seconds, as metav1.Time is printed."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def micro(moment: datetime) -> str:
    """RFC 3339 with microseconds, as metav1.MicroTime is printed."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def nano(moment: datetime) -> str:
    """RFC 3339 with nanoseconds, as ``kubectl logs --timestamps`` prints it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{moment.microsecond * 7919 % 1000:03}Z"


def parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)


CLUSTER_BORN = ago(days=412, hours=3)
SETTLED = after(CLUSTER_BORN, 86_400)
UPGRADED = ago(days=31, hours=6)

DATABASE_SECRET_ROTATED = ago(minutes=36, seconds=12)
PAYMENTS_ROLLED_OUT = ago(minutes=34, seconds=5)
FRONTEND_ROLLED_OUT = ago(minutes=41, seconds=20)
CATALOG_SCALED_UP = ago(minutes=52, seconds=40)
INDEXER_DEPLOYED = ago(hours=2, minutes=48)
SEARCH_ROLLED_OUT = ago(hours=3, minutes=7)
REDIS_HUNG = ago(hours=5, minutes=12)
EXPORT_RAN = datetime(2026, 11, 17, 2, 30, tzinfo=UTC)
FRAUD_CHECK_ROLLED_OUT = ago(hours=17, minutes=31)
FLAGS_ROLLED_OUT = ago(hours=20, minutes=10)
METRICS_STORE_DEPLOYED = ago(hours=22, minutes=3)
CART_ROLLED_OUT = ago(hours=22, minutes=48)
NODE_UNCORDONED = ago(hours=25, minutes=35)
NODE_DRAINED = ago(hours=26, minutes=20)
STOREFRONT_RENAMED = ago(days=2, hours=1)
