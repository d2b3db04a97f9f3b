"""Services with their endpoints, and ingresses with their backends, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from workbench.kubernetes.describe.text import NONE, UNSET, Line, heading, pairs

Tree = dict[str, Any]
Related = Mapping[str, list[Tree]]


def describe_service(tree: Tree, related: Related, now: datetime) -> list[Line]:
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    slices = _slices_of(tree, related.get("EndpointSlice"))
    return [
        *heading(tree),
        ("Selector", pairs(spec.get("selector"), ",")),
        ("Type", spec.get("type", "ClusterIP")),
        ("IP", spec.get("clusterIP", "")),
        ("External Name", spec.get("externalName")),
        ("LoadBalancer Ingress", _ingress(status)),
        *(line for port in spec.get("ports") or [] for line in _port(port, slices)),
        ("Session Affinity", spec.get("sessionAffinity", "None")),
        ("Internal Traffic Policy", spec.get("internalTrafficPolicy")),
    ]


def _port(port: Tree, slices: list[Tree] | None) -> Iterator[Line]:
    protocol = port.get("protocol", "TCP")
    name = port.get("name") or UNSET
    yield ("Port", f"{name}  {port.get('port')}/{protocol}")
    yield ("TargetPort", f"{port.get('targetPort', port.get('port'))}/{protocol}")
    if port.get("nodePort"):
        yield ("NodePort", f"{name}  {port['nodePort']}/{protocol}")
    if slices is not None:
        yield ("Endpoints", _addresses(slices, port.get("name") or "", ready=True) or NONE)
        waiting = _addresses(slices, port.get("name") or "", ready=False)
        if waiting:
            yield ("Endpoints not ready", waiting)


def _slices_of(tree: Tree, slices: list[Tree] | None) -> list[Tree] | None:
    if slices is None:
        return None
    name = (tree.get("metadata") or {}).get("name")
    label = "kubernetes.io/service-name"
    return [s for s in slices if ((s.get("metadata") or {}).get("labels") or {}).get(label) == name]


def _addresses(slices: list[Tree], port_name: str, ready: bool) -> str:
    found = []
    for one in slices:
        ports = [p for p in one.get("ports") or [] if (p.get("name") or "") == port_name]
        for endpoint in one.get("endpoints") or []:
            # An unset ready condition is to be read as true (EndpointConditions, API reference).
            if ((endpoint.get("conditions") or {}).get("ready") is not False) is not ready:
                continue
            found += [f"{a}:{p.get('port')}" for a in endpoint.get("addresses", []) for p in ports]
    return ",".join(found)


def _ingress(status: Tree) -> str | None:
    entries = (status.get("loadBalancer") or {}).get("ingress") or []
    return ", ".join(str(e.get("ip") or e.get("hostname")) for e in entries) or None


def describe_ingress(tree: Tree, related: Related, now: datetime) -> list[Line]:
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    services = related.get("Service")
    known = None if services is None else {(s.get("metadata") or {}).get("name") for s in services}
    default = spec.get("defaultBackend")
    tls = [
        f"{t.get('secretName') or 'SNI routes'} terminates {','.join(t.get('hosts') or []) or '*'}"
        for t in spec.get("tls") or []
    ]
    return [
        *heading(tree),
        ("Address", _ingress(status) or ""),
        ("Ingress Class", spec.get("ingressClassName") or NONE),
        ("Default backend", _backend(default, known) if default else "<default>"),
        ("TLS", tls or None),
        (
            "Rules",
            [line for rule in spec.get("rules") or [] for line in _rule(rule, known)] or NONE,
        ),
    ]


def _rule(rule: Tree, known: set[Any] | None) -> list[str]:
    paths = (rule.get("http") or {}).get("paths") or []
    return [
        str(rule.get("host") or "*"),
        *(f"  {p.get('path', '')}  {_backend(p.get('backend') or {}, known)}" for p in paths),
    ]


def _backend(backend: Tree, known: set[Any] | None) -> str:
    service = backend.get("service")
    if not service:
        resource = backend.get("resource") or {}
        return f"{resource.get('kind')}/{resource.get('name')}"
    port = service.get("port") or {}
    text = f"{service.get('name')}:{port.get('name') or port.get('number')}"
    if known is not None and service.get("name") not in known:
        return f'{text} (<error: services "{service.get("name")}" not found>)'
    return text
