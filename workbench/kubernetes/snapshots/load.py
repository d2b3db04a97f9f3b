"""Read a snapshot: a folder, a .zip or .tar.gz of one, or a file of ``kubectl get … -o json``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from workbench.core.cluster import Gap
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.files import (
    Files,
    FilesUnder,
    FolderFiles,
    is_archive,
    open_archive,
)
from workbench.kubernetes.snapshots.items import UNREADABLE, Items
from workbench.kubernetes.snapshots.layout import LOGS, MANIFEST, OBJECTS
from workbench.kubernetes.snapshots.moments import newest_moment
from workbench.kubernetes.snapshots.raw import (
    FORMAT,
    NO_LOGS,
    Logs,
    Manifest,
    RawSnapshot,
)


def load(path: Path, logs: Path | None = None) -> RawSnapshot:
    """The cluster that lies at ``path``.

    logs: folder of ``<namespace>/<pod>/<container>[.previous].log``, instead of the snapshot's own.
    Raises SnapshotError when there is nothing of the kind at ``path``. An object that cannot be
    read is a Gap.
    """
    try:
        raw = _load(path)
        return RawSnapshot(raw.manifest, raw.objects, _log_folder(logs)) if logs else raw
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


def _log_folder(path: Path) -> Logs:
    if not path.is_dir():
        raise SnapshotError(f"There is no folder of logs at {path}.", "Name an existing folder.")
    return Logs.under(FolderFiles(path))


def _load_file(path: Path) -> RawSnapshot:
    """A bare List: who and when are what the file's name and its newest object say."""
    items = Items()
    read = items.read_yaml if path.suffix in (".yaml", ".yml") else items.read_json
    read(path.read_bytes(), str(path))
    objects = items.objects()
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    moment = newest_moment(objects.values()) or changed
    manifest = Manifest(cluster=path.stem, taken_at=moment, gaps=tuple(items.gaps))
    return RawSnapshot(manifest, objects, NO_LOGS)


def _load_files(files: Files, path: Path) -> RawSnapshot:
    files = _at_manifest(files, path)
    manifest = _manifest(files, path)
    items = Items()
    _read_objects(items, files, path)
    gaps = (*manifest.gaps, *items.gaps)
    return RawSnapshot(
        msgspec.structs.replace(manifest, gaps=gaps, cluster=manifest.cluster or path.stem),
        items.objects(),
        Logs.under(FilesUnder(files, LOGS)),
    )


def _at_manifest(files: Files, path: Path) -> Files:
    """The files from where the manifest lies; archives often wrap everything in one folder."""
    names = list(files.names())
    if MANIFEST in names:
        return files
    wrapped = [n for n in names if n.count("/") == 1 and n.endswith(f"/{MANIFEST}")]
    if len(wrapped) == 1:
        return FilesUnder(files, wrapped[0].removesuffix(MANIFEST))
    raise SnapshotError(
        f"{path} holds no {MANIFEST}, so it is not a snapshot.",
        "Save one with: workbench snapshot save, or name a file of kubectl get … -o json.",
    )


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


def _read_objects(items: Items, files: Files, path: Path) -> None:
    """Every file of objects; one that cannot be read is a Gap, unless none can."""
    names = [n for n in files.names() if n.startswith(OBJECTS)]
    unread: list[SnapshotError] = []
    for name in names:
        json, yaml = name.endswith(".json"), name.endswith((".yaml", ".yml"))
        if not json and not yaml:
            continue
        try:
            with files.open(name) as file:
                (items.read_json if json else items.read_yaml)(file.read(), name)
        except SnapshotError as error:
            unread.append(error)
            items.gaps.append(Gap(f"{path.name}: {name}", error.message))
    if unread and len(unread) == len(names):
        raise unread[0]
