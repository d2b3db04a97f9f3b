"""Service meshes: faults that a route injects, and routes that lead to nobody.

Istio's VirtualService and DestinationRule (Istio reference, HTTPFaultInjection and Subset); a
request for a subset without a definition is answered with 503 and the response flag NC or NR.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from workbench.analyzers.networking.peers import missing_service, service_called
from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Custom, Service

GROUP = "networking.istio.io/"
PROTOCOLS = ("http", "tls", "tcp")


def meshes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Routes that abort or delay requests on purpose, or lead to a Service that does not exist, or
    to a subset that does not or that no pod belongs to."""
    known = [one for one in snapshot.customs() if one.api_version.startswith(GROUP)]
    rules = [one for one in known if one.kind == "DestinationRule"]
    entries = {h for one in known if one.kind == "ServiceEntry" for h in _list(_spec(one), "hosts")}
    for one in known:
        if one.kind == "VirtualService":
            yield from _faults(snapshot, one)
            yield from _subsets(snapshot, one, rules)
            yield from _strangers(snapshot, one, entries)


def _faults(snapshot: ClusterSnapshot, one: Custom) -> Iterator[Finding]:
    hosts = _hosts(one)
    for n, route in enumerate(_list(_spec(one), "http")):
        injected = _dict(route, "fault")
        said = [t for t in (_abort(injected), _delay(injected)) if t]
        if not said:
            continue
        yield finding(
            "TRAFFIC_FAULT_INJECTED",
            one,
            f"VirtualService {one.name} injects faults into requests to {listed(hosts, 3)}: "
            f"{' and '.join(said)}",
            [seen(one, f"spec.http[{n}].fault", injected)],
            detail=str(n) if n else "",
            related=_services(snapshot, one.namespace, hosts + _destinations(route)),
            since=one.metadata.creation_timestamp,
        )


def _abort(fault: dict[str, Any]) -> str:
    abort = _dict(fault, "abort")
    status = abort.get("httpStatus") or abort.get("grpcStatus") or abort.get("http2Error")
    return f"{_share(abort)} are aborted with status {status}" if status else ""


def _delay(fault: dict[str, Any]) -> str:
    delay = _dict(fault, "delay")
    length = delay.get("fixedDelay") or delay.get("exponentialDelay")
    return f"{_share(delay)} are delayed by {length}" if length else ""


def _share(part: dict[str, Any]) -> str:
    """``50 %``; without a percentage all of them (Istio reference, HTTPFaultInjection)."""
    share = _dict(part, "percentage").get("value", part.get("percent"))
    return f"{share:g} %" if isinstance(share, (int, float)) and share != 100 else "all"


def _strangers(snapshot: ClusterSnapshot, one: Custom, entries: set[Any]) -> Iterator[Finding]:
    """Destinations that are neither a Service nor a host of a ServiceEntry."""
    routes = (r for kind in PROTOCOLS for r in _list(_spec(one), kind))
    for host in dict.fromkeys(h for route in routes for h in _destinations(route)):
        absent = missing_service(snapshot, one.namespace, host) if host not in entries else ""
        if absent:
            yield finding(
                "MESH_DESTINATION_MISSING",
                one,
                f"VirtualService {one.name} routes to {host}, but {absent}",
                [seen(one, "spec.http[].route[].destination.host", host)],
                detail=host,
                related=_services(snapshot, one.namespace, _hosts(one)),
            )


def _hosts(one: Custom) -> list[str]:
    return [h for h in _list(_spec(one), "hosts") if isinstance(h, str)]


def _subsets(snapshot: ClusterSnapshot, one: Custom, rules: list[Custom]) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for route in (r for kind in PROTOCOLS for r in _list(_spec(one), kind)):
        for choice in _list(route, "route"):
            where = _dict(choice, "destination")
            host, subset = str(where.get("host") or ""), str(where.get("subset") or "")
            if not subset or (host, subset) in told or "." in host.removesuffix(".local"):
                continue
            told.add((host, subset))
            have = _defined(rules, one.namespace, host)
            if subset not in have:
                yield _missing(snapshot, one, host, subset, list(have))
            elif choice.get("weight") != 0:
                yield from _empty(snapshot, one, host, subset, have[subset])


def _missing(
    snapshot: ClusterSnapshot, one: Custom, host: str, subset: str, have: list[str]
) -> Finding:
    known = f"; defined are {listed(have, 4)}" if have else "; no DestinationRule defines any"
    return finding(
        "SUBSET_MISSING",
        one,
        f"VirtualService {one.name} routes to subset {subset} of {host}, which no DestinationRule "
        f"defines{known}",
        [seen(one, "spec.http[].route[].destination", f"{host} {subset}")],
        detail=f"{host}:{subset}",
        related=_services(snapshot, one.namespace, [host]),
    )


def _empty(
    snapshot: ClusterSnapshot, one: Custom, host: str, subset: str, labels: dict[str, Any]
) -> Iterator[Finding]:
    """A subset whose labels none of the pods behind the host has."""
    service = service_called(snapshot, one.namespace, host)
    pods = selected_pods(snapshot, service) if service else ()
    if not pods or any(labels.items() <= pod.labels.items() for pod in pods):
        return
    wanted = ", ".join(f"{key}={value}" for key, value in labels.items())
    yield finding(
        "SUBSET_WITHOUT_PODS",
        one,
        f"VirtualService {one.name} routes to subset {subset} of {host}, and no pod behind {host} "
        f"has its labels ({wanted})",
        [seen(one, "spec.http[].route[].destination", f"{host} {subset}")],
        detail=f"{host}:{subset}",
        related=_services(snapshot, one.namespace, [host]),
    )


def _defined(rules: list[Custom], namespace: str, host: str) -> dict[str, dict[str, Any]]:
    """The subsets that rules of the namespace define for a host: labels by name."""
    return {
        str(subset.get("name")): _dict(subset, "labels")
        for rule in rules
        if rule.namespace == namespace
        and str(_spec(rule).get("host") or "").partition(".")[0] == host
        for subset in _list(_spec(rule), "subsets")
        if isinstance(subset, dict)
    }


def _destinations(route: Any) -> list[str]:
    found = (_dict(choice, "destination").get("host") for choice in _list(route, "route"))
    return [h for h in found if isinstance(h, str)]


def _services(snapshot: ClusterSnapshot, namespace: str, hosts: list[str]) -> list[ObjectRef]:
    if not looked_at(snapshot, Service):
        return []
    found = (service_called(snapshot, namespace, host) for host in hosts)
    return [ObjectRef.of(service) for service in found if service]


def _spec(one: Custom) -> dict[str, Any]:
    return one.spec if isinstance(one.spec, dict) else {}


def _dict(tree: Any, key: str) -> dict[str, Any]:
    value = tree.get(key) if isinstance(tree, dict) else None
    return value if isinstance(value, dict) else {}


def _list(tree: Any, key: str) -> list[Any]:
    value = tree.get(key) if isinstance(tree, dict) else None
    return value if isinstance(value, list) else []
