"""get and list: one object or many, as JSON, as a Table or as metadata alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.resources import BUILT_IN, Resource
from workbench.kubernetes.snapshots.serve import fields, labels
from workbench.kubernetes.snapshots.serve.accept import PARTIAL, TABLES, Form, wanted
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster, partial
from workbench.kubernetes.snapshots.serve.failure import (
    bad_request,
    expired,
    json_response,
    no_such_resource,
    not_found,
)
from workbench.kubernetes.snapshots.serve.paging import integer, page
from workbench.kubernetes.snapshots.serve.tables import table
from workbench.kubernetes.snapshots.serve.target import Target
from workbench.kubernetes.snapshots.trees import at, mapping, number

_BUILT_IN_GROUPS = frozenset(r.group for r in BUILT_IN)
_MATCHES = ("", "Exact", "NotOlderThan")


def get_object(cluster: FrozenCluster, target: Target, request: Request) -> Response:
    """One object, its status or its scale."""
    tree = existing(cluster, target)
    if target.subresource == "scale" and "scale" in target.resource.subresources:
        return json_response(scale_of(tree))
    if target.subresource not in ("", "status"):
        raise no_such_resource()
    form = wanted(request, *TABLES, *PARTIAL)
    meta = {"resourceVersion": mapping(tree["metadata"]).get("resourceVersion", "")}
    return _answer(cluster, target.resource, [tree], meta, form, request.query_params, one=True)


def list_objects(cluster: FrozenCluster, target: Target, request: Request) -> Response:
    """Every object that matches the selectors, or one page of them."""
    query = request.query_params
    form = wanted(request, *TABLES, *PARTIAL)
    _check_version(query, cluster)
    found = selected(cluster, target, query)
    piece, meta = page(found, query, cluster.resource_version)
    return _answer(cluster, target.resource, piece, meta, form, query, one=False)


def existing(cluster: FrozenCluster, target: Target) -> Tree:
    """The object at the path. Raises StatusFailure (404) when there is none."""
    tree = cluster.find(target.resource, target.namespace, target.name)
    if tree is None:
        raise not_found(target.resource, target.name)
    return tree


def selected(cluster: FrozenCluster, target: Target, query: QueryParams) -> Sequence[Tree]:
    """The resource's objects that satisfy both selectors.

    Raises StatusFailure (400) for a selector that cannot be parsed or served.
    """
    chosen = chooser(cluster, target, query)
    return [tree for tree in cluster.objects(target.resource, target.namespace) if chosen(tree)]


def chooser(cluster: FrozenCluster, target: Target, query: QueryParams) -> Callable[[Tree], bool]:
    """Whether an object is one that the request is about; raises as ``selected`` does."""
    requirements = labels.parse(query.get("labelSelector", ""))
    terms = fields.parse(query.get("fieldSelector", ""))
    matches = fields.matcher(terms, target.resource, cluster.definition(target.resource))

    def chosen(tree: Tree) -> bool:
        return (
            (not target.name or at(tree, "metadata", "name") == target.name)
            and (not target.namespace or at(tree, "metadata", "namespace") == target.namespace)
            and all(r.matches(mapping(at(tree, "metadata", "labels"))) for r in requirements)
            and matches(tree)
        )

    return chosen


def as_item(tree: Tree, resource: Resource) -> Tree:
    """The object as lists hold it: built-in kinds leave out what the list already says."""
    if resource.group in _BUILT_IN_GROUPS:
        return {k: v for k, v in tree.items() if k not in ("apiVersion", "kind")}
    return tree


def _answer(
    cluster: FrozenCluster,
    resource: Resource,
    trees: Sequence[Tree],
    meta: dict[str, Any],
    form: Form,
    query: QueryParams,
    *,
    one: bool,
) -> Response:
    if form in TABLES:
        body: Any = table(cluster, resource, trees, meta, form, query.get("includeObject", ""))
        return json_response(body)
    items = [partial(t) for t in trees] if form in PARTIAL else list(trees)
    if one:
        return json_response(items[0])
    if form in PARTIAL:
        kind, api_version = "PartialObjectMetadataList", form.api_version
    else:
        kind, api_version = f"{resource.kind}List", resource.api_version
        items = [as_item(t, resource) for t in items]
    return json_response(
        {"kind": kind, "apiVersion": api_version, "metadata": meta, "items": items}
    )


def _check_version(query: QueryParams, cluster: FrozenCluster) -> None:
    """resourceVersion semantics of list: only the frozen moment can be shown exactly."""
    match, asked = query.get("resourceVersionMatch", ""), query.get("resourceVersion", "")
    if match not in _MATCHES or (match and not asked):
        raise bad_request(
            f'resourceVersionMatch: Invalid value: "{match}": needs a resourceVersion and must be '
            "Exact or NotOlderThan"
        )
    version = integer(asked)
    if match == "Exact" and version not in (None, cluster.resource_version):
        raise expired(f"The resourceVersion for the provided list is too old: {asked}")


def scale_of(tree: Tree) -> dict[str, Any]:
    """The Scale view of a workload (autoscaling/v1)."""
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    meta = {k: tree["metadata"][k] for k in kept if k in tree["metadata"]}
    selector = at(tree, "spec", "selector", "matchLabels") or at(tree, "spec", "selector")
    terms = (f"{k}={v}" for k, v in sorted(mapping(selector).items()) if isinstance(v, str))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": meta,
        "spec": {"replicas": number(tree, "spec", "replicas")},
        "status": {"replicas": number(tree, "status", "replicas"), "selector": ",".join(terms)},
    }
