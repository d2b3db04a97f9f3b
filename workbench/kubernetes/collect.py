"""Read a whole scope of a cluster into a ClusterSnapshot, with a Gap for what was not to be had."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from workbench.core.cluster import ClusterSnapshot, Gap, Scope
from workbench.core.garbage import unsearched
from workbench.core.objects import (
    BY_KIND,
    KINDS,
    MEASURED,
    Custom,
    Event,
    KubeObject,
    Namespace,
)
from workbench.core.objects.sharing import Sharing
from workbench.errors import ClusterError, ClusterUnreachable, Forbidden, Unauthorized
from workbench.kubernetes.client import Client
from workbench.kubernetes.discovery import Catalogue, Resource, discover
from workbench.kubernetes.listing import Listed, get_object, list_objects, struct_of, title
from workbench.kubernetes.source import Direct, Source
from workbench.kubernetes.status import why

AT_ONCE = 8
"""Lists under way at the same time."""

CUSTOMS_MOST = 50
CUSTOM_OBJECTS_MOST = 500

NOTES_MOST = 20
"""Gaps about unreadable fields that are kept of one kind."""


async def collect(
    client: Client,
    scope: Scope,
    kinds: Iterable[type[KubeObject]] = (*KINDS, *MEASURED),
    *,
    catalogue: Catalogue | None = None,
    custom: bool = False,
    wide: bool = False,
    source: Source | None = None,
) -> ClusterSnapshot:
    """Everything of ``kinds`` that the scope covers.

    custom: read custom resources too, the first ``CUSTOMS_MOST`` kinds and
        ``CUSTOM_OBJECTS_MOST`` objects of each.
    wide: read the other namespaces too, where that is allowed: causes lie outside the namespace
        that suffers from them.
    source: where lists come from; None asks the server for each.

    Cluster-scoped kinds are read whole. The scope's selector is not applied here: a pod can only
    be judged with its neighbours at hand. What cannot be read becomes a Gap; a ClusterError is
    raised only when nothing at all could be read.
    """
    told = await server_version(client)
    catalogue = catalogue or await discover(client)
    served = [
        r
        for kind in kinds
        if (r := catalogue.serving(kind)) and f"{r.api_version}/{r.kind}" not in told.not_held
    ]
    extra = catalogue.customs() if custom else ()
    kept = (*served, *extra[:CUSTOMS_MOST])
    wanted = [(r, ns) for r in kept for ns in _places(r, scope, wide)]
    bound = asyncio.Semaphore(AT_ONCE)
    reading = _Reading(client, source or Direct(client), scope)
    with unsearched():
        found = await asyncio.gather(*(reading.read(r, ns, bound) for r, ns in wanted))
    if wanted and all(isinstance(one, ClusterError) for one in found):
        raise _worst((one for one in found if isinstance(one, ClusterError)), scope)
    objects, gaps = _merged(wanted, found)
    if scope.since:
        objects = _recent(objects, client, scope.since)
    return ClusterSnapshot(
        taken_at=client.now(),
        objects=objects,
        gaps=(*catalogue.gaps, *gaps, *_left_out(extra)),
        scope=scope,
        held=_held(() if wide else scope.namespaces, told.namespaces_held),
        cluster=client.context,
        server_version=told.git_version,
        as_of=_oldest(found),
    )


def _held(asked: tuple[str, ...], served: tuple[str, ...]) -> tuple[str, ...]:
    """The namespaces that were both asked for and served; none means all, on either side."""
    return tuple(n for n in asked if n in served) or served or asked


def _oldest(found: Iterable[Listed | ClusterError]) -> datetime | None:
    """When the server was last heard of what comes from memory; None when nothing does."""
    return min((one.as_of for one in found if isinstance(one, Listed) and one.as_of), default=None)


def _merged(
    wanted: list[tuple[Resource, str]], found: list[Listed | ClusterError]
) -> tuple[dict[str, tuple[KubeObject, ...]], list[Gap]]:
    """Objects by kind over all namespaces, and a gap for each list that failed."""
    objects: dict[str, tuple[KubeObject, ...]] = {}
    gaps: list[Gap] = []
    for (resource, namespace), one in zip(wanted, found, strict=True):
        if isinstance(one, ClusterError):
            gaps.append(Gap(title(resource, namespace), why(one)))
            continue
        key = _key(resource)
        objects[key] = (*objects.get(key, ()), *one.objects)
        gaps += [Gap(note, "unreadable") for note in one.notes[:NOTES_MOST]]
    # a reference by kind and name finds the last: the built-in of two kinds of one name
    return dict(sorted(objects.items(), key=lambda entry: entry[0] in BY_KIND)), gaps


def _key(resource: Resource) -> str:
    """The kind, with its group where a built-in kind has the same name."""
    if resource.kind in BY_KIND and struct_of(resource) is Custom:
        return f"{resource.kind}.{resource.group}"
    return resource.kind


def _left_out(customs: tuple[Resource, ...]) -> list[Gap]:
    if len(customs) <= CUSTOMS_MOST:
        return []
    names = ", ".join(r.full_name for r in customs[CUSTOMS_MOST:])
    return [Gap(names, f"only {CUSTOMS_MOST} custom kinds are read")]


class ServerVersion(msgspec.Struct, frozen=True, rename="camel"):
    """What /version says. not_held: kinds (``v1/Secret``) that a frozen cluster serves empty and of
    which it knows nothing. namespaces_held: the only ones it knows. No other server says so."""

    git_version: str = ""
    not_held: frozenset[str] = frozenset()
    namespaces_held: tuple[str, ...] = ()


async def server_version(client: Client) -> ServerVersion:
    """The server's version; none where it may not be asked. Sets the clock as well."""
    try:
        answer = await client.get("/version", asked="say its version")
        return msgspec.json.decode(answer.body, type=ServerVersion)
    except (ClusterUnreachable, Unauthorized):
        raise
    except (ClusterError, msgspec.DecodeError):
        return ServerVersion()


