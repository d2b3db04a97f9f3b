"""The cluster while it is being built: objects, events and logs, and how they become files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shop import identity
from shop.timeline import EVENTS_KEPT, NOW, micro, nano, parsed, stamp

Object = dict[str, Any]
Line = tuple[datetime, str]

PLURALS = {
    "Endpoints": "endpoints",
    "Ingress": "ingresses",
    "IngressClass": "ingressclasses",
    "NetworkPolicy": "networkpolicies",
    "StorageClass": "storageclasses",
    "PriorityClass": "priorityclasses",
}
"""Kinds whose plural is not the lower-case kind with an s."""

MANIFEST = {
    "format": 1,
    "cluster": "demo-shop",
    "taken_at": stamp(NOW),
    "server_version": "v1.33.4",
    "scope": {"context": "demo-shop", "namespaces": [], "selector": "", "since": 0},
    "gaps": [
        {
            "what": "logs in kube-system",
            "why": "not collected: logs were asked for in shop, payments and platform only",
        }
    ],
}


class Cluster:
    """Everything the API server would hold, by kind, namespace and name."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.logs: dict[tuple[str, str, str, bool], list[Line]] = {}
        self.addresses: Counter[str] = Counter()

    def add(self, obj: Object) -> Object:
        meta = obj["metadata"]
        key = (obj["kind"], meta.get("namespace", ""), meta["name"])
        if key in self.objects:
            raise ValueError(f"there already is a {obj['kind']} {meta['name']}")
        self.objects[key] = obj
        return obj

    def get(self, kind: str, namespace: str, name: str) -> Object:
        return self.objects[kind, namespace, name]

    def all(self, kind: str, namespace: str | None = None) -> list[Object]:
        return [o for (k, n, _), o in self.objects.items() if k == kind and namespace in (None, n)]

    def owned(self, kind: str, owner: Object) -> list[Object]:
        uid = owner["metadata"]["uid"]
        return [
            o
            for o in self.all(kind)
            if any(r["uid"] == uid for r in o["metadata"].get("ownerReferences", []))
        ]

    def pods_of(self, namespace: str, app: str) -> list[Object]:
        """The pods of an application, by its ``app.kubernetes.io/name`` label."""
        return [
            pod
            for pod in self.all("Pod", namespace)
            if pod["metadata"]["labels"].get("app.kubernetes.io/name") == app
        ]

    def log(self, pod: Object, lines: Iterable[Line], *, previous: bool = False) -> None:
        """Keep ``lines`` as the log of the pod's first container."""
        meta, container = pod["metadata"], pod["spec"]["containers"][0]["name"]
        key = (meta["namespace"], meta["name"], container, previous)
        ordered = sorted(lines, key=lambda line: line[0])
        self.logs[key] = [
            (at + timedelta(microseconds=identity.number(1, 997, meta["name"], index)), text)
            for index, (at, text) in enumerate(ordered)
        ]

    def event(
        self,
        about: Object,
        reason: str,
        message: str,
        *,
        component: str,
        at: datetime,
        first: datetime | None = None,
        count: int = 1,
        host: str = "",
        warning: bool = False,
        container: str = "",
    ) -> None:
        """Tell an event in the older form, with count and source, as most components still do."""
        if at < NOW - EVENTS_KEPT:
            return
        first = first or at
        obj = _event(about, reason, message, component=component, warning=warning, at=first)
        if container:
            obj["involvedObject"]["fieldPath"] = f"spec.containers{{{container}}}"
        obj |= {"count": count, "firstTimestamp": stamp(first), "lastTimestamp": stamp(at)}
        obj["source"] = {"component": component} | ({"host": host} if host else {})
        obj["reportingInstance"] = host
        self.add(obj)

    def scheduler_event(
        self, pod: Object, reason: str, message: str, *, at: datetime, action: str,
        series: tuple[int, datetime] | None = None,
    ) -> None:  # fmt: skip
        """Tell an event in the newer form, with eventTime and series, as the scheduler does."""
        if at < NOW - EVENTS_KEPT:
            return
        obj = _event(
            pod,
            reason,
            message,
            component="default-scheduler",
            warning=action == "Scheduling",
            at=at,
        )
        obj |= {"action": action, "eventTime": micro(_within(at, pod, reason))}
        obj |= {"reportingInstance": "default-scheduler-control-plane-1"}
        if series:
            obj["series"] = {"count": series[0], "lastObservedTime": micro(series[1])}
        self.add(obj)

    def write(self, directory: Path) -> None:
        """The snapshot directory: manifest, one list a namespace and kind, one file a log."""
        self._number_versions()
        _write_json(directory / "manifest.json", MANIFEST)
        for (namespace, file), items in sorted(self._lists().items()):
            listed = {"apiVersion": "v1", "items": items, "kind": "List"}
            _write_json(directory / "objects" / namespace / file, listed)
        for (namespace, pod, container, previous), lines in sorted(self.logs.items()):
            tail = ".previous.log" if previous else ".log"
            path = directory / "logs" / namespace / pod / f"{container}{tail}"
            _write(path, "".join(f"{nano(at)} {text}\n" for at, text in lines))

    def _lists(self) -> dict[tuple[str, str], list[Object]]:
        lists: dict[tuple[str, str], list[Object]] = {}
        for (kind, namespace, _), obj in sorted(self.objects.items()):
            group = obj["apiVersion"].rpartition("/")[0]
            plural = PLURALS.get(kind, kind.lower() + "s")
            file = f"{plural}.{group}.json" if group else f"{plural}.json"
            lists.setdefault((namespace or "_cluster", file), []).append(obj)
        return lists

    def _number_versions(self) -> None:
        """resourceVersions grow with time: an object's is that of its newest timestamp."""
        ordered = sorted(self.objects.values(), key=lambda o: (_newest(o), o["metadata"]["uid"]))
        for position, obj in enumerate(ordered):
            version = 184_200_000 + position * 37
            obj["metadata"]["resourceVersion"] = str(version)
        for event in self.all("Event"):
            event["involvedObject"].setdefault("resourceVersion", "")
            about = event["involvedObject"]
            about["resourceVersion"] = str(int(event["metadata"]["resourceVersion"]) - 11)


