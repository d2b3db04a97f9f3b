"""Whether the ports of a Service and those of the pods it selects meet.

containerPort only informs: a process may listen on a port that nothing declares. So a number counts
as wrong where other ports are declared and neither the log nor a passing probe speaks for it, and
as no more than a note where the logs of its callers were read: if it matters, they complain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.analyzers.logs.logbook import listening
from workbench.analyzers.networking.wiring import callers_of
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.analyzers.workload import controller, parts, ready, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Container, Pod, Service
from workbench.core.objects.networking import ServicePort


def selector_text(service: Service) -> str:
    """The selector as kubectl takes it."""
    return ",".join(f"{k}={v}" for k, v in service.spec.selector.items())


def ports(snapshot: ClusterSnapshot, service: Service, pods: list[Pod]) -> Iterator[Finding]:
    """Target ports that no selected pod has, or has for another protocol."""
    declared = [p for pod in _unlike(pods) for c in _containers(pod) for p in c.ports]
    named = {p.name for p in declared if p.name}
    numbers = {p.container_port for p in declared}
    for port in service.spec.ports:
        target = port.target_port if port.target_port is not None else port.port
        if isinstance(target, str) and not target.isdigit():
            if target not in named:
                yield _port(service, port, target, sorted(named), sorted(numbers), pods, ())
        elif int(target) not in numbers:
            heard = _heard(snapshot, pods)
            if (numbers or heard) and not _answers(pods, int(target)) and int(target) not in heard:
                yield _port(
                    service, port, target, sorted(named), sorted(numbers), pods, heard,
                    severity=None if heard else _untold(snapshot, service),
                )  # fmt: skip
        elif (int(target), port.protocol) not in {(p.container_port, p.protocol) for p in declared}:
            yield _protocol(service, port, int(target), pods)
        if port.app_protocol == "http" and _speaks_grpc(pods, target):
            yield _spoken(service, port, target, pods)


def _speaks_grpc(pods: list[Pod], target: int | str) -> bool:
    """Whether the pods call the port gRPC's, or are probed so there."""
    for container in _containers(pods[0]):
        probe = container.readiness_probe or container.liveness_probe
        for port in container.ports:
            if target in (port.name, port.container_port):
                asked = probe and probe.grpc and probe.grpc.port == port.container_port
                return bool(asked) or port.name.startswith("grpc")
    return False


def _spoken(service: Service, port: ServicePort, target: int | str, pods: list[Pod]) -> Finding:
    """Proxies and meshes speak HTTP/1.1 where appProtocol says ``http``, and gRPC needs HTTP/2
    (Kubernetes documentation, Service, Application protocol). No fault where none is between."""
    return finding(
        "SERVICE_PORT_MISMATCH",
        service,
        f"Service {service.name} says appProtocol http of port {port.port}, and its pods speak "
        f"gRPC on {target}: a proxy in between speaks HTTP/1.1 to them",
        [seen(service, f"spec.ports[{port.name or port.port}].appProtocol", port.app_protocol)],
        severity=Severity.INFO,
        detail=f"{port.name or port.port} appProtocol",
        related=[ObjectRef.of(pods[0])],
    )


def _unlike(pods: list[Pod]) -> Iterable[Pod]:
    """One of the replicas that hold the same containers in memory, of which there are many."""
    return {(id(p.spec.containers), id(p.spec.init_containers)): p for p in pods}.values()


def _held_together(pods: list[Pod]) -> bool:
    """Whether their owners are the same objects in memory, as those of replicas are."""
    return len({id(p.metadata.owner_references) for p in pods}) == 1


def _heard(snapshot: ClusterSnapshot, pods: list[Pod]) -> tuple[int, ...]:
    """The ports on which the pods' logs say that they listen; of replicas the first few tell."""
    found = (n for pod in pods[:3] for part in parts(pod) for n in listening(snapshot, pod, part))
    return tuple(dict.fromkeys(found))


def _answers(pods: list[Pod], target: int) -> bool:
    """Whether a readiness probe of that port passes, so that something listens there."""
    for pod in pods[:3]:
        for container in _containers(pod) if ready(pod) else ():
            probe = container.readiness_probe
            check = probe and (probe.http_get or probe.tcp_socket or probe.grpc)
            if check and str(check.port) == str(target):
                return True
    return False


