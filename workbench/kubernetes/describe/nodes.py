"""Nodes in words, with the pods on them and what these ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.core.duration import age
from workbench.core.quantity import parse_quantity
from workbench.kubernetes.describe.text import NONE, Line, heading, table, when

Tree = dict[str, Any]


def describe_node(tree: Tree, related: Mapping[str, list[Tree]], now: datetime) -> list[Line]:
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    name, *labels = heading(tree, created=False)
    info = status.get("nodeInfo") or {}
    return [
        name,
        ("Roles", _roles(tree)),
        *labels,
        ("CreationTimestamp", when((tree.get("metadata") or {}).get("creationTimestamp"))),
        ("Taints", _taints(spec)),
        ("Unschedulable", str(bool(spec.get("unschedulable", False))).lower()),
        ("Conditions", _conditions(status)),
        ("Addresses", [(a.get("type"), a.get("address")) for a in status.get("addresses") or []]),
        ("Capacity", _amounts(status.get("capacity"))),
        ("Allocatable", _amounts(status.get("allocatable"))),
        (
            "System Info",
            [
                ("Kernel Version", info.get("kernelVersion")),
                ("OS Image", info.get("osImage")),
                ("Architecture", info.get("architecture")),
                ("Container Runtime Version", info.get("containerRuntimeVersion")),
                ("Kubelet Version", info.get("kubeletVersion")),
            ],
        ),
        ("PodCIDR", spec.get("podCIDR")),
        *_load(tree, related.get("Pod"), now),
    ]


def _roles(tree: Tree) -> str:
    prefix = "node-role.kubernetes.io/"
    labels = (tree.get("metadata") or {}).get("labels") or {}
    return ",".join(sorted(k.removeprefix(prefix) for k in labels if k.startswith(prefix))) or NONE


def _taints(spec: Tree) -> str:
    found = []
    for taint in spec.get("taints") or []:
        value = f"={taint['value']}" if taint.get("value") else ""
        found.append(f"{taint.get('key')}{value}:{taint.get('effect')}")
    return "\n".join(found) or NONE


def _conditions(status: Tree) -> list[str] | None:
    rows = [
        [
            c.get("type"),
            c.get("status"),
            when(c.get("lastHeartbeatTime")),
            when(c.get("lastTransitionTime")),
            c.get("reason") or "",
            c.get("message") or "",
        ]
        for c in status.get("conditions") or []
    ]
    header = ["Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message"]
    return table(header, rows, ruler=True) if rows else None


def _amounts(amounts: Tree | None) -> list[Line]:
    return sorted((amounts or {}).items())


def _load(tree: Tree, pods: list[Tree] | None, now: datetime) -> list[Line]:
    if pods is None:
        return []
    name = (tree.get("metadata") or {}).get("name")
    running = [
        p
        for p in pods
        if (p.get("spec") or {}).get("nodeName") == name
        and (p.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
    ]
    allocatable = (tree.get("status") or {}).get("allocatable") or {}
    rows = [_pod_row(pod, allocatable, now) for pod in running]
    header = ["Namespace", "Name", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits"]
    totals = [
        [r, *(_share(sum(_asked(p, s, r) for p in running), allocatable, r) for s in SIDES)]
        for r in ("cpu", "memory", "ephemeral-storage")
    ]
    return [
        (
            f"Non-terminated Pods ({len(running)} in total)",
            table([*header, "Age"], rows, ruler=True),
        ),
        ("Allocated resources", table(["Resource", "Requests", "Limits"], totals, ruler=True)),
    ]


SIDES = ("requests", "limits")


def _pod_row(pod: Tree, allocatable: Tree, now: datetime) -> list[str]:
    meta = pod.get("metadata") or {}
    shares = [_share(_asked(pod, s, r), allocatable, r) for r in ("cpu", "memory") for s in SIDES]
    created = meta.get("creationTimestamp")
    since = age(datetime.fromisoformat(created), now) if created else ""
    return [meta.get("namespace", ""), meta.get("name", ""), *shares, since]


def _asked(pod: Tree, side: str, resource: str) -> float:
    """What a pod asks for: its containers together, or the largest init container if that is more
    (Kubernetes documentation, Init containers, resource sharing)."""
    spec = pod.get("spec") or {}
    each = [_of(c, side, resource) for c in spec.get("containers") or []]
    first = [_of(c, side, resource) for c in spec.get("initContainers") or []]
    return max(sum(each), max(first, default=0.0))


def _of(container: Tree, side: str, resource: str) -> float:
    amounts = (container.get("resources") or {}).get(side) or {}
    return parse_quantity(amounts.get(resource)) or 0.0


def _share(amount: float, allocatable: Tree, resource: str) -> str:
    whole = parse_quantity(allocatable.get(resource)) or 0.0
    percent = int(amount / whole * 100) if whole else 0
    return f"{_amount(amount, resource)} ({percent}%)"


def _amount(amount: float, resource: str) -> str:
    if resource == "cpu":
        return f"{amount:g}" if amount == int(amount) else f"{amount * 1000:.0f}m"
    for size, unit in ((2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki")):
        if amount >= size and amount % size == 0:
            return f"{amount / size:.0f}{unit}"
    return f"{amount:.0f}"
