"""Every format that is understood, the most telling first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.files import Files
from workbench.kubernetes.snapshots.importers.cluster_info import read_dump
from workbench.kubernetes.snapshots.importers.found import Found
from workbench.kubernetes.snapshots.importers.manifests import read_manifests
from workbench.kubernetes.snapshots.importers.must_gather import read_must_gather
from workbench.kubernetes.snapshots.importers.scenario import read_scenario
from workbench.kubernetes.snapshots.importers.support_bundle import read_bundle

Importer = Callable[[Files], Found | None]
"""Reads the files if they are of its format, else says None."""

IMPORTERS: tuple[Importer, ...] = (
    read_scenario,
    read_bundle,
    read_must_gather,
    read_dump,
    read_manifests,
)


def find(files: Files, path: Path) -> Found:
    """What the first fitting importer reads. Raises SnapshotError when none of them fits."""
    for importer in IMPORTERS:
        found = importer(files)
        if found is not None:
            return found
    raise SnapshotError(
        f"{path} holds no manifest.json and no Kubernetes objects, so it is not a snapshot.",
        "Save one with: workbench snapshot save, or name a file of kubectl get … -o json.",
    )
