"""Controllers of pods in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.core.duration import human
from workbench.kubernetes.describe.pods import template
from workbench.kubernetes.describe.text import (
    NONE,
    UNSET,
    Line,
    conditions,
    controlled_by,
    heading,
    pairs,
    selector,
    when,
)

Tree = dict[str, Any]
Related = Mapping[str, list[Tree]]
REVISION = "deployment.kubernetes.io/revision"


def describe_deployment(tree: Tree, related: Related, now: datetime) -> list[Line]:
    spec, status = _parts(tree)
    strategy = spec.get("strategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    return [
        *heading(tree, created=True),
        ("Selector", selector(spec.get("selector"))),
        (
            "Replicas",
            f"{spec.get('replicas', 1)} desired | {status.get('updatedReplicas', 0)} updated | "
            f"{status.get('replicas', 0)} total | {status.get('availableReplicas', 0)} available | "
            f"{status.get('unavailableReplicas', 0)} unavailable",
        ),
        ("Paused", "true" if spec.get("paused") else None),
        ("StrategyType", strategy.get("type", "")),
        ("MinReadySeconds", spec.get("minReadySeconds", 0)),
        (
            "RollingUpdateStrategy",
            f"{rolling.get('maxUnavailable')} max unavailable, {rolling.get('maxSurge')} max surge"
            if rolling
            else None,
        ),
        ("Pod Template", template(spec.get("template"))),
        ("Conditions", conditions(tree)),
        *_replica_sets(tree, related.get("ReplicaSet")),
    ]


def _replica_sets(tree: Tree, replica_sets: list[Tree] | None) -> list[Line]:
    if replica_sets is None:
        return []
    mine = _owned(tree, replica_sets)
    current = _annotation(tree, REVISION)
    new = [r for r in mine if _annotation(r, REVISION) == current]
    old = [r for r in mine if r not in new and (r.get("spec") or {}).get("replicas")]
    return [("OldReplicaSets", _created(old)), ("NewReplicaSet", _created(new))]


def _created(replica_sets: list[Tree]) -> str:
    found = []
    for one in replica_sets:
        spec, status = _parts(one)
        count = f"{status.get('replicas', 0)}/{spec.get('replicas', 0)} replicas created"
        found.append(f"{(one.get('metadata') or {}).get('name')} ({count})")
    return ", ".join(found) or NONE


def describe_replica_set(tree: Tree, related: Related, now: datetime) -> list[Line]:
    spec, status = _parts(tree)
    chosen = spec.get("selector")
    if tree.get("kind") == "ReplicationController":
        chosen = {"matchLabels": chosen}
    current, desired = status.get("replicas", 0), spec.get("replicas", 1)
    return [
        *heading(tree),
        ("Selector", selector(chosen)),
        ("Controlled By", controlled_by(tree)),
        ("Replicas", f"{current} current / {desired} desired"),
        *_pods_status(tree, related),
        ("Pod Template", template(spec.get("template"))),
        ("Conditions", conditions(tree)),
    ]


def describe_stateful_set(tree: Tree, related: Related, now: datetime) -> list[Line]:
    spec, status = _parts(tree)
    claims = [
        (c.get("metadata") or {}).get("name", "") for c in spec.get("volumeClaimTemplates", [])
    ]
    strategy = spec.get("updateStrategy") or {}
    return [
        *heading(tree, created=True),
        ("Selector", selector(spec.get("selector"))),
        ("Service Name", spec.get("serviceName")),
        ("Replicas", f"{spec.get('replicas', 1)} desired | {status.get('replicas', 0)} total"),
        ("Update Strategy", strategy.get("type")),
        ("Current Revision", status.get("currentRevision")),
        ("Update Revision", status.get("updateRevision")),
        *_pods_status(tree, related),
        ("Pod Template", template(spec.get("template"))),
        ("Volume Claims", ", ".join(claims) or NONE),
        ("Conditions", conditions(tree)),
    ]


def describe_daemon_set(tree: Tree, related: Related, now: datetime) -> list[Line]:
    spec, status = _parts(tree)
    counts = (
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    )
    return [
        *heading(tree),
        ("Selector", selector(spec.get("selector"))),
        (
            "Node-Selector",
            pairs(((spec.get("template") or {}).get("spec") or {}).get("nodeSelector")),
        ),
        *((label, status.get(key, 0)) for label, key in counts),
        *_pods_status(tree, related),
        ("Pod Template", template(spec.get("template"))),
        ("Conditions", conditions(tree)),
    ]


def describe_job(tree: Tree, related: Related, now: datetime) -> list[Line]:
    spec, status = _parts(tree)
    return [
        *heading(tree),
        ("Selector", selector(spec.get("selector"))),
        ("Controlled By", controlled_by(tree)),
        ("Parallelism", spec.get("parallelism", UNSET)),
        ("Completions", spec.get("completions", UNSET)),
        ("Completion Mode", spec.get("completionMode")),
        ("Suspend", str(bool(spec.get("suspend", False))).lower()),
        ("Backoff Limit", spec.get("backoffLimit", UNSET)),
        ("Active Deadline Seconds", spec.get("activeDeadlineSeconds")),
        ("Start Time", when(status["startTime"]) if status.get("startTime") else None),
        ("Completed At", when(status["completionTime"]) if status.get("completionTime") else None),
        ("Duration", _duration(status)),
        (
            "Pods Statuses",
            f"{status.get('active', 0)} Active ({status.get('ready', 0)} Ready) / "
            f"{status.get('succeeded', 0)} Succeeded / {status.get('failed', 0)} Failed",
        ),
        ("Pod Template", template(spec.get("template"))),
        ("Conditions", conditions(tree)),
    ]


def describe_cron_job(tree: Tree, related: Related, now: datetime) -> list[Line]:
    spec, status = _parts(tree)
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    active = ", ".join(str(a.get("name")) for a in status.get("active") or [])
    succeeded = status.get("lastSuccessfulTime")
    return [
        *heading(tree),
        ("Schedule", spec.get("schedule", "")),
        ("Concurrency Policy", spec.get("concurrencyPolicy", "")),
        ("Suspend", str(bool(spec.get("suspend", False)))),
        ("Time Zone", spec.get("timeZone", UNSET)),
        ("Successful Job History Limit", spec.get("successfulJobsHistoryLimit", UNSET)),
        ("Failed Job History Limit", spec.get("failedJobsHistoryLimit", UNSET)),
        ("Starting Deadline Seconds", spec.get("startingDeadlineSeconds", UNSET)),
        ("Parallelism", job.get("parallelism", UNSET)),
        ("Completions", job.get("completions", UNSET)),
        ("Pod Template", template(job.get("template"))),
        ("Last Schedule Time", when(status.get("lastScheduleTime"))),
        ("Last Successful Time", when(succeeded) if succeeded else None),
        ("Active Jobs", active or NONE),
    ]


def describe_autoscaler(tree: Tree, related: Related, now: datetime) -> list[Line]:
    spec, status = _parts(tree)
    target = spec.get("scaleTargetRef") or {}
    kind = target.get("kind")
    return [
        *heading(tree, created=True),
        ("Reference", f"{kind}/{target.get('name')}"),
        ("Metrics ( current / target )", _metrics(spec, status)),
        ("Min replicas", spec.get("minReplicas", UNSET)),
        ("Max replicas", spec.get("maxReplicas")),
        (
            f"{kind} pods",
            f"{status.get('currentReplicas', 0)} current / "
            f"{status.get('desiredReplicas', 0)} desired",
        ),
        ("Conditions", conditions(tree)),
    ]


def _metrics(spec: Tree, status: Tree) -> list[Line] | str:
    current = {
        (m.get("resource") or {}).get("name"): (m.get("resource") or {}).get("current") or {}
        for m in status.get("currentMetrics") or []
    }
    found: list[Line] = []
    for metric in spec.get("metrics") or []:
        resource = metric.get("resource")
        if not resource:
            found.append((str(metric.get("type")), ""))
            continue
        target = resource.get("target") or {}
        seen = current.get(resource.get("name")) or {}
        label = f"resource {resource.get('name')} on pods"
        if target.get("averageUtilization") is not None:
            at = seen.get("averageUtilization")
            now = f"{at}% ({seen.get('averageValue')})" if at is not None else "<unknown>"
            text = f"{now} / {target['averageUtilization']}%"
            found.append((f"{label} (as a percentage of request)", text))
        else:
            at = seen.get("averageValue", "<unknown>")
            found.append((label, f"{at} / {target.get('averageValue')}"))
    return found or NONE


def _pods_status(tree: Tree, related: Related) -> list[Line]:
    pods = related.get("Pod")
    if pods is None:
        return []
    phases = [(p.get("status") or {}).get("phase") for p in _owned(tree, pods)]
    words = (("Running", "Running"), ("Pending", "Waiting"), ("Succeeded",) * 2, ("Failed",) * 2)
    counts = " / ".join(f"{phases.count(phase)} {word}" for phase, word in words)
    return [("Pods Status", counts)]


def _owned(tree: Tree, candidates: list[Tree]) -> list[Tree]:
    uid = (tree.get("metadata") or {}).get("uid")
    return [
        c
        for c in candidates
        if any(o.get("uid") == uid for o in (c.get("metadata") or {}).get("ownerReferences") or [])
    ]


def _annotation(tree: Tree, name: str) -> str:
    return str(((tree.get("metadata") or {}).get("annotations") or {}).get(name, ""))


def _parts(tree: Tree) -> tuple[Tree, Tree]:
    return tree.get("spec") or {}, tree.get("status") or {}


def _duration(status: Tree) -> str | None:
    if not status.get("startTime") or not status.get("completionTime"):
        return None
    began = datetime.fromisoformat(status["startTime"])
    return human(int((datetime.fromisoformat(status["completionTime"]) - began).total_seconds()))
