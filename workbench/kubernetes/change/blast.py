"""What else a change reaches: pods, disruption budgets, autoscalers, owners."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.change import BlastRadius
from workbench.core.counted import counted
from workbench.core.objects.meta import LabelSelector
from workbench.errors import ClusterError
from workbench.kubernetes.change.plan import Tree
from workbench.kubernetes.client import Client
from workbench.kubernetes.status import why

NAMED = 5
_MANAGED_BY = "app.kubernetes.io/managed-by"
_KEEPERS = ("argocd.argoproj.io/tracking-id", "meta.helm.sh/release-name")
_KEEPERS_LABELS = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")


async def blast_radius(client: Client, tree: Tree, notes: tuple[str, ...]) -> BlastRadius:
    """What hangs on the object, as far as it may be seen; what may not is a note."""
    seen = _Seen(client, list(notes))
    kind, meta = tree.get("kind"), tree.get("metadata") or {}
    space, labels = str(meta.get("namespace") or ""), meta.get("labels") or {}
    if kind == "Node":
        pods = await seen.list(
            "/api/v1/pods", "pods", fieldSelector=f"spec.nodeName={meta['name']}"
        )
    elif kind == "Pod":
        pods = [tree]
    else:
        labels = _template_labels(tree)
        pods = await _pods(seen, tree, space)
    budgets = await _budgets(seen, space, labels) if space else []
    return BlastRadius(
        pods=len(pods),
        named=tuple(p["metadata"]["name"] for p in pods[:NAMED]),
        budgets=tuple(map(_budget, budgets)),
        autoscalers=tuple(await _autoscalers(seen, tree, space)) if space else (),
        owners=_owners(meta),
        notes=tuple(seen.notes),
    )


class _Seen:
    """Lists of neighbours; one that may not be read becomes a note."""

    def __init__(self, client: Client, notes: list[str]) -> None:
        self._client = client
        self.notes = notes

    async def list(self, path: str, what: str, **query: str) -> list[Tree]:
        try:
            answer = await self._client.get(path, query, asked=f"list {what}")
        except ClusterError as error:
            self.notes.append(f"{what} could not be looked at: {why(error)}")
            return []
        items = answer.json().get("items")
        return list(items) if isinstance(items, list) else []


async def _pods(seen: _Seen, tree: Tree, space: str) -> list[Tree]:
    selector = (tree.get("spec") or {}).get("selector")
    if not space or not isinstance(selector, dict):
        return []
    pods = await seen.list(f"/api/v1/namespaces/{space}/pods", "pods")
    return [p for p in pods if _selects(selector, (p.get("metadata") or {}).get("labels") or {})]


async def _budgets(seen: _Seen, space: str, labels: dict[str, str]) -> list[Tree]:
    if not labels:
        return []
    path = f"/apis/policy/v1/namespaces/{space}/poddisruptionbudgets"
    found = await seen.list(path, "disruption budgets")
    return [b for b in found if _selects((b.get("spec") or {}).get("selector"), labels)]


async def _autoscalers(seen: _Seen, tree: Tree, space: str) -> list[str]:
    path = f"/apis/autoscaling/v2/namespaces/{space}/horizontalpodautoscalers"
    name, kind = tree["metadata"]["name"], tree.get("kind")
    said = []
    for one in await seen.list(path, "autoscalers"):
        spec = one.get("spec") or {}
        target = spec.get("scaleTargetRef") or {}
        if (target.get("kind"), target.get("name")) == (kind, name):
            least, most = spec.get("minReplicas", 1), spec.get("maxReplicas")
            who = one["metadata"]["name"]
            said.append(f"HorizontalPodAutoscaler {who} keeps it between {least} and {most}")
    return said


def _owners(meta: Tree) -> tuple[str, ...]:
    said = [
        f"{owner.get('kind')} {owner.get('name')} owns it and may put it back"
        for owner in meta.get("ownerReferences") or []
    ]
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    keepers = [labels[_MANAGED_BY]] if labels.get(_MANAGED_BY) else []
    keepers += [k.partition("/")[0] for k in _KEEPERS if k in annotations]
    keepers += [k.partition("/")[0] for k in _KEEPERS_LABELS if k in labels]
    return (*said, *(f"managed by {k}, which may put it back" for k in dict.fromkeys(keepers)))


def _budget(tree: Tree) -> str:
    allowed = (tree.get("status") or {}).get("disruptionsAllowed", 0)
    name = tree["metadata"]["name"]
    return f"PodDisruptionBudget {name} allows {counted(allowed, 'disruption')} now"


def _template_labels(tree: Tree) -> dict[str, str]:
    template = (tree.get("spec") or {}).get("template") or {}
    return (template.get("metadata") or {}).get("labels") or {}


def _selects(selector: Any, labels: dict[str, str]) -> bool:
    if not isinstance(selector, dict) or not selector:
        return False
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        selector = {"matchLabels": selector}  # of a Service or a ReplicationController
    try:
        return msgspec.convert(selector, LabelSelector).matches(labels)
    except msgspec.ValidationError:
        return False
