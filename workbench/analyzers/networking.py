"""Services: whom they select, whether anybody is ready, and whether the ports meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.endpoints import backing, not_ready, ready_count
from workbench.analyzers.history import events, latest
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import age, count, listed, sentence, span
from workbench.analyzers.workload import is_over, ready, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import (
    DaemonSet,
    Deployment,
    Endpoints,
    KubeObject,
    NetworkPolicy,
    Pod,
    Service,
    StatefulSet,
)
from workbench.core.objects.networking import ServicePort

LEADER = "control-plane.alpha.kubernetes.io/leader"
"""Annotation of Endpoints objects that are only leases of a leader election."""

ADDRESS_SECONDS = 300
"""Cloud load balancers take a minute or three; after five something is wrong."""


def services(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Services without ready endpoints, with a wrong selector, port or without an address."""
    for service in snapshot.all(Service):
        if service.metadata.deletion_timestamp:
            continue
        if service.spec.selector and service.spec.type != "ExternalName":
            yield from _selected(snapshot, service)
        yield from _load_balancer(snapshot, now, service)


def _selected(snapshot: ClusterSnapshot, service: Service) -> Iterator[Finding]:
    if _is_lease(snapshot, service):
        return
    pods = selected_pods(snapshot, service)
    live = [pod for pod in pods if not is_over(pod)]
    reachable = ready_count(snapshot, service)
    if reachable:
        if live:
            yield from _ports(snapshot, service, live)
            yield from _strangers(snapshot, service, live)
        return
    if live:
        if service.spec.publish_not_ready_addresses:
            return
        if any(ready(pod) for pod in live):
            yield from _ports(snapshot, service, live)
            yield from _strangers(snapshot, service, live)
            if reachable is None:
                return
        yield _none_ready(snapshot, service, live)
    elif reachable is None and not looked_at(snapshot, Pod):
        return
    elif waiting := not_ready(snapshot, service):
        yield _waiting(service, waiting)
    else:
        yield _none_selected(snapshot, service, had_pods=bool(pods))


def selected_pods(snapshot: ClusterSnapshot, service: Service) -> tuple[Pod, ...]:
    """The pods a Service selects, ended ones included."""
    wanted = service.spec.selector
    if not wanted:
        return ()
    key = next(iter(wanted))
    found = _by_label(snapshot, key).get((service.namespace, wanted[key]), ())
    return tuple(p for p in found if wanted.items() <= p.labels.items())


def _by_label(snapshot: ClusterSnapshot, key: str) -> dict[tuple[str, str], list[Pod]]:
    """Pods by namespace and value of one label; made once for each label that is asked for."""
    memo = ("pods by label", key)
    if memo not in snapshot.memo:
        index: dict[tuple[str, str], list[Pod]] = {}
        for pod in snapshot.all(Pod):
            if key in pod.labels:
                index.setdefault((pod.namespace, pod.labels[key]), []).append(pod)
        snapshot.memo[memo] = index
    found: dict[tuple[str, str], list[Pod]] = snapshot.memo[memo]
    return found


def _is_lease(snapshot: ClusterSnapshot, service: Service) -> bool:
    endpoints = snapshot.get(Endpoints, service.namespace, service.name)
    return endpoints is not None and LEADER in endpoints.metadata.annotations


def _selector(service: Service) -> str:
    return ",".join(f"{k}={v}" for k, v in service.spec.selector.items())


def _none_ready(snapshot: ClusterSnapshot, service: Service, pods: list[Pod]) -> Finding:
    names = sorted(pod.name for pod in pods if not ready(pod)) or [pod.name for pod in pods]
    which = (
        "the pod it selects is" if len(pods) == 1 else f"none of the {len(pods)} pods it selects is"
    )
    verb = "not ready" if len(pods) == 1 else "ready"
    return finding(
        "SERVICE_WITHOUT_ENDPOINTS",
        service,
        f"Service {service.name} has no ready endpoints: {which} {verb} ({listed(names, 3)})",
        [
            seen(service, "spec.selector", _selector(service)),
            *backing(snapshot, service),
            *(seen(pod, "status.conditions[Ready]", "False") for pod in pods[:3]),
        ],
        severity=_severity(service),
        related=[ObjectRef.of(pod) for pod in pods[:20]],
        selector=_selector(service),
    )


