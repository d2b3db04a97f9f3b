"""From what was asked and how the object is now to the one request that does it. Pure."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

import jsonpatch
import msgspec

from workbench.core.change import Risk, Undo
from workbench.errors import UsageError
from workbench.kubernetes.change.asked import (
    Apply,
    DeletePod,
    RolloutRestart,
    RolloutUndo,
    Scale,
    SetImage,
    SetResources,
)
from workbench.kubernetes.history import REVISION

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
MANAGER = "k8s-workbench"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
ROLLED_OUT = ("Deployment", "StatefulSet", "DaemonSet")
_CONTAINERS = ("containers", "initContainers")

Tree = dict[str, Any]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The request that makes a change, and its reverse.

    body: without the precondition, which is added when it is sent.
    command: what a person would type for it.
    """

    method: str = "PATCH"
    subresource: str = ""
    content_type: str = MERGE
    body: Any
    params: dict[str, str] = {}
    command: str
    undo: Undo
    risk: Risk = Risk.MEDIUM
    verb: str = "patch"
    notes: tuple[str, ...] = ()


def scale(asked: Scale, scale_view: Tree) -> Plan:
    """scale_view: the object's Scale (autoscaling/v1)."""
    now = int((scale_view.get("spec") or {}).get("replicas") or 0)
    same = {"kind": asked.kind, "name": asked.name, "namespace": asked.namespace}
    risk = Risk.LOW if asked.replicas > now else Risk.MEDIUM
    return Plan(
        subresource="scale",
        body={"spec": {"replicas": asked.replicas}},
        command=f"kubectl scale {_named(asked)} --replicas={asked.replicas}",
        undo=Undo(
            command=f"kubectl scale {_named(asked)} --replicas={now}",
            tool="scale",
            arguments={**same, "replicas": now},
        ),
        risk=Risk.HIGH if asked.replicas == 0 else risk,
    )


def rollout_restart(asked: RolloutRestart, tree: Tree) -> Plan:
    _check_rolled_out(tree)
    annotations = {RESTARTED_AT: asked.restarted_at}
    return Plan(
        body={"spec": {"template": {"metadata": {"annotations": annotations}}}},
        command=f"kubectl rollout restart {_named(asked)}",
        undo=Undo(note="Pods that were replaced do not come back; undoing it restarts them again."),
    )


def rollout_undo(
    asked: RolloutUndo, tree: Tree, template: Tree, revision: int, current: int
) -> Plan:
    """template: the pod template of the revision to go back to."""
    _check_rolled_out(tree)
    same = {"kind": asked.kind, "name": asked.name, "namespace": asked.namespace}
    return Plan(
        content_type=JSON_PATCH,
        body=[{"op": "replace", "path": "/spec/template", "value": template}],
        command=f"kubectl rollout undo {_named(asked)} --to-revision={revision}",
        undo=Undo(
            command=f"kubectl rollout undo {_named(asked)} --to-revision={current}",
            tool="rollout_undo",
            arguments={**same, "to_revision": current},
        ),
        notes=(f"back from revision {current} to revision {revision}",),
    )


def cordon(name: str, tree: Tree, *, off: bool) -> Plan:
    """off: uncordon. Raises UsageError for a node that is so already."""
    if bool((tree.get("spec") or {}).get("unschedulable")) is not off:
        word = "schedulable" if off else "cordoned"
        raise UsageError(f"Node {name} is {word} already.")
    does, back = ("uncordon", "cordon") if off else ("cordon", "uncordon")
    return Plan(
        body={"spec": {"unschedulable": None if off else True}},
        command=f"kubectl {does} {name}",
        undo=Undo(command=f"kubectl {back} {name}", tool=back, arguments={"name": name}),
        risk=Risk.LOW,
    )


def delete_pod(asked: DeletePod, tree: Tree) -> Plan:
    owner = _controller(tree)
    note = (
        f"{owner} makes another pod in its place; this one does not come back."
        if owner
        else "Nothing makes it again: it has no controller."
    )
    return Plan(
        method="DELETE",
        content_type="application/json",
        body={},
        command=f"kubectl delete pod {asked.name} -n {asked.namespace}",
        undo=Undo(note=note),
        risk=Risk.MEDIUM if owner else Risk.HIGH,
        verb="delete",
    )


def apply(asked: Apply, manifest: Tree, tree: Tree | None, after: Tree | None = None) -> Plan:
    """after: how the dry run leaves the object, for the reverse of it."""
    meta = manifest["metadata"]
    where = f" -n {asked.namespace}" if asked.namespace else ""
    named = f"{manifest['kind'].lower()}/{meta['name']}{where}"
    if tree is None:
        undo = Undo(command=f"kubectl delete {named}")
    else:
        patch = _reverse(tree, after) if after else []
        undo = Undo(command=f"kubectl patch {named} --type=json -p '{json.dumps(patch)}'")
    force = " --force-conflicts" if asked.force else ""
    return Plan(
        content_type=APPLY,
        body=manifest,
        params={"fieldManager": MANAGER, "force": "true" if asked.force else "false"},
        command=f"kubectl apply --server-side --field-manager={MANAGER}{force} -f MANIFEST{where}",
        undo=undo,
        risk=Risk.HIGH if asked.force else Risk.MEDIUM,
        notes=() if tree else ("the object is new",),
    )


