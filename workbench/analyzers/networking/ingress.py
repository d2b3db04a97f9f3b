"""Ingresses: class, backends, ports and TLS secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from workbench.analyzers.history import events
from workbench.analyzers.networking.controllers import CLASS_ANNOTATION, DEFAULT_CLASS
from workbench.analyzers.networking.endpoints import ready_count
from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.presence import looked_at, missing, unlisted
from workbench.analyzers.report import finding, seen
from workbench.analyzers.workload import is_over, ready
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import Ingress, IngressClass, Pod, Secret, Service
from workbench.core.objects.networking import BackendPort, IngressBackend

CANARY = "nginx.ingress.kubernetes.io/canary"
"""Annotation of an Ingress that takes a share of another one's requests."""

CLOUD_CLASSES = frozenset({"gce", "gce-internal"})
"""Classes that their controller takes without an IngressClass object (GKE documentation)."""


def ingresses(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Ingresses that cannot serve what they promise."""
    for ingress in snapshot.all(Ingress):
        if ingress.metadata.deletion_timestamp:
            continue
        yield from _class(snapshot, ingress)
        seen_backends: set[tuple[str, str]] = set()
        for where, backend in _backends(ingress):
            if backend.service is None:
                continue
            key = (backend.service.name, str(backend.service.port))
            if key not in seen_backends:
                seen_backends.add(key)
                yield from _backend(snapshot, ingress, where, backend)
        yield from _tls(snapshot, ingress)


def conflicts(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Ingresses of one class that send one host and path to different Services. The older one
    usually wins; a canary is meant to share."""
    claimed: dict[tuple[str, str, str, str], tuple[Ingress, str]] = {}
    told: set[tuple[ObjectRef, ObjectRef]] = set()
    for one in sorted(snapshot.all(Ingress), key=_age):
        class_ = one.spec.ingress_class_name or one.annotations.get(CLASS_ANNOTATION, "")
        if one.metadata.deletion_timestamp or CANARY in one.annotations:
            continue
        for host, path, type_, target in _paths(one):
            first, other = claimed.setdefault((class_, host, path, type_), (one, target))
            pair = (ObjectRef.of(first), ObjectRef.of(one))
            if first is not one and other != target and pair not in told:
                told.add(pair)
                yield _conflict(one, first, host + path, target, other)


def _age(ingress: Ingress) -> tuple[float, str, str]:
    born = ingress.metadata.creation_timestamp
    return born.timestamp() if born else 0.0, ingress.namespace, ingress.name


def _paths(ingress: Ingress) -> Iterator[tuple[str, str, str, str]]:
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http else ():
            if path.backend.service:
                service = path.backend.service
                target = (
                    f"{ingress.namespace}/{service.name}:{service.port.name or service.port.number}"
                )
                yield rule.host, path.path or "/", path.path_type, target


def _conflict(one: Ingress, first: Ingress, where: str, target: str, other: str) -> Finding:
    return finding(
        "INGRESS_CONFLICT",
        one,
        f"Ingress {one.name} sends {where} to Service {target}, but Ingress "
        f"{first.namespace}/{first.name} sends the same to {other}; only one of them is served",
        [
            seen(one, "spec.rules[].http.paths[]", f"{where} to {target}"),
            seen(first, "spec.rules[].http.paths[]", f"{where} to {other}"),
        ],
        detail=where,
        related=[ObjectRef.of(first)],
        other=first.name,
        other_namespace=first.namespace,
    )


def _served(snapshot: ClusterSnapshot, ingress: Ingress) -> bool:
    """Whether a controller has taken it up: it has an address, or the controller's events."""
    told = (e.source.component or e.reporting_component for e in events(snapshot, ingress))
    others = any(who and not who.startswith(("cert-manager", "external-dns")) for who in told)
    return bool(ingress.status.load_balancer.ingress) or others


def _backends(ingress: Ingress) -> Iterator[tuple[str, IngressBackend]]:
    if ingress.spec.default_backend:
        yield "spec.defaultBackend", ingress.spec.default_backend
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http else ():
            yield f"spec.rules[{rule.host or '*'}].paths[{path.path or '/'}]", path.backend


def _class(snapshot: ClusterSnapshot, ingress: Ingress) -> Iterator[Finding]:
    annotated = ingress.metadata.annotations.get(CLASS_ANNOTATION, "")
    name = ingress.spec.ingress_class_name or annotated
    if not name:
        yield from _no_class(snapshot, ingress)
    elif (
        name not in CLOUD_CLASSES
        and not (annotated and not ingress.spec.ingress_class_name)
        and not _served(snapshot, ingress)
        and unlisted(snapshot, IngressClass, "", name)
    ):
        have = sorted(c.name for c in snapshot.all(IngressClass))
        hint = f"; there is {', '.join(have[:4])}" if have else ""
        known = looked_at(snapshot, IngressClass)
        gone = f"which does not exist{hint}" if known else _unknown("IngressClass")
        found = finding(
            "INGRESS_CLASS_MISSING",
            ingress,
            f"Ingress {ingress.name} uses the ingress class {name}, {gone}",
            [seen(ingress, "spec.ingressClassName", name)],
            detail=name,
            related=[ObjectRef("IngressClass", "", name)],
        )
        yield found if known else _doubtful(found, "IngressClass")


def _no_class(snapshot: ClusterSnapshot, ingress: Ingress) -> Iterator[Finding]:
    classes = snapshot.all(IngressClass)
    if _served(snapshot, ingress) or any(
        c.metadata.annotations.get(DEFAULT_CLASS) == "true" for c in classes
    ):
        return
    yield finding(
        "INGRESS_WITHOUT_CLASS",
        ingress,
        f"Ingress {ingress.name} names no ingress class and none is the default",
        [seen(ingress, "spec.ingressClassName", "not set")],
        severity=Severity.WARNING if classes else None,
    )


def _backend(
    snapshot: ClusterSnapshot, ingress: Ingress, where: str, backend: IngressBackend
) -> Iterator[Finding]:
    wanted = backend.service
    if wanted is None:
        return
    ref = ObjectRef("Service", ingress.namespace, wanted.name)
    service = snapshot.get(Service, ingress.namespace, wanted.name)
    if service is None:
        known = missing(snapshot, Service, ingress.namespace, wanted.name)
        gone = f"which does not exist in namespace {ingress.namespace}"
        absent = unlisted(snapshot, Service, ingress.namespace, wanted.name)
        if known or (absent and not _served(snapshot, ingress)):
            found = finding(
                "INGRESS_BACKEND_MISSING",
                ingress,
                f"Ingress {ingress.name} sends {_route(where)} to Service {wanted.name}, "
                f"{gone if known else _unknown('Service')}",
                [seen(ingress, where, wanted.name)],
                detail=wanted.name,
                related=[ref],
            )
            yield found if known else _doubtful(found, "Service")
        return
    if service.spec.type != "ExternalName" and not _has_port(service, wanted.port):
        port = wanted.port.name or wanted.port.number
        have = ", ".join(
            f"{p.name} ({p.port})" if p.name else str(p.port) for p in service.spec.ports
        )
        yield finding(
            "INGRESS_PORT_MISSING",
            ingress,
            f"Ingress {ingress.name} sends {_route(where)} to port {port} of Service "
            f"{service.name}, which has {have or 'no ports'}",
            [seen(ingress, where, f"{wanted.name}:{port}"), seen(service, "spec.ports", have)],
            detail=f"{wanted.name}:{port}",
            related=[ref],
            service=service.name,
        )
    elif unavailable(snapshot, service):
        yield finding(
            "INGRESS_BACKEND_UNAVAILABLE",
            ingress,
            f"Ingress {ingress.name} sends {_route(where)} to Service {service.name}, which has "
            f"no ready endpoints, so requests get a 502 or 503",
            [seen(ingress, where, wanted.name)],
            detail=wanted.name,
            related=[ref],
            service=service.name,
        )


def _unknown(kind: str) -> str:
    return f"of which nothing is known: no {kind} is among the objects at hand"


def _doubtful(found: Finding, kind: str) -> Finding:
    """The finding where the kind was not looked at: a thing to check, and no fault."""
    title = f"{kind} is not among the objects at hand"
    return msgspec.structs.replace(found, title=title, severity=Severity.WARNING)


def _route(where: str) -> str:
    inner = where.removeprefix("spec.rules[").rstrip("]")
    return inner.replace("].paths[", "") if inner != where else "everything else"


def _has_port(service: Service, port: BackendPort) -> bool:
    if not port.name and not port.number:
        return True
    return any(
        (port.name and p.name == port.name) or (port.number and p.port == port.number)
        for p in service.spec.ports
    )


def unavailable(snapshot: ClusterSnapshot, service: Service) -> bool:
    """Whether nobody is ready behind the Service, as far as the snapshot knows."""
    if not service.spec.selector or service.spec.type == "ExternalName":
        return False
    number = ready_count(snapshot, service)
    if number is not None:
        return number == 0
    pods = [p for p in selected_pods(snapshot, service) if not is_over(p)]
    if not looked_at(snapshot, Pod):
        return False
    return not any(ready(pod) for pod in pods)


def _tls(snapshot: ClusterSnapshot, ingress: Ingress) -> Iterator[Finding]:
    for tls in ingress.spec.tls:
        name = tls.secret_name
        if missing(snapshot, Secret, ingress.namespace, name):
            hosts = ", ".join(tls.hosts) or "its hosts"
            yield finding(
                "INGRESS_TLS_SECRET_MISSING",
                ingress,
                f"Ingress {ingress.name} takes the TLS certificate for {hosts} from Secret "
                f"{name}, which does not exist in namespace {ingress.namespace}",
                [seen(ingress, "spec.tls[].secretName", name)],
                detail=name,
                related=[ObjectRef("Secret", ingress.namespace, name)],
                missing=name,
            )