def _severity(service: Service) -> Severity | None:
    """Cluster DNS without endpoints takes everything else with it."""
    return Severity.CRITICAL if service.labels.get("k8s-app") == "kube-dns" else None


def _waiting(service: Service, addresses: list[str]) -> Finding:
    return finding(
        "SERVICE_WITHOUT_ENDPOINTS",
        service,
        f"Service {service.name} has no ready endpoints: {count(len(addresses), 'address')} "
        f"not ready ({listed(addresses, 3)})".replace("addresss", "addresses"),
        [
            seen(service, "spec.selector", _selector(service)),
            seen(
                ObjectRef("Endpoints", service.namespace, service.name),
                "subsets[].notReadyAddresses",
                ", ".join(addresses[:10]),
            ),
        ],
        severity=_severity(service),
        selector=_selector(service),
    )


def _none_selected(snapshot: ClusterSnapshot, service: Service, had_pods: bool) -> Finding:
    owner = _owner_of_template(snapshot, service)
    related = [ObjectRef.of(owner)] if owner else []
    if had_pods:
        why = "every pod it selects has ended"
    elif owner is not None:
        why = f"{owner.kind} {owner.name} would match its selector but has no pods" + _why_none(
            owner
        )
    else:
        why = f"no pod has labels {_selector(service)}{_nearest(snapshot, service)}"
    warned = [said(e) for e in events(snapshot, service)[-1:] if e.type == "Warning"]
    text = f"; {warned[0].value}" if warned and warned[0].value else ""
    idle = owner is not None and getattr(getattr(owner, "spec", None), "replicas", 1) == 0
    return finding(
        "SERVICE_WITHOUT_ENDPOINTS" if owner or had_pods else "SERVICE_SELECTOR_MISMATCH",
        service,
        f"Service {service.name} has no endpoints: {why}{text}",
        [
            seen(service, "spec.selector", _selector(service)),
            *backing(snapshot, service),
            *warned,
        ],
        severity=Severity.INFO if idle else _severity(service),
        related=related,
        selector=_selector(service),
    )


def _why_none(owner: KubeObject) -> str:
    return (
        " (it is scaled to 0)" if getattr(getattr(owner, "spec", None), "replicas", 1) == 0 else ""
    )


def _owner_of_template(snapshot: ClusterSnapshot, service: Service) -> KubeObject | None:
    """A workload whose pods, if it had any, the Service would select."""
    wanted = service.spec.selector.items()
    kinds: tuple[type[Deployment | StatefulSet | DaemonSet], ...] = (
        Deployment,
        StatefulSet,
        DaemonSet,
    )
    for kind in kinds:
        for one in snapshot.all(kind, service.namespace):
            if wanted <= one.spec.template.metadata.labels.items():
                return one
    return None


def _nearest(snapshot: ClusterSnapshot, service: Service) -> str:
    """The labels that come nearest to the selector: most pairs shared, then the same keys."""
    best: tuple[int, int, str] = (0, 0, "")
    wanted = service.spec.selector
    for pod in snapshot.all(Pod, service.namespace):
        if is_over(pod):
            continue
        same = sum(pod.labels.get(k) == v for k, v in wanted.items())
        near = sum(_alike(pod.labels.get(k, ""), v) for k, v in wanted.items())
        near += any(service.name in v or v in service.name for v in pod.labels.values() if v)
        if (same, near) > best[:2]:
            have = {k: pod.labels[k] for k in wanted if k in pod.labels} or _own_labels(pod)
            best = (same, near, ", ".join(f"{k}={v}" for k, v in have.items()) + f" on {pod.name}")
    return f"; the nearest is {best[2]}" if best[2] else ""


def _own_labels(pod: Pod) -> dict[str, str]:
    return {k: v for k, v in pod.labels.items() if not k.endswith("-hash")}


def _alike(one: str, other: str) -> bool:
    return bool(one) and (one in other or other in one or _one_off(one, other))


