"""Services: whom they select, whether anybody is ready, and whether the ports meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.history import events
from workbench.analyzers.networking.endpoints import backing, not_ready, ready_count
from workbench.analyzers.networking.load_balancers import load_balancer
from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.networking.service_ports import ports, selector_text, strangers
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import listed
from workbench.analyzers.workload import is_over, ready
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.counted import counted
from workbench.core.findings import Finding, Severity
from workbench.core.objects import (
    DaemonSet,
    Deployment,
    Endpoints,
    KubeObject,
    Pod,
    Service,
    StatefulSet,
)

LEADER = "control-plane.alpha.kubernetes.io/leader"
"""Annotation of Endpoints objects that are only leases of a leader election."""


def services(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Services without ready endpoints, with a wrong selector, port or without an address."""
    for service in snapshot.all(Service):
        if service.metadata.deletion_timestamp:
            continue
        if service.spec.selector and service.spec.type != "ExternalName":
            yield from _selected(snapshot, service)
        yield from load_balancer(snapshot, now, service)


def _selected(snapshot: ClusterSnapshot, service: Service) -> Iterator[Finding]:
    if _is_lease(snapshot, service):
        return
    pods = selected_pods(snapshot, service)
    live = [pod for pod in pods if not is_over(pod)]
    reachable = ready_count(snapshot, service)
    if reachable:
        if live:
            yield from ports(snapshot, service, live)
            yield from strangers(snapshot, service, live)
        return
    if live:
        if service.spec.publish_not_ready_addresses:
            return
        if any(ready(pod) for pod in live):
            yield from ports(snapshot, service, live)
            yield from strangers(snapshot, service, live)
            if reachable is None:
                return
        if reachable is None and not any(pod.status.phase for pod in live):
            return  # nobody told their status
        yield _none_ready(snapshot, service, live)
    elif reachable is None and not looked_at(snapshot, Pod):
        return
    elif waiting := not_ready(snapshot, service):
        yield _waiting(service, waiting)
    else:
        yield _none_selected(snapshot, service, had_pods=bool(pods))


def _is_lease(snapshot: ClusterSnapshot, service: Service) -> bool:
    endpoints = snapshot.get(Endpoints, service.namespace, service.name)
    return endpoints is not None and LEADER in endpoints.metadata.annotations


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
            seen(service, "spec.selector", selector_text(service)),
            *backing(snapshot, service),
            *(seen(pod, "status.conditions[Ready]", "False") for pod in pods[:3]),
        ],
        severity=_severity(service),
        related=[ObjectRef.of(pod) for pod in pods[:20]],
        selector=selector_text(service),
    )


def _severity(service: Service) -> Severity | None:
    """Cluster DNS without endpoints takes everything else with it."""
    return Severity.CRITICAL if service.labels.get("k8s-app") == "kube-dns" else None


def _waiting(service: Service, addresses: list[str]) -> Finding:
    return finding(
        "SERVICE_WITHOUT_ENDPOINTS",
        service,
        f"Service {service.name} has no ready endpoints: {counted(len(addresses), 'address')} "
        f"not ready ({listed(addresses, 3)})",
        [
            seen(service, "spec.selector", selector_text(service)),
            seen(
                ObjectRef("Endpoints", service.namespace, service.name),
                "subsets[].notReadyAddresses",
                ", ".join(addresses[:10]),
            ),
        ],
        severity=_severity(service),
        selector=selector_text(service),
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
        wanted = selector_text(service)
        why = f"its selector matches no pod: none has labels {wanted}{_nearest(snapshot, service)}"
    warned = [said(e) for e in events(snapshot, service)[-1:] if e.type == "Warning"]
    text = f"; {warned[0].value}" if warned and warned[0].value else ""
    idle = owner is not None and getattr(getattr(owner, "spec", None), "replicas", 1) == 0
    return finding(
        "SERVICE_WITHOUT_ENDPOINTS" if owner or had_pods else "SERVICE_SELECTOR_MISMATCH",
        service,
        f"Service {service.name} has no endpoints: {why}{text}",
        [
            seen(service, "spec.selector", selector_text(service)),
            *backing(snapshot, service),
            *warned,
        ],
        severity=Severity.INFO if idle else _severity(service),
        related=related,
        selector=selector_text(service),
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
