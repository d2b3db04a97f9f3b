"""delete and evict: gone at once, or marked for those who have to finish first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import Response

from workbench.core.objects.meta import LabelSelector
from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.resources import Resource
from workbench.kubernetes.snapshots.serve.failure import StatusFailure, json_response
from workbench.kubernetes.snapshots.serve.lists import as_item, existing, selected
from workbench.kubernetes.snapshots.serve.paging import integer
from workbench.kubernetes.snapshots.serve.target import Target
from workbench.kubernetes.snapshots.serve.write.cluster import WritableCluster
from workbench.kubernetes.snapshots.serve.write.ownership import stamp
from workbench.kubernetes.snapshots.serve.write.request import Ask
from workbench.kubernetes.snapshots.trees import at, mapping, number, text, texts

GRACE_SECONDS = 30
_RETURNED: tuple[str, ...] = (
    "Pod",
    "Service",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "ServiceAccount",
)
_RETURNED += ("PodTemplate", "ResourceQuota")
"""Kinds whose deletion answers with the object and not with a Status."""


def delete(cluster: WritableCluster, target: Target, asked: Ask, query: QueryParams) -> Response:
    """DELETE of one object. Raises StatusFailure: 404, 409 for a precondition."""
    tree = existing(cluster, target)
    options = _options(asked, query)
    _check_preconditions(target.resource, tree, options)
    dry = asked.dry_run or "All" in texts(options.get("dryRun"))
    after = _marked(cluster, target.resource, tree, options)
    if after is not None:
        kept = after if dry or after == tree else cluster.keep(target.resource, after, tree)
        return json_response(kept)
    last = tree if dry else cluster.drop(target.resource, tree)
    if target.resource.kind in _RETURNED:
        return json_response(last)
    return json_response(_gone(target.resource, tree))


def delete_all(
    cluster: WritableCluster, target: Target, asked: Ask, query: QueryParams
) -> Response:
    """DELETE of a collection, or of what the selectors choose of it."""
    options = _options(asked, query)
    found = list(selected(cluster, target, query))
    for tree in found if not asked.dry_run else []:
        after = _marked(cluster, target.resource, tree, options)
        if after is None:
            cluster.drop(target.resource, tree)
        else:
            cluster.keep(target.resource, after, tree)
    items = [as_item(t, target.resource) for t in found]
    meta = {"resourceVersion": str(cluster.resource_version)}
    kind = {"kind": f"{target.resource.kind}List", "apiVersion": target.resource.api_version}
    return json_response({**kind, "metadata": meta, "items": items})


def evict(cluster: WritableCluster, target: Target, asked: Ask) -> Response:
    """POST of an Eviction. Raises StatusFailure (429) where a disruption budget forbids it."""
    tree = existing(cluster, target)
    options = mapping(mapping(asked.tree()).get("deleteOptions"))
    _check_preconditions(target.resource, tree, options)
    budgets = _budgets(cluster, tree)
    if len(budgets) > 1:
        raise StatusFailure(
            500,
            "InternalError",
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
            "not support.",
        )
    for budget in budgets:
        if number(budget, "status", "disruptionsAllowed") < 1:
            raise _would_violate(budget)
    dry = asked.dry_run or "All" in texts(options.get("dryRun"))
    if not dry:
        for budget in budgets:
            _spend(cluster, budget)
        after = _marked(cluster, target.resource, tree, options)
        if after is None:
            cluster.drop(target.resource, tree)
        elif after != tree:
            cluster.keep(target.resource, after, tree)
    done = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return json_response(done, 201)


def finished(tree: Tree) -> bool:
    """Whether an object that is being deleted waits for nobody any more."""
    meta = tree["metadata"]
    if not meta.get("deletionTimestamp") or tree.get("kind") == "Pod":
        return False
    return not texts(meta.get("finalizers")) and not texts(at(tree, "spec", "finalizers"))


def _marked(
    cluster: WritableCluster, resource: Resource, tree: Tree, options: dict[str, Any]
) -> Tree | None:
    """The object as it is while somebody has to finish first; None when it goes at once."""
    finalizers = texts(tree["metadata"].get("finalizers"))
    extra = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}.get(
        str(options.get("propagationPolicy"))
    )
    if extra and extra not in finalizers:
        finalizers = (*finalizers, extra)
    grace = _grace(resource, tree, options)
    waits = finalizers or grace or texts(at(tree, "spec", "finalizers"))
    if not waits:
        return None
    meta = dict(tree["metadata"])
    if finalizers:
        meta["finalizers"] = list(finalizers)
    if not meta.get("deletionTimestamp"):
        meta["deletionTimestamp"] = stamp(cluster.now + timedelta(seconds=grace))
        meta["deletionGracePeriodSeconds"] = grace
        if isinstance(meta.get("generation"), int):
            meta["generation"] += 1
    status = {"phase": "Terminating"} if resource.kind == "Namespace" else {}
    changed = {**tree, "metadata": meta}
    return {**changed, "status": {**mapping(tree.get("status")), **status}} if status else changed


def _grace(resource: Resource, tree: Tree, options: dict[str, Any]) -> int:
    """Seconds a kubelet has to end the pod; none where there is no kubelet or nothing runs."""
    over = text(tree, "status", "phase") in ("Succeeded", "Failed")
    if resource.kind != "Pod" or over or not text(tree, "spec", "nodeName"):
        return 0
    asked = options.get("gracePeriodSeconds")
    if isinstance(asked, int) and not isinstance(asked, bool) and asked >= 0:
        return asked
    own = at(tree, "spec", "terminationGracePeriodSeconds")
    return own if isinstance(own, int) else GRACE_SECONDS


def _options(asked: Ask, query: QueryParams) -> dict[str, Any]:
    """DeleteOptions of the body and of the parameters."""
    options = mapping(asked.tree()) if asked.body else {}
    grace = integer(query.get("gracePeriodSeconds", ""))
    if grace is not None:
        options["gracePeriodSeconds"] = grace
    if query.get("propagationPolicy"):
        options["propagationPolicy"] = query["propagationPolicy"]
    return options


def _check_preconditions(resource: Resource, tree: Tree, options: dict[str, Any]) -> None:
    wanted, meta = mapping(options.get("preconditions")), tree["metadata"]
    for field, spelled in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        if wanted.get(field) and wanted[field] != meta.get(field):
            name = text(meta, "name")
            group = {"group": resource.group} if resource.group else {}
            raise StatusFailure(
                409,
                "Conflict",
                f'Operation cannot be fulfilled on {resource.qualified} "{name}": Precondition '
                f"failed: {spelled} in precondition: {wanted[field]}, {spelled} in object meta: "
                f"{meta.get(field)}",
                {"name": name, **group, "kind": resource.plural},
            )


def _budgets(cluster: WritableCluster, pod: Tree) -> list[Tree]:
    resource = cluster.resource("policy", "v1", "poddisruptionbudgets")
    if resource is None:
        return []
    labels = mapping(at(pod, "metadata", "labels"))
    there = cluster.objects(resource, text(pod, "metadata", "namespace"))
    return [b for b in there if _selects(at(b, "spec", "selector"), labels)]


def _selects(selector: Any, labels: dict[str, str]) -> bool:
    try:
        return msgspec.convert(selector, LabelSelector).matches(labels)
    except msgspec.ValidationError:
        return False


def _would_violate(budget: Tree) -> StatusFailure:
    name = text(budget, "metadata", "name")
    needs = number(budget, "status", "desiredHealthy")
    has = number(budget, "status", "currentHealthy")
    message = f"The disruption budget {name} needs {needs} healthy pods and has {has} currently"
    return StatusFailure(
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
        {"causes": [{"reason": "DisruptionBudget", "message": message}]},
    )


def _spend(cluster: WritableCluster, budget: Tree) -> None:
    resource = cluster.resource("policy", "v1", "poddisruptionbudgets")
    left = number(budget, "status", "disruptionsAllowed") - 1
    status = {**mapping(budget.get("status")), "disruptionsAllowed": left}
    if resource is not None:
        cluster.keep(resource, {**budget, "status": status}, budget)


def _gone(resource: Resource, tree: Tree) -> dict[str, Any]:
    group = {"group": resource.group} if resource.group else {}
    details = {"name": text(tree, "metadata", "name"), **group, "kind": resource.plural}
    if text(tree, "metadata", "uid"):
        details["uid"] = text(tree, "metadata", "uid")
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    }
