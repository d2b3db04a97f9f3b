"""Columns of roles, bindings, webhooks and other parts of the API itself."""

from __future__ import annotations

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.columns import Column, column, wide
from workbench.kubernetes.snapshots.serve.columns.age import AGE, CREATED_AT, NAME
from workbench.kubernetes.snapshots.trees import at, mappings, text


def _role(binding: Tree) -> str:
    return f"{text(binding, 'roleRef', 'kind')}/{text(binding, 'roleRef', 'name')}"


def _subjects(kind: str) -> Column:
    title = f"{kind}s"

    def cell(binding: Tree) -> str:
        found = [s for s in mappings(binding.get("subjects")) if s.get("kind") == kind]
        if kind == "ServiceAccount":
            return ", ".join(f"{text(s, 'namespace')}/{text(s, 'name')}" for s in found)
        return ", ".join(text(s, "name") for s in found)

    return wide(title, cell)


ROLE = (NAME, CREATED_AT)
BINDING = (
    NAME,
    column("Role", _role),
    AGE,
    _subjects("User"),
    _subjects("Group"),
    _subjects("ServiceAccount"),
)
WEBHOOKS = (
    NAME,
    column("Webhooks", lambda t: len(mappings(t.get("webhooks"))), "integer"),
    AGE,
)


def _service(api: Tree) -> str:
    service = at(api, "spec", "service")
    if not isinstance(service, dict):
        return "Local"
    return f"{text(service, 'namespace')}/{text(service, 'name')}"


def _available(api: Tree) -> str:
    for condition in mappings(at(api, "status", "conditions")):
        if condition.get("type") == "Available":
            status = text(condition, "status")
            return status if status == "True" else f"{status} ({text(condition, 'reason')})"
    return "Unknown"


API_SERVICE = (NAME, column("Service", _service), column("Available", _available), AGE)
LEASE = (NAME, column("Holder", lambda t: text(t, "spec", "holderIdentity")), AGE)
DEFINITION = (NAME, CREATED_AT)
