"""The cluster that stands still: a snapshot indexed by what a request can ask for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench.kubernetes.snapshots.older import MOVED_GROUPS, modern
from workbench.kubernetes.snapshots.raw import Logs, Manifest, RawSnapshot, Tree, group_of
from workbench.kubernetes.snapshots.resources import BUILT_IN, Resource, resource_of
from workbench.kubernetes.snapshots.trees import at, mapping, mappings, text

UNKNOWN_VERSION = "v1.0.0"
"""Said for a snapshot that does not tell its server's version; clients insist on one."""

_CRDS = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


class FrozenCluster:
    """Resources and objects of a snapshot, and the one moment at which it is always asked.

    resource_version: the newest of all objects', which every list carries.
    oldest_version: the oldest; what was before that is not known.
    """

    def __init__(self, raw: RawSnapshot) -> None:
        objects = _as_served(raw)
        self.manifest: Manifest = raw.manifest
        self.logs: Logs = raw.logs
        self.definitions = objects.get(_CRDS, ())
        self._resources = _served(objects, self.definitions)
        self._objects = {key: _in_order(trees) for key, trees in objects.items()}
        self._named = {
            (*key, *_key(tree)): tree for key, trees in self._objects.items() for tree in trees
        }
        versions = [v for trees in objects.values() for t in trees if (v := version_of(t))]
        self.resource_version = max(versions, default=1)
        self.oldest_version = min(versions, default=0)

    @property
    def now(self) -> datetime:
        """The moment the snapshot was taken."""
        return self.manifest.taken_at

    @property
    def server_version(self) -> str:
        """Of the manifest, else of the first node's kubelet."""
        nodes = self._objects.get(("v1", "Node"), ())
        kubelets = (text(n, "status", "nodeInfo", "kubeletVersion") for n in nodes)
        found = self.manifest.server_version or next(filter(None, kubelets), UNKNOWN_VERSION)
        return found if found.startswith("v") else f"v{found}"

    @property
    def not_held(self) -> tuple[str, ...]:
        """Kinds (``apps/v1/Deployment``) that are served empty because nobody looked at them."""
        if not self.manifest.partial:
            return ()
        kinds = ((r.api_version, r.kind) for r in self.resources if "list" in r.verbs)
        return tuple("/".join(key) for key in kinds if key not in self._objects)

    @property
    def namespaces_held(self) -> tuple[str, ...]:
        """The only namespaces that were read; none when all were."""
        return self.manifest.scope.namespaces

    @property
    def resources(self) -> Iterable[Resource]:
        return self._resources.values()

    def groups(self) -> dict[str, dict[str, list[Resource]]]:
        """Resources by group and version; the preferred version of a group comes first."""
        groups: dict[str, dict[str, list[Resource]]] = {}
        for resource in self.resources:
            groups.setdefault(resource.group, {}).setdefault(resource.version, []).append(resource)
        return groups

    def serves(self, group: str, version: str) -> bool:
        """Whether anything is served under the group in that version."""
        return any(r.group == group and r.version == version for r in self.resources)

    def resource(self, group: str, version: str, plural: str) -> Resource | None:
        return self._resources.get((group, version, plural))

    def objects(self, resource: Resource, namespace: str = "") -> tuple[Tree, ...]:
        """Every object of the resource in key order, or those of one namespace."""
        found = self._objects.get((resource.api_version, resource.kind), ())
        if not namespace:
            return found
        return tuple(t for t in found if text(t, "metadata", "namespace") == namespace)

    def find(self, resource: Resource, namespace: str, name: str) -> Tree | None:
        return self._named.get((resource.api_version, resource.kind, namespace, name))

    def definition(self, resource: Resource) -> Tree | None:
        """The CustomResourceDefinition behind a custom resource, where the snapshot holds it."""
        for tree in self.definitions:
            if text(tree, "spec", "group") == resource.group and (
                text(tree, "spec", "names", "plural") == resource.plural
            ):
                return tree
        return None


def version_of(tree: Tree) -> int:
    """The object's resourceVersion as a number; 0 when it has none."""
    version = text(tree, "metadata", "resourceVersion")
    return int(version) if version.isdecimal() and version.isascii() else 0


def _as_served(raw: RawSnapshot) -> dict[tuple[str, str], tuple[Tree, ...]]:
    """Objects by (apiVersion, kind), with all events where clients look for them, in core v1."""
    objects = {key: tuple(trees) for key, trees in raw.objects.items()}
    for key in [k for k in objects if k[1] == "Event" and group_of(k[0]) == "events.k8s.io"]:
        moved = tuple(modern(t) | {"apiVersion": "v1"} for t in objects.pop(key))
        objects["v1", "Event"] = (*objects.get(("v1", "Event"), ()), *moved)
    return objects


def _served(
    objects: dict[tuple[str, str], tuple[Tree, ...]], definitions: Iterable[Tree]
) -> dict[tuple[str, str, str], Resource]:
    """Built-in resources, then the snapshot's own.

    A built-in version gives way when the snapshot holds the kind in another version only.
    """
    definitions = list(definitions)
    found = [
        resource_of(api_version, kind, _namespaced(trees), definitions)
        for (api_version, kind), trees in objects.items()
    ]
    held = {(r.api_version, r.kind) for r in found if objects.get((r.api_version, r.kind))}
    elsewhere = {(_home(group_of(a), k), k) for a, k in held}
    built_in = [
        r for r in BUILT_IN if (r.api_version, r.kind) in held or (r.group, r.kind) not in elsewhere
    ]
    everything = (*built_in, *found, *_defined(definitions))
    served = {(r.group, r.version, r.plural): r for r in reversed(everything)}
    order = {(r.group, r.version, r.plural): None for r in everything}
    return {key: served[key] for key in order}


def _home(group: str, kind: str) -> str:
    """The group that serves the kind today."""
    if (group, kind) in MOVED_GROUPS:
        return next((r.group for r in BUILT_IN if r.kind == kind), group)
    return group


def _defined(definitions: Iterable[Tree]) -> Iterable[Resource]:
    """Custom resources the snapshot defines, whether or not it holds objects of them."""
    for tree in definitions:
        group, kind = text(tree, "spec", "group"), text(tree, "spec", "names", "kind")
        for version in mappings(at(tree, "spec", "versions")):
            name = text(version, "name")
            if group and kind and name and version.get("served") is True:
                yield resource_of(f"{group}/{name}", kind, True, [tree])


def _namespaced(trees: Iterable[Tree]) -> bool:
    return any(mapping(t["metadata"]).get("namespace") for t in trees)


def _in_order(trees: Iterable[Tree]) -> tuple[Tree, ...]:
    return tuple(sorted(trees, key=_key))


def _key(tree: Tree) -> tuple[str, str]:
    return text(tree, "metadata", "namespace"), text(tree, "metadata", "name")


def partial(tree: Tree) -> Tree:
    """The object's identity alone, as PartialObjectMetadata."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": tree["metadata"],
    }
