"""Write a snapshot as a folder or a .zip, in a layout that is good to read and to diff."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.layout import LOGS, MANIFEST, log_name
from workbench.kubernetes.snapshots.lists import ListFiles
from workbench.kubernetes.snapshots.raw import Manifest, RawSnapshot, Tree
from workbench.kubernetes.snapshots.resources import Resource, resource_of
from workbench.kubernetes.snapshots.secrets import without_values
from workbench.kubernetes.snapshots.trees import text

CRDS = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


def write(raw: RawSnapshot, path: Path) -> None:
    """Write the snapshot to ``path``: a .zip when it is called so, else a new folder.

    ``path`` appears only when all of it is written. Secrets are written without their values.
    Raises SnapshotError when ``path`` already holds something, or for names that lead elsewhere.
    """
    if path.is_dir() and any(path.iterdir()):
        raise SnapshotError(f"{path} already holds something.", "Name a new folder.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as beside:
        made = Path(beside, "snapshot")
        made.mkdir(mode=0o700)
        _write_folder(raw, made)
        put(made, path)


def put(folder: Path, path: Path, without: str = "") -> None:
    """Make a finished folder the snapshot at ``path``: packed if it is called .zip, else moved.

    without: a file of the folder that does not belong to the snapshot.
    """
    if path.suffix == ".zip":
        packed = folder.with_name(f"{folder.name}.zip")
        try:
            _pack(folder, packed, without)
            os.replace(packed, path)
        finally:
            packed.unlink(missing_ok=True)
        return
    if path.is_dir():
        path.rmdir()
    os.replace(folder, path)
    if without:
        (path / without).unlink()


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """manifest.json, which makes the folder a snapshot."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    (folder / MANIFEST).write_bytes(content)


def _pack(folder: Path, path: Path, without: str) -> None:
    """Every file of the folder as a .zip, whose bytes depend on nothing else."""
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    files.pop(without, None)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # clusters are private
    with os.fdopen(handle, "wb") as whole, zipfile.ZipFile(whole, "w") as archive:
        for name, source in sorted(files.items()):
            # one fixed time (the earliest a zip can hold): equal snapshots are equal files
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with source.open("rb") as file, archive.open(entry, "w", force_zip64=True) as packed:
                shutil.copyfileobj(file, packed)


def _write_folder(raw: RawSnapshot, folder: Path) -> None:
    definitions = tuple(
        raw.objects.get(("apiextensions.k8s.io/v1", "CustomResourceDefinition"), ())
    )
    taken: set[tuple[str, str]] = set()
    for (api_version, kind), trees in raw.objects.items():
        namespaced = any(text(t, "metadata", "namespace") for t in trees)
        resource = resource_of(api_version, kind, namespaced, definitions)
        _write_list(trees, resource, folder, again=(resource.group, resource.plural) in taken)
        taken.add((resource.group, resource.plural))
    for key in sorted(raw.logs):
        target = folder / LOGS / log_name(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with raw.logs.open(key) as log, target.open("wb") as file:
            shutil.copyfileobj(log, file)
    write_manifest(raw.manifest, folder)


def _write_list(trees: Sequence[Tree], resource: Resource, folder: Path, *, again: bool) -> None:
    """again: the group was written in another version; the file's name tells them apart."""
    api_version, kind, plural = resource.api_version, resource.kind, resource.plural
    files = ListFiles(folder, api_version, kind, plural, versioned=again)
    for tree in _in_order(trees):
        files.add(text(tree, "metadata", "namespace"), msgspec.json.encode(without_values(tree)))
    files.close()


def _in_order(trees: Iterable[Tree]) -> list[Tree]:
    return sorted(
        trees, key=lambda t: (text(t, "metadata", "namespace"), text(t, "metadata", "name"))
    )
