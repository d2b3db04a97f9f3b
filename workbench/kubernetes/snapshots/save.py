"""Write a snapshot as a folder or a .zip, in a layout that is good to read and to diff."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import msgspec

from workbench.core.cluster import LogKey
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.load import LOGS, MANIFEST, OBJECTS
from workbench.kubernetes.snapshots.raw import RawSnapshot, Tree, log_name
from workbench.kubernetes.snapshots.resources import Resource, resource_of
from workbench.kubernetes.snapshots.secrets import without_values

CLUSTER_WIDE = "_cluster"
"""Folder of objects without a namespace; no namespace can be called so."""


def write(raw: RawSnapshot, path: Path) -> None:
    """Write the snapshot to ``path``: a .zip when it is called so, else a new folder.

    ``path`` appears only when all of it is written. Secrets are written without their values.
    Raises SnapshotError when ``path`` is a folder that already holds something.
    """
    if path.is_dir() and any(path.iterdir()):
        raise SnapshotError(f"{path} already holds something.", "Name a new folder.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as beside:
        made = Path(beside, "snapshot")
        if path.suffix == ".zip":
            _write_zip(raw, made)
        else:
            _write_folder(raw, made)
            if path.is_dir():
                path.rmdir()
        os.replace(made, path)


def _write_folder(raw: RawSnapshot, folder: Path) -> None:
    for name, copy in _content(raw):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            copy(file)


def _write_zip(raw: RawSnapshot, path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, copy in _content(raw):
            # one fixed time (the earliest a zip can hold): equal snapshots are equal files
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as file:
                copy(file)


Copy = Callable[[IO[bytes]], object]
"""Writes one file's bytes into the open file it is given."""


def _content(raw: RawSnapshot) -> Iterable[tuple[str, Copy]]:
    yield MANIFEST, _bytes(_pretty(msgspec.to_builtins(raw.manifest)))
    for name, content in sorted(_object_files(raw).items()):
        yield OBJECTS + name, _bytes(_pretty(content))
    for key in sorted(raw.logs):
        yield LOGS + log_name(key), _log(raw, key)


def _log(raw: RawSnapshot, key: LogKey) -> Copy:
    def copy(file: IO[bytes]) -> None:
        with raw.logs.open(key) as log:
            shutil.copyfileobj(log, file)

    return copy


def _bytes(content: bytes) -> Copy:
    return lambda file: file.write(content)


def _pretty(content: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _object_files(raw: RawSnapshot) -> dict[str, object]:
    definitions = raw.objects.get(("apiextensions.k8s.io/v1", "CustomResourceDefinition"), ())
    files: dict[str, object] = {}
    for (api_version, kind), trees in raw.objects.items():
        namespaced = any(t["metadata"].get("namespace") for t in trees)
        resource = resource_of(api_version, kind, namespaced, definitions)
        for namespace, some in _by_namespace(trees).items():
            name = _file_name(namespace, resource)
            if name in files:  # the same group in a second version
                name = _file_name(namespace, resource, f".{resource.version}")
            files[name] = {
                "apiVersion": api_version,
                "kind": f"{kind}List",
                "items": [without_values(t) for t in some],
            }
    return files


def _file_name(namespace: str, resource: Resource, version: str = "") -> str:
    group = f".{resource.group}" if resource.group else ""
    return f"{namespace or CLUSTER_WIDE}/{resource.plural}{version}{group}.json"


def _by_namespace(trees: Iterable[Tree]) -> dict[str, list[Tree]]:
    found: dict[str, list[Tree]] = defaultdict(list)
    for tree in sorted(trees, key=lambda t: t["metadata"].get("name") or ""):
        found[tree["metadata"].get("namespace") or ""].append(tree)
    return found or {"": []}
