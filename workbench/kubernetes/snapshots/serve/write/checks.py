"""What an API server finds wrong with an object, in its words, as far as it is checked here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.resources import Resource
from workbench.kubernetes.snapshots.serve.failure import StatusFailure
from workbench.kubernetes.snapshots.trees import at, mapping, mappings, text

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    f"for validation is '{_LABEL}(\\.{_LABEL})*')"
)
_FREE_NAMES = frozenset({"rbac.authorization.k8s.io"})
_WITH_TEMPLATE = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController")
_POD_FIELDS = ("image", "activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds")

Cause = tuple[str, str, str]
"""Reason, field and what is wrong with it."""


def check(resource: Resource, tree: Tree, old: Tree | None) -> None:
    """Raises StatusFailure: 400 for a wrong type, 422 with every cause for what is invalid."""
    _check_types(resource, tree)
    causes = [*_problems(resource, tree), *(_frozen(resource, tree, old) if old else ())]
    if causes:
        raise _invalid(resource, text(tree, "metadata", "name"), causes)


def cannot_apply(resource: Resource, tree: Tree) -> StatusFailure | None:
    """The API server's answer to a configuration whose replicas are no number."""
    replicas = at(tree, "spec", "replicas")
    if replicas is None or _is_number(replicas):
        return None
    meta = mapping(tree.get("metadata"))
    where = f"{text(meta, 'namespace')}/{text(meta, 'name')}"
    given = "string" if isinstance(replicas, str) else type(replicas).__name__
    return StatusFailure(
        500,
        "",
        f"failed to create typed patch object ({where}; {resource.api_version}, "
        f"Kind={resource.kind}): .spec.replicas: expected numeric (int or float), got {given}",
    )


def _check_types(resource: Resource, tree: Tree) -> None:
    replicas = at(tree, "spec", "replicas")
    if replicas is None or _is_number(replicas):
        return
    given = "string" if isinstance(replicas, str) else "value"
    raise StatusFailure(
        400,
        "BadRequest",
        f'{resource.kind} in version "{resource.version}" cannot be handled as a '
        f"{resource.kind}: json: cannot unmarshal {given} into Go struct field "
        f"{resource.kind}Spec.spec.replicas of type int32",
    )


def _problems(resource: Resource, tree: Tree) -> Iterator[Cause]:
    name = text(tree, "metadata", "name")
    if not _NAME.fullmatch(name) and resource.group not in _FREE_NAMES:
        yield "FieldValueInvalid", "metadata.name", f'Invalid value: "{name}": {_SUBDOMAIN}'
    replicas = at(tree, "spec", "replicas")
    if _is_number(replicas) and replicas < 0:
        why = f"Invalid value: {replicas}: must be greater than or equal to 0"
        yield "FieldValueInvalid", "spec.replicas", why
    if resource.kind in _WITH_TEMPLATE and resource.group == "apps":
        yield from _template_problems(tree)
    if resource.kind == "Pod" and not mappings(at(tree, "spec", "containers")):
        yield "FieldValueRequired", "spec.containers", "Required value"


def _template_problems(tree: Tree) -> Iterator[Cause]:
    selector = at(tree, "spec", "selector")
    labels = at(tree, "spec", "template", "metadata", "labels")
    if not selector:
        yield "FieldValueRequired", "spec.selector", "Required value"
    wanted = mapping(mapping(selector).get("matchLabels"))
    if not selector or not wanted.items() <= mapping(labels).items():
        told = "null" if labels is None else _go_map(mapping(labels))
        why = f"Invalid value: {told}: `selector` does not match template `labels`"
        yield "FieldValueInvalid", "spec.template.metadata.labels", why
    if not mappings(at(tree, "spec", "template", "spec", "containers")):
        yield "FieldValueRequired", "spec.template.spec.containers", "Required value"


def _frozen(resource: Resource, tree: Tree, old: Tree) -> Iterator[Cause]:
    """Fields that never change."""
    if resource.group == "apps" and at(tree, "spec", "selector") != at(old, "spec", "selector"):
        yield "FieldValueInvalid", "spec.selector", "Invalid value: field is immutable"
    if resource.kind in ("ConfigMap", "Secret") and old.get("immutable") is True:
        for field in ("data", "binaryData", "immutable"):
            if tree.get(field) != old.get(field):
                why = "Forbidden: field is immutable when `immutable` is set"
                yield "FieldValueForbidden", field, why
    if resource.kind == "Pod" and _pod_fixed(tree) != _pod_fixed(old):
        why = (
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
            "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to "
            "be set to 1 if it was previously negative)"
        )
        yield "FieldValueForbidden", "spec", why


def _pod_fixed(tree: Tree) -> Any:
    def fixed(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: fixed(v) for k, v in value.items() if k not in _POD_FIELDS}
        return [fixed(v) for v in value] if isinstance(value, list) else value

    return fixed(tree.get("spec"))


def _invalid(resource: Resource, name: str, causes: list[Cause]) -> StatusFailure:
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    each = [f"{field}: {problem}" for _, field, problem in causes]
    told = each[0] if len(each) == 1 else f"[{', '.join(each)}]"
    details: dict[str, Any] = {"name": name}
    if resource.group:
        details["group"] = resource.group
    details["kind"] = resource.kind
    details["causes"] = [
        {"reason": reason, "message": problem, "field": field} for reason, field, problem in causes
    ]
    return StatusFailure(422, "Invalid", f'{kind} "{name}" is invalid: {told}', details)


def _go_map(labels: dict[str, Any]) -> str:
    return json.dumps(dict(sorted(labels.items())), separators=(",", ":"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
