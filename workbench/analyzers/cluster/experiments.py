"""Chaos experiments that run in the cluster: trouble that somebody ordered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.analyzers.workload import workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Condition, Custom, Pod, condition

GROUPS = ("chaos-mesh.org/", "litmuschaos.io/", "chaosblade.io/")
"""API groups of the common chaos tools."""

PLANS = frozenset({"Schedule", "Workflow", "WorkflowNode", "ChaosExperiment", "RemoteCluster"})
"""Their kinds that do nothing by themselves."""

AT_ONCE = frozenset({"pod-kill", "container-kill"})
"""Actions of Chaos Mesh that are over once they are done; others last until they are recovered."""


def experiments(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Experiments that are injected now, with what they are aimed at."""
    for one in snapshot.customs():
        if not one.api_version.startswith(GROUPS) or one.kind in PLANS or _is_over(one):
            continue
        targets = list(dict.fromkeys(_targets(snapshot, one)))
        spec = one.spec if isinstance(one.spec, dict) else {}
        action = str(spec.get("action") or spec.get("engineState") or "")
        at = f" ({action})" if action else ""
        aims = listed([str(t) for t in targets if t.kind != "Pod"], 4)
        yield finding(
            "CHAOS_EXPERIMENT_RUNNING",
            one,
            f"{one.kind} {one.name}{at} is injecting faults" + (f" into {aims}" if aims else ""),
            [seen(one, "spec.action", action or one.kind)],
            related=targets[:200],
            since=one.metadata.creation_timestamp,
        )


def _is_over(one: Custom) -> bool:
    done = condition(one.status.conditions, "AllRecovered")
    paused = condition(one.status.conditions, "Paused")
    injected = condition(one.status.conditions, "AllInjected")
    spec = one.spec if isinstance(one.spec, dict) else {}
    if _is_true(paused):
        return True
    if spec.get("action") in AT_ONCE:
        return _is_true(injected) or _is_true(done)
    return _is_true(done) and not _is_true(injected)


def _is_true(report: Condition | None) -> bool:
    return report is not None and report.status == "True"


def _targets(snapshot: ClusterSnapshot, one: Custom) -> Iterator[ObjectRef]:
    spec = one.spec if isinstance(one.spec, dict) else {}
    selector = spec.get("selector")
    if not isinstance(selector, dict):
        return
    labels = selector.get("labelSelectors")
    wanted = labels if isinstance(labels, dict) else {}
    spaces = selector.get("namespaces")
    homes = spaces if isinstance(spaces, list) and spaces else [one.namespace]
    for home in homes:
        for pod in snapshot.all(Pod, str(home)):
            if _has(pod, wanted):
                yield workload(snapshot, pod)
                yield ObjectRef.of(pod)


def _has(pod: Pod, wanted: dict[str, Any]) -> bool:
    return all(pod.labels.get(key) == value for key, value in wanted.items())
