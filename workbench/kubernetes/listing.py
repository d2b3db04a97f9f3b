"""Lists of one kind, page by page, decoded straight from the server's bytes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from workbench.core.objects import BY_KIND, ConfigMap, Custom, KubeObject, PodMetrics, Secret
from workbench.core.objects.decode import ListMeta, decode_list, decode_object
from workbench.core.objects.sharing import Sharing
from workbench.errors import ClusterError
from workbench.kubernetes.client import Answer, Client
from workbench.kubernetes.discovery import Resource
from workbench.kubernetes.status import Expired

SETTING_CHARACTERS = 8192
"""Longest value of a ConfigMap that is held: a Corefile or an address list, not a bundle."""

T = TypeVar("T", bound=KubeObject)
Query = dict[str, str | int]

PAGE = 500
"""Objects asked for at once, as kubectl does it (kubectl get, --chunk-size)."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one kind, and sentences about fields that could not be read.

    version: the list's resourceVersion, from which it can be watched.
    as_of: when the server was last heard, of objects that were not read just now.
    """

    objects: tuple[KubeObject, ...] = ()
    notes: tuple[str, ...] = ()
    version: str = ""
    as_of: datetime | None = None


def struct_of(resource: Resource) -> type[KubeObject]:
    """The struct the resource is decoded into; ``Custom`` where the workbench has none."""
    kind = BY_KIND.get(resource.kind)
    if kind is not None and resource.api_version == kind.API_VERSION:
        return kind
    return Custom


async def list_objects(
    client: Client,
    resource: Resource,
    namespace: str = "",
    *,
    selector: str = "",
    field_selector: str = "",
    most: int = 0,
    sharing: Sharing | None = None,
) -> Listed:
    """Every object of the resource in a namespace, or in all of them; the first page and a note
    about the rest when there are more than ``most``.

    sharing: that of the reading this list is part of.
    Secrets come without their values, ConfigMaps without long ones. Raises a ClusterError.
    """
    sharing = sharing or Sharing()
    query: Query = {}
    if selector:
        query["labelSelector"] = selector
    if field_selector:
        query["fieldSelector"] = field_selector
    try:
        limit = min(most or PAGE, PAGE)
        return await _pages(client, resource, namespace, query, limit, most, sharing)
    except Expired:  # the list took longer than the server keeps its past; ask for all of it
        return await _pages(client, resource, namespace, query, 0, most, sharing)


async def get_object(client: Client, resource: Resource, namespace: str, name: str) -> KubeObject:
    """One object as its struct; a Secret without its values. Raises a ClusterError."""
    answer = await client.get(
        resource.path(namespace, name), asked=f"get {resource.kind} {name}{_within(namespace)}"
    )
    try:
        found, _ = decode_object(answer.body, struct_of(resource))
    except msgspec.DecodeError as error:
        raise ClusterError(f"{client.server} gave no {resource.kind}: {error}.") from error
    return _without_values((found,))[0]


def title(resource: Resource, namespace: str) -> str:
    """``pods in shop``, as gaps and errors say it."""
    measured = resource.group == PodMetrics.API_VERSION.partition("/")[0]  # pods, of another group
    return f"{resource.full_name if measured else resource.plural}{_within(namespace)}"


def _within(namespace: str) -> str:
    return f" in {namespace}" if namespace else ""


async def _pages(
    client: Client,
    resource: Resource,
    namespace: str,
    query: Query,
    limit: int,
    most: int,
    sharing: Sharing,
) -> Listed:
    objects: list[KubeObject] = []
    notes: list[str] = []
    page = dict(query, limit=limit) if limit else dict(query)
    version = ""
    async with aclosing(_in_turn(client, resource, namespace, page, sharing)) as pages:
        async for found, meta, dropped in pages:
            objects += as_kept(found, resource)
            notes += dropped
            version = version or meta.resource_version
            if most and meta.continue_ and len(objects) >= most:
                notes.append(f"{title(resource, namespace)} beyond the first {len(objects)}")
                break
    return Listed(objects=tuple(objects), notes=tuple(notes), version=version)


Page = tuple[tuple[KubeObject, ...], ListMeta, tuple[str, ...]]


async def _in_turn(
    client: Client, resource: Resource, namespace: str, query: Query, sharing: Sharing
) -> AsyncGenerator[Page, None]:
    """Page after page. The next one is asked for before the one at hand is decoded."""
    asked = f"list {title(resource, namespace)}"

    def ask(further: str) -> asyncio.Task[Answer]:
        page = dict(query, **{"continue": further}) if further else query
        return asyncio.create_task(client.get(resource.path(namespace), page, asked=asked))

    coming: asyncio.Task[Answer] | None = ask("")
    try:
        while coming is not None:
            body = (await coming).body
            announced = _announced(body)
            coming = ask(announced) if announced else None
            await asyncio.sleep(0)  # now the request is on its way
            page = _decoded(client, body, struct_of(resource), asked, sharing)
            del body  # a page is megabytes, and the next one may be long in coming
            if coming is None and page[1].continue_:
                coming = ask(page[1].continue_)
            yield page
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait([coming])


_CONTINUE = re.compile(rb'"continue"\s*:\s*"([^"\\]+)"')
HEAD_BYTES = 4096


def _announced(body: bytes) -> str:
    """The continue token where it comes before the items, as API servers put it; else ""."""
    head = body[:HEAD_BYTES].partition(b'"items"')[0]
    found = _CONTINUE.search(head)
    return found[1].decode() if found else ""


def _decoded(
    client: Client, body: bytes, kind: type[KubeObject], asked: str, sharing: Sharing
) -> Page:
    try:
        return decode_list(body, kind, sharing)
    except msgspec.DecodeError as error:
        raise ClusterError(f"Asked to {asked}, {client.server} gave no list: {error}.") from error


def as_kept(objects: tuple[KubeObject, ...], resource: Resource) -> tuple[KubeObject, ...]:
    """Decoded objects of the resource as they are held: values by ``_held``, custom ones with a
    kind."""
    return _named(_without_values(objects), resource)


def _without_values(objects: tuple[T, ...]) -> tuple[T, ...]:
    if not objects or not isinstance(objects[0], Secret | ConfigMap):
        return objects
    return tuple(_held(o) for o in objects)


def _held(holder: T) -> T:
    """A Secret with each value replaced by its length in bytes, a ConfigMap without binary values
    and those too long to be settings, which can be megabytes."""
    if isinstance(holder, Secret):
        sizes = {key: byte_length(value) for key, value in holder.data.items()}
        return replace(holder, data=sizes)
    if isinstance(holder, ConfigMap):
        long = any(len(v) > SETTING_CHARACTERS for v in holder.data.values())
        if long or holder.binary_data:
            data = {k: v if len(v) <= SETTING_CHARACTERS else "" for k, v in holder.data.items()}
            return replace(holder, data=data, binary_data=dict.fromkeys(holder.binary_data, ""))
    return holder


def byte_length(encoded: object) -> int:
    """Bytes that a base64 text stands for."""
    text = str(encoded).rstrip("=")
    return len(text) * 3 // 4


def _named(objects: tuple[KubeObject, ...], resource: Resource) -> tuple[KubeObject, ...]:
    """List items of a custom kind may leave out their kind; the resource knows it."""
    if not objects or not isinstance(objects[0], Custom):
        return objects
    return tuple(
        replace(o, kind_=resource.kind, api_version=resource.api_version)
        if isinstance(o, Custom) and not o.kind_
        else o
        for o in objects
    )
