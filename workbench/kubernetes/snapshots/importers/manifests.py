"""A folder of whatever ``kubectl get … -o yaml`` or ``-o json`` printed, with logs beside."""

from __future__ import annotations

from pathlib import PurePosixPath

from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.files import Files
from workbench.kubernetes.snapshots.importers.found import Found, read_objects
from workbench.kubernetes.snapshots.importers.log_files import logs_beside
from workbench.kubernetes.snapshots.items import Items


def read_manifests(files: Files) -> Found | None:
    """Every object in every .json and .yaml file; None when there is not one."""
    items = Items()
    try:
        read_objects(items, files, [n for n in files.names() if not _hidden(n)])
    except SnapshotError:
        return None
    if not any(items.objects().values()):
        return None
    return Found(items, logs_beside(files, items))


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(name).parts)