def _untold(snapshot: ClusterSnapshot, service: Service) -> Severity:
    """How bad a number is that only the declared ports speak against."""
    if "kube-dns" in (service.name, service.labels.get("k8s-app")):  # everybody calls it
        return Severity.INFO if snapshot.logs else Severity.WARNING
    callers = {call.caller for call in callers_of(snapshot, service)}
    logged = any(
        key.namespace == caller.namespace and key.pod.startswith(f"{caller.name}-")
        for caller in callers
        for key in snapshot.logs
    )
    return Severity.INFO if logged else Severity.WARNING


def strangers(snapshot: ClusterSnapshot, service: Service, pods: list[Pod]) -> Iterator[Finding]:
    """Pods of several workloads behind one Service, some of which do not have its target port:
    the share of requests that goes to them fails."""
    if pods[0].metadata.owner_references and _held_together(pods):
        return  # replicas of one owner
    owners = {controller(pod) or ObjectRef.of(pod): pod for pod in reversed(pods)}
    if len(owners) < 2:
        return
    groups: dict[ObjectRef, Pod] = {}
    for pod in reversed(owners.values()):
        groups.setdefault(workload(snapshot, pod), pod)
    if len(groups) < 2:
        return
    for port in service.spec.ports:
        target = port.target_port if port.target_port is not None else port.port
        lacks = [who for who, pod in groups.items() if _declares(pod) and not _has(pod, target)]
        if lacks and len(lacks) < len(groups):
            rest = [f"{w.kind} {w.name}" for w in groups if w not in lacks]
            names = listed([f"{w.kind} {w.name}" for w in lacks], 3)
            yield finding(
                "SERVICE_SELECTS_STRANGERS",
                service,
                f"Service {service.name} selects pods of {listed(rest, 3)} and also of {names}, "
                f"which do not have its target port {target}: requests that go there fail",
                [
                    seen(service, "spec.selector", selector_text(service)),
                    seen(service, f"spec.ports[{port.name or port.port}].targetPort", target),
                ],
                detail=str(port.name or port.port),
                related=[*lacks, *(ObjectRef.of(groups[w]) for w in lacks)],
                selector=selector_text(service),
            )


def _declares(pod: Pod) -> bool:
    return any(c.ports for c in _containers(pod))


def _has(pod: Pod, target: int | str) -> bool:
    ports = [p for c in _containers(pod) for p in c.ports]
    return any(str(target) in (p.name, str(p.container_port)) for p in ports)


def _containers(pod: Pod) -> tuple[Container, ...]:
    sidecars = tuple(c for c in pod.spec.init_containers if c.restart_policy == "Always")
    return (*pod.spec.containers, *sidecars)


def _protocol(service: Service, port: ServicePort, target: int, pods: list[Pod]) -> Finding:
    other = "UDP" if port.protocol == "TCP" else "TCP"
    return finding(
        "SERVICE_PORT_MISMATCH",
        service,
        f"Service {service.name} forwards {port.protocol} port {port.port} to port {target}, which "
        f"its pods declare for {other} only",
        [seen(service, f"spec.ports[{port.name or port.port}].protocol", port.protocol)],
        severity=Severity.WARNING,
        detail=str(port.name or port.port),
        related=[ObjectRef.of(pods[0])],
    )


def _port(
    service: Service,
    port: ServicePort,
    target: int | str,
    named: list[str],
    numbers: list[int],
    pods: list[Pod],
    heard: tuple[int, ...],
    severity: Severity | None = None,
) -> Finding:
    by_name = isinstance(target, str) and not target.isdigit()
    have = ", ".join(named) if by_name and named else ", ".join(map(str, numbers))
    evidence: list[Pointer] = [
        seen(service, f"spec.ports[{port.name or port.port}].targetPort", target),
        seen(pods[0], "spec.containers[].ports", have or "none declared"),
    ]
    says = f", and their log says that they listen on {listed([str(n) for n in heard], 3)}"
    return finding(
        "SERVICE_PORT_MISMATCH",
        service,
        f"Service {service.name} sends port {port.port} to target port {target}, but its pods "
        f"declare {have or 'no such port'}" + (says if heard else ""),
        evidence,
        severity=severity,
        detail=str(port.name or port.port),
        related=[ObjectRef.of(pods[0])],
    )
