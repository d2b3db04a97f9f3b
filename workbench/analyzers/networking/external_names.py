"""Services that stand for a name elsewhere (type ExternalName)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from workbench.analyzers.history import recent
from workbench.analyzers.logs.complaints import dated, goes_on
from workbench.analyzers.logs.logbook import digest, pointer, when
from workbench.analyzers.networking.peers import missing_service, service_called
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.workload import ready, workload
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


FRESH_SECONDS = 3600
_NO_SUCH_NAME = re.compile(
    r"no such host|ENOTFOUND|Name or service not known|NXDOMAIN|UnknownHost|could not translate",
    re.IGNORECASE,
)
"""DNS has answered that there is no such name; anything else may be DNS itself."""


class _Caller(msgspec.Struct, frozen=True):
    """Who says that a name does not resolve, and where."""

    subject: ObjectRef
    at: Pointer


def _unresolved(snapshot: ClusterSnapshot, now: datetime) -> Iterator[tuple[ObjectRef, _Caller]]:
    """ExternalName Services whose callers' logs say, lately, that the name does not resolve."""
    for key, text in snapshot.logs.items():
        pod = snapshot.get(Pod, key.namespace, key.pod)
        if pod is None or not text or (key.previous and ready(pod)):
            continue
        log = digest(snapshot, key)
        said = [dated(s) for s in log.signatures if goes_on(s, log, now)]
        for found in (*said, *([log.reason] if log.reason else [])):
            fresh = recent(now, when(found, now.year), FRESH_SECONDS)
            if not fresh or not _NO_SUCH_NAME.search(found.line):
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
