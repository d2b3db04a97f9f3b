"""The files of one kind, one for each namespace, written while the objects come."""

from __future__ import annotations

from pathlib import Path

import msgspec

from workbench.kubernetes.snapshots.layout import OBJECTS, list_name

_INDENT = b"\n    "


class ListFiles:
    """Lists of one kind below a folder. ``close`` makes them whole JSON.

    Objects are written in the order they are added; the API gives them by namespace and name.
    """

    def __init__(
        self, folder: Path, api_version: str, kind: str, plural: str, *, versioned: bool = False
    ) -> None:
        self._folder, self._api_version, self._kind = folder / OBJECTS, api_version, kind
        group, _, version = api_version.rpartition("/")
        self._name = (group, plural, version if versioned else "")
        self._files: dict[str, Path] = {}

    def add(self, namespace: str, data: bytes) -> None:
        """Append one object, JSON. Raises SnapshotError for a hostile namespace."""
        pretty = msgspec.json.format(data, indent=2).replace(b"\n", _INDENT)
        first = namespace not in self._files
        with self._path(namespace).open("ab") as file:
            file.write((b"" if first else b",") + _INDENT + pretty)

    def close(self, namespace: str = "") -> None:
        """End every list; with no object at all there is one empty list, of ``namespace``."""
        if not self._files:
            with self._path(namespace).open("ab") as file:
                file.write(b"]\n}\n")
            return
        for path in self._files.values():
            with path.open("ab") as file:
                file.write(b"\n  ]\n}\n")

    def discard(self, namespace: str = "") -> None:
        """Remove the kind's lists, of all namespaces or of one, whoever wrote them."""
        where = namespace or "*"
        name = list_name("", *self._name).rpartition("/")[2]
        for path in list(self._folder.glob(f"{where}/{name}")):
            path.unlink()
        self._files.clear()

    def _path(self, namespace: str) -> Path:
        if namespace not in self._files:
            path = self._folder / list_name(namespace, *self._name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._head())
            self._files[namespace] = path
        return self._files[namespace]

    def _head(self) -> bytes:
        head = msgspec.json.encode({"apiVersion": self._api_version, "kind": f"{self._kind}List"})
        pretty = msgspec.json.format(head, indent=2)
        return pretty.removesuffix(b"\n}") + b',\n  "items": ['
