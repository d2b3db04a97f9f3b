"""Which Services workloads are set up to call, and whether those exist, expose the port and are up.

Settings count when they look like an address (a URL, ``host:port``, a name under ``.svc``) or stand
in a variable whose name says so (``…_HOST``, ``…_ADDR``); the values of ConfigMaps that a variable
reads are followed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from workbench.analyzers.history import once
from workbench.analyzers.networking.peers import (
    missing_service,
    names_in_cluster,
    service_called,
    service_named,
)
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import (
    ConfigMap,
    Container,
    DaemonSet,
    Deployment,
    Service,
    StatefulSet,
)

Caller = Deployment | StatefulSet | DaemonSet

VALUE_MOST = 500
"""Longer settings are documents, not addresses."""

_ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.]*)://(?:[^@\s/,]*@)?(?P<host>[A-Za-z0-9][\w.-]*)(?::(?P<port>\d{2,5}))?"
    r"|(?<![\w./@:-])(?P<host2>[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*):(?P<port2>\d{2,5})(?![\d.:])"
    r"|(?<![\w./@-])(?P<host3>[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*\.svc(?:\.[\w.-]+)?)\b"
)
_HOST_NAME = re.compile(
    r"(?:_|^)(?:HOST|HOSTNAME|ADDR|ADDRESS|ENDPOINT|SERVER|SERVICE|URL|DSN)$", re.I
)
_BARE = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*$")
_SCHEMES = {"http": 80, "https": 443}
_NOT_A_HOST = frozenset({"localhost", "unix", "file", "metadata", "host", "sha256", "kubernetes"})


class Call(msgspec.Struct, frozen=True):
    """One setting of a workload that names a host: where it stands, and what it says."""

    caller: ObjectRef
    host: str
    port: int
    where: str
    value: str


def calls(snapshot: ClusterSnapshot) -> tuple[Call, ...]:
    """Every address inside the cluster that a workload with replicas is set up to call."""
    return _calls(snapshot)


def callers_of(snapshot: ClusterSnapshot, service: Service) -> list[Call]:
    """The settings that name the Service."""
    return _callers(snapshot).get(ObjectRef.of(service), [])


@once
def _calls(snapshot: ClusterSnapshot) -> tuple[Call, ...]:
    kinds: tuple[type[Caller], ...] = (Deployment, StatefulSet, DaemonSet)
    found: list[Call] = []
    for kind in kinds:
        for one in snapshot.all(kind):
            if isinstance(one, DaemonSet) or one.spec.replicas:
                spec = one.spec.template.spec
                for container in (*spec.init_containers, *spec.containers):
                    found += _settings(snapshot, one, container)
    return tuple(dict.fromkeys(found))


@once
def _callers(snapshot: ClusterSnapshot) -> dict[ObjectRef, list[Call]]:
    found: dict[ObjectRef, list[Call]] = defaultdict(list)
    for call in _calls(snapshot):
        service = service_called(snapshot, call.caller.namespace, call.host)
        if service:
            found[ObjectRef.of(service)].append(call)
    return found


def _settings(snapshot: ClusterSnapshot, one: Caller, container: Container) -> Iterator[Call]:
    ref = ObjectRef.of(one)
    at = f"spec.template.spec.containers[{container.name}]"
    for variable in container.env:
        where, value = f"{at}.env[{variable.name}]", variable.value
        source = variable.value_from.config_map_key_ref if variable.value_from else None
        if source:
            holder = snapshot.get(ConfigMap, one.namespace, source.name)
            value = holder.data.get(source.key, "") if holder else ""
            where = f"ConfigMap {source.name}, key {source.key}"
        yield from _addresses(ref, variable.name, value, where)
    for env_from in container.env_from:
        if env_from.config_map_ref:
            name = env_from.config_map_ref.name
            holder = snapshot.get(ConfigMap, one.namespace, name)
            for key, value in (holder.data if holder else {}).items():
                yield from _addresses(ref, key, value, f"ConfigMap {name}, key {key}")
    for text in (*container.command, *container.args):
        yield from _addresses(ref, "", text, f"{at}.args")


def _addresses(caller: ObjectRef, name: str, value: str, where: str) -> Iterator[Call]:
    if not value or len(value) > VALUE_MOST:
        return
    if _BARE.match(value) and _HOST_NAME.search(name):
        host = value.rstrip(".")
        if host not in _NOT_A_HOST and names_in_cluster(host):
            yield Call(caller, host, 0, where, value)
        return
    if ":" not in value and ".svc" not in value:
        return
    for found in _ADDRESS.finditer(value):
        host = found["host"] or found["host2"] or found["host3"] or ""
        port = int(found["port"] or found["port2"] or _SCHEMES.get(found["scheme"] or "", 0))
        if host not in _NOT_A_HOST and port < 65536:
            yield Call(caller, host, port, where, value)


def wrong_addresses(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Settings that name a Service which does not exist, or a port that it does not expose."""
    if not looked_at(snapshot, Service):
        return
    gone: dict[ObjectRef, list[Call]] = defaultdict(list)
    answered = {id(call) for found in _callers(snapshot).values() for call in found}
    for call in _calls(snapshot):
        if id(call) in answered:
            continue
        absent = missing_service(snapshot, call.caller.namespace, call.host)
        namesake = _namesake(snapshot, call) if absent else None
        if namesake:
            gone[namesake].append(call)
        elif absent:
            yield _absent(call, absent)
    for namesake, found in gone.items():
        yield _without_service(namesake, found)
    for ref, found in _callers(snapshot).items():
        service = snapshot.get(Service, ref.namespace, ref.name)
        if service:
            yield from _unexposed(service, found)


