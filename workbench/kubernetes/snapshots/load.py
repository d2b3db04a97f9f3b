"""Read a snapshot: a folder, a .zip or .tar.gz of one, a file of ``kubectl get … -o json``, or a
cluster in one of the formats in ``importers``."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import msgspec

from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.files import (
    Files,
    FilesUnder,
    FolderFiles,
    is_archive,
    open_archive,
)
from workbench.kubernetes.snapshots.importers.catalogue import find
from workbench.kubernetes.snapshots.importers.cluster_info import is_stream, read_stream
from workbench.kubernetes.snapshots.importers.found import Found, imported, read_objects
from workbench.kubernetes.snapshots.items import UNREADABLE, Items
from workbench.kubernetes.snapshots.layout import LOGS, MANIFEST, OBJECTS
from workbench.kubernetes.snapshots.raw import FORMAT, Logs, Manifest, RawSnapshot


def load(path: Path, logs: Path | None = None) -> RawSnapshot:
    """The cluster that lies at ``path``.

    logs: folder of ``<namespace>/<pod>/<container>[.previous].log``, instead of the snapshot's own.
    Raises SnapshotError when there is nothing of the kind at ``path``, and for a folder of logs in
    which there is none of a pod of that cluster. An object that cannot be
    read is a Gap.
    """
    try:
        raw = _load(path)
        return _with_logs(raw, logs, path) if logs else raw
    except OSError as error:
        raise SnapshotError(
            f"{path} cannot be read: {error.strerror or error}.", "Check its name and permissions."
        ) from error


def _load(path: Path) -> RawSnapshot:
    if not path.exists():
        raise SnapshotError(f"There is no {path}.", "Name a snapshot folder, .zip or .json file.")
    if path.is_dir():
        return _load_files(FolderFiles(path), path)
    if is_archive(path):
        return _load_files(open_archive(path), path)
    return _load_file(path)


def _with_logs(raw: RawSnapshot, folder: Path, path: Path) -> RawSnapshot:
    logs = _log_folder(folder)
    spaces = [tree.get("metadata", {}) for tree in raw.objects.get(("v1", "Pod"), ())]
    pods = {(meta.get("namespace"), meta.get("name")) for meta in spaces}
    if not any((key.namespace, key.pod) in pods for key in logs):
        raise SnapshotError(
            f"No log in {folder} is of a pod of {path}.",
            "They are named <namespace>/<pod>/<container>.log, or .previous.log.",
        )
    return RawSnapshot(raw.manifest, raw.objects, logs)


def _log_folder(path: Path) -> Logs:
    if not path.is_dir():
        raise SnapshotError(f"There is no folder of logs at {path}.", "Name an existing folder.")
    return Logs.under(FolderFiles(path))


def _load_file(path: Path) -> RawSnapshot:
    """A bare List, or the one stream of a dump."""
    data = path.read_bytes()
    if is_stream(data):
        return imported(read_stream(data), path)
    items = Items()
    read = items.read_yaml if path.suffix in (".yaml", ".yml") else items.read_json
    read(data, str(path))
    return imported(Found(items), path)


def _load_files(files: Files, path: Path) -> RawSnapshot:
    own = _at_manifest(files)
    if own is None:
        return imported(find(files, path), path)
    manifest = _manifest(own, path)
    items = Items()
    read_objects(items, own, [n for n in own.names() if n.startswith(OBJECTS)])
    gaps = (*manifest.gaps, *items.gaps)
    return RawSnapshot(
        msgspec.structs.replace(manifest, gaps=gaps, cluster=manifest.cluster or path.stem),
        items.objects(),
        Logs.under(FilesUnder(own, LOGS)),
    )


def _at_manifest(files: Files) -> Files | None:
    """The files from where the manifest lies; archives often wrap everything in one folder."""
    names = list(files.names())
    if MANIFEST in names:
        return files
    wrapped = [n for n in names if n.count("/") == 1 and n.endswith(f"/{MANIFEST}")]
    if len(wrapped) == 1 and any("/objects/" in n for n in names):
        return FilesUnder(files, wrapped[0].removesuffix(MANIFEST))
    return None


def _manifest(files: Files, path: Path) -> Manifest:
    try:
        with files.open(MANIFEST) as file:
            manifest = msgspec.json.decode(file.read(), type=Manifest)
    except UNREADABLE as error:
        raise SnapshotError(
            f"{path}/{MANIFEST} is not a snapshot's manifest: {error}.",
            "It needs at least taken_at, a time such as 2026-01-31T12:00:00Z.",
        ) from error
    if manifest.format > FORMAT:
        raise SnapshotError(
            f"{path} is a snapshot of format {manifest.format}; this version reads up to {FORMAT}.",
            "Upgrade the workbench.",
        )
    moment = manifest.taken_at
    if moment.tzinfo is None:
        return msgspec.structs.replace(manifest, taken_at=moment.replace(tzinfo=UTC))
    return manifest
