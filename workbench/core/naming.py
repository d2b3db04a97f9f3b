"""Names of objects, namespaces and hosts, read from what tools answer.

Read from where Kubernetes says that a name is one: ``metadata.name``, references with a kind,
columns of tables, arguments, and ``Kind namespace/name`` in text. Nothing is guessed from looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.core.pseudonyms import Kind

Named = tuple[Kind, str]

_KEYS: dict[str, Kind] = {
    "namespace": "namespace", "namespaces": "namespace", "pod": "pod", "node": "node",
    "nodeName": "node", "host": "host", "hosts": "host", "hostname": "host", "externalName": "host",
    "deployment": "workload", "service": "workload", "serviceName": "workload",
    "secretName": "workload", "claimName": "workload", "serviceAccountName": "workload",
}  # fmt: skip
_OBJECT_KINDS = (
    "Pod|Deployment|ReplicaSet|StatefulSet|DaemonSet|Job|CronJob|Service|Ingress|ConfigMap|Secret"
    "|PersistentVolumeClaim|PersistentVolume|ServiceAccount|HorizontalPodAutoscaler|NetworkPolicy"
    "|Node|Namespace|Certificate|Endpoints|EndpointSlice"
)
_IN_TEXT = re.compile(
    rf"\b(?P<kind>{_OBJECT_KINDS})[ /](?:(?P<namespace>[a-z0-9][a-z0-9-]*)/)?"
    r"(?P<name>[a-z0-9][a-z0-9.-]*[a-z0-9])"
    r"|\bpod=\\?\"(?P<where>[a-z0-9-]+)/(?P<pod>[a-z0-9.-]+)\\?\""
)
_MADE = re.compile(r"([a-z0-9][a-z0-9.-]*)-[a-z0-9]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}")
_WORD = re.compile(r"[a-z]+")


def names_in(value: Any) -> Iterator[Named]:
    """Every name in a JSON value, with what it names; of a pod also that of its workload."""
    for kind, name in _names_in(value):
        yield kind, name
        if kind == "pod" and (made := _MADE.fullmatch(name)):
            yield "workload", made[1]


def _names_in(value: Any) -> Iterator[Named]:
    if isinstance(value, str):
        yield from names_in_text(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _names_in(item)
    elif isinstance(value, dict):
        yield from _of_object(value)
        yield from _of_table(value)
        for key, item in value.items():
            yield from _of_member(key, item)
            yield from _names_in(item)


def names_in_text(text: str) -> Iterator[Named]:
    """Names that stand after the kind of their object: ``Pod shop/web-1``, ``Deployment/web``."""
    for found in _IN_TEXT.finditer(text):
        if found["pod"]:
            yield from (("namespace", found["where"]), ("pod", found["pod"]))
            continue
        if found["namespace"]:
            yield "namespace", found["namespace"]
        # "Pod phase", "Service port" and their like are prose: a word alone after a kind is a name
        # only behind a slash.
        if (
            not _WORD.fullmatch(found["name"])
            or text[found.end("kind")] == "/"
            or found["namespace"]
        ):
            yield _kind(found["kind"]), found["name"]


def _kind(kind: str) -> Kind:
    kinds: dict[str, Kind] = {"Pod": "pod", "Node": "node", "Namespace": "namespace"}
    return kinds.get(kind, "workload")


def _of_object(value: dict[str, Any]) -> Iterator[Named]:
    metadata = value.get("metadata")
    name = value.get("name", metadata.get("name") if isinstance(metadata, dict) else None)
    kind = value.get("kind")
    if isinstance(kind, str) and isinstance(name, str):
        yield _kind(kind.removesuffix("s").capitalize() if kind.islower() else kind), name


def _of_table(value: dict[str, Any]) -> Iterator[Named]:
    """Rows under named columns, as the list tools give them."""
    columns, rows = value.get("columns"), value.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list):
        return
    titles = [column.get("name") if isinstance(column, dict) else column for column in columns]
    own: Kind = _kind(str(value.get("title", "")).removesuffix("s").capitalize())
    for row in rows:
        for title, cell in zip(titles, row if isinstance(row, list) else (), strict=False):
            if title == "name" and isinstance(cell, str):
                yield own, cell
            elif isinstance(title, str):
                yield from _of_member(title, cell)


def _of_member(key: str, item: Any) -> Iterator[Named]:
    kind = _KEYS.get(key)
    if kind is None:
        return
    for name in item if isinstance(item, list) else (item,):
        if isinstance(name, str):
            yield kind, name