def _namesake(snapshot: ClusterSnapshot, call: Call) -> ObjectRef | None:
    """The workload that is called as the host is: then it is its Service that is missing."""
    name, _, rest = call.host.partition(".")
    home = rest.partition(".")[0] or call.caller.namespace
    for kind in (Deployment, StatefulSet):
        if (one := snapshot.get(kind, home, name)) and ObjectRef.of(one) != call.caller:
            return ObjectRef.of(one)
    return None


def _without_service(namesake: ObjectRef, found: list[Call]) -> Finding:
    service = ObjectRef("Service", namesake.namespace, namesake.name)
    who = list(dict.fromkeys(c.caller for c in found))
    callers = listed([f"{w.kind} {w.name}" for w in who], 4)
    return finding(
        "SERVICE_REFERENCE_MISSING",
        service,
        f"Service {service.name} does not exist in namespace {service.namespace}, so nobody "
        f"reaches {namesake.kind} {namesake.name}: {callers} {'is' if len(who) == 1 else 'are'} "
        "set up to call it",
        [seen(c.caller, c.where, c.value) for c in found[:5]],
        severity=Severity.ERROR,
        detail=service.name,
        related=[*who, namesake],
        where=found[0].where,
        there=service.namespace,
    )


def _absent(call: Call, absent: str) -> Finding:
    sure = ".svc" in call.host or "nearest" in absent or "is in namespace" in absent
    return finding(
        "SERVICE_REFERENCE_MISSING",
        call.caller,
        f"{call.caller.kind} {call.caller.name} is set up to call {call.host}"
        f"{f':{call.port}' if call.port else ''}, but {absent}",
        [seen(call.caller, call.where, call.value)],
        severity=None if sure else Severity.INFO,
        detail=call.host,
        where=call.where,
        there=service_named(call.host, call.caller.namespace)[1],
    )


def _unexposed(service: Service, found: list[Call]) -> Iterator[Finding]:
    spec = service.spec
    exposed = {p.port for p in spec.ports}
    if spec.type == "ExternalName" or not exposed:
        return
    if spec.cluster_ip == "None":
        yield from _untranslated(service, found)
        return
    wrong = [c for c in found if c.port and c.port not in exposed]
    right = [c for c in found if c.port in exposed]
    have = ", ".join(map(str, sorted(exposed)))
    who = list(dict.fromkeys(c.caller for c in wrong))
    if len(who) > 1 and not right:
        ports = ", ".join(sorted({str(c.port) for c in wrong}))
        yield finding(
            "SERVICE_PORT_NOT_EXPOSED",
            service,
            f"Service {service.name} exposes port {have}, but everything that calls it uses "
            f"{ports}: {listed([f'{w.kind} {w.name}' for w in who], 4)}",
            [seen(service, "spec.ports", have), *(seen(c.caller, c.where, c.value) for c in wrong)],
            related=who,
        )
        return
    for call in wrong:
        yield finding(
            "SERVICE_PORT_NOT_EXPOSED",
            call.caller,
            f"{call.caller.kind} {call.caller.name} is set up to call {call.host}:{call.port}, but "
            f"Service {service.name} exposes port {have}",
            [seen(call.caller, call.where, call.value), seen(service, "spec.ports", have)],
            detail=f"{call.host}:{call.port}",
            related=[ObjectRef.of(service)],
        )


def _untranslated(service: Service, found: list[Call]) -> Iterator[Finding]:
    """A headless Service's name leads straight to its pods, so its port is not translated."""
    moved = {
        p.port: p.target_port
        for p in service.spec.ports
        if isinstance(p.target_port, int) and p.target_port != p.port
    }
    direct = {p.target_port or p.port for p in service.spec.ports}
    for call in found:
        if call.port in moved and call.port not in direct:
            yield finding(
                "SERVICE_PORT_NOT_EXPOSED",
                call.caller,
                f"{call.caller.kind} {call.caller.name} is set up to call {call.host}:{call.port}, "
                f"but Service {service.name} is headless: its name leads to the pods themselves, "
                f"which listen on {moved[call.port]}",
                [
                    seen(call.caller, call.where, call.value),
                    seen(service, "spec.clusterIP", "None"),
                ],
                severity=Severity.WARNING,
                detail=f"{call.host}:{call.port}",
                related=[ObjectRef.of(service)],
            )
