"""From the API server's bytes to typed objects, forgiving what a real cluster may contain.

The fast path decodes a whole list at once. When something in it does not fit its struct, each
object is read alone, nulls are taken as absent and unreadable fields are dropped and noted, so that
one odd field never hides a cluster.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeVar

import msgspec

from workbench.core.objects.meta import Custom, KubeObject, Part
from workbench.core.objects.sharing import Sharing
from workbench.core.objects.texts import unparsed

T = TypeVar("T", bound=KubeObject)

DROPPED_FIELDS_MOST = 20
"""How many unreadable fields of one object are dropped before the object is given up."""

_PATH = re.compile(r" - at `\$(.*)`$")
_PATH_PART = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|(\[\.\.\.\])")


class ListMeta(Part):
    """metadata of a list response: where it stands and how to go on."""

    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")
    remaining_item_count: int | None = None


class _Page(Part):
    metadata: ListMeta = ListMeta()


class _RawPage(_Page):
    items: tuple[msgspec.Raw, ...] | None = ()


def decode_list(
    data: bytes, kind: type[T], sharing: Sharing | None = None
) -> tuple[tuple[T, ...], ListMeta, tuple[str, ...]]:
    """One page of a list response: its objects, its metadata and what could not be read.

    sharing: what was read before in the same reading; what equals it is held once.
    Raises ``msgspec.DecodeError`` when ``data`` is not a JSON list response at all.
    """
    try:
        page = _page(data, kind, sharing)
        found: tuple[tuple[T, ...], ListMeta, tuple[str, ...]] = page.items, page.metadata, ()
    except msgspec.ValidationError:
        found = _one_by_one(data, kind)
    if sharing is not None:
        sharing.share(found[0])
    return found


def _page(data: bytes, kind: type[KubeObject], sharing: Sharing | None) -> Any:
    if sharing is None:
        return _page_decoder(kind).decode(data)
    page = _page_decoder(unparsed(kind)).decode(data)
    sharing.texts.parse(page.items)
    return page


def _one_by_one(data: bytes, kind: type[T]) -> tuple[tuple[T, ...], ListMeta, tuple[str, ...]]:
    raw = _RAW_PAGE.decode(data)
    objects: list[T] = []
    notes: list[str] = []
    for item in raw.items or ():
        decoded, dropped = decode_object(bytes(item), kind)
        objects.append(decoded)
        notes += dropped
    return tuple(objects), raw.metadata, tuple(notes)


def decode_object(data: bytes, kind: type[T]) -> tuple[T, tuple[str, ...]]:
    """One object and the fields that had to be dropped to read it, as sentences."""
    try:
        return _decoder(kind).decode(data), ()
    except msgspec.ValidationError:
        return convert_object(msgspec.json.decode(data), kind)


def convert_object(tree: Any, kind: type[T]) -> tuple[T, tuple[str, ...]]:
    """The same from an already parsed JSON or YAML tree."""
    tree = _without_nulls(tree)
    dropped: list[str] = []
    for _ in range(DROPPED_FIELDS_MOST):
        try:
            return msgspec.convert(tree, kind), tuple(dropped)
        except msgspec.ValidationError as error:
            dropped.append(f"{_title(tree, kind)}: {error}")
            if not _drop(tree, str(error)):
                break
    return kind(), (*dropped, f"{_title(tree, kind)}: given up, too little of it is readable")


@cache
def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(kind)


@cache
def _page_decoder(kind: type[KubeObject]) -> msgspec.json.Decoder[Any]:
    items: Any = tuple[kind, ...]  # type: ignore[valid-type]
    page = msgspec.defstruct("Page", [("items", items, ())], bases=(_Page,), frozen=True)
    return msgspec.json.Decoder(page)


_RAW_PAGE = msgspec.json.Decoder(_RawPage)


def _without_nulls(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: _without_nulls(v) for k, v in tree.items() if v is not None}
    if isinstance(tree, list):
        return [_without_nulls(v) for v in tree if v is not None]
    return tree


def _drop(tree: Any, error: str) -> bool:
    """Remove what ``error`` points at from ``tree``; False when there is nothing to remove."""
    found = _PATH.search(error)
    if not found:
        return False
    path: list[str | int] = []
    for name, index, any_key in _PATH_PART.findall(found[1]):
        if any_key:  # a value of a free-form map: msgspec does not say which, so the map goes
            break
        path.append(int(index) if index else name)
    for step in path[:-1]:
        tree = tree[step]
    if not path:
        return False
    del tree[path[-1]]
    return True


def _title(tree: Any, kind: type[KubeObject]) -> str:
    meta = tree.get("metadata") if isinstance(tree, dict) else None
    if not isinstance(meta, dict):
        meta = {}
    kind_name = kind.KIND or (tree.get("kind") if isinstance(tree, dict) else "") or Custom.__name__
    where = f"{meta['namespace']}/" if meta.get("namespace") else ""
    return f"{kind_name} {where}{meta.get('name', '<unnamed>')}"
