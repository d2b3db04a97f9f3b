"""Columns of services, endpoints, ingresses and network policies."""

from __future__ import annotations

from typing import Any

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.columns import column, wide
from workbench.kubernetes.snapshots.serve.columns.age import AGE, NAME
from workbench.kubernetes.snapshots.serve.columns.selector import map_text, selector_text
from workbench.kubernetes.snapshots.trees import at, mappings, number, text, texts

NONE, UNSET, PENDING = "<none>", "<unset>", "<pending>"
SHOWN_MOST = 3
"""Addresses, ports or hosts in one cell before ``+ n more...``."""


def _first(found: list[str]) -> str:
    more = len(found) - SHOWN_MOST
    return ",".join(found[:SHOWN_MOST]) + (f" + {more} more..." if more > 0 else "")


def _load_balancer(tree: Tree) -> list[str]:
    points = mappings(at(tree, "status", "loadBalancer", "ingress"))
    found = [text(p, "ip") or text(p, "hostname") for p in points]
    return sorted({f for f in found if f})


def _external_ip(service: Tree) -> str:
    kind = text(service, "spec", "type")
    if kind == "ExternalName":
        return text(service, "spec", "externalName")
    given = list(texts(at(service, "spec", "externalIPs")))
    if kind == "LoadBalancer":
        return ",".join([*_load_balancer(service), *given]) or PENDING
    return ",".join(given) or NONE


def _service_port(port: dict[str, Any]) -> str:
    node = number(port, "nodePort")
    return f"{number(port, 'port')}{f':{node}' if node else ''}/{text(port, 'protocol') or 'TCP'}"


def _service_ports(service: Tree) -> str:
    return ",".join(map(_service_port, mappings(at(service, "spec", "ports")))) or NONE


SERVICE = (
    NAME,
    column("Type", lambda t: text(t, "spec", "type") or "ClusterIP"),
    column("Cluster-IP", lambda t: text(t, "spec", "clusterIP") or NONE),
    column("External-IP", _external_ip),
    column("Port(s)", _service_ports),
    AGE,
    wide("Selector", lambda t: map_text(at(t, "spec", "selector"))),
)


def _endpoints(tree: Tree) -> str:
    subsets = mappings(tree.get("subsets"))
    if not subsets:
        return NONE
    found: list[str] = []
    for subset in subsets:
        ips = [text(a, "ip") for a in mappings(subset.get("addresses"))]
        ports = [number(p, "port") for p in mappings(subset.get("ports"))]
        found += [_host_port(ip, port) for port in ports for ip in ips] if ports else ips
    return _first(found)


def _host_port(ip: str, port: int) -> str:
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def _slice_ports(tree: Tree) -> str:
    ports = [str(p["port"]) if "port" in p else "*" for p in mappings(tree.get("ports"))]
    return _first(ports) or UNSET


def _slice_endpoints(tree: Tree) -> str:
    endpoints = mappings(tree.get("endpoints"))
    return _first([a for e in endpoints for a in texts(e.get("addresses"))]) or UNSET


ENDPOINTS = (NAME, column("Endpoints", _endpoints), AGE)
ENDPOINT_SLICE = (
    NAME,
    column("AddressType", lambda t: text(t, "addressType")),
    column("Ports", _slice_ports),
    column("Endpoints", _slice_endpoints),
    AGE,
)


def _hosts(ingress: Tree) -> str:
    hosts = [text(r, "host") for r in mappings(at(ingress, "spec", "rules"))]
    return _first([h for h in hosts if h]) or "*"


INGRESS = (
    NAME,
    column("Class", lambda t: text(t, "spec", "ingressClassName") or NONE),
    column("Hosts", _hosts),
    column("Address", lambda t: ",".join(_load_balancer(t))),
    column("Ports", lambda t: "80, 443" if at(t, "spec", "tls") else "80"),
    AGE,
)


def _parameters(ingress_class: Tree) -> str:
    found = at(ingress_class, "spec", "parameters")
    if not isinstance(found, dict):
        return NONE
    group = text(found, "apiGroup")
    return f"{text(found, 'kind')}{f'.{group}' if group else ''}/{text(found, 'name')}"


INGRESS_CLASS = (
    NAME,
    column("Controller", lambda t: text(t, "spec", "controller")),
    column("Parameters", _parameters),
    AGE,
)
NETWORK_POLICY = (
    NAME,
    column("Pod-Selector", lambda t: selector_text(at(t, "spec", "podSelector"))),
    AGE,
)