def _one_off(one: str, other: str) -> bool:
    """One letter more, less or other."""
    if abs(len(one) - len(other)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if same is None:
        return True
    return one[same + 1 :] in (other[same + 1 :], other[same:]) or one[same:] == other[same + 1 :]


def _ports(snapshot: ClusterSnapshot, service: Service, pods: list[Pod]) -> Iterator[Finding]:
    """Target ports that no selected pod has. A name must exist; a number only counts as wrong
    where the containers declare other ports, since declaring is optional."""
    named = {p.name for pod in pods for c in _containers(pod) for p in c.ports if p.name}
    numbers = {p.container_port for pod in pods for c in _containers(pod) for p in c.ports}
    for port in service.spec.ports:
        target = port.target_port if port.target_port is not None else port.port
        if isinstance(target, str) and not target.isdigit():
            wrong = target not in named
        else:
            wrong = bool(numbers) and int(target or 0) not in numbers
        declared = {
            (p.container_port, p.protocol) for d in pods for c in _containers(d) for p in c.ports
        }
        if (
            not wrong
            and isinstance(target, int)
            and declared
            and (target, port.protocol) not in declared
        ):
            yield _protocol(service, port, target, pods)
        if wrong and (named or numbers or not isinstance(target, int)):
            yield _port(service, port, target, sorted(named), sorted(numbers), pods)


def _strangers(snapshot: ClusterSnapshot, service: Service, pods: list[Pod]) -> Iterator[Finding]:
    """Pods of several workloads behind one Service, some of which do not have its target port:
    the share of requests that goes to them fails."""
    groups: dict[ObjectRef, Pod] = {}
    for pod in pods:
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
                    seen(service, "spec.selector", _selector(service)),
                    seen(service, f"spec.ports[{port.name or port.port}].targetPort", target),
                ],
                detail=str(port.name or port.port),
                related=[*lacks, *(ObjectRef.of(groups[w]) for w in lacks)],
                selector=_selector(service),
            )


def _declares(pod: Pod) -> bool:
    return any(c.ports for c in _containers(pod))


def _has(pod: Pod, target: int | str) -> bool:
    ports = [p for c in _containers(pod) for p in c.ports]
    return any(str(target) in (p.name, str(p.container_port)) for p in ports)


def _containers(pod: Pod) -> tuple:  # type: ignore[type-arg]
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
) -> Finding:
    by_name = isinstance(target, str) and not target.isdigit()
    have = ", ".join(named) if by_name and named else ", ".join(map(str, numbers))
    evidence: list[Pointer] = [
        seen(service, f"spec.ports[{port.name or port.port}].targetPort", target),
        seen(pods[0], "spec.containers[].ports", have or "none declared"),
    ]
    return finding(
        "SERVICE_PORT_MISMATCH",
        service,
        f"Service {service.name} sends port {port.port} to target port {target}, but its pods "
        f"declare {have or 'no such port'}",
        evidence,
        severity=None if by_name else Severity.WARNING,
        detail=str(port.name or port.port),
        related=[ObjectRef.of(pods[0])],
    )


def _load_balancer(snapshot: ClusterSnapshot, now: datetime, service: Service) -> Iterator[Finding]:
    if service.spec.type != "LoadBalancer" or service.status.load_balancer.ingress:
        return
    event = latest(snapshot, service, "SyncLoadBalancerFailed", "AllocationFailed")
    waited = age(now, service.metadata.creation_timestamp)
    if not event and (waited is None or waited < ADDRESS_SECONDS):
        return
    why = f": {sentence(event.message, 250)}" if event else " and no controller has said why"
    yield finding(
        "LOAD_BALANCER_PENDING",
        service,
        f"Service {service.name} of type LoadBalancer has no external address"
        + (f" after {span(waited)}" if waited else "")
        + why,
        [seen(service, "status.loadBalancer.ingress", "none"), *([said(event)] if event else [])],
        since=service.metadata.creation_timestamp,
    )


def policies(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Network policies that apply to no pods."""
    if not looked_at(snapshot, Pod) and snapshot.gaps:
        return
    for policy in snapshot.all(NetworkPolicy):
        selector = policy.spec.pod_selector
        if not snapshot.select(Pod, policy.namespace, selector):
            yield finding(
                "NETWORK_POLICY_SELECTS_NOTHING",
                policy,
                f"NetworkPolicy {policy.name} is not applied to any pods: {selector} matches no "
                f"pod in {policy.namespace}",
                [seen(policy, "spec.podSelector", selector)],
            )
