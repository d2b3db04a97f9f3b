"""Columns of the kinds that make pods, and of those that watch over them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from workbench.core.duration import human
from workbench.kubernetes.snapshots.raw import Tree, group_of
from workbench.kubernetes.snapshots.serve.columns import Column, column, wide
from workbench.kubernetes.snapshots.serve.columns.age import (
    AGE,
    NAME,
    UNKNOWN,
    moment,
    since,
)
from workbench.kubernetes.snapshots.serve.columns.selector import map_text, selector_text
from workbench.kubernetes.snapshots.trees import at, mapping, mappings, number, text

NONE = "<none>"


def _count(name: str, *path: str) -> Column:
    return column(name, lambda t: number(t, *path), "integer")


def _desired(tree: Tree) -> int:
    """spec.replicas; the API server's default is 1."""
    return 1 if at(tree, "spec", "replicas") is None else number(tree, "spec", "replicas")


def _ready(tree: Tree) -> str:
    return f"{number(tree, 'status', 'readyReplicas')}/{_desired(tree)}"


def _template(tree: Tree) -> Any:
    return at(tree, "spec", "jobTemplate", "spec", "template") or at(tree, "spec", "template")


def _join(name: str) -> Any:
    def cell(tree: Tree) -> str:
        containers = mappings(at(_template(tree), "spec", "containers"))
        return ",".join(text(c, name) for c in containers)

    return cell


CONTAINERS = wide("Containers", _join("name"))
IMAGES = wide("Images", _join("image"))
SELECTOR = wide("Selector", lambda t: selector_text(at(t, "spec", "selector")))

DEPLOYMENT = (
    NAME,
    column("Ready", _ready),
    column("Up-to-date", lambda t: number(t, "status", "updatedReplicas")),
    column("Available", lambda t: number(t, "status", "availableReplicas")),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
)
REPLICA_SET = (
    NAME,
    column("Desired", _desired, "integer"),
    _count("Current", "status", "replicas"),
    _count("Ready", "status", "readyReplicas"),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
)
REPLICATION_CONTROLLER = (
    *REPLICA_SET[:-1],
    wide("Selector", lambda t: map_text(at(t, "spec", "selector"))),
)
STATEFUL_SET = (NAME, column("Ready", _ready), AGE, CONTAINERS, IMAGES)
DAEMON_SET = (
    NAME,
    _count("Desired", "status", "desiredNumberScheduled"),
    _count("Current", "status", "currentNumberScheduled"),
    _count("Ready", "status", "numberReady"),
    _count("Up-to-date", "status", "updatedNumberScheduled"),
    _count("Available", "status", "numberAvailable"),
    column("Node Selector", lambda t: map_text(at(_template(t), "spec", "nodeSelector"))),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
)


def _job_status(job: Tree) -> str:
    """The condition that settled the job, in the order kubectl asks for them."""
    settled = {
        text(c, "type")
        for c in mappings(at(job, "status", "conditions"))
        if c.get("status") == "True"
    }
    for type_ in ("Complete", "Failed"):
        if type_ in settled:
            return type_
    if at(job, "metadata", "deletionTimestamp"):
        return "Terminating"
    for type_ in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if type_ in settled:
            return type_
    return "Running"


def _completions(job: Tree) -> str:
    done, wanted = number(job, "status", "succeeded"), at(job, "spec", "completions")
    if wanted is not None:
        return f"{done}/{wanted}"
    parallel = number(job, "spec", "parallelism")
    return f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"


def _job_duration(job: Tree, now: datetime) -> str:
    started = moment(at(job, "status", "startTime"))
    if started is None:
        return ""
    ended = moment(at(job, "status", "completionTime")) or now
    return human((ended - started).total_seconds())


JOB = (
    NAME,
    column("Status", _job_status),
    column("Completions", _completions),
    Column("Duration", _job_duration),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
)


def _last_schedule(cron: Tree, now: datetime) -> str:
    last = at(cron, "status", "lastScheduleTime")
    return since(last, now) if last else NONE


