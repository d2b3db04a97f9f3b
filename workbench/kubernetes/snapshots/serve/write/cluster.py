"""A served cluster whose objects can be changed, and everything that happened to them."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections.abc import Iterable

import msgspec

from workbench.kubernetes.snapshots.raw import RawSnapshot, Tree
from workbench.kubernetes.snapshots.resources import READING, Resource
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster
from workbench.kubernetes.snapshots.trees import text

WRITING = ("create", "delete", "deletecollection", "patch", "update")
HISTORY = 10_000
"""Changes that a watch can start before; an older start is answered with 410."""


class Happened(msgspec.Struct, frozen=True):
    """One change: ``tree`` as it is now (as it was at the end, for DELETED), ``before`` if any."""

    version: int
    type: str
    resource: Resource
    tree: Tree
    before: Tree | None = None


class WritableCluster(FrozenCluster):
    """Objects that change; each change has the next resourceVersion, and watches are told.

    first_version: the snapshot's, before anything was changed.
    """

    def __init__(self, raw: RawSnapshot) -> None:
        super().__init__(raw)
        self._resources = {key: _writable(r) for key, r in self._resources.items()}
        self.first_version = self.resource_version
        self._objects = {
            key: tuple(_versioned(t, self.first_version) for t in trees)
            for key, trees in self._objects.items()
        }
        self._named = {
            (*key, *_key(tree)): tree for key, trees in self._objects.items() for tree in trees
        }
        self._happened: list[Happened] = []
        self._news = asyncio.Event()

    def keep(self, resource: Resource, tree: Tree, before: Tree | None) -> Tree:
        """Store a new or changed object under the next resourceVersion; the object as stored."""
        self.resource_version += 1
        meta = {**tree["metadata"], "resourceVersion": str(self.resource_version)}
        kept = {**tree, "metadata": meta}
        self._place(resource, kept)
        type_ = "MODIFIED" if before else "ADDED"
        self._tell(Happened(self.resource_version, type_, resource, kept, before))
        return kept

    def drop(self, resource: Resource, tree: Tree) -> Tree:
        """Remove an object; as it was at the end."""
        self.resource_version += 1
        meta = {**tree["metadata"], "resourceVersion": str(self.resource_version)}
        last = {**tree, "metadata": meta}
        key = (resource.api_version, resource.kind)
        self._named.pop((*key, *_key(tree)), None)
        self._objects[key] = tuple(t for t in self._objects.get(key, ()) if _key(t) != _key(tree))
        self._tell(Happened(self.resource_version, "DELETED", resource, last, tree))
        return last

    def since(self, version: int) -> Iterable[Happened]:
        """What happened after the version, oldest first."""
        start = bisect_left(self._happened, version + 1, key=lambda h: h.version)
        return self._happened[start:]

    async def news(self) -> None:
        """Wait until something happens."""
        await self._news.wait()

    def _place(self, resource: Resource, tree: Tree) -> None:
        key = (resource.api_version, resource.kind)
        others = [t for t in self._objects.get(key, ()) if _key(t) != _key(tree)]
        insort(others, tree, key=_key)
        self._objects[key] = tuple(others)
        self._named[(*key, *_key(tree))] = tree

    def _tell(self, happened: Happened) -> None:
        self._happened.append(happened)
        if len(self._happened) > HISTORY:
            self.oldest_version = self._happened[len(self._happened) - HISTORY].version
            del self._happened[: len(self._happened) - HISTORY]
        self._news.set()
        self._news = asyncio.Event()


def _versioned(tree: Tree, version: int) -> Tree:
    """The object with a resourceVersion, which a manifest in a snapshot may lack."""
    if tree["metadata"].get("resourceVersion"):
        return tree
    return {**tree, "metadata": {**tree["metadata"], "resourceVersion": str(version)}}


def _writable(resource: Resource) -> Resource:
    """The resource with the verbs and subresources that can be written."""
    if "get" not in resource.verbs or resource.group == "metrics.k8s.io":
        return resource
    below = resource.subresources
    if resource.kind == "Pod" and "eviction" not in below:
        below = tuple(sorted((*below, "eviction")))
    return msgspec.structs.replace(resource, verbs=(*READING, *WRITING), subresources=below)


def _key(tree: Tree) -> tuple[str, str]:
    return text(tree, "metadata", "namespace"), text(tree, "metadata", "name")
