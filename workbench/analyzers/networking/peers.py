"""Which Service a host name or address means, as a pod of a namespace would resolve it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from workbench.analyzers.history import once
from workbench.analyzers.logs.reading import UNREACHABLE, Reason
from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.presence import looked_at, missing
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import Container, Pod, Service

_URL_HOST = re.compile(
    r"(?:\w+://)?(?:[^@\s/,]*@)?([A-Za-z0-9][\w.-]*)(?::(\d{2,5}))?(?=[/,\s?]|$)"
)


_NAME = r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*"
_HOSTS = re.compile(
    rf"://(?:[^@\s/]*@)?(?P<url>{_NAME})|(?<![\w/.-])(?P<bare>{_NAME})(?=:\d{{2,5}}\b|/\d+\.\d+|\.svc\b)"
)
"""Hosts in a line: of a URL, or with a port or address behind; a piece of a path is none."""


_POD_OF_SET = re.compile(r"-\d+$")
"""A StatefulSet's pod is called by its own name before that of the governing Service."""


def service_called(snapshot: ClusterSnapshot, namespace: str, host: str) -> Service | None:
    """The Service that ``host`` resolves to from a pod in ``namespace``: ``db``, ``db.data``,
    ``db.data.svc[.cluster.local]`` (Kubernetes DNS specification) or its cluster IP."""
    if not host:
        return None
    if host[0].isdigit():
        return _by_ip(snapshot).get(host) or _pod_addresses(snapshot).get(host)
    name, there = service_named(host, namespace)
    found = snapshot.get(Service, there, name)
    labels = host.split(".")
    if found or len(labels) < 3 or not name:
        return found
    # a StatefulSet pod's own name in front: pg-0.pg.data.svc
    return snapshot.get(Service, labels[2] if len(labels) > 3 else namespace, labels[1])


def names_in_cluster(host: str) -> bool:
    """Whether a host name can only mean a Service: a bare name, or one under ``.svc``."""
    bare = re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", host) is not None and host != "localhost"
    return bare or ".svc" in host


def about_host(snapshot: ClusterSnapshot, namespace: str, host: str) -> str:
    """A few words on the Service that ``host`` means: which one an address is, or that there is
    none of that name; "" when there is nothing to add."""
    address = _by_ip(snapshot).get(host)
    if address:
        return f"the address of Service {address.name}"
    return missing_service(snapshot, namespace, host)


def missing_service(snapshot: ClusterSnapshot, namespace: str, host: str) -> str:
    """A sentence when ``host`` should be a Service and there is none; "" otherwise."""
    if not names_in_cluster(host):
        return ""
    name, there = service_named(host, namespace)
    if not missing(snapshot, Service, there, name):
        return ""
    if _POD_OF_SET.search(name) and "." in host:
        labels = host.split(".")
        name, there = labels[1], labels[2] if len(labels) > 3 else namespace
        if not missing(snapshot, Service, there, name):
            return ""
    elsewhere = _namespaces_of(snapshot).get(name)
    if elsewhere:
        return f"Service {name} is in namespace {elsewhere}, not in {there}"
    near = _nearest(name, [s.name for s in snapshot.all(Service, there)])
    hint = f"; the nearest name is {near}" if near else ""
    return f"there is no Service {name} in namespace {there}{hint}"


def _nearest(name: str, known: list[str]) -> str:
    """The name that was likely meant; ``redis`` for ``redis-master``, whose beginning it is."""
    close = get_close_matches(name, known, 1)
    begin = [one for one in known if name.startswith(f"{one}-") or one.startswith(f"{name}-")]
    return (close or begin or [""])[0]


def _namespaces_of(snapshot: ClusterSnapshot) -> dict[str, str]:
    """The first namespace that holds a Service, by its name."""
    if _namespaces_of not in snapshot.memo:
        services = reversed(snapshot.all(Service))
        snapshot.memo[_namespaces_of] = {s.name: s.namespace for s in services}
    known: dict[str, str] = snapshot.memo[_namespaces_of]
    return known


def services_in_env(snapshot: ClusterSnapshot, pod: Pod) -> Iterator[ObjectRef]:
    """Services that the environment or arguments of the pod's containers name."""
    if not looked_at(snapshot, Service):
        return
    for container in (*pod.spec.containers, *pod.spec.init_containers):
        for text in _texts(container):
            for host, _port in _URL_HOST.findall(text):
                service = service_called(snapshot, pod.namespace, host)
                if service:
                    yield ObjectRef.of(service)


def blamed(snapshot: ClusterSnapshot, pod: Pod, reason: Reason | None) -> tuple[ObjectRef, ...]:
    """The Service that a log line blames, when the snapshot holds it: it cannot be reached, or has
    no connection left."""
    if reason is None or reason.kind not in UNREACHABLE | {"pool"}:
        return ()
    service = service_blamed(snapshot, pod.namespace, reason)
    return (ObjectRef.of(service),) if service else ()


def service_blamed(snapshot: ClusterSnapshot, namespace: str, reason: Reason) -> Service | None:
    """The Service that a log line speaks of: by the host it blames, or where that is an address
    that nobody has any more, by another name in the same line. A name that is nobody's is not
    another's."""
    found = service_called(snapshot, namespace, reason.host)
    if found or (reason.kind == "unknown-host" and names_in_cluster(reason.host)):
        return found
    hosts = (m["url"] or m["bare"] for m in _HOSTS.finditer(reason.line))
    for host in dict.fromkeys(hosts):
        found = service_called(snapshot, namespace, host)
        if found:
            return found
    return None


def _texts(container: Container) -> Iterator[str]:
    for variable in container.env:
        if variable.value and len(variable.value) < 500:
            yield variable.value
    yield from (text for text in (*container.command, *container.args) if len(text) < 500)


def service_named(host: str, namespace: str) -> tuple[str, str]:
    """Name and namespace of the Service that a host name in the cluster means."""
    labels = host.rstrip(".").split(".")
    if len(labels) > 1 and labels[0]:
        return labels[0], labels[1]
    return labels[0], namespace


@once
def _by_ip(snapshot: ClusterSnapshot) -> dict[str, Service]:
    return {
        s.spec.cluster_ip: s
        for s in snapshot.all(Service)
        if s.spec.cluster_ip and s.spec.cluster_ip != "None"
    }


@once
def _pod_addresses(snapshot: ClusterSnapshot) -> dict[str, Service]:
    """Proxies log the address of the pod that they chose, not of the Service."""
    return {
        pod.status.pod_ip: service
        for service in reversed(snapshot.all(Service))
        for pod in selected_pods(snapshot, service)
        if pod.status.pod_ip and not pod.spec.host_network
    }