def set_image(asked: SetImage, tree: Tree) -> Plan:
    field, container = _container(tree, asked.container)
    before = str(container.get("image") or "")
    same = {"kind": asked.kind, "name": asked.name, "namespace": asked.namespace}
    return Plan(
        content_type=STRATEGIC,
        body=_in_template({field: [{"name": asked.container, "image": asked.image}]}),
        command=f"kubectl set image {_named(asked)} {asked.container}={asked.image}",
        undo=Undo(
            command=f"kubectl set image {_named(asked)} {asked.container}={before}",
            tool="set_image",
            arguments={**same, "container": asked.container, "image": before},
        ),
    )


def set_resources(asked: SetResources, tree: Tree) -> Plan:
    field, container = _container(tree, asked.container)
    wanted = {k: v for k, v in (("limits", asked.limits), ("requests", asked.requests)) if v}
    body = {kind: {k: v or None for k, v in given.items()} for kind, given in wanted.items()}
    has = container.get("resources") or {}
    back = {
        kind: {k: str((has.get(kind) or {}).get(k) or "") for k in given}
        for kind, given in wanted.items()
    }
    same = {"kind": asked.kind, "name": asked.name, "namespace": asked.namespace}
    return Plan(
        content_type=STRATEGIC,
        body=_in_template({field: [{"name": asked.container, "resources": body}]}),
        command=_set_resources(asked, wanted),
        undo=Undo(
            command=_set_resources(asked, back),
            tool="set_resources",
            arguments={**same, "container": asked.container, **back},
        ),
    )


def revision_of(tree: Tree) -> int:
    """The Deployment's own revision annotation; 0 where it has none."""
    annotations = (tree.get("metadata") or {}).get("annotations") or {}
    number = str(annotations.get(REVISION) or "")
    return int(number) if number.isdecimal() else 0


def template_of(keeper: Tree) -> Tree:
    """The pod template a ReplicaSet or a ControllerRevision keeps, as it can be put back."""
    data = keeper.get("data")
    spec = (data if isinstance(data, dict) else keeper).get("spec") or {}
    template = copy.deepcopy(spec.get("template") or {})
    template.pop("$patch", None)
    labels = (template.get("metadata") or {}).get("labels") or {}
    labels.pop("pod-template-hash", None)
    return template


def _reverse(before: Tree, after: Tree) -> list[dict[str, Any]]:
    """The JSON patch from after to before, of what people set."""
    return list(jsonpatch.make_patch(wanted_part(after), wanted_part(before)))


def wanted_part(tree: Tree) -> Tree:
    """The object without status and without what only the server writes."""
    meta = tree.get("metadata") or {}
    kept = {k: v for k, v in meta.items() if k not in SERVERS_OWN}
    return {k: v for k, v in tree.items() if k not in ("status", "metadata")} | {"metadata": kept}


SERVERS_OWN = frozenset(
    {"creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"}
)
"""Metadata that the API server alone writes."""


def _set_resources(asked: SetResources, values: dict[str, dict[str, str]]) -> str:
    flags = " ".join(
        f"--{kind}={','.join(f'{k}={v or 0}' for k, v in given.items())}"
        for kind, given in values.items()
    )
    return f"kubectl set resources {_named(asked)} -c {asked.container} {flags}"


def _in_template(spec: Tree) -> Tree:
    return {"spec": {"template": {"spec": spec}}}


def _container(tree: Tree, name: str) -> tuple[str, Tree]:
    spec = ((tree.get("spec") or {}).get("template") or {}).get("spec") or {}
    for field in _CONTAINERS:
        for container in spec.get(field) or []:
            if container.get("name") == name:
                return field, container
    names = [c.get("name", "") for f in _CONTAINERS for c in spec.get(f) or []]
    kind = tree.get("kind", "object")
    raise UsageError(f"The {kind}'s template has no container {name!r}.", _choice(names))


def _choice(names: Sequence[str]) -> str:
    return f"It has {', '.join(names)}." if names else "It has no pod template."


def _check_rolled_out(tree: Tree) -> None:
    kind = tree.get("kind", "object")
    if kind not in ROLLED_OUT:
        raise UsageError(f"A {kind} is not rolled out.", f"Only {', '.join(ROLLED_OUT)} are.")


def _controller(tree: Tree) -> str:
    owners = (tree.get("metadata") or {}).get("ownerReferences") or []
    own = next((o for o in owners if o.get("controller")), None)
    return f"{own.get('kind')} {own.get('name')}" if own else ""


def _named(asked: Any) -> str:
    return f"{asked.kind.lower()}/{asked.name} -n {asked.namespace}"
