"""Columns of nodes, namespaces, events and the plain objects in namespaces."""

from __future__ import annotations

from datetime import datetime

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.columns import Column, column, wide
from workbench.kubernetes.snapshots.serve.columns.age import AGE, CREATED_AT, NAME, UNKNOWN, since
from workbench.kubernetes.snapshots.trees import at, mapping, mappings, number, text

NONE = "<none>"
_ROLE_PREFIX, _ROLE_LABEL = "node-role.kubernetes.io/", "kubernetes.io/role"


def _node_status(node: Tree) -> str:
    conditions = mappings(at(node, "status", "conditions"))
    ready = next((c for c in conditions if c.get("type") == "Ready"), None)
    if ready is None:
        status = "Unknown"
    else:
        status = "Ready" if ready.get("status") == "True" else "NotReady"
    return status + (",SchedulingDisabled" if at(node, "spec", "unschedulable") is True else "")


def _roles(node: Tree) -> str:
    labels = mapping(at(node, "metadata", "labels"))
    found = {k.removeprefix(_ROLE_PREFIX) for k in labels if k.startswith(_ROLE_PREFIX)}
    found.add(text(labels, _ROLE_LABEL))
    return ",".join(sorted(r for r in found if r)) or NONE


def _address(type_: str) -> Column:
    def cell(node: Tree) -> str:
        found = (a for a in mappings(at(node, "status", "addresses")) if a.get("type") == type_)
        return text(next(found, {}), "address") or NONE

    return wide("Internal-IP" if type_ == "InternalIP" else "External-IP", cell)


def _info(node: Tree, field: str) -> str:
    return text(node, "status", "nodeInfo", field)


def _kernel(node: Tree) -> str:
    architecture = _info(node, "architecture")
    kernel = _info(node, "kernelVersion") or UNKNOWN
    return f"{kernel} ({architecture})" if architecture else kernel


NODE = (
    NAME,
    column("Status", _node_status),
    column("Roles", _roles),
    AGE,
    column("Version", lambda t: _info(t, "kubeletVersion")),
    _address("InternalIP"),
    _address("ExternalIP"),
    wide("OS-Image", lambda t: _info(t, "osImage") or UNKNOWN),
    wide("Kernel-Version", _kernel),
    wide("Container-Runtime", lambda t: _info(t, "containerRuntimeVersion") or UNKNOWN),
)
NAMESPACE = (NAME, column("Status", lambda t: text(t, "status", "phase")), AGE)
CONFIG_MAP = (
    NAME,
    column("Data", lambda t: len(mapping(t.get("data"))) + len(mapping(t.get("binaryData")))),
    AGE,
)
SECRET = (
    NAME,
    column("Type", lambda t: text(t, "type") or "Opaque"),
    column("Data", lambda t: len(mapping(t.get("data")))),
    AGE,
)


def _quota(limits: bool) -> Column:
    def cell(quota: Tree) -> str:
        used = mapping(at(quota, "status", "used"))
        hard = sorted(mapping(at(quota, "status", "hard")).items())
        told = (f"{k}: {used.get(k, 0)}/{v}" for k, v in hard if k.startswith("limits") is limits)
        return ", ".join(told)

    return column("Limit" if limits else "Request", cell)


QUOTA = (NAME, _quota(limits=False), _quota(limits=True), AGE)
LIMIT_RANGE = (NAME, CREATED_AT)
PRIORITY_CLASS = (
    NAME,
    column("Value", lambda t: number(t, "value"), "integer"),
    column("Global-Default", lambda t: at(t, "globalDefault") is True, "boolean"),
    AGE,
    column("PreemptionPolicy", lambda t: text(t, "preemptionPolicy") or "PreemptLowerPriority"),
)
RUNTIME_CLASS = (NAME, column("Handler", lambda t: text(t, "handler")), AGE)


def _first_seen(event: Tree, now: datetime) -> str:
    return since(event.get("firstTimestamp") or event.get("eventTime"), now)


def _last_seen(event: Tree, now: datetime) -> str:
    observed = at(event, "series", "lastObservedTime")
    last = observed or event.get("lastTimestamp")
    return since(last, now) if last else _first_seen(event, now)


def _times_seen(event: Tree) -> int:
    return number(event, "series", "count") or number(event, "count") or 1


def _object(event: Tree) -> str:
    kind, name = text(event, "involvedObject", "kind"), text(event, "involvedObject", "name")
    return f"{kind.lower()}/{name}" if kind else name


def _source(event: Tree) -> str:
    component = text(event, "source", "component") or text(event, "reportingComponent")
    instance = text(event, "source", "host") or text(event, "reportingInstance")
    return f"{component}, {instance}" if instance else component


EVENT = (
    Column("Last Seen", _last_seen),
    column("Type", lambda t: text(t, "type")),
    column("Reason", lambda t: text(t, "reason")),
    column("Object", _object),
    wide("Subobject", lambda t: text(t, "involvedObject", "fieldPath")),
    wide("Source", _source),
    column("Message", lambda t: text(t, "message").strip()),
    Column("First Seen", _first_seen, priority=1),
    wide("Count", _times_seen),
    Column("Name", NAME.value, format="name", priority=1),
)
