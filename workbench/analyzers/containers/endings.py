"""Who ended a container that did not end by itself."""

from __future__ import annotations

import re

from workbench.analyzers.history import events, latest
from workbench.analyzers.workload import Part
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import Node, Pod
from workbench.core.objects.pods import Terminated

SIGKILL, SIGTERM = 137, 143
GRACE_SECONDS = 30
"""Default of terminationGracePeriodSeconds."""

# kubelet: "Container web failed liveness probe, will be restarted"
_PROBE = re.compile(
    r"[Cc]ontainer (?:\")?(?P<name>[\w.-]+)\"? failed (?P<probe>liveness|startup) probe"
)


def killed_by(snapshot: ClusterSnapshot, pod: Pod, part: Part, ended: Terminated) -> str:
    """Who sent the signal that an exit code speaks of, as the end of a sentence; "" for other exit
    codes and for kills that are already told as out of memory."""
    if ended.exit_code not in (SIGKILL, SIGTERM) or ended.reason == "OOMKilled":
        return ""
    probe = _probe(snapshot, pod, part)
    if probe and ended.exit_code == SIGKILL:
        grace = pod.spec.termination_grace_period_seconds
        seconds = GRACE_SECONDS if grace is None else grace
        return (
            f"; the kubelet killed it because its {probe} probe failed, and it did not stop within "
            f"its grace period of {seconds} s"
        )
    if probe:
        return f"; the kubelet stopped it because its {probe} probe failed"
    if ended.exit_code == SIGTERM:
        return ""
    node = snapshot.get(Node, "", pod.spec.node_name)
    if node and latest(snapshot, node, "SystemOOM"):
        return f"; node {node.name} ran out of memory at the time"
    return "; no out-of-memory kill and no failed probe was recorded"


def _probe(snapshot: ClusterSnapshot, pod: Pod, part: Part) -> str:
    for event in reversed(events(snapshot, pod, "Killing", "Unhealthy")):
        found = _PROBE.search(event.message)
        if found and found["name"] == part.name:
            return found["probe"]
    return ""
