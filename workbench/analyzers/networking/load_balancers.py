"""Services of type LoadBalancer that get no address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from workbench.analyzers.history import latest
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import age, error_text, span
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding
from workbench.core.objects import Service

ADDRESS_SECONDS = 300
"""Cloud load balancers take a minute or three; after five something is wrong."""


def load_balancer(snapshot: ClusterSnapshot, now: datetime, service: Service) -> Iterator[Finding]:
    """A Service of type LoadBalancer without an address after a while, or with a failure."""
    if service.spec.type != "LoadBalancer" or service.status.load_balancer.ingress:
        return
    event = latest(snapshot, service, "SyncLoadBalancerFailed", "AllocationFailed")
    waited = age(now, service.metadata.creation_timestamp)
    if not event and (waited is None or waited < ADDRESS_SECONDS):
        return
    why = f": {error_text(event.message, 250)}" if event else " and no controller has said why"
    yield finding(
        "LOAD_BALANCER_PENDING",
        service,
        f"Service {service.name} of type LoadBalancer has no external address"
        + (f" after {span(waited)}" if waited else "")
        + why,
        [seen(service, "status.loadBalancer.ingress", "none"), *([said(event)] if event else [])],
        since=service.metadata.creation_timestamp,
    )