def _places(resource: Resource, scope: Scope, wide: bool) -> tuple[str, ...]:
    """The namespaces to list one after the other; "" for all at once."""
    return scope.namespaces if resource.namespaced and scope.namespaces and not wide else ("",)


class _Reading:
    """One snapshot being read: what to do where the scope is all these credentials may see."""

    def __init__(self, client: Client, source: Source, scope: Scope) -> None:
        self._client, self._source, self._scope = client, source, scope
        self._sharing = Sharing()

    async def read(
        self, resource: Resource, namespace: str, bound: asyncio.Semaphore
    ) -> Listed | ClusterError:
        async with bound:
            try:
                if struct_of(resource) is Custom:
                    most = CUSTOM_OBJECTS_MOST
                    return await list_objects(self._client, resource, namespace, most=most)
                return await self._source.list(resource, namespace, self._sharing)
            except Forbidden as error:
                if namespace or not self._scope.namespaces:
                    return error
                forbidden = error
            except ClusterError as error:
                return error
            if resource.plural == Namespace.PLURAL:
                return await self._namespaces(resource)
            if resource.namespaced:
                return await self._one_by_one(resource)
            return forbidden

    async def _one_by_one(self, resource: Resource) -> Listed | ClusterError:
        """The scope's namespaces, for who may not look at all of them."""
        pages: list[Listed] = []
        for namespace in self._scope.namespaces:
            try:
                pages.append(await self._source.list(resource, namespace, self._sharing))
            except ClusterError as error:
                return error
        return Listed(
            objects=tuple(o for page in pages for o in page.objects),
            notes=(
                f"{resource.plural} outside {', '.join(self._scope.namespaces)}",
                *(note for page in pages for note in page.notes),
            ),
        )

    async def _namespaces(self, resource: Resource) -> Listed | ClusterError:
        """The scope's namespaces one by one, for who may not list them all."""
        objects: list[KubeObject] = []
        for name in self._scope.namespaces:
            try:
                objects.append(await get_object(self._client, resource, "", name))
            except ClusterError as error:
                return error
        return Listed(objects=tuple(objects))


def _recent(
    objects: dict[str, tuple[KubeObject, ...]], client: Client, since: int
) -> dict[str, tuple[KubeObject, ...]]:
    oldest = client.now() - timedelta(seconds=since)
    events = objects.get(Event.KIND, ())
    kept = tuple(
        e for e in events if isinstance(e, Event) and (e.last_seen is None or e.last_seen >= oldest)
    )
    return {**objects, Event.KIND: kept} if Event.KIND in objects else objects


def _worst(errors: Iterable[ClusterError], scope: Scope) -> ClusterError:
    """The error to raise when nothing could be read: not reachable outranks not allowed."""
    worst = min(errors, key=lambda e: not isinstance(e, ClusterUnreachable))
    if isinstance(worst, Forbidden) and not scope.namespaces:
        return Forbidden(worst.message, "Name the namespaces these credentials may read.")
    return worst
