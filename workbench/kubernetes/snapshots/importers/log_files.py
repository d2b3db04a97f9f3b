"""Logs that lie beside objects: whose they are, the pods say."""

from __future__ import annotations

from collections import defaultdict

from workbench.core.cluster import LogKey
from workbench.kubernetes.snapshots.files import Files
from workbench.kubernetes.snapshots.items import Items
from workbench.kubernetes.snapshots.raw import Logs, Tree
from workbench.kubernetes.snapshots.trees import at, mappings, text

_PREVIOUS = ("-previous", ".previous")
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")

Pods = dict[str, list[Tree]]
"""Pods by name; a name may be used in several namespaces."""


def logs_beside(files: Files, items: Items) -> Logs:
    """The logs named ``…/<namespace>/<pod>/<container>.log``, ``…/<pod>/<container>.log`` or
    ``…/<pod>.log`` (of its first container), with ``-previous`` or ``.previous`` before ``.log``.

    Only of pods that are among the objects: nothing else tells a log from any other text.
    """
    pods: Pods = defaultdict(list)
    for tree in items.objects().get(("v1", "Pod"), ()):
        pods[text(tree, "metadata", "name")].append(tree)
    found: dict[LogKey, str] = {}
    for name in files.names():
        key = _key(name, pods) if name.endswith(".log") else None
        if key and files.size(name):
            found.setdefault(key, name)
    return Logs(files, found)


def _key(name: str, pods: Pods) -> LogKey | None:
    above, _, last = name.removesuffix(".log").rpartition("/")
    called = last
    for ending in _PREVIOUS:
        called = called.removesuffix(ending)
    previous = called != last
    folders = above.split("/")
    for pod in _meant(pods, folders[-1], folders[:-1]):
        if called in _containers(pod):
            return LogKey(text(pod, "metadata", "namespace"), folders[-1], called, previous)
    for pod in _meant(pods, called, folders):
        first = next(iter(_containers(pod)), "")
        return LogKey(text(pod, "metadata", "namespace"), called, first, previous)
    return None


def _meant(pods: Pods, name: str, folders: list[str]) -> list[Tree]:
    """Pods of the name, those whose namespace is the folder's first; one that may be any if not."""
    found = pods.get(name, [])
    in_folder = [p for p in found if folders and text(p, "metadata", "namespace") == folders[-1]]
    return in_folder or (found if len(found) == 1 else [])


def _containers(pod: Tree) -> list[str]:
    return [text(c, "name") for field in _CONTAINERS for c in mappings(at(pod, "spec", field))]
