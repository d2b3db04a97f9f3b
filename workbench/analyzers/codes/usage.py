"""Codes about what containers and nodes use, measured by metrics-server."""

from __future__ import annotations

from workbench.analyzers.codes.entry import Entry
from workbench.core.findings import Severity

CODES: dict[str, Entry] = {
    "CONTAINER_NEAR_MEMORY_LIMIT": Entry(
        "Container is close to its memory limit",
        Severity.WARNING,
        "At the limit the kernel kills it. A cache may live there for good; a leak will not stop.",
        (
            "kubectl top pod {pod} -n {namespace} --containers",
            "Raise resources.limits.memory of container {container}, or find what it holds on to",
        ),
        runbook="out-of-memory",
    ),
    "CONTAINER_CPU_AT_LIMIT": Entry(
        "Container uses all the CPU it may",
        Severity.INFO,
        "At its CPU limit a container is throttled: it waits for its next share of each 100 ms, "
        "and answers late or misses its probes.",
        (
            "kubectl top pod {pod} -n {namespace} --containers",
            "Raise resources.limits.cpu of container {container}, or run more replicas",
        ),
        ("harms",),
        runbook="namespace-health",
    ),
    "NODE_NEARLY_FULL": Entry(
        "Node has hardly any memory left",
        Severity.WARNING,
        "What runs on it uses nearly all of its allocatable memory. When it runs out, the kubelet "
        "evicts pods, those that use most beyond their requests first.",
        (
            "kubectl top pods -A --sort-by=memory",
            "kubectl describe node {name}",
            "Set memory requests to what pods use, so that the scheduler spreads them",
        ),
        runbook="node-not-ready",
    ),
}
