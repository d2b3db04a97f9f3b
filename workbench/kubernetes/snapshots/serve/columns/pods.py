"""Columns of pods: the status that ``kubectl get pods`` shows is worked out here (printPod)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from workbench.core.duration import human
from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.columns import Column, column, wide
from workbench.kubernetes.snapshots.serve.columns.age import AGE, NAME, moment
from workbench.kubernetes.snapshots.trees import at, mappings, number, text

NONE = "<none>"


class Readout(msgspec.Struct):
    """READY, STATUS and RESTARTS of one pod."""

    reason: str
    ready: int = 0
    total: int = 0
    restarts: int = 0
    last_restart: datetime | None = None

    def count(self, status: Any) -> None:
        """Add one container's restarts."""
        self.restarts += number(status, "restartCount")
        ended = moment(at(status, "lastState", "terminated", "finishedAt"))
        if ended and (self.last_restart is None or self.last_restart < ended):
            self.last_restart = ended


def readout(pod: Tree) -> Readout:
    """What kubectl would show for the pod."""
    found = Readout(text(pod, "status", "reason") or text(pod, "status", "phase"))
    if _condition(pod, "PodScheduled").get("reason") == "SchedulingGated":
        found.reason = "SchedulingGated"
    sidecars = _sidecars(pod)
    found.total = len(mappings(at(pod, "spec", "containers"))) + len(sidecars)
    stuck = _init_containers(pod, sidecars, found)
    if not stuck or _condition(pod, "Initialized").get("status") == "True":
        _containers(pod, sidecars, found)
    if at(pod, "metadata", "deletionTimestamp"):
        if text(pod, "status", "reason") == "NodeLost":
            found.reason = "Unknown"
        elif text(pod, "status", "phase") not in ("Succeeded", "Failed"):
            found.reason = "Terminating"
    return found


def _init_containers(pod: Tree, sidecars: set[str], found: Readout) -> bool:
    """Whether the pod is still initializing; if so ``found.reason`` says how far it is."""
    total = len(mappings(at(pod, "spec", "initContainers")))
    for index, status in enumerate(mappings(at(pod, "status", "initContainerStatuses"))):
        found.count(status)
        ended = at(status, "state", "terminated")
        if isinstance(ended, dict) and number(ended, "exitCode") == 0:
            continue
        if text(status, "name") in sidecars and status.get("started") is True:
            found.ready += status.get("ready") is True
            continue
        waiting = text(status, "state", "waiting", "reason")
        if isinstance(ended, dict):
            found.reason = f"Init:{_ended(ended)}"
        elif waiting and waiting != "PodInitializing":
            found.reason = f"Init:{waiting}"
        else:
            found.reason = f"Init:{index}/{total}"
        return True
    return False


def _containers(pod: Tree, sidecars: set[str], found: Readout) -> None:
    found.restarts, found.last_restart = 0, None
    for status in mappings(at(pod, "status", "initContainerStatuses")):
        if text(status, "name") in sidecars:
            found.count(status)
    running = False
    for status in reversed(mappings(at(pod, "status", "containerStatuses"))):
        found.count(status)
        ended = at(status, "state", "terminated")
        if waiting := text(status, "state", "waiting", "reason"):
            found.reason = waiting
        elif isinstance(ended, dict):
            found.reason = _ended(ended)
        elif status.get("ready") is True and at(status, "state", "running") is not None:
            running = True
            found.ready += 1
    if found.reason == "Completed" and running:
        ready = _condition(pod, "Ready").get("status") == "True"
        found.reason = "Running" if ready else "NotReady"


def _ended(state: dict[str, Any]) -> str:
    if reason := text(state, "reason"):
        return reason
    if signal := number(state, "signal"):
        return f"Signal:{signal}"
    return f"ExitCode:{number(state, 'exitCode')}"


def _sidecars(pod: Tree) -> set[str]:
    """Names of init containers that keep running (restartPolicy Always)."""
    found: Iterable[dict[str, Any]] = mappings(at(pod, "spec", "initContainers"))
    return {text(c, "name") for c in found if c.get("restartPolicy") == "Always"}


def _condition(pod: Tree, type_: str) -> dict[str, Any]:
    found = (c for c in mappings(at(pod, "status", "conditions")) if c.get("type") == type_)
    return next(found, {})


def _ready(pod: Tree) -> str:
    found = readout(pod)
    return f"{found.ready}/{found.total}"


def _restarts(pod: Tree, now: datetime) -> str:
    found = readout(pod)
    if not found.restarts or found.last_restart is None:
        return str(found.restarts)
    return f"{found.restarts} ({human((now - found.last_restart).total_seconds())} ago)"


def _ip(pod: Tree) -> str:
    first = next(iter(mappings(at(pod, "status", "podIPs"))), {})
    return text(first, "ip") or text(pod, "status", "podIP") or NONE


def _gates(pod: Tree) -> str:
    gates = mappings(at(pod, "spec", "readinessGates"))
    if not gates:
        return NONE
    passed = sum(_condition(pod, text(g, "conditionType")).get("status") == "True" for g in gates)
    return f"{passed}/{len(gates)}"


POD = (
    NAME,
    column("Ready", _ready),
    column("Status", lambda p: readout(p).reason),
    Column("Restarts", _restarts),
    AGE,
    wide("IP", _ip),
    wide("Node", lambda p: text(p, "spec", "nodeName") or NONE),
    wide("Nominated Node", lambda p: text(p, "status", "nominatedNodeName") or NONE),
    wide("Readiness Gates", _gates),
)
