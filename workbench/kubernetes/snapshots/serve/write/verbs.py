"""create, update and patch: an object as it is asked for, checked, numbered and kept."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.resources import BUILT_IN, Resource
from workbench.kubernetes.snapshots.serve.accept import PARTIAL, TABLES, wanted
from workbench.kubernetes.snapshots.serve.cluster import partial
from workbench.kubernetes.snapshots.serve.failure import (
    StatusFailure,
    bad_request,
    json_response,
    no_such_resource,
    not_found,
)
from workbench.kubernetes.snapshots.serve.lists import existing, scale_of
from workbench.kubernetes.snapshots.serve.tables import table
from workbench.kubernetes.snapshots.serve.target import Target
from workbench.kubernetes.snapshots.serve.write.apply import applied
from workbench.kubernetes.snapshots.serve.write.checks import cannot_apply, check
from workbench.kubernetes.snapshots.serve.write.cluster import WritableCluster
from workbench.kubernetes.snapshots.serve.write.deletion import delete, delete_all, evict, finished
from workbench.kubernetes.snapshots.serve.write.ownership import after_update, stamp
from workbench.kubernetes.snapshots.serve.write.patches import APPLY, patched, read_applied
from workbench.kubernetes.snapshots.serve.write.request import Ask, ask, identified
from workbench.kubernetes.snapshots.trees import at, mapping, text

_FIXED: tuple[str, ...] = ("uid", "creationTimestamp", "generation", "deletionTimestamp")
_FIXED += ("deletionGracePeriodSeconds", "selfLink")
_UNNUMBERED: tuple[str, ...] = (
    "ConfigMap",
    "Secret",
    "Service",
    "ServiceAccount",
    "Node",
    "Namespace",
    "Event",
)
_UNNUMBERED += ("PersistentVolumeClaim", "PersistentVolume", "Endpoints", "EndpointSlice", "Lease")
_OURS = frozenset(r.group for r in BUILT_IN)


async def write(cluster: WritableCluster, target: Target, request: Request) -> Response:
    """Answer a POST, PUT, PATCH or DELETE. Raises StatusFailure."""
    asked = await ask(request)
    form = wanted(request, *TABLES, *PARTIAL)
    match request.method, bool(target.name), target.subresource:
        case "POST", False, "":
            tree, status = _create(cluster, target, asked), 201
        case "POST", True, "eviction" if target.resource.kind == "Pod":
            return evict(cluster, target, asked)
        case "PUT", True, "" | "status":
            tree, status = _update(cluster, target, asked)
        case "PATCH", True, "" | "status":
            tree, status = _patch(cluster, target, asked)
        case "PUT" | "PATCH", True, "scale" if "scale" in target.resource.subresources:
            return json_response(_scale(cluster, target, asked, patch=request.method == "PATCH"))
        case "DELETE", True, "":
            return delete(cluster, target, asked, request.query_params)
        case "DELETE", False, "":
            return delete_all(cluster, target, asked, request.query_params)
        case _, _, "" | "status" | "scale":
            raise _not_allowed()
        case _:
            raise no_such_resource()
    if form in TABLES:
        meta = {"resourceVersion": text(tree, "metadata", "resourceVersion")}
        return json_response(table(cluster, target.resource, [tree], meta, form, ""), status)
    return json_response(partial(tree) if form in PARTIAL else tree, status)


def _create(cluster: WritableCluster, target: Target, asked: Ask) -> Tree:
    resource = target.resource
    if resource.namespaced and not target.namespace:
        raise _not_allowed()
    tree = identified(asked.tree(), resource, target.namespace)
    return _created(cluster, resource, tree, asked, asked.manager("Update", resource))


def _created(
    cluster: WritableCluster, resource: Resource, tree: Tree, asked: Ask, manager: Any
) -> Tree:
    meta = dict(tree["metadata"])
    if meta.get("resourceVersion"):
        raise StatusFailure(500, "", "resourceVersion should not be set on objects to be created")
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = f"{meta['generateName']}{uuid4().hex[:5]}"
    if cluster.find(resource, text(meta, "namespace"), text(meta, "name")):
        raise _already_exists(resource, text(meta, "name"))
    _check_namespace(cluster, resource, text(meta, "namespace"))
    fixed = {"uid": str(uuid4()), "creationTimestamp": stamp(cluster.now)}
    if resource.kind not in _UNNUMBERED:
        fixed["generation"] = 1  # type: ignore[assignment]
    body = {k: v for k, v in tree.items() if k != "status" or resource.group not in _OURS}
    made = body | {"metadata": {**{k: v for k, v in meta.items() if k not in _FIXED}, **fixed}}
    check(resource, made, None)
    if manager.operation == "Update":
        made = after_update(None, made, manager, cluster.now)
    return made if asked.dry_run else cluster.keep(resource, made, None)


def _update(cluster: WritableCluster, target: Target, asked: Ask) -> tuple[Tree, int]:
    old = existing(cluster, target)
    new = identified(asked.tree(), target.resource, target.namespace)
    return _changed(cluster, target, old, new, asked), 200


def _patch(cluster: WritableCluster, target: Target, asked: Ask) -> tuple[Tree, int]:
    if asked.media_type in APPLY:
        return _apply(cluster, target, asked)
    old = existing(cluster, target)
    custom = target.resource.group not in _OURS
    new = patched(old, asked.body, asked.media_type, custom=custom)
    return _changed(cluster, target, old, new, asked), 200


def _apply(cluster: WritableCluster, target: Target, asked: Ask) -> tuple[Tree, int]:
    resource = target.resource
    if not asked.field_manager:
        raise bad_request(
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for '
            "apply patch"
        )
    given = read_applied(asked.body)
    wrong = cannot_apply(resource, given)
    if wrong:
        raise wrong
    if text(given, "metadata", "name") not in ("", target.name):
        raise bad_request("the name of the object does not match the name on the URL")
    if mapping(given["metadata"]).get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    tree = identified(given, resource, target.namespace)
    tree["metadata"]["name"] = target.name
    manager = asked.manager("Apply", resource, target.subresource)
    old = cluster.find(resource, target.namespace, target.name)
    version = text(tree, "metadata", "resourceVersion")
    if old is None:
        if version:
            raise not_found(resource, target.name)
        head: Tree = {"metadata": {"managedFields": []}}
        owned = applied(head, tree, manager, force=True, now=cluster.now)
        return _created(cluster, resource, owned, asked, manager), 201
    if version not in ("", text(old, "metadata", "resourceVersion")):
        raise _modified(resource, target.name)
    wanted_meta = {
        k: v
        for k, v in tree["metadata"].items()
        if k in ("labels", "annotations", "finalizers", "ownerReferences")
    }
    wish = {k: v for k, v in tree.items() if k != "status"} | {"metadata": wanted_meta}
    new = applied(old, wish, manager, force=asked.force, now=cluster.now)
    return _settled(cluster, target, old, new, asked), 200


def _changed(cluster: WritableCluster, target: Target, old: Tree, new: Tree, asked: Ask) -> Tree:
    """An update or a patch, with the optimistic lock and the fields that only the server sets."""
    resource = target.resource
    meta, had = mapping(new.get("metadata")), old["metadata"]
    if meta.get("name") != had.get("name") or meta.get("namespace") != had.get("namespace"):
        raise bad_request(
            "the name of the object "
            f"({text(meta, 'name')}) does not match the name on the URL ({target.name})"
        )
    if meta.get("resourceVersion") not in (None, "", had.get("resourceVersion")):
        raise _modified(resource, target.name)
    if meta.get("uid") not in (None, "", had.get("uid")):
        raise _precondition(resource, target.name, meta["uid"], had.get("uid"))
    fixed = {k: had[k] for k in (*_FIXED, "resourceVersion", "managedFields") if k in had}
    kept = {k: v for k, v in meta.items() if k not in (*_FIXED, "managedFields")}
    new = {**new, "metadata": {**kept, **fixed}}
    if target.subresource == "status":
        new = {**old, "status": new.get("status"), "metadata": new["metadata"]}
    elif resource.group in _OURS and "status" in resource.subresources:
        new = {k: v for k, v in new.items() if k != "status"}
        new |= {"status": old["status"]} if "status" in old else {}
    owned = after_update(
        old, new, asked.manager("Update", resource, target.subresource), cluster.now
    )
    return _settled(cluster, target, old, owned, asked)


def _settled(cluster: WritableCluster, target: Target, old: Tree, new: Tree, asked: Ask) -> Tree:
    """Checked, with its generation, and kept unless nothing changed or it was a dry run."""
    check(target.resource, new, old)
    generation = at(old, "metadata", "generation")
    if isinstance(generation, int) and _desired(new) != _desired(old):
        new = {**new, "metadata": {**new["metadata"], "generation": generation + 1}}
    if asked.dry_run or new == old:
        return new
    if finished(new):
        return cluster.drop(target.resource, new)
    return cluster.keep(target.resource, new, old)


def _scale(cluster: WritableCluster, target: Target, asked: Ask, *, patch: bool) -> dict[str, Any]:
    """PUT and PATCH of the Scale view of a workload (autoscaling/v1)."""
    old = existing(cluster, target)
    view = scale_of(old)
    given = patched(view, asked.body, asked.media_type, custom=False) if patch else asked.tree()
    meta = mapping(given.get("metadata"))
    if meta.get("resourceVersion") not in (None, "", at(old, "metadata", "resourceVersion")):
        raise _modified(target.resource, target.name)
    replicas = at(given, "spec", "replicas")
    new = {
        **old,
        "spec": {**mapping(old.get("spec")), "replicas": 0 if replicas is None else replicas},
    }
    return scale_of(_changed(cluster, target, old, new, asked))


def _desired(tree: Tree) -> dict[str, Any]:
    """What the generation counts changes of."""
    return {k: v for k, v in tree.items() if k not in ("metadata", "status")}


def _check_namespace(cluster: WritableCluster, resource: Resource, namespace: str) -> None:
    spaces = cluster.resource("", "v1", "namespaces")
    if not namespace or spaces is None or not cluster.objects(spaces):
        return
    if cluster.find(spaces, "", namespace) is None:
        raise not_found(spaces, namespace)


def _not_allowed() -> StatusFailure:
    return StatusFailure(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        {},
    )


def _details(resource: Resource, name: str) -> dict[str, Any]:
    group = {"group": resource.group} if resource.group else {}
    return {"name": name, **group, "kind": resource.plural}


def _already_exists(resource: Resource, name: str) -> StatusFailure:
    message = f'{resource.qualified} "{name}" already exists'
    return StatusFailure(409, "AlreadyExists", message, _details(resource, name))


def _modified(resource: Resource, name: str) -> StatusFailure:
    return StatusFailure(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {resource.qualified} "{name}": the object has been '
        "modified; please apply your changes to the latest version and try again",
        _details(resource, name),
    )


def _precondition(resource: Resource, name: str, asked: Any, there: Any) -> StatusFailure:
    return StatusFailure(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {resource.qualified} "{name}": Precondition failed: '
        f"UID in precondition: {asked}, UID in object meta: {there}",
        _details(resource, name),
    )
