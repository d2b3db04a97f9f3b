"""Gateway API: HTTP routes, the gateways they attach to and the Services they send requests to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from workbench.analyzers.networking.gateways import told
from workbench.analyzers.networking.ingress import unavailable
from workbench.analyzers.presence import unlisted
from workbench.analyzers.report import finding, seen
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import (
    Custom,
    Gateway,
    HTTPRoute,
    KubeObject,
    Namespace,
    Service,
    TypedReference,
    condition,
)
from workbench.core.objects.networking import Listener, ParentReference


def routes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """HTTP routes whose gateway or backends are wrong, or that are not accepted."""
    for one in snapshot.all(HTTPRoute):
        for parent in one.spec.parent_refs:
            yield from _parent(snapshot, one, parent)
        for backend in dict.fromkeys(b for rule in one.spec.rules for b in rule.backend_refs):
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
    if listeners:
        yield from _attached(snapshot, one, gateway, listeners)
    elif parent.section_name and gateway.spec.listeners:
        have = ", ".join(li.name for li in gateway.spec.listeners)
        yield _not_allowed(
            one,
            gateway,
            f"HTTPRoute {one.name} attaches to listener {parent.section_name} of Gateway "
            f"{gateway.name}, which has only {have}",
            seen(one, "spec.parentRefs[].sectionName", parent.section_name),
        )


def _attached(
    snapshot: ClusterSnapshot, one: HTTPRoute, gateway: Gateway, listeners: Sequence[Listener]
) -> Iterator[Finding]:
    """Whether requests reach it through one of the listeners it attaches to."""
    if not any(_meets(one, li) for li in listeners) and not _accepted(one):
        have = ", ".join(li.hostname for li in listeners)
        yield finding(
            "ROUTE_HOSTNAME_MISMATCH",
            one,
            f"HTTPRoute {one.name} is for {', '.join(one.spec.hostnames)}, but the listeners of "
            f"Gateway {gateway.name} are for {have}, so no request reaches it",
            [
                seen(one, "spec.hostnames", ", ".join(one.spec.hostnames)),
                seen(gateway, "spec.listeners[].hostname", have),
            ],
            detail=gateway.name,
            related=[ObjectRef.of(gateway)],
        )
    if not any(_admits(snapshot, one, gateway, li) for li in listeners):
        rule = _rule(listeners[0])
        yield _not_allowed(
            one,
            gateway,
            f"HTTPRoute {one.name} is not allowed to attach to Gateway {gateway.name} in namespace "
            f"{gateway.namespace}: {rule}, and the route is in namespace {one.namespace}",
            seen(gateway, "spec.listeners[].allowedRoutes.namespaces", rule),
        )


def _not_allowed(one: HTTPRoute, gateway: Gateway, message: str, shown: Pointer) -> Finding:
    return finding(
        "ROUTE_NOT_ALLOWED",
        one,
        message,
        [shown],
        detail=gateway.name,
        related=[ObjectRef.of(gateway)],
        gateway=gateway.name,
        gateway_namespace=gateway.namespace,
    )


def _meets(route: HTTPRoute, listener: Listener) -> bool:
    """Whether one of the route's hostnames is one of the listener's (Gateway API, hostname
    intersection: a wildcard stands for one or more labels)."""
    if not listener.hostname or not route.spec.hostnames:
        return True
    return any(_same_host(host, listener.hostname) for host in route.spec.hostnames)


def _same_host(one: str, other: str) -> bool:
    if one.startswith("*.") and other.startswith("*."):
        return one.endswith(other[1:]) or other.endswith(one[1:])
    if one.startswith("*."):
        return other.endswith(one[1:])
    return one == other or (other.startswith("*.") and one.endswith(other[1:]))


def _granted(snapshot: ClusterSnapshot, one: HTTPRoute, ref: ObjectRef) -> bool:
    """Whether a ReferenceGrant lets routes of this namespace use the Service; True where grants
    were not looked at."""
    grants = snapshot.objects.get("ReferenceGrant")
    if grants is None:
        return not any(
            c.reason == "RefNotPermitted" for p in one.status.parents for c in p.conditions
        )
    return any(_allows(grant, one, ref) for grant in grants if grant.namespace == ref.namespace)


def _allows(grant: KubeObject, one: HTTPRoute, ref: ObjectRef) -> bool:
    spec = grant.spec if isinstance(grant, Custom) and isinstance(grant.spec, dict) else {}
    sources = [f for f in spec.get("from") or () if isinstance(f, dict)]
    targets = [t for t in spec.get("to") or () if isinstance(t, dict)]
    here = any(f.get("kind") == one.kind and f.get("namespace") == one.namespace for f in sources)
    return here and any(
        t.get("kind") == ref.kind and t.get("name") in (None, "", ref.name) for t in targets
    )


def _not_granted(one: HTTPRoute, ref: ObjectRef) -> Finding:
    return finding(
        "ROUTE_NOT_GRANTED",
        one,
        f"HTTPRoute {one.name} sends requests to Service {ref.name} of namespace {ref.namespace}, "
        f"and no ReferenceGrant there allows that to routes of {one.namespace}",
        [seen(one, "spec.rules[].backendRefs[]", f"{ref.namespace}/{ref.name}")],
        detail=f"{ref.namespace}/{ref.name}",
        related=[ref],
        service_namespace=ref.namespace,
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
    if namespace != one.namespace and not _accepted(one) and not _granted(snapshot, one, ref):
        yield _not_granted(one, ref)
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
                    f"HTTPRoute {one.name} at Gateway {parent.parent_ref.name}: {told(report)}",
                    [seen(one, f"status.parents[{parent.parent_ref.name}].{type_}", told(report))],
                    detail=parent.parent_ref.name,
                    since=report.last_transition_time,
                )