def _event(
    about: Object, reason: str, message: str, *, component: str, warning: bool, at: datetime
) -> Object:
    meta = about["metadata"]
    at = _within(at, meta["uid"], reason, message)
    name = f"{meta['name']}.{_unix_nano(at):x}"
    namespace = meta.get("namespace") or "default"
    involved = {"apiVersion": about["apiVersion"], "kind": about["kind"], "name": meta["name"]}
    if meta.get("namespace"):
        involved["namespace"] = meta["namespace"]
    involved["uid"] = meta["uid"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": identity.uid("Event", namespace, name),
            "creationTimestamp": stamp(at),
        },
        "involvedObject": involved,
        "type": "Warning" if warning else "Normal",
        "reason": reason,
        "message": message,
        "eventTime": None,
        "firstTimestamp": None,
        "lastTimestamp": None,
        "source": {},
        "reportingComponent": component,
        "reportingInstance": "",
    }


def _within(at: datetime, *parts: object) -> datetime:
    """``at`` with a fraction of the second."""
    return at + timedelta(microseconds=identity.number(1000, 899_000, at, *map(str, parts)))


def _unix_nano(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1000 + at.microsecond % 997


def _newest(obj: Object) -> datetime:
    found = [t for t in _times(obj) if t <= NOW]
    return max(found) if found else NOW


def _times(value: Any) -> Iterable[datetime]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _times(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _times(inner)
    elif isinstance(value, str) and len(value) in (20, 27) and value[:2] == "20" and "T" in value:
        yield parsed(value)


def _write_json(path: Path, tree: Object) -> None:
    _write(path, json.dumps(tree, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
