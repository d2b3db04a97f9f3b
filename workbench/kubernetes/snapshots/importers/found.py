"""What an importer makes of files, and how that becomes a snapshot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from workbench.core.cluster import Gap, Scope
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.files import Files
from workbench.kubernetes.snapshots.items import Items
from workbench.kubernetes.snapshots.moments import newest_moment
from workbench.kubernetes.snapshots.raw import NO_LOGS, Logs, Manifest, RawSnapshot, Tree

LOGS_LOOKED_AT = 20
"""Logs whose first line is read to tell whether the kubelet's times are in them."""

_KUBELET_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(Z|[+-]\d\d:\d\d) ")
"""Nine digits always (kubelet, kuberuntime/logs: RFC3339NanoFixed); programs print fewer."""

_NOTHING = Gap("everything", "the snapshot holds no objects")

_OBJECTS = (".json", ".yaml", ".yml")


@dataclass(frozen=True)
class Found:
    """Objects and logs; the server's version and from when to when they were read, where the
    files tell it."""

    items: Items
    logs: Logs = field(default_factory=lambda: NO_LOGS)
    server_version: str = ""
    between: tuple[datetime, datetime] | None = None


def imported(found: Found, path: Path) -> RawSnapshot:
    """The snapshot. Nobody wrote down whose it is: the name of the file says it. When it was is
    told by the newest thing that happened in it, within the time of reading where that is known
    (the file's own time where neither is).
    """
    objects = found.items.objects()
    manifest = Manifest(
        cluster=path.name.removesuffix(".tar.gz").removesuffix(path.suffix),
        taken_at=_taken_at(newest_moment(objects.values()), found.between, path),
        server_version=found.server_version,
        scope=Scope(namespaces=_namespaces_read(t for trees in objects.values() for t in trees)),
        gaps=(*found.items.gaps, *([] if objects else [_NOTHING])),
        partial=True,
        log_times=has_times(found.logs),
    )
    return RawSnapshot(manifest, objects, found.logs)


def _namespaces_read(trees: Iterable[Tree]) -> tuple[str, ...]:
    """The one namespace that all objects lie in, as of ``kubectl get … -n shop``: nothing is known
    of the others. None where there are several: every whole cluster has its kube-system."""
    there = {t["metadata"].get("namespace") for t in trees} - {None, ""}
    return tuple(there) if len(there) == 1 else ()


def _taken_at(
    newest: datetime | None, between: tuple[datetime, datetime] | None, path: Path
) -> datetime:
    if between:
        began, ended = between
        return min(max(newest or began, began), ended)
    return newest or datetime.fromtimestamp(path.stat().st_mtime, UTC)


def read_objects(items: Items, files: Files, names: Iterable[str]) -> None:
    """Take in files of objects. One that cannot be read is a Gap.

    Raises SnapshotError when none of them can be read.
    """
    unread: list[SnapshotError] = []
    read = 0
    for name in names:
        if not name.endswith(_OBJECTS):
            continue
        try:
            with files.open(name) as file:
                (items.read_json if name.endswith(".json") else items.read_yaml)(file.read(), name)
            read += 1
        except SnapshotError as error:
            unread.append(error)
            items.gaps.append(Gap(name, error.message))
    if unread and not read:
        raise unread[0]


def has_times(logs: Logs) -> bool:
    """Whether the logs look as ``kubectl logs --timestamps`` prints them."""
    starts = []
    for key in islice(sorted(logs), LOGS_LOOKED_AT):
        with logs.open(key) as file:
            starts.append(file.readline(80))
    return all(_KUBELET_TIME.match(line) for line in starts if line) and any(starts)