CRON_JOB = (
    NAME,
    column("Schedule", lambda t: text(t, "spec", "schedule")),
    column("Timezone", lambda t: text(t, "spec", "timeZone") or NONE),
    column("Suspend", lambda t: str(at(t, "spec", "suspend") is True), "boolean"),
    column("Active", lambda t: len(mappings(at(t, "status", "active"))), "integer"),
    Column("Last Schedule", _last_schedule),
    AGE,
    CONTAINERS,
    IMAGES,
    wide("Selector", lambda t: selector_text(at(t, "spec", "jobTemplate", "spec", "selector"))),
)


def _controller(revision: Tree) -> str:
    owners = mappings(at(revision, "metadata", "ownerReferences"))
    owner = next((o for o in owners if o.get("controller") is True), None)
    if owner is None:
        return NONE
    group = group_of(text(owner, "apiVersion"))
    kind = text(owner, "kind").lower() + (f".{group}" if group else "")
    return f"{kind}/{text(owner, 'name')}"


CONTROLLER_REVISION = (
    NAME,
    column("Controller", _controller),
    column("Revision", lambda t: number(t, "revision")),
    AGE,
)


def _allowed(tree: Tree, field: str) -> str:
    value = at(tree, "spec", field)
    return "N/A" if value is None else str(value)


DISRUPTION_BUDGET = (
    NAME,
    column("Min Available", lambda t: _allowed(t, "minAvailable")),
    column("Max Unavailable", lambda t: _allowed(t, "maxUnavailable")),
    _count("Allowed Disruptions", "status", "disruptionsAllowed"),
    AGE,
)


def _targets(hpa: Tree) -> str:
    """Current / wanted of the first two metrics (formatHPAMetrics)."""
    target = at(hpa, "spec", "targetCPUUtilizationPercentage")
    if target is not None:  # autoscaling/v1
        current = at(hpa, "status", "currentCPUUtilizationPercentage")
        return f"cpu: {UNKNOWN if current is None else f'{current}%'}/{target}%"
    specs = mappings(at(hpa, "spec", "metrics"))
    if not specs:
        return NONE
    currents = mappings(at(hpa, "status", "currentMetrics"))
    told = [
        _metric(spec, currents[i] if i < len(currents) else {}) for i, spec in enumerate(specs[:2])
    ]
    more = f" + {len(specs) - 2} more..." if len(specs) > 2 else ""
    return ", ".join(told) + more


def _metric(spec: dict[str, Any], current: dict[str, Any]) -> str:
    kind = text(spec, "type")
    part = kind[:1].lower() + kind[1:]
    target, now = at(spec, part, "target"), at(current, part, "current")
    name = f"{text(spec, part, 'name')}: " if kind in ("Resource", "ContainerResource") else ""
    if at(target, "averageUtilization") is not None:
        use = at(now, "averageUtilization")
        wanted = f"{at(target, 'averageUtilization')}%"
        return f"{name}{UNKNOWN if use is None else f'{use}%'}/{wanted}"
    average = " (avg)" if kind == "External" and at(target, "averageValue") is not None else ""
    for field in ("averageValue", "value"):
        if at(target, field) is not None:
            use = at(now, field)
            return f"{name}{UNKNOWN if use is None else use}/{at(target, field)}{average}"
    return f"{name}{UNKNOWN}/<auto>"


def _reference(hpa: Tree) -> str:
    target = mapping(at(hpa, "spec", "scaleTargetRef"))
    return f"{text(target, 'kind')}/{text(target, 'name')}"


def _least(hpa: Tree) -> str:
    least = at(hpa, "spec", "minReplicas")
    return "<unset>" if least is None else str(least)


AUTOSCALER = (
    NAME,
    column("Reference", _reference),
    column("Targets", _targets),
    column("MinPods", _least),
    column("MaxPods", lambda t: number(t, "spec", "maxReplicas")),
    column("Replicas", lambda t: number(t, "status", "currentReplicas")),
    AGE,
)
