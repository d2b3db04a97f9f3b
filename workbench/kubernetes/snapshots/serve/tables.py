"""Tables: what ``kubectl get`` prints, made on the server (Kubernetes API reference, Table)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.resources import Resource
from workbench.kubernetes.snapshots.serve.accept import Form
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster, partial
from workbench.kubernetes.snapshots.serve.columns import Column
from workbench.kubernetes.snapshots.serve.columns.catalogue import columns_of
from workbench.kubernetes.snapshots.trees import text

UNREADABLE = "<unknown>"
"""Printed for a cell whose object is not what its kind should be."""

_ENDED = {
    "Succeeded": ("Succeeded", "The pod has completed successfully."),
    "Failed": ("Failed", "The pod failed."),
}


def table(
    cluster: FrozenCluster,
    resource: Resource,
    trees: Sequence[Tree],
    meta: dict[str, Any],
    form: Form,
    include: str,
) -> dict[str, Any]:
    """The objects as a Table. ``include`` is None, Metadata or Object (default Metadata)."""
    columns = columns_of(resource, cluster.definition(resource))
    return {
        "kind": "Table",
        "apiVersion": form.api_version,
        "metadata": meta,
        "columnDefinitions": [c.definition() for c in columns],
        "rows": [_row(columns, tree, include, cluster.now) for tree in trees],
    }


def _row(columns: Sequence[Column], tree: Tree, include: str, now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {"cells": [_cell(c, tree, now) for c in columns]}
    phase = text(tree, "status", "phase")
    if tree["kind"] == "Pod" and phase in _ENDED:
        reason, message = _ENDED[phase]
        ended = {"type": "Completed", "status": "True", "reason": reason, "message": message}
        row["conditions"] = [ended]
    if include == "None":
        return row
    return row | {"object": tree if include == "Object" else partial(tree)}


def _cell(column: Column, tree: Tree, now: datetime) -> Any:
    try:
        return column.value(tree, now)
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError):
        return UNREADABLE
