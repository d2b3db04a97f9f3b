"""Field selectors: the few fields the API server can select by, per kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.resources import Resource
from workbench.kubernetes.snapshots.serve.failure import StatusFailure, bad_request
from workbench.kubernetes.snapshots.trees import at, mappings, number, text, texts

Value = Callable[[Tree], Any]


def _at(*path: str) -> Value:
    return lambda tree: at(tree, *path)


def _count(*path: str) -> Value:
    return lambda tree: str(number(tree, *path))


def _flag(*path: str) -> Value:
    return lambda tree: "true" if at(tree, *path) is True else "false"


def _fields(*names: str) -> dict[str, Value]:
    return {name: _at(*name.split(".")) for name in names}


def _pod_ips(tree: Tree) -> str:
    return ",".join(text(ip, "ip") for ip in mappings(at(tree, "status", "podIPs")))


def _event_source(tree: Tree) -> str:
    return text(tree, "source", "component") or text(tree, "reportingComponent")


SELECTABLE: dict[tuple[str, str], dict[str, Value]] = {
    ("", "pods"): _fields(
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    )
    | {"status.podIPs": _pod_ips, "spec.hostNetwork": _flag("spec", "hostNetwork")},
    ("", "nodes"): {"spec.unschedulable": _flag("spec", "unschedulable")},
    ("", "namespaces"): _fields("status.phase"),
    ("", "secrets"): _fields("type"),
    ("", "services"): _fields("spec.clusterIP", "spec.type"),
    ("", "replicationcontrollers"): {"status.replicas": _count("status", "replicas")},
    ("", "events"): _fields(
        *(
            f"involvedObject.{name}"
            for name in (
                "kind",
                "namespace",
                "name",
                "uid",
                "apiVersion",
                "resourceVersion",
                "fieldPath",
            )
        ),
        "reason",
        "reportingComponent",
        "type",
    )
    | {"source": _event_source},
    ("apps", "replicasets"): {"status.replicas": _count("status", "replicas")},
    ("batch", "jobs"): {"status.successful": _count("status", "succeeded")},
    ("certificates.k8s.io", "certificatesigningrequests"): _fields("spec.signerName"),
}
"""Fields beside metadata.name and metadata.namespace (Kubernetes, Field Selectors)."""

_SPLIT = re.compile(r"((?:[^,\\]|\\.)*)(?:,|$)")
_TERM = re.compile(r"((?:[^=!\\]|\\.)*?)(!=|==|=)(.*)", re.DOTALL)


class Term(msgspec.Struct, frozen=True):
    """``field = value`` or ``field != value``."""

    field: str
    equal: bool
    value: str


def parse(selector: str) -> tuple[Term, ...]:
    """The terms of a field selector. Raises StatusFailure (400) for one without = or !=."""
    terms = []
    for part in (p for p in _SPLIT.findall(selector) if p):
        found = _TERM.fullmatch(part)
        if not found:
            raise bad_request(f"invalid selector: '{selector}'; can't understand '{part}'")
        terms.append(Term(found[1], found[2] != "!=", _unescaped(found[3], selector)))
    return tuple(terms)


def matcher(
    terms: tuple[Term, ...], resource: Resource, definition: Tree | None
) -> Callable[[Tree], bool]:
    """Whether an object of the resource satisfies every term.

    Raises StatusFailure (400) for a field that this resource cannot be selected by.
    """
    known = _selectable(resource, definition)
    for term in terms:
        if term.field not in known:
            raise _unsupported(term.field, resource)
    tests = [(known[t.field], t.equal, t.value) for t in terms]
    return lambda tree: all((_told(get(tree)) == value) is equal for get, equal, value in tests)


def _selectable(resource: Resource, definition: Tree | None) -> dict[str, Value]:
    known = {"metadata.name": _at("metadata", "name")}
    if resource.namespaced:
        known["metadata.namespace"] = _at("metadata", "namespace")
    for version in mappings(at(definition, "spec", "versions")):
        if version.get("name") == resource.version:
            paths = texts([f.get("jsonPath") for f in mappings(version.get("selectableFields"))])
            known |= _fields(*(path.lstrip(".") for path in paths))
    return known | SELECTABLE.get((resource.group, resource.plural), {})


def _told(value: Any) -> str:
    """A field's value the way selectors spell it; absent is empty."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _unescaped(value: str, selector: str) -> str:
    if re.search(r"\\(?![\\,=])", value) or re.search(r"(?<!\\)(?:\\\\)*=", value):
        raise bad_request(f"invalid field selector: {selector!r}: invalid value {value!r}")
    return re.sub(r"\\(.)", r"\1", value)


def _unsupported(field: str, resource: Resource) -> StatusFailure:
    if (resource.group, resource.plural) in SELECTABLE:
        return bad_request(f"field label not supported: {field}")
    return bad_request(
        f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )
