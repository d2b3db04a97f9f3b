"""How things are before a change: the object, and the plan that fits it."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.cluster import ObjectRef
from workbench.errors import ClusterError, ObjectNotFound, UsageError
from workbench.kubernetes.change import plan as plans
from workbench.kubernetes.change.asked import (
    Apply,
    Asked,
    Cordon,
    DeletePod,
    RolloutRestart,
    RolloutUndo,
    Scale,
    SetImage,
    SetResources,
    Uncordon,
)
from workbench.kubernetes.change.plan import Plan, Tree
from workbench.kubernetes.client import Client
from workbench.kubernetes.discovery import Resource
from workbench.kubernetes.history import history
from workbench.kubernetes.session import Session
from workbench.kubernetes.snapshots.documents import yaml_documents

FORBIDDEN_GROUPS = frozenset(
    {
        "admissionregistration.k8s.io",
        "apiregistration.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "certificates.k8s.io",
        "rbac.authorization.k8s.io",
    }
)
"""What is written there gives rights or takes other people's requests over."""
FORBIDDEN_KINDS = frozenset({"Secret", "ServiceAccount"})
MANIFEST_MOST = 256 * 1024


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """One change and how things are before it.

    asked: with the kind, namespace and time filled in. tree: the whole object, None when it is to
    be made. view: what the request is about, the object or its Scale.
    """

    tool: str
    asked: Asked
    resource: Resource
    namespace: str
    name: str
    tree: Tree | None
    view: Tree | None
    plan: Plan

    @property
    def path(self) -> str:
        return self.resource.path(self.namespace, self.name, self.plan.subresource)

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(self.resource.kind, self.namespace, self.name)

    @property
    def version(self) -> str:
        """The object's resourceVersion; "" when it is not there yet."""
        return str(((self.tree or {}).get("metadata") or {}).get("resourceVersion") or "")


async def look(session: Session, tool: str, asked: Asked) -> Situation:
    """Read the object anew and plan the change. Raises UsageError and ClusterErrors."""
    client = await session.client()
    manifest = _manifest(asked) if isinstance(asked, Apply) else None
    resource = await _resource(session, asked, manifest)
    _check_allowed(resource)
    given = manifest["metadata"].get("namespace") if manifest else ""
    space = str(given or getattr(asked, "namespace", "") or client.namespace)
    space = space if resource.namespaced else ""
    name = str(manifest["metadata"]["name"]) if manifest else str(getattr(asked, "name", ""))
    asked = _filled(asked, resource, space, client)
    tree = await _read(client, resource, space, name, missing_is_fine=manifest is not None)
    view = tree
    if isinstance(asked, Scale):
        path = resource.path(space, name, "scale")
        answer = await client.get(path, asked=f"get the scale of {resource.kind} {name} in {space}")
        view = answer.json()
    plan = await _plan(client, asked, tree or {}, view or {}, manifest, exists=tree is not None)
    return Situation(
        tool=tool, asked=asked, resource=resource, namespace=space, name=name, tree=tree,
        view=view, plan=plan,
    )  # fmt: skip


async def _plan(
    client: Client, asked: Asked, tree: Tree, view: Tree, manifest: Tree | None, *, exists: bool
) -> Plan:
    match asked:
        case Scale():
            return plans.scale(asked, view)
        case RolloutRestart():
            return plans.rollout_restart(asked, tree)
        case RolloutUndo():
            return await _undo(client, asked, tree)
        case Cordon() | Uncordon():
            return plans.cordon(asked.name, tree, off=isinstance(asked, Uncordon))
        case DeletePod():
            return plans.delete_pod(asked, tree)
        case SetImage():
            return plans.set_image(asked, tree)
        case SetResources():
            return plans.set_resources(asked, tree)
        case Apply() if manifest is not None:
            return plans.apply(asked, manifest, tree if exists else None)
    raise UsageError(f"{type(asked).__name__} cannot be planned.")


async def _undo(client: Client, asked: RolloutUndo, tree: Tree) -> Plan:
    deployment = tree.get("kind") == "Deployment"
    keepers = "replicasets" if deployment else "controllerrevisions"
    path = f"/apis/apps/v1/namespaces/{asked.namespace}/{keepers}"
    answer = await client.get(path, asked=f"list {keepers} in {asked.namespace}")
    trees = answer.json().get("items") or []
    revisions = history(tree, trees)
    if len(revisions) < 2:
        raise UsageError(
            f"{asked.kind} {asked.name} has no earlier revision.", "See rollout_history."
        )
    current = plans.revision_of(tree) or revisions[-1].number
    earlier = [r for r in revisions if r.number != current]
    wanted = asked.to_revision or earlier[-1].number
    chosen = next((r for r in earlier if r.number == wanted), None)
    if chosen is None:
        numbers = ", ".join(str(r.number) for r in earlier)
        raise UsageError(f"There is no earlier revision {wanted}.", f"There are {numbers}.")
    keeper = next(t for t in trees if t["metadata"]["name"] == chosen.source.rpartition("/")[2])
    exact = msgspec.structs.replace(asked, to_revision=wanted)
    return plans.rollout_undo(exact, tree, plans.template_of(keeper), wanted, current)


async def _resource(session: Session, asked: Asked, manifest: Tree | None) -> Resource:
    if manifest is None:
        implied: dict[type[Asked], str] = {Cordon: "nodes", Uncordon: "nodes", DeletePod: "pods"}
        return await session.resource(implied.get(type(asked)) or str(getattr(asked, "kind", "")))
    catalogue = await session.catalogue()
    found = catalogue.of_kind(str(manifest["apiVersion"]), str(manifest["kind"]))
    if found is None:
        raise UsageError(
            f"The cluster has no {manifest['kind']} in {manifest['apiVersion']}.",
            "See api_resources for the list.",
        )
    return found


def _filled(asked: Asked, resource: Resource, space: str, client: Client) -> Asked:
    """With the kind as the API spells it, the namespace, and the time of a restart."""
    fields: dict[str, Any] = {}
    if hasattr(asked, "kind"):
        fields["kind"] = resource.kind
    if hasattr(asked, "namespace"):
        fields["namespace"] = space
    if isinstance(asked, RolloutRestart) and not asked.restarted_at:
        fields["restarted_at"] = client.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return msgspec.structs.replace(asked, **fields)


async def _read(
    client: Client, resource: Resource, space: str, name: str, *, missing_is_fine: bool
) -> Tree | None:
    where = f" in {space}" if space else ""
    asked = f"get {resource.kind} {name}{where}"
    try:
        answer = await client.get(resource.path(space, name), asked=asked)
    except ObjectNotFound:
        if missing_is_fine:
            return None
        raise
    tree = answer.json()
    if not isinstance(tree, dict):
        raise ClusterError(f"Asked to {asked}, {client.server} gave no object.")
    return tree


def _manifest(asked: Apply) -> Tree:
    """The one object of a manifest. Raises UsageError."""
    if len(asked.manifest) > MANIFEST_MOST:
        raise UsageError(f"The manifest is longer than {MANIFEST_MOST // 1024} KiB.")
    try:
        documents = yaml_documents(asked.manifest)
    except ValueError as error:
        raise UsageError(f"The manifest is not YAML: {error}.") from error
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise UsageError(f"The manifest holds {len(documents)} objects.", "Give exactly one.")
    tree: Tree = documents[0]
    meta = tree.get("metadata")
    if not (tree.get("apiVersion") and tree.get("kind") and isinstance(meta, dict)):
        raise UsageError("The manifest lacks apiVersion, kind or metadata.")
    if not isinstance(meta.get("name"), str) or not meta["name"]:
        raise UsageError("The manifest names no object.", "Give metadata.name.")
    return {**tree, "metadata": {k: v for k, v in meta.items() if k not in plans.SERVERS_OWN}}


def _check_allowed(resource: Resource) -> None:
    if resource.kind in FORBIDDEN_KINDS or resource.group in FORBIDDEN_GROUPS:
        raise UsageError(
            f"{resource.full_name} are not changed through the workbench.",
            "They hold secrets or give rights; change them where you keep them.",
        )
