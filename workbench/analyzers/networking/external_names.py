"""Services that stand for a name elsewhere (type ExternalName)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.networking.peers import missing_service
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding
from workbench.core.objects import Service


def external_names(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """ExternalName Services that lead nowhere: an address instead of a name, or a Service of the
    cluster that does not exist. DNS answers a CNAME, so neither can be followed."""
    for service in snapshot.all(Service):
        if service.spec.type != "ExternalName":
            continue
        name = service.spec.external_name.rstrip(".")
        why = _wrong(snapshot, service, name)
        if why:
            yield finding(
                "EXTERNAL_NAME_INVALID",
                service,
                f"Service {service.name} stands for {name or '(nothing)'}, {why}",
                [seen(service, "spec.externalName", name)],
            )


def _wrong(snapshot: ClusterSnapshot, service: Service, name: str) -> str:
    if not name:
        return "so it does not resolve"
    try:
        ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        return "which is an address and no name, so it does not resolve"
    if ".svc" in name and looked_at(snapshot, Service):
        absent = missing_service(snapshot, service.namespace, name)
        return f"but {absent}" if absent else ""
    return ""
