"""CPU and memory in use, beside what was asked for and what there is."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.objects import Node, Pod
from workbench.core.quantity import parse_quantity
from workbench.errors import ObjectNotFound
from workbench.kubernetes.client import Client
from workbench.kubernetes.columns import Column
from workbench.kubernetes.discovery import Catalogue, Resource
from workbench.kubernetes.listing import list_objects

GROUP = "metrics.k8s.io"

POD_COLUMNS = (
    Column("namespace"),
    Column("name"),
    Column("cpu", "float"),
    Column("cpu_request", "float"),
    Column("cpu_limit", "float"),
    Column("memory", "float"),
    Column("memory_request", "float"),
    Column("memory_limit", "float"),
)
NODE_COLUMNS = (
    Column("name"),
    Column("cpu", "float"),
    Column("cpu_percent", "float"),
    Column("memory", "float"),
    Column("memory_percent", "float"),
)


class _Usage(msgspec.Struct, frozen=True):
    usage: dict[str, str] = {}


class _Meta(msgspec.Struct, frozen=True):
    name: str = ""
    namespace: str = ""


class _Metrics(msgspec.Struct, frozen=True):
    """A PodMetrics or NodeMetrics object."""

    metadata: _Meta = _Meta()
    usage: dict[str, str] = {}
    containers: tuple[_Usage, ...] = ()

    def total(self, resource: str) -> float:
        each = (self.usage, *(c.usage for c in self.containers))
        return sum(float(parse_quantity(one.get(resource)) or 0.0) for one in each)


class _MetricsList(msgspec.Struct, frozen=True):
    items: tuple[_Metrics, ...] = ()


def metrics_resource(catalogue: Catalogue, plural: str) -> Resource:
    """``pods`` or ``nodes`` of metrics.k8s.io. Raises ObjectNotFound when it is not served."""
    for resource in catalogue.resources:
        if resource.group == GROUP and resource.plural == plural:
            return resource
    raise ObjectNotFound(
        f"The cluster serves no {GROUP}, so nothing knows what {plural} use now.",
        "Is metrics-server installed? Its APIService is v1beta1.metrics.k8s.io.",
    )


async def pod_usage(
    client: Client, catalogue: Catalogue, namespace: str, selector: str
) -> list[dict[str, Any]]:
    """One row a pod, largest memory first; cores and bytes. Raises a ClusterError."""
    metrics = await _metrics(client, metrics_resource(catalogue, "pods"), namespace, selector)
    pods = catalogue.serving(Pod)
    known: dict[tuple[str, str], Pod] = {}
    if pods is not None:
        listed = await list_objects(client, pods, namespace, selector=selector)
        known = {(o.namespace, o.name): o for o in listed.objects if isinstance(o, Pod)}
    rows = [_pod_row(m, known.get((m.metadata.namespace, m.metadata.name))) for m in metrics]
    return sorted(rows, key=lambda row: -row["memory"])


async def node_usage(client: Client, catalogue: Catalogue) -> list[dict[str, Any]]:
    """One row a node, with percentages of what is allocatable. Raises a ClusterError."""
    metrics = await _metrics(client, metrics_resource(catalogue, "nodes"), "", "")
    nodes = catalogue.serving(Node)
    listed = await list_objects(client, nodes) if nodes is not None else None
    known = {o.name: o for o in (listed.objects if listed else ()) if isinstance(o, Node)}
    rows = [_node_row(m, known.get(m.metadata.name)) for m in metrics]
    return sorted(rows, key=lambda row: row["name"])


async def _metrics(
    client: Client, resource: Resource, namespace: str, selector: str
) -> tuple[_Metrics, ...]:
    query: dict[str, str | int] | None = {"labelSelector": selector} if selector else None
    answer = await client.get(
        resource.path(namespace), query, asked=f"tell what {resource.plural} use"
    )
    return msgspec.json.decode(answer.body, type=_MetricsList).items


def _pod_row(metrics: _Metrics, pod: Pod | None) -> dict[str, Any]:
    row: dict[str, Any] = {"namespace": metrics.metadata.namespace, "name": metrics.metadata.name}
    for resource in ("cpu", "memory"):
        row[resource] = metrics.total(resource)
        row[f"{resource}_request"] = _asked(pod, "requests", resource)
        row[f"{resource}_limit"] = _asked(pod, "limits", resource)
    return row


def _asked(pod: Pod | None, side: str, resource: str) -> float | None:
    """What all containers ask for together; None when one of them sets nothing."""
    if pod is None:
        return None
    each = [parse_quantity(getattr(c.resources, side).get(resource)) for c in pod.spec.containers]
    if any(one is None for one in each):
        return None
    return float(sum(one or 0.0 for one in each))


def _node_row(metrics: _Metrics, node: Node | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": metrics.metadata.name}
    for resource in ("cpu", "memory"):
        used = metrics.total(resource)
        whole = parse_quantity(node.status.allocatable.get(resource)) if node else None
        row[resource] = used
        row[f"{resource}_percent"] = round(used / whole * 100, 1) if whole else None
    return row
