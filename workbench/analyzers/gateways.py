"""Gateway API: classes, gateways and HTTP routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.ingress import unavailable
from workbench.analyzers.presence import unlisted
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import sentence
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import (
    Condition,
    Gateway,
    GatewayClass,
    HTTPRoute,
    Namespace,
    Service,
    TypedReference,
    condition,
)
from workbench.core.objects.networking import Listener, ParentReference


def classes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Gateway classes that no controller has accepted."""
    for one in snapshot.all(GatewayClass):
        accepted = condition(one.status.conditions, "Accepted")
        if accepted and accepted.status != "True":
            yield finding(
                "GATEWAY_CLASS_NOT_ACCEPTED",
                one,
                f"GatewayClass {one.name} is not accepted by {one.spec.controller_name}: "
                f"{_told(accepted)}",
                [seen(one, "status.conditions[Accepted]", _told(accepted))],
                since=accepted.last_transition_time,
            )


def gateways(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Gateways without a class, not accepted, or not programmed."""
    for one in snapshot.all(Gateway):
        name = one.spec.gateway_class_name
        if unlisted(snapshot, GatewayClass, "", name) and not _programmed(one):
            yield finding(
                "GATEWAY_CLASS_MISSING",
                one,
                f"Gateway {one.name} uses GatewayClass {name}, which does not exist",
                [seen(one, "spec.gatewayClassName", name)],
                related=[ObjectRef("GatewayClass", "", name)],
            )
        yield from _gateway_conditions(one)


def _programmed(one: Gateway) -> bool:
    report = condition(one.status.conditions, "Programmed")
    return report is not None and report.status == "True"


def _gateway_conditions(one: Gateway) -> Iterator[Finding]:
    for type_, code, says in (
        ("Accepted", "GATEWAY_NOT_ACCEPTED", "is not accepted"),
        ("Programmed", "GATEWAY_NOT_PROGRAMMED", "is not programmed"),
    ):
        report = condition(one.status.conditions, type_)
        if report and report.status != "True":
            yield finding(
                code,
                one,
                f"Gateway {one.name} {says}: {_told(report)}",
                [seen(one, f"status.conditions[{type_}]", _told(report))],
                since=report.last_transition_time,
            )
            return
    for listener in one.status.listeners:
        for type_ in ("Accepted", "ResolvedRefs", "Programmed"):
            report = condition(listener.conditions, type_)
            if report and report.status == "False":
                yield finding(
                    "GATEWAY_NOT_PROGRAMMED",
                    one,
                    f"Listener {listener.name} of Gateway {one.name} is not working: "
                    f"{_told(report)}",
                    [seen(one, f"status.listeners[{listener.name}].{type_}", _told(report))],
                    detail=listener.name,
                    since=report.last_transition_time,
                )
                break


def _told(report: Condition) -> str:
    text = f"{report.type}={report.status}"
    text += f", reason {report.reason}" if report.reason else ""
    return text + (f": {sentence(report.message)}" if report.message else "")


def routes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """HTTP routes whose gateway or backends are wrong, or that are not accepted."""
    for one in snapshot.all(HTTPRoute):
        for parent in one.spec.parent_refs:
            yield from _parent(snapshot, one, parent)
        told: set[str] = set()
        for rule in one.spec.rules:
            for backend in rule.backend_refs:
                if f"{backend.namespace}/{backend.name}:{backend.port}" not in told:
                    told.add(f"{backend.namespace}/{backend.name}:{backend.port}")
                    yield from _backend(snapshot, one, backend)
        yield from _route_conditions(one)


def _parent(
    snapshot: ClusterSnapshot, one: HTTPRoute, parent: ParentReference
) -> Iterator[Finding]:
    if parent.kind not in ("", "Gateway"):
        return
    namespace = parent.namespace or one.namespace
    gateway = snapshot.get(Gateway, namespace, parent.name)
    if gateway is None:
        if unlisted(snapshot, Gateway, namespace, parent.name) and not _accepted(one):
            yield finding(
                "ROUTE_GATEWAY_MISSING",
                one,
                f"HTTPRoute {one.name} attaches to Gateway {parent.name} in namespace "
                f"{namespace}, which does not exist",
                [seen(one, "spec.parentRefs[]", f"{namespace}/{parent.name}")],
                detail=parent.name,
                related=[ObjectRef("Gateway", namespace, parent.name)],
            )
        return
    listeners = [
        listener
        for listener in gateway.spec.listeners
        if not parent.section_name or listener.name == parent.section_name
    ]
    if listeners and not any(_admits(snapshot, one, gateway, li) for li in listeners):
        yield finding(
            "ROUTE_NOT_ALLOWED",
            one,
            f"HTTPRoute {one.name} is not allowed to attach to Gateway {gateway.name} in namespace "
            f"{namespace}: {_rule(listeners[0])}, and the route is in namespace {one.namespace}",
            [seen(gateway, "spec.listeners[].allowedRoutes.namespaces", _rule(listeners[0]))],
            detail=gateway.name,
            related=[ObjectRef.of(gateway)],
            gateway=gateway.name,
            gateway_namespace=namespace,
        )


def _admits(
    snapshot: ClusterSnapshot, one: HTTPRoute, gateway: Gateway, listener: Listener
) -> bool:
    allowed = listener.allowed_routes.namespaces
    if allowed.from_ == "Same":
        return one.namespace == gateway.namespace
    if allowed.from_ == "Selector" and allowed.selector:
        home = snapshot.get(Namespace, "", one.namespace)
        labels = home.labels if home else {}
        return allowed.selector.matches({"kubernetes.io/metadata.name": one.namespace} | labels)
    return allowed.from_ != "None"


def _rule(listener: Listener) -> str:
    allowed = listener.allowed_routes.namespaces
    if allowed.from_ == "Selector":
        return f"its listener {listener.name} only admits namespaces with labels {allowed.selector}"
    if allowed.from_ == "Same":
        return f"its listener {listener.name} only admits routes of its own namespace"
    return f"its listener {listener.name} admits none"


def _backend(
    snapshot: ClusterSnapshot, one: HTTPRoute, backend: TypedReference
) -> Iterator[Finding]:
    if backend.kind not in ("", "Service") or not backend.name:
        return
    namespace = backend.namespace or one.namespace
    ref = ObjectRef("Service", namespace, backend.name)
    service = snapshot.get(Service, namespace, backend.name)
    if service is None:
        if unlisted(snapshot, Service, namespace, backend.name) and not _accepted(one):
            yield finding(
                "ROUTE_BACKEND_MISSING",
                one,
                f"HTTPRoute {one.name} sends requests to Service {backend.name} in namespace "
                f"{namespace}, which does not exist",
                [seen(one, "spec.rules[].backendRefs[]", backend.name)],
                detail=backend.name,
                related=[ref],
            )
    elif (
        backend.port
        and service.spec.ports
        and not any(p.port == backend.port for p in service.spec.ports)
    ):
        have = ", ".join(str(p.port) for p in service.spec.ports)
        yield finding(
            "ROUTE_PORT_MISSING",
            one,
            f"HTTPRoute {one.name} sends requests to port {backend.port} of Service "
            f"{service.name}, which has port {have}",
            [
                seen(one, "spec.rules[].backendRefs[]", f"{backend.name}:{backend.port}"),
                seen(service, "spec.ports", have),
            ],
            detail=f"{backend.name}:{backend.port}",
            related=[ref],
            service=service.name,
        )
    elif unavailable(snapshot, service):
        yield finding(
            "ROUTE_BACKEND_UNAVAILABLE",
            one,
            f"HTTPRoute {one.name} sends requests to Service {service.name}, which has no ready "
            f"endpoints",
            [seen(one, "spec.rules[].backendRefs[]", backend.name)],
            detail=backend.name,
            related=[ref],
            service=service.name,
        )


def _accepted(one: HTTPRoute) -> bool:
    """Whether some gateway reports that the route and its references are fine."""
    return any(
        all(
            (c := condition(p.conditions, t)) and c.status == "True"
            for t in ("Accepted", "ResolvedRefs")
        )
        for p in one.status.parents
    )


def _route_conditions(one: HTTPRoute) -> Iterator[Finding]:
    for parent in one.status.parents:
        for type_ in ("Accepted", "ResolvedRefs"):
            report = condition(parent.conditions, type_)
            if report and report.status == "False":
                yield finding(
                    "ROUTE_NOT_ACCEPTED",
                    one,
                    f"HTTPRoute {one.name} at Gateway {parent.parent_ref.name}: {_told(report)}",
                    [seen(one, f"status.parents[{parent.parent_ref.name}].{type_}", _told(report))],
                    detail=parent.parent_ref.name,
                    since=report.last_transition_time,
                )
