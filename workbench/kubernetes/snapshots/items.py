"""From the bytes of a file to the objects in it, with a Gap for each one that cannot be read."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Any

import msgspec

from workbench.core.cluster import Gap
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.documents import DEPTH_MOST, yaml_documents
from workbench.kubernetes.snapshots.raw import Kept, Tree, group_of
from workbench.kubernetes.snapshots.resources import BUILT_IN_BY_KIND
from workbench.kubernetes.snapshots.secrets import without_values

BRACKETS_FEW = 300
"""An object with fewer opening brackets needs no look at its depth: every reader can go so deep
(Python's recursion limit is 1,000, and a level takes two frames at most)."""

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class _ListFile(msgspec.Struct):
    """A file of JSON: a List of objects, or one object."""

    kind: Any = None
    apiVersion: Any = None  # noqa: N815 (the API's spelling)
    items: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET


class Items:
    """The objects of a snapshot while its files are read: the last of two equals wins."""

    def __init__(self, *, repeats: bool = False) -> None:
        """repeats: the same object is expected in several files, so that is not worth a Gap."""
        self._repeats = repeats
        self.gaps: list[Gap] = []
        self._kinds: dict[tuple[str, str], None] = {}
        self._found: dict[tuple[str, ...], tuple[str, bytes]] = {}

    def objects(self) -> dict[tuple[str, str], Kept]:
        """What was found, by (apiVersion, kind)."""
        grouped: dict[tuple[str, str], list[bytes]] = {key: [] for key in self._kinds}
        for (_, kind, *_rest), (api_version, data) in self._found.items():
            grouped.setdefault((api_version, kind), []).append(data)
        return {key: Kept(items) for key, items in grouped.items()}

    def read_json(self, data: bytes, where: str) -> None:
        """Take in a file of JSON. Raises SnapshotError when it is not a list of objects."""
        data = _as_utf8(data, where)
        try:
            file = msgspec.json.decode(data, type=_ListFile)
        except UNREADABLE as error:
            raise _unreadable(where, data, error) from error
        if file.items is msgspec.UNSET:
            if not isinstance(file.kind, str):
                raise SnapshotError(
                    f"{where} is JSON but neither a Kubernetes object nor a List of them.",
                    "Name a file written by: kubectl get … -o json",
                )
            self._read_item(data, where)
            return
        self._read_list(file.kind, file.apiVersion, file.items or (), where)

    def read_array(self, data: bytes, where: str, kind: str, api_version: str) -> None:
        """Take in a JSON array of objects that do not say what they are.

        Raises SnapshotError when it is none.
        """
        data = _as_utf8(data, where)
        try:
            found = msgspec.json.decode(data, type=list[msgspec.Raw] | None)
        except UNREADABLE as error:
            raise _unreadable(where, data, error) from error
        self._read_list(f"{kind}List", api_version, found or (), where)

    def read_yaml(self, data: bytes, where: str) -> None:
        """Take in a file of YAML documents. Raises SnapshotError when it is not YAML."""
        try:
            documents = yaml_documents(_as_utf8(data, where).decode())
        except ValueError as error:  # a UnicodeDecodeError is one
            raise SnapshotError(
                f"{where} is not readable YAML: {error}.", "Mend or remove it."
            ) from error
        for number, document in enumerate(documents, 1):
            self.add(msgspec.to_builtins(document), f"document {number} of {where}")

    def add(
        self,
        tree: Any,
        where: str,
        kind: Any = None,
        api_version: Any = None,
        data: bytes | None = None,
    ) -> None:
        """Take in one object, or all objects of a List. ``data`` is its JSON, where it has one."""
        if (data is None or _many_brackets(data)) and _too_deep(tree):
            self.gaps.append(Gap(where, f"nested more than {DEPTH_MOST} levels deep"))
            return
        if isinstance(tree, dict) and _is_list(tree):
            self._add_list(tree, where)
            return
        try:
            complete = without_values(_complete(tree, kind, api_version))
        except _NotAnObject as error:
            self.gaps.append(Gap(where, str(error)))
            return
        self._keep(complete, _compact(data) if data and complete is tree else None, where)

    def _add_list(self, tree: Tree, where: str) -> None:
        kind, api_version = self._item_type(tree.get("kind"), tree.get("apiVersion"))
        for index, item in enumerate(tree["items"] or ()):
            self.add(item, f"item {index} of {where}", kind, api_version)

    def _read_list(
        self, kind: Any, api_version: Any, items: Iterable[msgspec.Raw], where: str
    ) -> None:
        kind, api_version = self._item_type(kind, api_version)
        for index, item in enumerate(items):
            self._read_item(bytes(item), f"item {index} of {where}", kind, api_version)

    def _read_item(
        self, data: bytes, where: str, kind: Any = None, api_version: Any = None
    ) -> None:
        try:
            tree = msgspec.json.decode(data)
        except UNREADABLE as error:
            self.gaps.append(Gap(where, _reason(error)))
            return
        self.add(tree, where, kind, api_version, data)

    def _item_type(self, kind: Any, api_version: Any) -> tuple[str | None, str | None]:
        """What the items of a typed list are: the API leaves it out of each item."""
        if not isinstance(kind, str) or not isinstance(api_version, str):
            return None, None
        if kind == "List" or not kind.endswith("List"):
            return None, None
        self._kinds[api_version, kind.removesuffix("List")] = None
        return kind.removesuffix("List"), api_version

    def _keep(self, tree: Tree, data: bytes | None, where: str) -> None:
        meta, api_version = tree["metadata"], tree["apiVersion"]
        name = meta.get("name") or where  # objects without a name are never the same object
        key = (group_of(api_version), tree["kind"], meta.get("namespace") or "", name)
        if self._found.pop(key, None) is not None and not self._repeats:
            title = " ".join(("/".join(p for p in key[:2] if p), "/".join(p for p in key[2:] if p)))
            self.gaps.append(Gap(title, f"held more than once; {where} was used"))
        self._found[key] = (api_version, data or msgspec.json.encode(tree))


class _NotAnObject(ValueError):
    pass


def _complete(tree: Any, kind: Any, api_version: Any) -> Tree:
    """The object with apiVersion, kind and metadata in place, in the usual order."""
    if not isinstance(tree, dict):
        raise _NotAnObject("not an object")
    kind = tree.get("kind") or kind
    if not isinstance(kind, str):
        raise _NotAnObject("it has no kind")
    known = BUILT_IN_BY_KIND.get(kind)
    api_version = tree.get("apiVersion") or api_version or (known and known.api_version)
    if not isinstance(api_version, str):
        raise _NotAnObject(f"a {kind} without an apiVersion")
    meta = tree.get("metadata")
    if meta is not None and not isinstance(meta, dict):
        raise _NotAnObject(f"a {kind} whose metadata is not an object")
    for name in ("name", "namespace"):
        if meta and not isinstance(meta.get(name), str | None):
            raise _NotAnObject(f"a {kind} whose metadata.{name} is not text")
    if tree.get("kind") == kind and tree.get("apiVersion") == api_version and meta is not None:
        return tree
    return {"apiVersion": api_version, "kind": kind, "metadata": meta or {}} | {
        k: v for k, v in tree.items() if k not in ("apiVersion", "kind", "metadata")
    }


def _is_list(tree: Tree) -> bool:
    kind = tree.get("kind")
    return (
        isinstance(kind, str)
        and kind.endswith("List")
        and "items" in tree
        and isinstance(tree["items"], list | None)
    )


def _compact(data: bytes) -> bytes:
    return msgspec.json.format(data, indent=-1) if b"\n" in data else bytes(data)


def _many_brackets(data: bytes) -> bool:
    return data.count(b"{") + data.count(b"[") >= BRACKETS_FEW


def _too_deep(tree: Any) -> bool:
    level = [tree]
    for _ in range(DEPTH_MOST):
        level = [v for t in level for v in _children(t) if isinstance(v, dict | list)]
        if not level:
            return False
    return True


def _children(tree: Any) -> Iterable[Any]:
    if isinstance(tree, dict):
        return tree.values()
    return tree if isinstance(tree, list) else ()


def _as_utf8(data: bytes, where: str) -> bytes:
    """Without a byte order mark; a shell that redirects as UTF-16 is understood."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding).encode()
            except UnicodeDecodeError as error:
                raise SnapshotError(
                    f"{where} is not text: {error}.", "Save it as UTF-8."
                ) from error
    return data


def _unreadable(where: str, data: bytes, error: Exception) -> SnapshotError:
    if not data.strip():
        return SnapshotError(f"{where} is empty.", "Save it again.")
    if "truncated" in str(error):
        return SnapshotError(
            f"{where} is cut off after {len(data):,} bytes.", "Copy or save it again."
        )
    if isinstance(error, msgspec.ValidationError):
        return SnapshotError(
            f"{where} is JSON but neither a Kubernetes object nor a List of them: {error}.",
            "Name a file written by: kubectl get … -o json",
        )
    return SnapshotError(
        f"{where} is not readable JSON: {_reason(error)}.",
        "Name a file written by: kubectl get … -o json",
    )


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"nested more than {DEPTH_MOST} levels deep"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: {error.reason} at byte {error.start}"
    return str(error)
