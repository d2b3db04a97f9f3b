"""Services that stand for a name elsewhere (type ExternalName)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from workbench.analyzers.history import recent
from workbench.analyzers.logs.complaints import dated
from workbench.analyzers.logs.logbook import digest, pointer, when
from workbench.analyzers.networking.peers import missing_service, service_called
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.workload import workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import Pod, Service


def external_names(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """ExternalName Services that lead nowhere: an address instead of a name, or a Service of the
    cluster that does not exist. DNS answers a CNAME, so neither can be followed."""
    named = [s for s in snapshot.all(Service) if s.spec.type == "ExternalName"]
    unresolved = dict(_unresolved(snapshot, now)) if named else {}
    for service in named:
        name = service.spec.external_name.rstrip(".")
        why = _wrong(snapshot, service, name)
        callers = unresolved.get(ObjectRef.of(service))
        if not why and callers:
            why = f"which does not resolve: {callers.subject} says so"
        if why:
            yield finding(
                "EXTERNAL_NAME_INVALID",
                service,
                f"Service {service.name} stands for {name or '(nothing)'}, {why}",
                [seen(service, "spec.externalName", name), *([callers.at] if callers else [])],
            )


class _Caller(msgspec.Struct, frozen=True):
    """Who says that a name does not resolve, and where."""

    subject: ObjectRef
    at: Pointer


def _unresolved(snapshot: ClusterSnapshot, now: datetime) -> Iterator[tuple[ObjectRef, _Caller]]:
    """ExternalName Services whose callers' logs say, lately, that the name does not resolve."""
    for key, text in snapshot.logs.items():
        pod = snapshot.get(Pod, key.namespace, key.pod)
        reasons = [dated(s) for s in digest(snapshot, key).signatures] if pod and text else ()
        for found in reasons:
            if pod is None or found.kind != "unknown-host" or not recent(now, when(found), 3600):
                continue
            service = service_called(snapshot, pod.namespace, found.host)
            if service and service.spec.type == "ExternalName":
                yield ObjectRef.of(service), _Caller(workload(snapshot, pod), pointer(key, found))


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
