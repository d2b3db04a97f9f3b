"""Lists of one kind, page by page, decoded straight from the server's bytes."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from workbench.core.objects import BY_KIND, Custom, KubeObject, Secret
from workbench.core.objects.decode import decode_list, decode_object
from workbench.errors import ClusterError
from workbench.kubernetes.client import Client
from workbench.kubernetes.discovery import Resource
from workbench.kubernetes.status import Expired

T = TypeVar("T", bound=KubeObject)

PAGE = 500
"""Objects asked for at once, as kubectl does it (kubectl get, --chunk-size)."""

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""Annotation with the whole object as it was applied; of a Secret, with its values."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one kind, and sentences about fields that could not be read."""

    objects: tuple[KubeObject, ...] = ()
    notes: tuple[str, ...] = ()


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
) -> Listed:
    """Every object of the resource in a namespace, or in all of them.

    Secrets come without their values. Raises a ClusterError.
    """
    query: dict[str, str | int] = {}
    if selector:
        query["labelSelector"] = selector
    if field_selector:
        query["fieldSelector"] = field_selector
    try:
        return await _pages(client, resource, namespace, query, PAGE)
    except Expired:  # the list took longer than the server keeps its past; ask for all of it
        return await _pages(client, resource, namespace, query, 0)


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
    return f"{resource.plural}{_within(namespace)}"


def _within(namespace: str) -> str:
    return f" in {namespace}" if namespace else ""


async def _pages(
    client: Client, resource: Resource, namespace: str, query: dict[str, str | int], limit: int
) -> Listed:
    objects: list[KubeObject] = []
    notes: list[str] = []
    path = resource.path(namespace)
    asked = f"list {title(resource, namespace)}"
    kind = struct_of(resource)
    page = dict(query, limit=limit) if limit else dict(query)
    while True:
        answer = await client.get(path, page, asked=asked)
        try:
            found, meta, dropped = decode_list(answer.body, kind)
        except msgspec.DecodeError as error:
            raise ClusterError(f"Asked to {asked}, {client.server} gave no list: {error}.") from (
                error
            )
        objects += _without_values(found)
        notes += dropped
        if not meta.continue_:
            return Listed(objects=_named(objects, resource), notes=tuple(notes))
        page = dict(query, limit=limit, **{"continue": meta.continue_})


def _without_values(objects: tuple[T, ...]) -> tuple[T, ...]:
    """Secrets with each value replaced by its length in bytes; anything else as it is."""
    if not objects or not isinstance(objects[0], Secret):
        return objects
    return tuple(_keys_only(o) for o in objects)  # type: ignore[arg-type, misc]


def _keys_only(secret: Secret) -> Secret:
    meta = secret.metadata
    kept = {k: v for k, v in meta.annotations.items() if k != LAST_APPLIED}
    return msgspec.structs.replace(
        secret,
        metadata=msgspec.structs.replace(meta, annotations=kept),
        data={key: byte_length(value) for key, value in secret.data.items()},
    )


def byte_length(encoded: object) -> int:
    """Bytes that a base64 text stands for."""
    text = str(encoded).rstrip("=")
    return len(text) * 3 // 4


def _named(objects: list[KubeObject], resource: Resource) -> tuple[KubeObject, ...]:
    """List items of a custom kind may leave out their kind; the resource knows it."""
    return tuple(
        msgspec.structs.replace(o, kind_=resource.kind, api_version=resource.api_version)
        if isinstance(o, Custom) and not o.kind_
        else o
        for o in objects
    )
