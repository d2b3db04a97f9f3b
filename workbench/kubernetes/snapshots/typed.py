"""From object trees to the typed snapshot that analyzers judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from workbench.core.cluster import ClusterSnapshot, Gap, LogKey
from workbench.core.objects import BY_KIND, Custom, KubeObject
from workbench.core.objects.decode import convert_object, decode_object
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.older import CHANGED, MOVED_GROUPS, modern
from workbench.kubernetes.snapshots.raw import Kept, Logs, RawSnapshot, Tree, group_of

LOG_TAIL_BYTES = 256 * 1024
"""How much of the end of each container's log is held for judging."""


def typed(raw: RawSnapshot, *, taken_at: datetime | None = None) -> ClusterSnapshot:
    """The snapshot as typed frozen values; fields that do not fit become Gaps.

    taken_at: the moment to judge by, instead of the manifest's.
    """
    objects: dict[str, list[KubeObject]] = defaultdict(list)
    gaps = list(raw.manifest.gaps)
    for (api_version, kind_name), trees in raw.objects.items():
        kind = kind_for(api_version, kind_name)
        into = objects[kind.KIND or _custom_key(api_version, kind_name)]
        if isinstance(trees, Kept) and (group_of(api_version), kind_name) not in CHANGED:
            into.extend(_decode(trees, kind, gaps))
        else:
            into.extend(_convert(tree, kind, gaps) for tree in trees)
    return ClusterSnapshot(
        taken_at=taken_at or raw.manifest.taken_at,
        objects=_customs_first(objects),
        logs=_tails(raw.logs, gaps),
        gaps=tuple(gaps),
        scope=raw.manifest.scope,
        held=raw.manifest.scope.namespaces,
        cluster=raw.manifest.cluster,
        server_version=raw.manifest.server_version,
    )


def kind_for(api_version: str, kind: str) -> type[KubeObject]:
    """The struct an object is read as: the built-in's only when the group is the built-in's."""
    found = BY_KIND.get(kind)
    if found is None:
        return Custom
    group = group_of(api_version)
    same = group == group_of(found.API_VERSION) or (group, kind) in MOVED_GROUPS
    return found if same else Custom


def _custom_key(api_version: str, kind: str) -> str:
    return f"{kind}.{group_of(api_version)}" if kind in BY_KIND else kind


def _decode(kept: Kept, kind: type[KubeObject], gaps: list[Gap]) -> Iterator[KubeObject]:
    for data in kept.items:
        obj, dropped = decode_object(data, kind)
        if dropped:
            gaps.extend(Gap(*_what_and_why(note)) for note in dropped)
        yield obj


def _convert(tree: Tree, kind: type[KubeObject], gaps: list[Gap]) -> KubeObject:
    obj, dropped = convert_object(modern(tree) if kind is not Custom else tree, kind)
    gaps.extend(Gap(*_what_and_why(note)) for note in dropped)
    return obj


def _what_and_why(note: str) -> tuple[str, str]:
    what, _, why = note.partition(": ")
    return what, why


def _customs_first(objects: dict[str, list[KubeObject]]) -> dict[str, tuple[KubeObject, ...]]:
    """Ordered so that a reference by kind and name finds the built-in of two equal ones."""
    keys = sorted(objects, key=lambda key: key in BY_KIND)
    return {key: tuple(objects[key]) for key in keys}


def _tails(logs: Logs, gaps: list[Gap]) -> dict[LogKey, str]:
    tails: dict[LogKey, str] = {}
    for key in logs:
        try:
            tails[key] = logs.tail(key, LOG_TAIL_BYTES)
        except (OSError, SnapshotError) as error:
            gaps.append(Gap(f"log of {key.namespace}/{key.pod}/{key.container}", str(error)))
    return tails
