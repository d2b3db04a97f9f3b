"""What one cell of a table shows of an object; None where there is nothing to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.core.objects import (
    Condition,
    HorizontalPodAutoscaler,
    Ingress,
    Job,
    Node,
    Pod,
    Service,
    condition,
)
from workbench.core.objects.networking import EndpointPort, LoadBalancerStatus
from workbench.core.objects.pods import PodSpec
from workbench.core.quantity import parse_quantity
from workbench.kubernetes.pod_status import ready_count


def quantity(amounts: dict[str, Any], name: str) -> float | None:
    value = parse_quantity(amounts.get(name))
    return float(value) if value is not None else None


def status_of(conditions: tuple[Condition, ...], type_: str) -> str | None:
    found = condition(conditions, type_)
    return found.status if found else None


def reason_of(conditions: tuple[Condition, ...], type_: str) -> str | None:
    found = condition(conditions, type_)
    return found.reason or None if found else None


def images(spec: PodSpec) -> str:
    return ",".join(c.image for c in spec.containers)


def ready(pod: Pod) -> str:
    return "{}/{}".format(*ready_count(pod))


def roles(node: Node) -> str | None:
    prefix = "node-role.kubernetes.io/"
    found = sorted(k.removeprefix(prefix) for k in node.labels if k.startswith(prefix))
    return ",".join(found) or None


def node_status(node: Node) -> str:
    ready = condition(node.status.conditions, "Ready")
    word = {"True": "Ready", "False": "NotReady"}.get(ready.status if ready else "", "Unknown")
    return f"{word},SchedulingDisabled" if node.spec.unschedulable else word


def pressures(node: Node) -> str | None:
    bad = [c.type for c in node.status.conditions if c.type != "Ready" and c.status == "True"]
    return ",".join(bad) or None


def load_balancer(status: LoadBalancerStatus) -> str | None:
    return ",".join(i.ip or i.hostname for i in status.ingress) or None


def external(service: Service) -> str | None:
    return service.spec.external_name or load_balancer(service.status.load_balancer)


def service_ports(service: Service) -> str | None:
    found = (
        f"{p.port}:{p.node_port}/{p.protocol}" if p.node_port else f"{p.port}/{p.protocol}"
        for p in service.spec.ports
    )
    return ",".join(found) or None


def labels(labels: dict[str, str]) -> str | None:
    return ",".join(f"{k}={v}" for k, v in labels.items()) or None


def selector(selector: object) -> str | None:
    return str(selector) if selector is not None else None


def ports(ports: Sequence[EndpointPort]) -> str | None:
    return ",".join(str(p.port) for p in ports if p.port) or None


def job_status(job: Job) -> str:
    for type_ in ("Complete", "Failed", "Suspended"):
        if status_of(job.status.conditions, type_) == "True":
            return type_
    if job.metadata.deletion_timestamp is not None:
        return "Terminating"
    return "Running"


def hosts(ingress: Ingress) -> str | None:
    return ",".join(rule.host or "*" for rule in ingress.spec.rules) or None


def targets(hpa: HorizontalPodAutoscaler) -> str | None:
    """``cpu: 58%/80%``; ``<unknown>`` for what the autoscaler could not read."""
    current = {
        m.resource.name: m.resource.current.average_utilization
        for m in hpa.status.current_metrics
        if m.resource
    }
    found = []
    for metric in hpa.spec.metrics:
        if metric.resource is None:
            found.append(metric.type.lower())
            continue
        at, target = current.get(metric.resource.name), metric.resource.target
        goal = f"{target.average_utilization}%" if target.average_utilization else None
        seen = f"{at}%" if at is not None else "<unknown>"
        found.append(f"{metric.resource.name}: {seen}/{goal or target.average_value}")
    return ", ".join(found) or None


def or_none(value: object) -> str | None:
    return None if value is None else str(value)
