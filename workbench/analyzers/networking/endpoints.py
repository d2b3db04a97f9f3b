"""Ready addresses behind a Service, from EndpointSlices or the older Endpoints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from workbench.analyzers.history import once
from workbench.analyzers.report import seen
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Pointer
from workbench.core.objects import Endpoints, EndpointSlice, Service

SERVICE_NAME = "kubernetes.io/service-name"
"""Label of an EndpointSlice that names its Service."""


def slices(snapshot: ClusterSnapshot, service: Service) -> tuple[EndpointSlice, ...]:
    """The Service's EndpointSlices."""
    return tuple(_slices(snapshot).get((service.namespace, service.name), ()))


def ready_count(snapshot: ClusterSnapshot, service: Service) -> int | None:
    """Ready addresses behind the Service; None when the snapshot has nothing about them."""
    found = slices(snapshot, service)
    if found:
        return sum(
            len(endpoint.addresses) or 1
            for one in found
            for endpoint in one.endpoints
            if endpoint.conditions.ready is not False  # nil means ready (discovery/v1)
        )
    older = snapshot.get(Endpoints, service.namespace, service.name)
    if older:
        return sum(len(subset.addresses) for subset in older.subsets)
    return None


def not_ready(snapshot: ClusterSnapshot, service: Service) -> list[str]:
    """Addresses that are known and not ready, by pod name where there is one."""
    older = snapshot.get(Endpoints, service.namespace, service.name)
    found = [
        (address.target_ref.name if address.target_ref else "") or address.ip or "(unnamed)"
        for subset in (older.subsets if older else ())
        for address in subset.not_ready_addresses
    ]
    for one in slices(snapshot, service):
        for endpoint in one.endpoints:
            if endpoint.conditions.ready is False:
                ref = endpoint.target_ref
                found.append((ref.name if ref else "") or ", ".join(endpoint.addresses))
    return list(dict.fromkeys(found))


def backing(snapshot: ClusterSnapshot, service: Service) -> Iterator[Pointer]:
    """What the endpoints objects say, as evidence."""
    number = ready_count(snapshot, service)
    if number is None:
        return
    found = slices(snapshot, service)
    holder = found[0] if found else snapshot.get(Endpoints, service.namespace, service.name)
    if holder:
        yield seen(holder, "endpoints" if found else "subsets", f"{number} ready")


@once
def _slices(snapshot: ClusterSnapshot) -> dict[tuple[str, str], list[EndpointSlice]]:
    found: dict[tuple[str, str], list[EndpointSlice]] = defaultdict(list)
    for one in snapshot.all(EndpointSlice):
        found[one.namespace, one.labels.get(SERVICE_NAME, "")].append(one)
    return found
